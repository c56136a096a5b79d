"""Masks carried from frame to frame by the likeness of their patches (paper section 4.2.2; Jabri et al. 2020).

Nothing is learnt and nothing is tracked: each patch of a frame takes the mask of the patches that it is most like, in
the first frame and in the last few, near its own place.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Propagation:
    """How masks are carried: by the `top` patches within `radius` of the place, of the first and the `last` frames."""

    radius: int = 12
    top: int = 5
    temperature: float = 0.1
    last: int = 7


def followed(frames: Iterable[Tensor], first: Tensor, how: Propagation) -> Iterator[Tensor]:
    """The mask of every frame after the first, whose own mask [channels, rows, columns] is known, in the same form.

    Frames are features of patches [rows, columns, dim]. No more of them are kept than give their masks to the next.
    """
    features = iter(frames)
    start = next(features), first
    recent: deque[tuple[Tensor, Tensor]] = deque(maxlen=how.last)
    for target in features:
        sources, masks = zip(start, *recent, strict=True)
        mask = propagated(target, torch.stack(sources), torch.stack(masks), how)
        recent.append((target, mask))
        yield mask


def propagated(target: Tensor, sources: Tensor, masks: Tensor, how: Propagation) -> Tensor:
    """The target's mask [channels, rows, columns]: of each patch, the weighted mean of those that it is most like.

    The target's features are [rows, columns, dim], those of its context [frames, rows, columns, dim], and the masks
    [frames, channels, rows, columns]. The weights are exp(cosine / temperature), of those as like as the last of the
    `top` all. One row of patches is computed at a time: it needs its neighbourhood alone, so that large frames fit.
    """
    target = F.normalize(target, dim=-1)
    by_row = F.normalize(sources, dim=-1).transpose(0, 1).contiguous()  # what is near a row lies together
    known = masks.permute(1, 2, 0, 3).contiguous()
    rows = []
    for row, patches in enumerate(target):
        near = slice(max(0, row - how.radius), row + how.radius + 1)
        weights = _weights(patches, by_row[near], how)
        rows.append(known[:, near].flatten(1) @ weights.T)
    return torch.stack(rows, dim=1)


def _weights(patches: Tensor, near: Tensor, how: Propagation) -> Tensor:
    """Of the patches of a row [columns, dim], the share of each in near rows [rows, frames, columns, dim].

    In the form [columns, rows · frames · columns].
    """
    likeness = patches @ near.flatten(0, 2).T / how.temperature
    columns = torch.arange(len(patches), device=patches.device)
    beyond = ((columns[:, None] - columns).abs() > how.radius).repeat(1, likeness.shape[1] // len(columns))
    likeness = likeness.masked_fill(beyond, -torch.inf)
    least = likeness.topk(min(how.top, likeness.shape[1]), dim=1).values[:, -1:]
    return likeness.masked_fill(likeness < least, -torch.inf).softmax(dim=1)
