"""The method: the share of random points that fall into a shape is the shape's share of the square around it."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

Z_95 = 1.959963984540054  # a standard normal variable lies within ±Z_95 with a probability of 95 %
SQUARE = 4.0  # the area of the square from (-1, -1) to (1, 1)

Shape = Callable[[float, float], bool]


@dataclass(frozen=True)
class Estimate:
    """An area with its 95 % interval."""

    value: float
    low: float
    high: float

    def holds(self, truth: float) -> bool:
        """Whether the interval holds `truth`."""
        return self.low <= truth <= self.high


def circle(x: float, y: float) -> bool:
    """Whether a point lies in the circle of radius 1, whose area is pi."""
    return x * x + y * y <= 1


def diamond(x: float, y: float) -> bool:
    """Whether a point lies in the diamond |x| + |y| <= 1, whose area is 2."""
    return abs(x) + abs(y) <= 1


def estimate_area(shape: Shape, samples: int, seed: int) -> Estimate:
    """The area of a shape in the square from (-1, -1) to (1, 1), from `samples` points drawn with `seed`."""
    points = random.Random(seed)
    inside = sum(shape(points.uniform(-1, 1), points.uniform(-1, 1)) for _ in range(samples))
    share = inside / samples
    margin = Z_95 * math.sqrt(share * (1 - share) / samples)
    return Estimate(SQUARE * share, SQUARE * (share - margin), SQUARE * (share + margin))


def coverage(samples: int, repeats: int, seed: int) -> float:
    """The percentage of `repeats` intervals, each from points of its own, that hold pi."""
    estimates = (estimate_area(circle, samples, seed + repeat) for repeat in range(repeats))
    return 100 * sum(estimate.holds(math.pi) for estimate in estimates) / repeats
