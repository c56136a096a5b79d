"""Several processes, one run: ranks, sums over all of them, and batch normalization over the whole batch.

A run is distributed when a launcher such as torchrun has set RANK and WORLD_SIZE. Alone, every sum is its own.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F

from dino import heartbeat
from dino.errors import CommandError

PLAIN = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@contextmanager
def group(
    device: torch.device, timeout: timedelta = timedelta(minutes=30), lost: Callable[[], None] | None = None
) -> Iterator[None]:
    """Join the processes of the launcher for the time of the block: nccl between GPUs, gloo otherwise.

    `lost` is called from a thread, amid whatever this process does, when another one is silent (`dino.heartbeat`).
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    from dino.meeting import meet  # here, since a PyTorch may be without it

    try:
        store, number, count = meet(timeout)
    except ValueError as error:
        raise CommandError(f"WORLD_SIZE is set, but not all that belongs to it; use torchrun ({error})") from error
    backend = "nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=number, world_size=count, timeout=timeout)
    try:
        with heartbeat.watched(store.clone, number, count, lost) if lost else nullcontext():
            yield
    finally:
        dist.destroy_process_group()


def is_failure(error: Exception) -> bool:
    """Whether the error says that another process cannot be reached, in the words of the libraries between them."""
    kinds = (dist.DistError,) if dist.is_available() else ()
    return isinstance(error, kinds) or any(library in str(error).lower() for library in ("gloo", "nccl"))


def rank() -> int:
    """The number of this process, from 0."""
    return dist.get_rank() if _joined() else 0


def world() -> int:
    """How many processes there are."""
    return dist.get_world_size() if _joined() else 1


def local_rank() -> int:
    """The number of this process on its machine, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def barrier() -> None:
    """Wait for every process, however long one of them needs: decoding a large set takes hours."""
    if _joined():
        patient: Any = dist.new_group(backend="gloo", timeout=timedelta(days=30))
        dist.barrier(patient)
        dist.destroy_process_group(patient)


def total(tensor: Tensor) -> Tensor:
    """The sum of the tensor over the processes, without a gradient."""
    return _reduced(tensor, dist.ReduceOp.SUM) if _joined() else tensor


def maximum(tensor: Tensor) -> Tensor:
    """The largest of the tensor over the processes, element by element."""
    return _reduced(tensor, dist.ReduceOp.MAX) if _joined() else tensor


def mean(tensor: Tensor) -> Tensor:
    """The mean of the tensor over the processes, without a gradient."""
    return total(tensor) / world() if _joined() else tensor


@dataclass(frozen=True)
class MeanToCome:
    """A mean over the processes that is on its way while this one goes on."""

    _total: Tensor
    _work: Any = None

    def wait(self) -> Tensor:
        """The mean, once it is there."""
        if self._work is None:
            return self._total
        self._work.wait()
        return self._total / world()

    def number(self) -> Callable[[], float]:
        """What gives the mean as a number later: it sets out for the processor now, before what a GPU is asked next."""
        if self._work is not None or not self._total.is_cuda:
            return lambda: float(self.wait())
        arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
        host = torch.empty((), dtype=self._total.dtype, pin_memory=True).copy_(self._total, non_blocking=True)
        arrived.record()

        def there() -> float:
            arrived.synchronize()
            return float(host)

        return there


def mean_to_come(tensor: Tensor) -> MeanToCome:
    """The mean of the tensor over the processes, without a gradient, for later; all must ask in the same order."""
    if not _joined():
        return MeanToCome(tensor)
    out = tensor.detach().clone()
    return MeanToCome(out, dist.all_reduce(out, async_op=True))


def from_first(value: Any) -> Any:
    """The value that the first process has."""
    if not _joined():
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def gathered(value: Any) -> list[Any]:
    """The values of all processes, in the order of their ranks."""
    if not _joined():
        return [value]
    boxes: list[Any] = [None] * world()
    dist.all_gather_object(boxes, value)
    return boxes


def synchronize_batch_norm(model: nn.Module) -> None:
    """Replace every batch normalization inside the model by one over all processes; alone, change nothing.

    PyTorch's own needs a GPU; this one runs on any device, its sums exchanged with their gradients.
    """
    if world() == 1:
        return
    for name, module in list(model.named_children()):
        if isinstance(module, PLAIN):
            setattr(model, name, SharedBatchNorm.taking_over(module))
        else:
            synchronize_batch_norm(module)


class SharedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalization over all processes (Ioffe and Szegedy 2015): [batch, features, …] → the same."""

    drop: nn.Module
    act: nn.Module

    @classmethod
    def taking_over(cls, module: nn.modules.batchnorm._BatchNorm) -> "SharedBatchNorm":
        """One with the parameters, names and state of `module`, with the dropout and activation inside timm's."""
        taken = cls(module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats)
        for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            setattr(taken, name, getattr(module, name))
        taken.drop, taken.act = (getattr(module, name, nn.Identity()) for name in ("drop", "act"))
        return taken

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002 — PyTorch's name
        if input.ndim < 2:
            raise ValueError(f"expected [batch, features, …], got {input.ndim} dimension")

    def forward(self, images: Tensor) -> Tensor:
        out: Tensor = self.act(self.drop(self._normalized(images)))
        return out

    def _normalized(self, images: Tensor) -> Tensor:
        if not self.training and self.running_mean is not None:
            return F.batch_norm(images, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        shape = (1, -1) + (1,) * (images.ndim - 2)
        others = [0, *range(2, images.ndim)]  # all but the features
        values = images.to(torch.promote_types(images.dtype, torch.float32))
        count = total(values.new_tensor(float(values.numel() // values.shape[1])))
        mean = _SumOverProcesses.apply(values.sum(others)) / count
        centered = values - mean.view(shape)
        variance = _SumOverProcesses.apply(centered.square().sum(others)) / count
        if self.training:
            self._remember(mean.detach(), variance.detach() * count / (count - 1).clamp(min=1))
        out: Tensor = centered * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            out = out * self.weight.view(shape) + self.bias.view(shape)
        return out.to(images.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        weight = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, weight)
        self.running_var.lerp_(variance, weight)


class _SumOverProcesses(torch.autograd.Function):
    """The sum over the processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(_: Any, tensor: Tensor) -> Tensor:
        return total(tensor)

    @staticmethod
    def backward(_: Any, *gradients: Tensor) -> Tensor:
        return total(gradients[0])


def _joined() -> bool:
    return dist.is_available() and dist.is_initialized()


def _reduced(tensor: Tensor, operation: Any) -> Tensor:
    out = tensor.detach().clone()
    dist.all_reduce(out, operation)
    return out
