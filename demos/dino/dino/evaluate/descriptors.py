"""Descriptors of pictures that keep their ratio, each of a size of its own: one by one, at one scale or several."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from dino.augment import to_tensor
from dino.backbones import REFUSALS
from dino.errors import CommandError
from dino.evaluate.frozen import Frozen

ONE: tuple[float, ...] = (1.0,)
SEVERAL: tuple[float, ...] = (1.0, 2**-0.5, 0.5)

Picture = Callable[[], Image.Image]
"""Reads a picture, when its turn comes."""


@dataclass(frozen=True)
class Viewing:
    """The longest side that a picture keeps, in pixels, and the scales over which its feature is averaged."""

    longest: int
    scales: tuple[float, ...] = ONE


@torch.no_grad()
def descriptors(subject: Frozen, pictures: Iterable[Picture], viewing: Viewing, device: torch.device) -> Tensor:
    """The feature of each picture, of length 1: [pictures, dim] of float32. CommandError for a picture too small."""
    network = subject.network.to(device).eval()
    found: list[Any] = []
    for picture in pictures:
        view = to_tensor(shrunk(picture(), viewing.longest), subject.config.data)[None].to(device)
        found.append(sum(_seen(network, scaled(view, scale)) for scale in viewing.scales))
    return F.normalize(torch.cat(found).float(), dim=1).cpu()


def shrunk(picture: Image.Image, longest: int) -> Image.Image:
    """The picture in its ratio, no side longer than `longest` pixels; a smaller one as it is."""
    small = picture.copy()
    small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return small


def scaled(view: Tensor, scale: float) -> Tensor:
    """A view [1, channels, height, width] resampled bilinearly, as the authors do without a filter before it."""
    return view if scale == 1 else F.interpolate(view, scale_factor=scale, mode="bilinear", align_corners=False)


def _seen(network: torch.nn.Module, view: Tensor) -> Any:
    try:
        return network(view)
    except REFUSALS as error:
        height, width = view.shape[-2:]
        raise CommandError(f"the network sees no picture of {height}x{width}; name a larger --size") from error
