"""How well the class token's attention covers an object (paper section 4.2.2 and figure 4): the Jaccard index.

The paper keeps the patches that hold 60 % of a head's attention in the last block and, of all heads, the one that
covers the object best. That is as many tries as there are heads, so whatever is compared has to have as many.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from dino.attention import mass_mask
from dino.vit import VisionTransformer

SHARE = 0.6
SHARES = (SHARE, 0.8)
"""Of attention, that a mask holds: the paper says the one under figure 4, and the other in appendix D."""


@dataclass(frozen=True)
class Overlap:
    """Mean Jaccard index in percent: of each image's `best` try, and of the `single` try that is best over all."""

    best: float
    single: float


def attended(network: VisionTransformer, images: Tensor, share: float = SHARE, batch: int = 64) -> Tensor:
    """The patches that each head attends to in normalised images: [images, heads, rows, columns] of bool."""
    return kept(attention_maps(network, images, batch), share)


@torch.no_grad()
def attention_maps(network: VisionTransformer, images: Tensor, batch: int = 64) -> Tensor:
    """How much the class token attends to each patch in the last block: [images, heads, rows, columns]."""
    rows, columns = (side // network.patch_size for side in images.shape[-2:])
    maps = [network.attention(part)[:, :, 0, -rows * columns :] for part in torch.split(images, batch)]
    found = torch.cat(maps)
    return found.view(*found.shape[:-1], rows, columns)


def kept(maps: Tensor, share: float) -> Tensor:
    """The fewest patches of each map [..., rows, columns] that hold this share of its attention: of bool."""
    return mass_mask(maps.flatten(-2), share).view(maps.shape)


def overlap(masks: Tensor, truth: Tensor) -> Overlap:
    """How well masks [images, tries, rows, columns] cover the objects [images, height, width], both of bool.

    The masks are enlarged to the objects' size, each value to a block of pixels.
    """
    found = scores(masks, truth)
    return Overlap(100 * float(found.amax(dim=1).mean()), 100 * float(found.mean(dim=0).max()))


def scores(masks: Tensor, truth: Tensor) -> Tensor:
    """The Jaccard index of every try: [images, tries], 0 to 1; for the arguments see `overlap`."""
    return torch.cat([jaccard(large, objects[:, None]) for large, objects in _enlarged(masks, truth)])


def jaccard(found: Tensor, truth: Tensor) -> Tensor:
    """Intersection over union of masks [..., height, width] of bool; 1 where both are empty: [...]."""
    both, either = (found & truth).sum(dim=(-2, -1)), (found | truth).sum(dim=(-2, -1))
    return torch.where(either > 0, both / either.clamp(min=1), 1.0)


def _enlarged(masks: Tensor, truth: Tensor, batch: int = 256) -> Iterator[tuple[Tensor, Tensor]]:
    """Some images at a time: of 64 × 64 pixels and three heads, a thousand take 12 MB."""
    for part, objects in zip(torch.split(masks, batch), torch.split(truth, batch), strict=True):
        yield F.interpolate(part.float(), size=truth.shape[-2:], mode="nearest") > 0, objects
