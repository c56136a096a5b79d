"""Everything in a picture that is no object: clouds, strokes, light and noise. None of it knows of classes."""

import math
import random
from dataclasses import dataclass

import numpy as np

from dino.world.outlines import Plane

OCTAVES = (3, 6, 12, 24)
"""Clouds across a picture, from the coarsest to the finest."""
SPLINE = 3
"""More lattice points than cells: what a cubic spline needs at the edges."""


@dataclass(frozen=True)
class Stroke:
    """A bent line of no meaning: where it is covered, [size, size] from 0 to 1, and its tone from −1 to 1."""

    coverage: Plane
    tone: float


def grid(size: int) -> tuple[Plane, Plane]:
    """x and y of every pixel's centre: a picture reaches from −1 to 1, y pointing down."""
    side = (np.arange(size) + 0.5) / size * 2 - 1
    across, down = np.meshgrid(side, side)
    return across, down


def covered(inside: Plane, size: int) -> Plane:
    """How much of each pixel lies inside an edge, from the signed distance in units of half a picture."""
    return np.clip(0.5 + inside * size / 2, 0.0, 1.0)


def clouds(numbers: random.Random, size: int, tilt: float) -> Plane:
    """Smooth noise [size, size] of several scales, mean 0 and deviation 1; the higher `tilt`, the coarser."""
    total = np.zeros((size, size))
    for octave, cells in enumerate(OCTAVES):
        down, across = _spline(size, cells, numbers.random()), _spline(size, cells, numbers.random())
        lattice = noise(numbers, cells + SPLINE)
        total += 2 ** (-octave * (0.5 + tilt)) * (down @ lattice @ across.T)
    total -= total.mean()
    total /= total.std()
    return total


def stroke(numbers: random.Random, x: Plane, y: Plane) -> Stroke:
    """A stroke somewhere."""
    middle_x, middle_y, tone = (numbers.uniform(-1, 1) for _ in range(3))
    angle, bend = numbers.uniform(0, math.tau), numbers.uniform(-0.8, 0.8)
    length, width = numbers.uniform(0.3, 0.8), numbers.uniform(0.025, 0.06)
    cos, sin = math.cos(angle), math.sin(angle)
    along = (x - middle_x) * cos + (y - middle_y) * sin
    across = (y - middle_y) * cos - (x - middle_x) * sin - bend * along**2
    return Stroke(covered(np.minimum(length - np.abs(along), width - np.abs(across)), len(x)), tone)


def light(numbers: random.Random, x: Plane, y: Plane) -> Plane:
    """Brighter on one side than on the other, from −1 to 1, and none on average."""
    angle, strength = numbers.uniform(0, math.tau), numbers.random()
    return strength * (math.cos(angle) * x + math.sin(angle) * y) / math.sqrt(2)


def noise(numbers: random.Random, size: int) -> Plane:
    """Values [size, size] from −1 to 1, each for itself."""
    return np.frombuffer(numbers.randbytes(size * size), np.uint8).reshape(size, size) / 127.5 - 1


def _spline(size: int, cells: int, shift: float) -> Plane:
    """The weights [size, cells + 3] of a cubic B-spline over a lattice of so many cells."""
    place = (np.arange(size) + 0.5) / size * cells + shift
    distance = np.abs(place[:, None] - np.arange(cells + SPLINE) + 1)
    near, far = 2 / 3 - distance**2 + distance**3 / 2, np.maximum(2 - distance, 0) ** 3 / 6
    return np.where(distance < 1, near, far)
