"""How well the boundary of a mask is met: the measure F of Perazzi et al. 2016 (DAVIS, section 5)."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

TOLERANCE = 0.008
"""Of the image's diagonal: how far apart two boundaries may lie that are taken for one."""


def boundary_measure(found: Tensor, truth: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """F, the harmonic mean of the boundary's precision and recall: masks [..., height, width] of bool → [...].

    A boundary that is not there has no wrong pixel and misses none: of two empty masks F is 1, of one it is 0.
    """
    found_boundary, true_boundary = boundary(found), boundary(truth)
    reach = math.ceil(tolerance * math.hypot(*truth.shape[-2:]))
    precision = _share(found_boundary & dilated(true_boundary, reach), found_boundary)
    recall = _share(true_boundary & dilated(found_boundary, reach), true_boundary)
    both = precision + recall
    return torch.where(both > 0, 2 * precision * recall / both, 0.0)


def boundary(masks: Tensor) -> Tensor:
    """The pixels that differ from the next one to the right, below, or below right: of bool, as the masks.

    As in the Berkeley benchmark (Martin et al. 2004), whose map of boundaries DAVIS uses, the image's edge is none.
    """
    right = torch.cat([masks[..., 1:], masks[..., -1:]], dim=-1)
    below = torch.cat([masks[..., 1:, :], masks[..., -1:, :]], dim=-2)
    below_right = torch.cat([right[..., 1:, :], right[..., -1:, :]], dim=-2)
    return (masks ^ right) | (masks ^ below) | (masks ^ below_right)


def dilated(masks: Tensor, radius: int) -> Tensor:
    """The pixels no farther than `radius` from one of a mask [..., height, width], of bool: dilation with a disc.

    A disc is so many rows, one above the other, each a maximum over as many columns as it is wide.
    """
    height, width = masks.shape[-2:]
    padded = F.pad(masks.float().reshape(-1, height, width), (0, 0, radius, radius))
    reached = torch.zeros(len(padded), height, width, dtype=torch.bool, device=masks.device)
    for down in range(2 * radius + 1):
        across = math.isqrt(radius**2 - (down - radius) ** 2)
        reached |= F.max_pool1d(padded[:, down : down + height], 2 * across + 1, 1, across) > 0
    return reached.view(masks.shape)


def _share(part: Tensor, whole: Tensor) -> Tensor:
    count = whole.sum(dim=(-2, -1))
    return torch.where(count > 0, part.sum(dim=(-2, -1)) / count.clamp(min=1), 1.0)
