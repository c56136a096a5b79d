"""Masks that nobody learnt, as large as given ones: what a Jaccard index reaches by chance, with as many tries.

Where objects lie near the middle and hang together, a disc there covers them better than patches anywhere: all three
kinds are asked, and the best of them is what a network is compared with.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Kind = Callable[[Tensor, int, torch.Generator], Tensor]


def areas(masks: Tensor) -> Tensor:
    """The share of a picture that each mask [..., rows, columns] covers: [...]."""
    return masks.float().mean(dim=(-2, -1))


def patches(shares: Tensor, side: int, numbers: torch.Generator) -> Tensor:
    """Patches anywhere, of `side` rows and columns: shares [images, tries] → masks [images, tries, side, side]."""
    return _least(torch.rand(*shares.shape, side, side, generator=numbers), shares)


def discs(shares: Tensor, side: int, numbers: torch.Generator) -> Tensor:
    """A disc around any place, cut off at the picture's edge and no smaller for it."""
    return _around(torch.rand(*shares.shape, 2, generator=numbers), shares, side)


def middles(shares: Tensor, side: int, numbers: torch.Generator) -> Tensor:  # noqa: ARG001 — as the others are called
    """A disc in the middle, the same at every try of one size."""
    return _around(torch.full((*shares.shape, 2), 0.5), shares, side)


KINDS: Mapping[str, Kind] = {"patches": patches, "discs": discs, "middles": middles}


def _around(centers: Tensor, shares: Tensor, side: int) -> Tensor:
    places = (torch.arange(side) + 0.5) / side
    down, across = centers[..., 0, None, None] - places[:, None], centers[..., 1, None, None] - places
    return _least(down**2 + across**2, shares)


def _least(values: Tensor, shares: Tensor) -> Tensor:
    """The share of each map with the least values."""
    flat = values.flatten(-2)
    count = (shares * flat.shape[-1]).round()[..., None]
    rank = flat.argsort(dim=-1).argsort(dim=-1)
    return (rank < count).view(values.shape)
