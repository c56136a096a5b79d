"""Pillow's Gaussian blur on planes of float32: three extended box blurs in each direction (Gwosdek et al. 2011), each
rounded to whole numbers; beyond the border, the outermost pixel is repeated."""

import math
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

Planes = NDArray[numpy.float32]

BOXES = 3
SHORT = 1 - 2**-20
"""What a box's weights add up to. Pillow's are cut off below one too: a half is rounded down."""


@dataclass(frozen=True)
class Box:
    """A box of 2 · whole + 1 pixels of one weight, and one more at each end with the weight `end`."""

    whole: int
    weight: float
    end: float


def blurred(planes: Planes, radius: float) -> Planes:
    """Planes [channels, height, width] of whole numbers, blurred by a Gaussian of `radius` pixels; they are used up."""
    box, sums = box_of(radius), numpy.empty_like(planes)
    for axis in (2, 1):
        for _ in range(BOXES):
            _blur(planes, box, axis, sums)
    return planes


def box_of(radius: float) -> Box:
    """The box whose blur, three times in a row, has the variance of a Gaussian of this radius (equations 10 and 11)."""
    variance = radius * radius / BOXES
    whole = int((math.sqrt(12 * variance + 1) - 1) / 2)
    part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) / (6 * (variance - (whole + 1) ** 2))
    weight = SHORT / (2 * (whole + part) + 1)
    return Box(whole, weight, weight * part)


def _blur(x: Planes, box: Box, axis: int, sums: Planes) -> None:
    """One box blur, in place; `sums` is room."""
    _add_neighbours(x, box.whole + 1, axis, sums)
    sums *= numpy.float32(box.end)
    inner = [_add_neighbours(x, distance, axis, numpy.empty_like(x)) for distance in range(1, box.whole + 1)]
    for beside in inner:
        x += beside
    x *= numpy.float32(box.weight)
    x += sums
    numpy.rint(x, out=x)


def _add_neighbours(x: Planes, distance: int, axis: int, out: Planes) -> Planes:
    """Both pixels at this distance added up. In memory they are a fixed number of places away, save at the border."""
    places = distance * x.strides[axis] // x.itemsize
    flat = x.reshape(-1)
    if 2 * places < len(flat):
        numpy.add(flat[: -2 * places], flat[2 * places :], out=out.reshape(-1)[places:-places])
    length = x.shape[axis]
    lines, borders = (x, out) if axis == 0 else (x.swapaxes(0, axis), out.swapaxes(0, axis))
    for line in {*range(min(distance, length)), *range(max(0, length - distance), length)}:
        numpy.add(lines[max(0, line - distance)], lines[min(length - 1, line + distance)], out=borders[line])
    return out
