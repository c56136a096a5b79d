"""What the objects are painted with: figures on a base, each of about half of the area.

A pattern is a function of x and y in units of the object's radius and of a shift in turns: −1 is base, 1 is figure.
"""

from collections.abc import Callable

import numpy as np

from dino.world.outlines import Plane

Pattern = Callable[[Plane, Plane, float], Plane]

TURN = 2 * np.pi
WAVES = 1.3
"""Figures in a radius."""
SHARPNESS = 3.0


def spots(x: Plane, y: Plane, shift: float) -> Plane:
    """Spots in rows and columns."""
    rows, columns = _wave(WAVES * y + 2 * shift), _wave(WAVES * x + shift)
    return _sharp(rows + columns - 0.2)


def stripes(x: Plane, y: Plane, shift: float) -> Plane:  # noqa: ARG001 — as the others are called
    """Straight stripes."""
    return _sharp(_wave(WAVES * x + shift))


def zigzags(x: Plane, y: Plane, shift: float) -> Plane:
    """Stripes that go to and fro."""
    to_and_fro = np.abs((0.7 * WAVES * y + 2 * shift) % 1 - 0.5)
    return _sharp(_wave(WAVES * x + 1.6 * to_and_fro + shift))


def checks(x: Plane, y: Plane, shift: float) -> Plane:
    """A chequered board."""
    return _sharp(2 * _wave(0.7 * WAVES * y + 2 * shift) * _wave(0.7 * WAVES * x + shift))


def rings(x: Plane, y: Plane, shift: float) -> Plane:
    """Small rings in rows and columns."""
    across, down = (0.8 * WAVES * x + shift) % 1 - 0.5, (0.8 * WAVES * y + 2 * shift) % 1 - 0.5
    return _sharp(8 * (0.14 - np.abs(np.hypot(across, down) - 0.27)))


def _wave(turns: Plane) -> Plane:
    wave: Plane = np.cos(TURN * turns)
    return wave


def _sharp(wave: Plane) -> Plane:
    return np.clip(SHARPNESS * wave, -1.0, 1.0)
