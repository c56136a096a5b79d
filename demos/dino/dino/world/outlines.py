"""The outlines of the drawn objects, each as the signed distance to its edge, positive inside.

An outline is a function of x and y, arrays of one shape in units of the object's radius, y pointing down. Distances
are right near an edge and a bound elsewhere, which is all that a smooth edge and a rim along it need.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float64]
Outline = Callable[[Plane, Plane], Plane]


def star(x: Plane, y: Plane) -> Plane:
    """Five points, the first upwards."""
    across, up = _folded(x, y, 5)
    tip, notch = 1.0, (0.46 * np.sin(np.pi / 5), 0.46 * np.cos(np.pi / 5))
    edge = notch[0], notch[1] - tip
    distance: Plane = (edge[0] * (up - tip) - edge[1] * np.abs(across)) / -np.hypot(*edge)
    return distance


def heart(x: Plane, y: Plane) -> Plane:
    """Two discs over the upper sides of a square that stands on its corner."""
    square = (0.83 - np.abs(x) - np.abs(y - 0.06)) / np.sqrt(2)
    lobes = 0.52 - np.hypot(np.abs(x) - 0.43, y + 0.34)
    return np.maximum(np.where(y > -0.34, square, -1.0), lobes)


def cross(x: Plane, y: Plane) -> Plane:
    """A plus sign."""
    return np.maximum(_box(x, y, 0.31, 0.93), _box(x, y, 0.93, 0.31))


def crescent(x: Plane, y: Plane) -> Plane:
    """A disc without a smaller one."""
    return np.minimum(0.97 - np.hypot(x, y), np.hypot(x - 0.52, y) - 0.66)


def ring(x: Plane, y: Plane) -> Plane:
    """A disc with a hole."""
    return 0.27 - np.abs(np.hypot(x, y) - 0.68)


def gear(x: Plane, y: Plane) -> Plane:
    """Eight teeth."""
    across, up = _folded(x, y, 8)
    return np.maximum(0.72 - np.hypot(x, y), np.minimum(0.16 - np.abs(across), 0.97 - up))


def flower(x: Plane, y: Plane) -> Plane:
    """Five petals around a middle."""
    across, up = _folded(x, y, 5)
    return np.maximum(0.36 - np.hypot(across, up - 0.6), 0.5 - np.hypot(x, y))


def triangle(x: Plane, y: Plane) -> Plane:
    """Three equal sides."""
    _, up = _folded(x, -y, 3)
    return 0.5 - up


def arrow(x: Plane, y: Plane) -> Plane:
    """A head and a shaft, upwards."""
    head = np.minimum(0.1 - y, (y + 0.97 - 0.9 * np.abs(x)) / np.hypot(1, 0.9))
    either: Plane = np.maximum(head, _box(x, y - 0.4, 0.3, 0.55))
    return either


def bow(x: Plane, y: Plane) -> Plane:
    """A bow tie."""
    both: Plane = np.minimum(0.93 - np.abs(x), (0.16 + 0.8 * np.abs(x) - np.abs(y)) / np.hypot(1, 0.8))
    return both


def _box(x: Plane, y: Plane, half_width: float, half_height: float) -> Plane:
    return np.minimum(half_width - np.abs(x), half_height - np.abs(y))


def _folded(x: Plane, y: Plane, count: int) -> tuple[Plane, Plane]:
    """The plane turned, sector by sector, onto the one that points upwards: places across it, and up along it."""
    sector = 2 * np.pi / count
    angle = np.mod(np.arctan2(x, -y) + sector / 2, sector) - sector / 2
    radius = np.hypot(x, y)
    return radius * np.sin(angle), radius * np.cos(angle)
