"""What the objects are painted with: figures on a base, each of about half of the area.

A pattern is a function of x and y in units of the object's radius and of a shift in turns: −1 is base, 1 is figure.
"""

from collections.abc import Callable

import numpy as np

from dino.world.outlines import Plane

Pattern = Callable[[Plane, Plane, float], Plane]

TURN = 2 * np.pi
WAVES = 2.0
"""Figures in a radius."""
SHARPNESS = 3.0


def spots(x: Plane, y: Plane, shift: float) -> Plane:
    """Spots in rows and columns."""
    rows, columns = np.cos(TURN * (WAVES * y + 2 * shift)), np.cos(TURN * (WAVES * x + shift))
    return _sharp(rows + columns - 0.2)


def bands(x: Plane, y: Plane, shift: float) -> Plane:
    """Rings around the middle."""
    return _sharp(np.cos(TURN * (WAVES * np.hypot(x, y) + shift)))


def _sharp(wave: Plane) -> Plane:
    return np.clip(SHARPNESS * wave, -1.0, 1.0)
