"""Threads: how many of the processor's cores compute, while the others load images.

PyTorch takes all cores for each process. Its threads wait for one another after every operation, so that one core which
loads images holds up all of them. A run keeps its number when it goes on: another one adds in another order, and the
last bits differ.
"""

import os
from collections.abc import Mapping

import torch

from dino.config import Config


def share_of_cores() -> int:
    """The cores that this process may use, with what belongs to the run's other processes on the machine left out."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def use_threads(config: Config, device: torch.device, before: int = 0) -> None:
    """Compute with as many threads as the setting says, or as the run had `before`, or as no loader takes."""
    threads = number_of_threads(config, device, before, share_of_cores(), os.environ)
    if threads:
        torch.set_num_threads(threads)


def number_of_threads(
    config: Config, device: torch.device, before: int, cores: int, environment: Mapping[str, str]
) -> int:
    """How many threads compute; 0 leaves PyTorch's choice: beside a GPU, and where OMP_NUM_THREADS has chosen."""
    if config.keep.threads or device.type != "cpu":
        return config.keep.threads
    if before or "OMP_NUM_THREADS" in environment:
        return before
    return max(1, cores - config.data.workers)
