"""Pictures with the numbers of their objects: PASCAL VOC 2012 as it is unpacked, and the drawn world.

VOC's `ImageSets/Segmentation/val.txt` names the pictures; they lie in `JPEGImages`, their objects' numbers, with 255
where nobody can tell, in `SegmentationObject` (Everingham et al. 2015).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy
from PIL import Image

from dino.data.annotated import Annotated, named
from dino.data.decoding import with_channels
from dino.data.drawn import is_drawn
from dino.data.images import Images, open_images
from dino.data.masks import mask
from dino.data.palette import Numbers

LIST = "ImageSets/Segmentation/val.txt"


class Scene(Protocol):
    """A picture, and what is known of its objects."""

    def picture(self, channels: int) -> Image.Image:
        """The picture in so many channels. Raises ContentError where it cannot be read."""

    def numbers(self) -> Numbers:
        """The object's number of each pixel, 0 for none and 255 for void: [height, width]. Raises ContentError."""


def open_scenes(place: Path) -> Sequence[Scene]:
    """VOC's pictures, or those of an address like `drawn:0.5/test`. Raises ContentError where they are not whole."""
    if is_drawn(place):
        return _drawn(open_images(place))
    scenes = [
        Annotated(place / "JPEGImages" / f"{name}.jpg", place / "SegmentationObject" / f"{name}.png")
        for name in named(place, LIST, "PASCAL VOC 2012 (VOCdevkit/VOC2012)")
    ]
    for scene in scenes:
        scene.size()
    return scenes


@dataclass(frozen=True)
class DrawnScene:
    """A drawn picture, whose one object is known to the pixel."""

    images: Images
    index: int

    def picture(self, channels: int) -> Image.Image:
        """The picture in so many channels."""
        return with_channels(self.images.load(self.index), self.images.names[self.index], channels)

    def numbers(self) -> Numbers:
        """1 where its object is, 0 elsewhere: [height, width]."""
        found = mask(self.images, self.index)
        assert found is not None  # noqa: S101 — of what is drawn it is known
        return found.astype(numpy.uint8)


def _drawn(images: Images) -> Sequence[Scene]:
    return [DrawnScene(images, index) for index in range(len(images))]
