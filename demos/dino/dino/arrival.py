"""The batches of a run as they arrive where the network is, each [batch, channels, height, width] and finished.

For a GPU the loaders only cut the views out; it does the rest, for the next batch while it learns from this one.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dino.batches import Batch, cut_batches, training_batches
from dino.config import Config
from dino.data.images import Images
from dino.data.sampler import Shuffle
from dino.fast.compiling import compiles
from dino.fast.cutting import COLOURS, CutBatch
from dino.fast.finishing import Finishing


def arriving(
    images: Images, config: Config, shuffle: Shuffle, start: int, stop: int, device: torch.device
) -> Generator[Batch]:
    """The batches of the steps from `start` to before `stop`, on the device; close it to end its loaders."""
    load, moving = route(config, device)
    pinned = device.type == "cuda"
    with closing(load(images, config, shuffle, start, stop, pinned=pinned)) as batches:
        yield from ahead(batches, moving) if pinned else map(moving, batches)


def route(config: Config, device: torch.device) -> "tuple[Callable[..., Generator[Any]], Moving]":
    """What loads the batches of a run, and what brings each to the device."""
    if not finishes(config, device):
        return training_batches, Moving(device)
    return cut_batches, Moving(device, Finishing.of(config, compiled=config.optim.compile and compiles(device)))


def finishes(config: Config, device: torch.device) -> bool:
    """Whether the device finishes the views that the loaders cut out."""
    return device.type == "cuda" and config.augment.augmentation == "fast" and config.data.channels in COLOURS


@dataclass(frozen=True)
class Moving:
    """What brings a batch to the device, and finishes it there where it is cut out only."""

    device: torch.device
    finishing: Finishing | None = None

    def __call__(self, batch: Batch | CutBatch) -> Batch:
        if isinstance(batch, Batch):
            return Batch([crop.to(self.device, non_blocking=True) for crop in batch.crops], batch.faults)
        assert self.finishing  # noqa: S101 — for the type checker
        finished = [self.finishing(cuts.to(self.device)) for cuts in batch.cuts]
        return Batch([view for views in finished for view in views.chunk(len(views) // batch.images)], batch.faults)


def ahead(batches: Iterator[Any], moving: Moving) -> Generator[Batch]:
    """Each batch, moved while the one before it was learnt from."""
    side = Side.of(moving.device)
    coming: Batch | None = None
    for batch in batches:
        with side.work():
            moved = moving(batch)
        if coming:
            yield coming
        side.hand_over(moved.crops)
        coming = moved
    if coming:
        yield coming


@dataclass(frozen=True)
class Side:
    """A stream of work beside the one that learns; on a processor there is none."""

    stream: "torch.cuda.Stream | None"

    @classmethod
    def of(cls, device: torch.device) -> "Side":
        """That of a GPU."""
        return cls(torch.cuda.Stream(device) if device.type == "cuda" else None)  # type: ignore[no-untyped-call]

    @contextmanager
    def work(self) -> Iterator[None]:
        """What is asked of the GPU within is done beside."""
        with torch.cuda.stream(self.stream):
            yield

    def hand_over(self, tensors: list[Tensor]) -> None:
        """From here on, what learns may use them: it waits until they are there, and their memory for its end."""
        if not self.stream:
            return
        learning = torch.cuda.current_stream(self.stream.device)
        learning.wait_stream(self.stream)
        for tensor in tensors:
            tensor.record_stream(learning)
