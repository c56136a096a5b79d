"""`--dry-run`: what a run will cost in time, memory and disk, from one measured step of it; nothing is written.

The same batch is loaded twice: the first time shows what decoding costs, the second what every step costs once a cache
holds the images. What is not measured is said.
"""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TypeVar

import torch
from PIL import Image

from dino.arrival import route
from dino.batches import central_views
from dino.config import Config
from dino.data.cache import shrunk
from dino.data.images import Images
from dino.evaluation import spread
from dino.progress import peak_memory, spell
from dino.resume import pack
from dino.run import Run

GIB, MIB = 2**30, 2**20
RECORD = 900
"""Bytes of a line in log.jsonl, about."""
PATIENCE, MOST_STEPS = 2.0, 5
"""One step is measured; quick ones again, up to so many seconds and steps, and their median told."""
T = TypeVar("T")


@dataclass(frozen=True)
class Measured:
    """Seconds of one step, of loading its images in one process, of decoding them, and of a k-NN image."""

    step: float
    load: float
    decode: float
    knn_image: float


def estimate(images: Images, config: Config, folder: Path, device: torch.device) -> list[str]:
    """Lines on time, memory and disk, and a warning where the disk is too small. Give the images as they are stored."""
    kept = Kept(images, config.data.cache) if config.data.cache else images
    run = Run.start(kept, config, folder, device, lambda _: None)
    measured = measure(run, kept)
    checkpoint = sum(tensor.nbytes for tensor in pack(run.learner, {}).tensors.values())
    decoded = kept.bytes_each * len(images) if isinstance(kept, Kept) else 0
    return [
        *time_lines(run, measured),
        _memory(config, device),
        *disk_lines(run, checkpoint, decoded, shutil.disk_usage(_existing(folder)).free),
    ]


class Kept:
    """Images as a cache gives them: shrunk, and decoded once, here in memory and as far as they are asked for."""

    def __init__(self, images: Images, size: int) -> None:
        self._images, self._size = images, size
        self._kept: dict[int, Image.Image] = {}
        self.place, self.names, self.labels = images.place, images.names, images.labels
        self.classes, self.fingerprint, self.channels = images.classes, images.fingerprint, images.channels

    def __len__(self) -> int:
        return len(self._images)

    def read(self, index: int) -> bytes:
        """The image as it is stored."""
        return self._images.read(index)

    def load(self, index: int) -> Image.Image:
        """The image with a short side of the cache's size at the most."""
        if index not in self._kept:
            self._kept[index] = shrunk(self._images.load(index), self._size)
        return self._kept[index].copy()

    @property
    def bytes_each(self) -> int:
        """What an image takes in the cache, by those that were loaded."""
        pixels = sum(image.width * image.height for image in self._kept.values())
        return pixels * self.channels // max(1, len(self._kept))


def measure(run: Run, images: Images) -> Measured:
    """A step after a warm one, and the features of a batch; in this process alone."""
    config = replace(run.config, data=replace(run.config.data, workers=0))
    plan, device = run.plan, run.device
    load, moving = route(config, device)
    _, first = timed(lambda: next(load(images, config, run.shuffle, 0, 1)))
    batch, again = timed(lambda: next(load(images, config, run.shuffle, 0, 1)))

    def learn() -> None:
        run.learner.step(moving(batch).crops, plan.at(0))
        _wait(device)

    learn()
    steps: list[float] = []
    while not steps or (sum(steps) < PATIENCE and len(steps) < MOST_STEPS):
        steps.append(timed(learn)[1])
    knn = 0.0
    if not isinstance(run.asks, str):
        bank = run.asks.bank
        few = spread(len(bank), config.optim.batch_size)
        views, loading = timed(lambda: next(central_views(bank, few, config))[0])
        with torch.no_grad():
            features, looking = timed(lambda: run.learner.teacher.backbone(views.to(device)).cpu())
        knn = (loading / max(1, run.config.data.workers) + looking) / len(features)
    return Measured(median(steps), again, max(0.0, first - again), knn)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What the work gives, and the seconds that it took."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def time_lines(run: Run, measured: Measured) -> list[str]:
    """How long training takes, and what comes on top."""
    plan, config = run.plan, run.config
    seconds = pace(measured, config.data.workers, run.device)
    slower = "; loading is what holds it up: --cache and more --workers help" if seconds > 2 * measured.step else ""
    lines = [
        f"time: {spell(seconds * plan.total)} for {plan.total:,} steps of {plan.images_per_step} images, at "
        f"{seconds:.2f} s each ({plan.images_per_step / seconds:.0f} images/s){slower}"
    ]
    if not isinstance(run.asks, str):
        times = 1 + -(-config.optim.epochs // config.keep.knn_every)  # one is before the first step
        looked = sum(min(len(part), config.keep.knn_limit) for part in (run.asks.bank, run.asks.asked))
        seconds = times * looked * measured.knn_image
        lines.append(f"and {spell(seconds)} for {times:,} evaluations by k-NN of {looked:,} images each")
    if config.data.cache:
        whole = len(run.images) / config.optim.batch_size * measured.decode / (os.cpu_count() or 1)
        lines.append(f"and {spell(whole)} once, to decode the images into the cache")
    return [*lines, "not measured: writing checkpoints, and a disk slower in the long run than for these images"]


def pace(measured: Measured, workers: int, device: torch.device) -> float:
    """The seconds from step to step: images are loaded beside the step, on a CPU by the cores that it uses itself."""
    if not workers:
        return measured.step + measured.load
    if device.type == "cpu":
        return max(measured.step + measured.load / (os.cpu_count() or 1), measured.load / workers)
    return max(measured.step, measured.load / workers)


def disk_lines(run: Run, checkpoint: int, decoded: int, free: int) -> list[str]:
    """What the run's folder will hold at the most, and a warning where it does not fit."""
    config, keep = run.config, run.config.keep
    for_good = config.optim.epochs // keep.keep_every if keep.keep_every else 0
    kept = for_good + keep.keep + 1
    teacher = sum(tensor.nbytes for tensor in run.learner.teacher.state_dict().values())
    small = RECORD * (run.plan.total // keep.log_every) + pictures(config)
    total = checkpoint * kept + teacher + small + decoded
    cache = f"{decoded / MIB:,.0f} MiB of cache, " if decoded else ""
    lines = [
        f"disk: {total / GIB:.1f} GiB: {kept} checkpoints of {checkpoint / MIB:,.0f} MiB ({for_good} kept for good, "
        f"{keep.keep} newest, 1 being written), the teacher's {teacher / MIB:,.0f} MiB, {cache}"
        f"{small / MIB:,.0f} MiB of log and pictures; {free / GIB:,.0f} GiB are free"
    ]
    if total > free:
        lines.append("the disk is too small for this run; lower --keep, raise --keep-every or name another --out")
    return lines


def pictures(config: Config) -> int:
    """The bytes of the images, crops and attention that are kept for the report."""
    crops, keep = config.crops, config.keep
    if not keep.snapshot_every:
        return 0
    height, width = crops.global_size
    pixels = 3 * height * width + crops.local_count * crops.local_size[0] * crops.local_size[1]
    patches = (height // config.model.patch_size) * (width // config.model.patch_size)
    heads, floats = 12, 4
    return keep.snapshot_images * (3 * pixels + config.optim.epochs // keep.snapshot_every * heads * floats * patches)


def _memory(config: Config, device: torch.device) -> str:
    workers = config.data.workers
    beside = f"; what loads images in --workers {workers} takes main memory beside it" if workers else ""
    return f"memory: {peak_memory(device) / GIB:.1f} GiB at the most on {device}{beside}"


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
