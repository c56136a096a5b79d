"""Batches of crops for any stretch of a run, loaded by worker processes, the same whatever their number.

Which images a step sees follows from the seed and the step (`dino.data.sampler`), what happens to an image from the
seed, the epoch and the image (`dino.augment`): a run that goes on at a step asks for the stretch from there.
"""

import atexit
import multiprocessing
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from dino.augment import MultiCrop, center_crop, generator
from dino.config import Config
from dino.data.faults import Fault, next_readable
from dino.data.images import Images
from dino.data.sampler import Shuffle
from dino.errors import DinoError, WorldError
from dino.fast.augmentation import FastMultiCrop
from dino.fast.cutting import CutBatch, Cutting, collate

Key = tuple[int, int]  # epoch, index
WORKER_DIED = "DataLoader worker"
"""In PyTorch's words about it, which it may say at any moment: waiting for a batch, or in the middle of a step."""

LOADER_DIED = (
    "a process that loads images died, most likely for want of memory; lower --workers or --batch-size, then run the "
    "same command again"
)


@dataclass(frozen=True)
class Batch:
    """The views of one step, each [batch, channels, height, width], and the unreadable images met on the way."""

    crops: list[Tensor]
    faults: tuple[Fault, ...]

    def pin_memory(self) -> "Batch":
        """The same in memory that a GPU reads by itself. PyTorch's loader asks for it, and pins no field of its own."""
        return Batch([crop.pin_memory() for crop in self.crops], self.faults)


@dataclass(frozen=True)
class Views(Dataset[Any]):
    """All views of an image in an epoch. An unreadable image's place is taken by the next one's views.

    An error is returned, not raised: on its way out of a worker, PyTorch would make a traceback of its sentence.
    """

    images: Images
    multi_crop: Callable[[Image.Image, Random], list[Any]]
    seed: int

    def __getitem__(self, key: Key) -> tuple[list[Any], tuple[Fault, ...]] | DinoError:
        epoch, index = key
        try:
            found = next_readable(self.images, index)
        except DinoError as error:
            return error
        return self.multi_crop(found.image, generator(self.seed, epoch, found.index)), found.faults


@dataclass(frozen=True)
class Keys(Sampler[list[Key]]):
    """The keys of each batch from step `start` to before `stop`."""

    shuffle: Shuffle
    start: int
    stop: int

    def __iter__(self) -> Generator[list[Key]]:
        for epoch, indices in self.shuffle.run(self.start, self.stop):
            yield [(epoch, index) for index in indices]

    def __len__(self) -> int:
        return self.stop - self.start


def training_batches(
    images: Images, config: Config, shuffle: Shuffle, start: int, stop: int, *, pinned: bool = False
) -> Generator[Batch]:
    """The batches of the steps from `start` to before `stop`; close it to end its workers before it is through.

    Raises WorldError when a worker process dies.
    """
    plain = MultiCrop.of(config)
    multi_crop = FastMultiCrop(plain) if config.augment.augmentation == "fast" else plain
    views = Views(images, multi_crop, config.optim.seed)
    return _loaded(views, Keys(shuffle, start, stop), _collate, config.data.workers, pinned=pinned)


def cut_batches(
    images: Images, config: Config, shuffle: Shuffle, start: int, stop: int, *, pinned: bool = False
) -> Generator[CutBatch]:
    """The same as far as a loader goes where a GPU does the rest (`dino.fast.finishing`)."""
    views = Views(images, Cutting.of(config), config.optim.seed)
    return _loaded(views, Keys(shuffle, start, stop), collate, config.data.workers, pinned=pinned)


@dataclass(frozen=True)
class Labelled(Dataset[Any]):
    """The first view of an image in an epoch, and its label; or the error, as in Views."""

    images: Images
    multi_crop: Callable[[Image.Image, Random], list[Any]]
    seed: int

    def __getitem__(self, key: Key) -> tuple[Tensor, int] | DinoError:
        epoch, index = key
        try:
            found = next_readable(self.images, index)
        except DinoError as error:
            return error
        views = self.multi_crop(found.image, generator(self.seed, epoch, found.index))
        return views[0], self.images.labels[found.index]


def labelled_batches(
    images: Images, config: Config, shuffle: Shuffle, start: int, stop: int
) -> Generator[tuple[Tensor, Tensor]]:
    """One global view [batch, channels, height, width] of each image and the labels [batch], of the same stretch."""
    multi_crop = FastMultiCrop(MultiCrop.of(config))
    views = Labelled(images, multi_crop, config.optim.seed)
    return _loaded(views, Keys(shuffle, start, stop), _stack, config.data.workers)


@dataclass(frozen=True)
class Centers(Dataset[Any]):
    """The central view of each image and its label, for evaluations; or the error, as in Views."""

    images: Images
    config: Config

    def __getitem__(self, index: int) -> tuple[Tensor, int] | DinoError:
        try:
            found = next_readable(self.images, index)
        except DinoError as error:
            return error
        view = center_crop(found.image, self.config.crops.global_size, self.config.data)
        return view, self.images.labels[found.index]


def central_views(images: Images, indices: Sequence[int], config: Config) -> Generator[tuple[Tensor, Tensor]]:
    """Central views [batch, channels, height, width] and labels [batch] of the images at `indices`, in their order."""
    size = max(1, config.optim.batch_size)
    groups = [list(indices[first : first + size]) for first in range(0, len(indices), size)]
    return _loaded(Centers(images, config), groups, _stack, config.data.workers)


def _loaded(
    views: Any, keys: Any, collate: Callable[..., Any], workers: int, *, pinned: bool = False
) -> Generator[Any]:
    loader: DataLoader[Any] = DataLoader(
        views,
        batch_sampler=keys,
        num_workers=workers,
        collate_fn=Collation(collate),
        pin_memory=pinned,
        worker_init_fn=_ready_worker,
        generator=torch.Generator(),
    )
    try:
        for batch in loader:
            if isinstance(batch, DinoError):
                raise batch
            yield batch
    except RuntimeError as error:
        if WORKER_DIED not in str(error):
            raise
        raise WorldError(LOADER_DIED) from error


@atexit.register
def _end_workers() -> None:
    """Kill the workers that an error has left: Python would wait for ever for one that does not hear SIGTERM."""
    left = [process for process in multiprocessing.active_children() if process.daemon]
    if left and hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # PyTorch's would make an error of it
    for worker in left:
        worker.kill()


@dataclass(frozen=True)
class Collation:
    """Makes a batch of samples, or gives the first error among them."""

    collate: Callable[[Sequence[Any]], Any]

    def __call__(self, samples: Sequence[Any]) -> Any:
        return next((sample for sample in samples if isinstance(sample, DinoError)), None) or self.collate(samples)


def _ready_worker(_: int) -> None:
    """Signals are the trainer's to answer: a worker that died of Ctrl-C would take the step with it.

    Its excepthook hears only of batches that nobody waits for any more: what goes wrong with an image is handed over.
    """
    sys.excepthook = lambda *_: None
    torch.set_num_threads(1)
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGUSR1", None)):
        if number is not None:
            signal.signal(number, signal.SIG_IGN)


def _collate(samples: Sequence[tuple[list[Tensor], tuple[Fault, ...]]]) -> Batch:
    views = zip(*(crops for crops, _ in samples), strict=True)
    return Batch([torch.stack(view) for view in views], tuple(fault for _, faults in samples for fault in faults))


def _stack(samples: Sequence[tuple[Tensor, int]]) -> tuple[Tensor, Tensor]:
    return torch.stack([view for view, _ in samples]), torch.tensor([label for _, label in samples])
