"""How many images a second one core turns into crops: the authors' loader, ours by Pillow, fast, and from a cache.

    python bench/loader.py --authors DIR [--images DIR] [--count 64] [--rounds 5] [--out FILE]

DIR is a checkout of facebookresearch/dino. Its own `DataAugmentationDINO` reads an ImageFolder; nothing of it has to be
patched for today's libraries, only their warnings of what it uses are silenced. Without --images the bench makes
photograph-like JPEGs of 500 × 375 itself. Each contender is one process with one thread, which loads whole batches of
2 × 224 + 8 × 96 px; they take turns, and what counts is the median of their rounds in processor time.
"""

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy
from PIL import Image, ImageDraw

SIZE = (500, 375)
BATCH = 16
QUALITY = 90


@dataclass(frozen=True)
class Work:
    """What a contender reads: a folder of class folders, and where a cache may lie."""

    images: Path
    cache: Path
    authors: Path | None


@dataclass(frozen=True)
class Measured:
    """A contender's median over the rounds, and the most memory that its process ever had."""

    images_per_second: float
    spread: tuple[float, float]
    peak_mib: float


def main() -> int:
    """Measures, and prints a table with the ratios."""
    options = _options()
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        images = options.images or draw_photographs(Path(folder) / "images", options.count)
        work = Work(images, Path(folder) / "cache", options.authors)
        measured = measure(work, options.rounds)
    sys.stdout.write(table(measured) + "\n")
    if options.out:
        options.out.write_text(
            json.dumps({name: vars(one) for name, one in measured.items()}, indent=1) + "\n", "utf-8"
        )
    return 0


def measure(work: Work, rounds: int) -> dict[str, Measured]:
    """Every contender's processor time, round after round in turns; the first round of each only warms it."""
    names = [name for name in CONTENDERS if work.authors or name != "authors"]
    context = multiprocessing.get_context("spawn")
    speeds: dict[str, list[float]] = {name: [] for name in names}
    peaks: dict[str, float] = {}
    with ExitStack() as stack:
        lines = {}
        for name in names:
            here, there = context.Pipe()
            process = context.Process(target=_contend, args=(name, work, there), daemon=True)
            process.start()
            stack.callback(process.join)
            stack.callback(here.send, False)
            lines[name] = here
        for number in range(rounds + 1):
            for name, line in lines.items():
                line.send(True)
                speed, peaks[name] = line.recv()
                if number:
                    speeds[name].append(speed)
    return {name: Measured(statistics.median(s), (min(s), max(s)), peaks[name]) for name, s in speeds.items()}


def table(measured: dict[str, Measured]) -> str:
    """One line a contender; ratios against the first."""
    base = next(iter(measured))
    lines = [f"{'':26}images/s per core   (from … to)      × {base}   peak memory"]
    for name, one in measured.items():
        ratio = one.images_per_second / measured[base].images_per_second
        low, high = one.spread
        lines.append(
            f"{ABOUT[name]:26}{one.images_per_second:17.1f}   ({low:5.1f} … {high:5.1f}){ratio:13.2f}"
            f"{one.peak_mib:10.0f} MiB"
        )
    return "\n".join(lines)


def _contend(name: str, work: Work, line: Connection) -> None:
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    one_pass = CONTENDERS[name](work)
    while line.recv():
        began = time.process_time()
        images = sum(one_pass())
        speed = images / (time.process_time() - began)
        line.send((speed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


Pass = Callable[[], Iterator[int]]
"""Loads every image once, and gives the size of each batch."""


def authors(work: Work) -> Pass:
    """The authors' loader, as in their main_dino.py."""
    sys.path.insert(0, str(work.authors))
    from main_dino import DataAugmentationDINO
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder

    images = ImageFolder(str(work.images), transform=DataAugmentationDINO((0.4, 1.0), (0.05, 0.4), 8))
    loader = DataLoader(images, batch_size=BATCH, shuffle=True, num_workers=0, drop_last=True)
    return lambda: (len(crops[0]) for crops, _ in loader)


def ours(work: Work, *, augmentation: str, cached: bool = False) -> Pass:
    """This package's loader."""
    from dino.batches import training_batches
    from dino.config import Config
    from dino.data.cache import cached as cache
    from dino.data.images import open_images
    from dino.data.sampler import Shuffle
    from dino.settings import with_values

    images = open_images(work.images)
    if cached:
        images = cache(images, work.cache, min(SIZE))
    config = with_values(Config(), {"augmentation": augmentation, "workers": 0, "batch_size": BATCH})
    shuffle = Shuffle(len(images), BATCH)
    epochs = iter(range(10**9))

    def one_pass() -> Iterator[int]:
        first = next(epochs) * shuffle.steps
        return (
            len(batch.crops[0]) for batch in training_batches(images, config, shuffle, first, first + shuffle.steps)
        )

    return one_pass


CONTENDERS: dict[str, Callable[[Work], Pass]] = {
    "authors": authors,
    "pil": lambda work: ours(work, augmentation="pil"),
    "fast": lambda work: ours(work, augmentation="fast"),
    "cache": lambda work: ours(work, augmentation="fast", cached=True),
}
ABOUT = {
    "authors": "the authors' loader",
    "pil": "ours, by Pillow",
    "fast": "ours, fast, decoded anew",
    "cache": "ours, fast, from the cache",
}


def draw_photographs(folder: Path, count: int) -> Path:
    """JPEGs with what costs a decoder time in photographs: clouds of every size, edges, shades, and grain."""
    place = folder / "all"
    place.mkdir(parents=True)
    for number in range(count):
        _photograph(number).save(place / f"{number:04}.jpg", quality=QUALITY)
    return folder


def _photograph(seed: int) -> Image.Image:
    numbers = numpy.random.default_rng(seed)
    width, height = SIZE
    shades = numpy.zeros((height, width, 3), numpy.float32)
    for octave in range(1, 9):
        small = numbers.normal(size=(2**octave, 2**octave, 3)) + 2 * numbers.normal(size=(2**octave, 2**octave, 1))
        for channel in range(3):
            layer = Image.fromarray(small[..., channel].astype(numpy.float32))
            shades[..., channel] += numpy.asarray(layer.resize(SIZE, Image.Resampling.BICUBIC)) * 0.78**octave
    shades += numbers.normal(size=(height, width, 1)) * 0.12
    low, high = numpy.quantile(shades, (0.02, 0.98))
    picture = Image.fromarray(((shades - low) / (high - low) * 255).clip(0, 255).astype(numpy.uint8))
    for _ in range(12):
        mask = Image.new("L", SIZE)
        corners = [(int(x), int(y)) for x, y in numbers.uniform((0, 0), SIZE, size=(4, 2))]
        ImageDraw.Draw(mask).polygon(corners, fill=int(numbers.integers(60, 220)))
        picture.paste(tuple(int(value) for value in numbers.integers(0, 256, 3)), mask=mask)
    return picture


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--authors", type=Path, help="a checkout of the authors' code")
    parser.add_argument("--images", type=Path, help="a folder of class folders, instead of the bench's own pictures")
    parser.add_argument("--count", type=int, default=64, help="how many pictures the bench makes (default 64)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count, for each contender (default 5)")
    parser.add_argument("--out", type=Path, help="a JSON file for the numbers")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
