"""A step in parts: the gradients of a few images after another add up to that of all of them.

So a batch is learnt from that does not fit into memory at once. What looks at a batch as a whole then sees one part of
it: batch normalization, and KoLeo's nearest neighbours. The center sees them all.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dino.sight import Logits


def parts_of(crops: Sequence[Tensor], count: int) -> list[list[Tensor]]:
    """The crops, each [batch, …], of each of `count` parts of the batch."""
    return [list(part) for part in zip(*(crop.chunk(count) for crop in crops), strict=True)]


def mean_of(parts: Sequence[Tensor]) -> Tensor:
    """The mean of what each part gave, without a graph."""
    return torch.stack([part.detach() for part in parts]).mean(dim=0)


def by_view(parts: Sequence[Tensor]) -> Tensor:
    """The rows [2 · batch, dim] of all parts, those of the first global view before those of the second."""
    if len(parts) == 1:
        return parts[0]
    return torch.cat([view for views in zip(*(part.chunk(2) for part in parts), strict=True) for view in views])


def logits_of(parts: Sequence[Logits | None]) -> Logits | None:
    """The logits of all parts; None where nobody asked for them."""
    seen = [part for part in parts if part]
    return Logits(by_view([part.student for part in seen]), by_view([part.teacher for part in seen])) if seen else None
