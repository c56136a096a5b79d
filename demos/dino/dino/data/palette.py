"""Masks as DAVIS and PASCAL VOC keep them: PNGs with a palette, in which a pixel's value is its object's number."""

from pathlib import Path

import numpy
from numpy.typing import NDArray
from PIL import Image

from dino.data.faults import printable
from dino.errors import ContentError, WorldError

Numbers = NDArray[numpy.uint8]

VOID = 255
"""The number of pixels that belong to no object for certain."""


def colours() -> list[int]:
    """Red, green and blue of each number: VOC's colour map, whose channels take turns at the number's bits."""
    return [
        sum((number >> (3 * bit + channel) & 1) << (7 - bit) for bit in range(3))
        for number in range(256)
        for channel in range(3)
    ]


def read(path: Path) -> Numbers:
    """The object's number of each pixel: [height, width]. Raises ContentError for what is no such PNG."""
    shown = printable(str(path))
    try:
        with Image.open(path, formats=["PNG"]) as image:
            mode, numbers = image.mode, numpy.array(image)
    except Exception as error:
        raise ContentError(f"{shown} cannot be read as a PNG; look whether the data set was unpacked whole") from error
    if mode not in ("P", "L"):
        raise ContentError(
            f"{shown} has colours ({mode}) and no palette whose numbers are objects; take the original PNG"
        )
    return numbers.astype(numpy.uint8)


def write(path: Path, numbers: Numbers) -> None:
    """Writes such a PNG, whole or not at all. Raises WorldError where that is not possible."""
    image = Image.fromarray(numbers)
    image.putpalette(colours())
    beside = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            image.save(beside, format="PNG")
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WorldError(f"{path} cannot be written ({reason}); make room or name another --out") from error
