"""The machine that `bench/gpu.py` runs on: a GPU, or at toy size the processor. All that only a GPU has stands here."""

import platform
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Machine:
    """Where the parts run."""

    device: torch.device

    @classmethod
    def gpu(cls) -> "Machine | None":
        """The first GPU, if there is one."""
        return cls(torch.device("cuda", 0)) if torch.cuda.is_available() else None

    @classmethod
    def processor(cls) -> "Machine":
        """The processor."""
        return cls(torch.device("cpu"))

    @property
    def is_gpu(self) -> bool:
        return self.device.type == "cuda"

    @property
    def name(self) -> str:
        """What it is called by its maker, or by the system."""
        return torch.cuda.get_device_name(self.device) if self.is_gpu else platform.processor() or platform.machine()

    @property
    def precision(self) -> str:
        """What our networks run in."""
        return "bf16" if self.is_gpu else "fp32"

    def seconds(self, work: Callable[[], object], times: int) -> list[float]:
        """How long the work took, each time until the GPU was through with it."""
        found = []
        for _ in range(times):
            self.wait()
            began = time.perf_counter()
            work()
            self.wait()
            found.append(time.perf_counter() - began)
        return found

    def wait(self) -> None:
        """Until everything that was asked of the GPU is done."""
        if self.is_gpu:
            torch.cuda.synchronize(self.device)

    def forget_peak(self) -> None:
        """Begin anew to note the most memory; what is free goes back first, so that the next part has all of it."""
        if self.is_gpu:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)

    def peak_mib(self) -> float | None:
        """The most memory of tensors since `forget_peak`; None on a processor, where nobody counts it."""
        return torch.cuda.max_memory_allocated(self.device) / 2**20 if self.is_gpu else None

    def profile(self) -> AbstractContextManager[Any]:
        """PyTorch's profiler over processor and GPU."""
        activities = [torch.profiler.ProfilerActivity.CPU]
        activities += [torch.profiler.ProfilerActivity.CUDA] if self.is_gpu else []
        return torch.profiler.profile(activities=activities)

    def times(self, profile: Any) -> dict[str, float]:
        """The microseconds of each kernel on the GPU, or of each operation on the processor, the longest first."""
        kind = torch.autograd.DeviceType.CUDA if self.is_gpu else torch.autograd.DeviceType.CPU
        found = {
            event.key: float(event.self_device_time_total if self.is_gpu else event.self_cpu_time_total)
            for event in profile.key_averages()
            if event.device_type == kind
        }
        return dict(sorted(found.items(), key=lambda pair: pair[1], reverse=True))

    def without_memory(self) -> type[Exception]:
        """What PyTorch raises where a batch does not fit."""
        return torch.cuda.OutOfMemoryError if self.is_gpu else MemoryError
