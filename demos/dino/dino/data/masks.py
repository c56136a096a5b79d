"""The exact masks of a set's objects, for sets that have them: those that are drawn, their parts and their caches."""

import numpy
from numpy.typing import NDArray

from dino.data.drawn import DrawnImages
from dino.data.images import Images
from dino.data.pixels import CachedImages
from dino.data.split import Part

Mask = NDArray[numpy.bool_]


def mask(images: Images, index: int) -> Mask | None:
    """The pixels of an image that are its object's, [height, width]; None where nobody knows."""
    match images:
        case DrawnImages():
            return images.world.draw(images.split, index).mask
        case Part():
            return mask(images.whole, images.indices[index])
        case CachedImages():
            return mask(images.original, index)
    return None
