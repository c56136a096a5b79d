"""How many images a second one core turns into crops: the authors' loader, ours by Pillow, fast, and from a cache.

    python bench/loader.py --authors DIR [--images DIR] [--count 64] [--rounds 5] [--out FILE]

DIR is a checkout of facebookresearch/dino. Its own `DataAugmentationDINO` reads an ImageFolder; nothing of it has to be
patched for today's libraries, only their warnings of what it uses are silenced. Without --images the bench makes
photograph-like JPEGs of 500 × 375 itself. Each contender is one process with one thread, which loads whole batches of
2 × 224 + 8 × 96 px; they take turns, and what counts is the median of their rounds in processor time.
"""

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy
from PIL import Image, ImageDraw
from turns import Contender, contend, table, take_turns, write

SIZE = (500, 375)
BATCH = 16
QUALITY = 90


@dataclass(frozen=True)
class Work:
    """What a contender reads: a folder of class folders, and where a cache may lie."""

    images: Path
    cache: Path
    authors: Path | None


def main() -> int:
    """Measures, and prints a table with the ratios; or is one of the contenders."""
    options = _options()
    if options.contend:
        return _contend(options.contend, Work(options.images, options.cache, options.authors))
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        images = options.images or draw_photographs(Path(folder) / "images", options.count)
        measured = take_turns(_contenders(Work(images, Path(folder) / "cache", options.authors)), options.rounds)
    sys.stdout.write(table(measured) + "\n")
    if options.out:
        write(measured, options.out)
    return 0


def _contenders(work: Work) -> dict[str, Contender]:
    command = [sys.executable, __file__, "--images", str(work.images), "--cache", str(work.cache)]
    command += ["--authors", str(work.authors)] if work.authors else []
    names = [name for name in CONTENDERS if work.authors or name != "authors"]
    return {name: Contender(ABOUT[name], [*command, "--contend", name]) for name in names}


def _contend(name: str, work: Work) -> int:
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    one_pass = CONTENDERS[name](work)
    contend(lambda: sum(one_pass()))
    return 0


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


def draw_photographs(folder: Path, count: int, first: int = 0) -> Path:
    """JPEGs with what costs a decoder time in photographs: clouds of every size, edges, shades, and grain."""
    place = folder / "all"
    place.mkdir(parents=True)
    for number in range(first, first + count):
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
    parser.add_argument("--contend", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--cache", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
