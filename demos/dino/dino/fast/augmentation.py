"""The views of `dino.augment` three times as fast on a CPU: the same records, drawn by the same numbers.

Pillow decodes. PyTorch's antialiased bicubic kernel on uint8 resizes the crop, which is Pillow's but for rounding. The
rest works on whole planes of float32, which hold the whole numbers of Pillow's uint8. Brightness, contrast, saturation,
grey and solarization are Pillow's to the bit; hue is, but for 0.3 % of all colours, which lie between two of Pillow's
256 steps of hue; blur is, but for sums close to a half.

NumPy computes number by number, in one thread, and fuses nothing: no number of threads or workers can change a bit.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from dino.augment import MultiCrop, Property, View
from dino.fast.blur import blurred

Planes = NDArray[numpy.float32]  # [channels, height, width], whole numbers from 0 to 255
Plane = NDArray[numpy.float32]  # [height, width]

LUMA = (19595 / 65536, 38470 / 65536, 7471 / 65536)
"""Rec. 601 in Pillow's fixed point: sums of these times whole numbers up to 255 are exact in float32."""

NOTHING = numpy.float32(1e-30)
"""Added to whole numbers, it changes the zero alone, by which nothing can be divided."""


@dataclass(frozen=True)
class FastMultiCrop:
    """What `MultiCrop` gives, made faster; an image with alpha is left to it."""

    plain: MultiCrop

    def __call__(self, image: Image.Image, numbers: random.Random) -> list[Tensor]:
        if image.mode not in ("L", "RGB"):
            return self.plain(image, numbers)
        pixels, threshold = as_pixels(image), self.plain.augment.solarize_threshold
        views = self.plain.draw(image.size, numbers)
        return [self._normalised(seen(pixels, view, threshold)) for view in views]

    def _normalised(self, planes: Planes) -> Tensor:
        scale, shift = self._affine
        planes *= scale
        planes += shift
        return torch.from_numpy(planes)

    @cached_property
    def _affine(self) -> tuple[Planes, Planes]:
        data = self.plain.data
        mean, std = (numpy.array(values).reshape(-1, 1, 1) for values in (data.mean, data.std))
        return (1 / (255 * std)).astype(numpy.float32), (-mean / std).astype(numpy.float32)


def as_pixels(image: Image.Image) -> Tensor:
    """The image as uint8, 1 channel or 4 in the last place of memory: Pillow keeps a fourth byte, and PyTorch's kernel
    works on four."""
    content = bytearray(image.tobytes("raw", "RGBX" if image.mode == "RGB" else "L"))
    return torch.frombuffer(content, dtype=torch.uint8).view(1, image.height, image.width, -1).permute(0, 3, 1, 2)


def seen(pixels: Tensor, view: View, threshold: int) -> Planes:
    """The view of an image: what `dino.augment.seen` gives."""
    planes: Planes = cut(pixels, view)[:3].numpy().astype(numpy.float32, order="C")
    for what, factor in view.jitter:
        if len(planes) == 3 or what in ("brightness", "contrast"):
            ADJUST[what](planes, factor)
    if view.grey:
        planes[:] = grey(planes)
    if view.blur:
        planes = blurred(planes, view.blur)
    if view.solarize:
        numpy.copyto(planes, 255 - planes, where=planes >= threshold)
    return planes


def cut(pixels: Tensor, view: View) -> Tensor:
    """What is in the view's box, resized, and mirrored where it is to be: uint8 [1 or 4, height, width]."""
    left, top, right, bottom = view.box
    crop = pixels[:, :, top:bottom, left:right]
    resized = F.interpolate(crop, size=view.size, mode="bicubic", antialias=True)[0]
    return resized.flip(-1) if view.flip else resized


def brighten(planes: Planes, factor: float) -> None:
    """Brightness times `factor`, in place, as in the next three."""
    planes *= numpy.float32(factor)
    if factor > 1:
        numpy.clip(planes, 0, 255, out=planes)
    numpy.floor(planes, out=planes)


def contrast(planes: Planes, factor: float) -> None:
    """The distance from the mean grey times `factor`."""
    lightness = grey(planes)
    _blend(planes, numpy.floor(lightness.sum(dtype=numpy.float32) / numpy.float32(lightness.size) + 0.5), factor)


def saturate(planes: Planes, factor: float) -> None:
    """The distance from grey times `factor`."""
    _blend(planes, grey(planes), factor)


def _blend(planes: Planes, other: Plane | numpy.float32, factor: float) -> None:
    planes -= other
    planes *= numpy.float32(factor)
    planes += other
    if factor > 1:
        numpy.clip(planes, 0, 255, out=planes)
    numpy.floor(planes, out=planes)


def grey(planes: Planes) -> Plane:
    """Luma [height, width], rounded."""
    if len(planes) == 1:
        only: Plane = planes[0].copy()
        return only
    red, green, blue = (plane * numpy.float32(share) for plane, share in zip(planes, LUMA, strict=True))
    luma: Plane = red
    luma += green
    luma += blue
    luma += numpy.float32(0.5)
    numpy.floor(luma, out=luma)
    return luma


def turn_hue(planes: Planes, turns: float) -> None:
    """The hue turned round in Pillow's HSV of 8 bits, in which value stays and saturation is rounded down."""
    red, green, blue = planes
    value = numpy.maximum(numpy.maximum(red, green), blue)
    chroma = value - numpy.minimum(numpy.minimum(red, green), blue)
    hue = _hue(planes, value, chroma)
    hue += numpy.uint8(int(turns * 255) % 256)
    chroma *= numpy.float32(255)
    chroma /= value + NOTHING
    numpy.floor(chroma, out=chroma)
    chroma *= value
    chroma *= numpy.float32(1 / 255)
    sextant = hue.astype(numpy.float32)
    sextant *= numpy.float32(6 / 255)
    for plane, opposite in ((red, 3), (green, 2), (blue, 4)):
        numpy.subtract(sextant, numpy.float32(opposite), out=plane)
    numpy.abs(planes, out=planes)
    numpy.subtract(3, red, out=red)
    numpy.clip(planes, 1, 2, out=planes)
    planes *= chroma
    value += chroma
    numpy.subtract(value, planes, out=planes)
    numpy.rint(planes, out=planes)


def _hue(planes: Planes, value: Plane, chroma: Plane) -> NDArray[numpy.uint8]:
    """The hue in whole 255ths of a turn, rounded down: the largest colour tells the third of the turn, the difference
    of the others the place around it."""
    red, green, blue = planes
    is_red, is_green = red == value, green == value
    place = red - green
    numpy.copyto(place, blue - red, where=is_green)
    numpy.copyto(place, green - blue, where=is_red)
    place *= numpy.float32(255 / 6)
    place /= chroma + NOTHING
    numpy.floor(place, out=place)
    hue: NDArray[numpy.uint8] = place.astype(numpy.int16).astype(numpy.uint8)
    third = is_green.view(numpy.uint8) * numpy.uint8(85)
    numpy.subtract(numpy.uint8(170), third, out=third)
    third *= (~is_red).view(numpy.uint8)
    hue += third
    hue -= (hue > 212).view(numpy.uint8)  # before red: 8 bits have gone round by 256
    return hue


ADJUST: Mapping[Property, Callable[[Planes, float], None]] = {
    "brightness": brighten,
    "contrast": contrast,
    "saturation": saturate,
    "hue": turn_hue,
}
