"""What the loaders do of the views that a GPU finishes: decode, cut out, resize, mirror, and write down the rest."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from dino.augment import MultiCrop
from dino.config import Config
from dino.data.faults import Fault
from dino.fast.augmentation import as_pixels, cut
from dino.fast.finishing import Cuts, reach_of, record

COLOURS = (1, 3)
"""Channels of the images that a GPU can finish; those with alpha are left to Pillow."""

Cut = tuple[Tensor, list[float]]  # a view's pixels [height, width, 1 or 4] and its record


@dataclass(frozen=True)
class CutBatch:
    """The views of one step, cut out: the global ones, then the local ones where there are any, each kind view after
    view; and the unreadable images met on the way."""

    images: int
    cuts: tuple[Cuts, ...]
    faults: tuple[Fault, ...]

    def pin_memory(self) -> "CutBatch":
        """The same in memory that a GPU reads by itself. PyTorch's loader asks for it, and pins no field of its own."""
        return CutBatch(self.images, tuple(cuts.pin_memory() for cuts in self.cuts), self.faults)


@dataclass(frozen=True)
class Cutting:
    """The views of an image, in the order of `MultiCrop` and from the same random numbers."""

    plain: MultiCrop
    reach: int

    @classmethod
    def of(cls, config: Config) -> "Cutting":
        """What the settings ask for."""
        return cls(MultiCrop.of(config), reach_of(max(config.augment.blur_radius)))

    def __call__(self, image: Image.Image, numbers: random.Random) -> list[Cut]:
        pixels = as_pixels(image)
        views = self.plain.draw(image.size, numbers)
        return [(cut(pixels, view).permute(1, 2, 0).contiguous(), record(view, self.reach)) for view in views]


def collate(samples: Sequence[tuple[list[Cut], tuple[Fault, ...]]]) -> CutBatch:
    """The views of all images, those of one size together."""
    views = list(zip(*(cuts for cuts, _ in samples), strict=True))
    kinds = [_together(kind) for kind in (views[:2], views[2:]) if kind]
    return CutBatch(len(samples), tuple(kinds), tuple(fault for _, faults in samples for fault in faults))


def _together(views: Sequence[Sequence[Cut]]) -> Cuts:
    every = [one for view in views for one in view]
    return Cuts(torch.stack([pixels for pixels, _ in every]), torch.tensor([numbers for _, numbers in every]))
