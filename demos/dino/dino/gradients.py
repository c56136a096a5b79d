"""Gradients averaged over the processes while the backward pass still runs.

PyTorch's DistributedDataParallel does the same for one module with one forward; here what is differentiated may be any
function of the parameters, as on the fast path, and what nobody will use is left where it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from dino import distributed
from dino.sharding import is_share

BUCKET = 25 * 2**20
"""Bytes that are exchanged at once: enough to fill a network, few enough that the first leave early (as in DDP)."""


@contextmanager
def averaged(parameters: Iterable[nn.Parameter]) -> Iterator[None]:
    """After the block, in which a backward pass runs, the gradients are their means over the processes.

    They leave in buckets as they come, the last layers' first, in the same order in every process.
    """
    if distributed.world() == 1:
        yield
        return
    replicated = [parameter for parameter in parameters if not is_share(parameter)]  # shares average themselves
    buckets = [Bucket(group) for group in grouped(replicated[::-1], BUCKET)]
    exchange = Exchange(buckets)
    hooks = [
        parameter.register_post_accumulate_grad_hook(exchange.came)  # type: ignore[no-untyped-call]
        for bucket in buckets
        for parameter in bucket.members
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
    exchange.finish()


def grouped(parameters: Sequence[nn.Parameter], limit: int) -> list[list[nn.Parameter]]:
    """The parameters in their order, neighbours of one type together as far as they are no more bytes than `limit`."""
    groups: list[list[nn.Parameter]] = []
    size = 0
    for parameter in parameters:
        size += parameter.nbytes
        if groups and groups[-1][0].dtype == parameter.dtype and size <= limit:
            groups[-1].append(parameter)
        else:
            groups.append([parameter])
            size = parameter.nbytes
    return groups


class Bucket:
    """Gradients that are exchanged together."""

    def __init__(self, members: Sequence[nn.Parameter]) -> None:
        self.members = members
        self.missing = {id(member) for member in members}
        self._sent: tuple[Any, Tensor] | None = None

    @property
    def is_full(self) -> bool:
        """Whether every gradient has come."""
        return not self.missing

    def send(self) -> None:
        """Begin to sum what has come over the processes."""
        gradients = [member.grad for member in self.members if member.grad is not None]
        if gradients:
            flat = torch.cat([gradient.flatten() for gradient in gradients])
            self._sent = (dist.all_reduce(flat, async_op=True), flat)

    def take_back(self) -> None:
        """Wait for the sum, and give each parameter its part of the mean."""
        if self._sent is None:
            return
        work, flat = self._sent
        work.wait()
        flat /= distributed.world()
        parts = [member for member in self.members if member.grad is not None]
        for member, mean in zip(parts, torch.split(flat, [member.numel() for member in parts]), strict=True):
            member.grad = mean.view_as(member)


class Exchange:
    """Sends the buckets, each when it is full and all before it are sent."""

    def __init__(self, buckets: Sequence[Bucket]) -> None:
        self._buckets, self._sent = buckets, 0
        self._home = {id(member): bucket for bucket in buckets for member in bucket.members}

    def came(self, parameter: Tensor) -> None:
        """Note that a gradient is whole."""
        self._home[id(parameter)].missing.discard(id(parameter))
        while self._sent < len(self._buckets) and self._buckets[self._sent].is_full:
            self._buckets[self._sent].send()
            self._sent += 1

    @torch.no_grad()
    def finish(self) -> None:
        """Send what the pass left behind: a parameter that nothing depends on has no gradient, in no process."""
        for bucket in self._buckets[self._sent :]:
            bucket.send()
        for bucket in self._buckets:
            bucket.take_back()
