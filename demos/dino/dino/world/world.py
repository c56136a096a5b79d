"""The drawn world: ten classes of objects, and pictures of them with exact masks, each drawn from its number alone.

A class is an outline together with what it is painted with. No figure is a class's own (two are spotted, two striped
and so on, five dark, five light); objects are turned and bent in any way, in any colours, a little larger or smaller,
here or there, and have no brightness of their own.

`background` is a dial between two worlds. At 0 the ground is clouds whose brightness and tint are none on average: what
two crops of a picture share is the object. At 1 it has a brightness, a tint and a clutter of its own, which tell one
picture from another better than the object does. A method that learns what crops share (paper, section 3.1) is
promised classes by the first world, and by the second is not.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from dino.world import outlines, patterns
from dino.world.drawing import Kind, Mask, Pixels, draw

CLASSES = (
    Kind("star", outlines.star, patterns.spots, dark=True),
    Kind("heart", outlines.heart, patterns.spots, dark=False),
    Kind("cross", outlines.cross, patterns.stripes, dark=True),
    Kind("crescent", outlines.crescent, patterns.zigzags, dark=False),
    Kind("ring", outlines.ring, patterns.checks, dark=True),
    Kind("gear", outlines.gear, patterns.checks, dark=False),
    Kind("flower", outlines.flower, patterns.rings, dark=True),
    Kind("triangle", outlines.triangle, patterns.rings, dark=False),
    Kind("arrow", outlines.arrow, patterns.zigzags, dark=True),
    Kind("bow", outlines.bow, patterns.stripes, dark=False),
)
COUNTS: Mapping[str, int] = {"train": 4096, "tune": 1024, "test": 1024}
"""Pictures of each split: to learn from and to vote; to choose settings by; to report, and never to choose by."""


@dataclass(frozen=True)
class Picture:
    """Pixels [size, size, 3] of 8 bits, the object's pixels [size, size], and its class."""

    pixels: Pixels
    mask: Mask
    label: int


@dataclass(frozen=True)
class World:
    """A world of pictures. Nothing is kept: the same number gives the same picture."""

    background: float = 0.0
    seed: int = 0
    size: int = 64

    def draw(self, split: str, index: int) -> Picture:
        """The picture of a split with this number; any number has one."""
        numbers = random.Random(f"{self.seed}/{split}/{index}")  # noqa: S311 — drawing is no cryptography
        label = self.label(split, index)
        return Picture(*draw(numbers, CLASSES[label], self.background, self.size), label)

    def label(self, split: str, index: int) -> int:
        """The class of a picture: of ten that follow one another, each has another."""
        return _shuffled(self.seed, split, index // len(CLASSES))[index % len(CLASSES)]


@lru_cache(maxsize=1024)
def _shuffled(seed: int, split: str, ten: int) -> list[int]:
    """All classes, in an order that has no period: a part of a split, evenly chosen, has them all."""
    order = list(range(len(CLASSES)))
    random.Random(f"{seed}/{split}/order/{ten}").shuffle(order)  # noqa: S311
    return order
