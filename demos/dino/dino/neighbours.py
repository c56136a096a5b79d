"""The most similar features of a bank, by their cosines: exactly, in blocks, so that a bank may be larger than memory.

Once k neighbours of a query are known, only what is more similar than the last of them can change anything: after the
first blocks that is next to nothing, and what remains is the matrix product.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

QUERIES, BLOCK = 1024, 8192
"""At most so many queries and features at a time: their cosines take 32 MiB."""
MANY = 4
"""Times k, from which on the candidates of a block are first made fewer by its own k-th cosine."""


@dataclass(frozen=True)
class Neighbours:
    """Of each query the k most similar of a bank: their cosines and their rows, both [queries, k], the nearest first.

    Of equally similar ones, the first in the bank comes first.
    """

    similarity: Tensor
    rows: Tensor


@torch.no_grad()
def nearest(bank: Tensor, queries: Tensor, k: int, *, leave_out: Tensor | None = None) -> Neighbours:
    """The neighbours of `queries` [queries, dim] in `bank` [features, dim], of any length and type; at most k of each.

    Both may be mapped from a disk: the bank is read once. `leave_out` [queries] names for each query a row that does
    not count, itself where the queries are the bank.
    """
    k = min(k, len(bank) - (leave_out is not None))
    similarity = torch.full((len(queries), k), -math.inf)
    rows = torch.full((len(queries), k), -1)
    if not k:
        return Neighbours(similarity, rows)
    asked = [F.normalize(part.float(), dim=1) for part in torch.split(queries, QUERIES)]
    for first, block in _blocks(bank):
        for number, part in enumerate(asked):
            here = slice(number * QUERIES, number * QUERIES + len(part))
            cosines = part @ block.T
            if leave_out is not None:
                _leave_out(cosines, leave_out[here] - first)
            _take_in(similarity[here], rows[here], cosines, first)
    return Neighbours(similarity, rows)


def _blocks(bank: Tensor) -> Iterator[tuple[int, Tensor]]:
    """The row that each block begins with, and the block: float32 [at most BLOCK, dim], each feature of length 1."""
    for first in range(0, len(bank), BLOCK):
        yield first, F.normalize(bank[first : first + BLOCK].float(), dim=1)


def _leave_out(cosines: Tensor, columns: Tensor) -> None:
    inside = ((columns >= 0) & (columns < cosines.shape[1])).nonzero()[:, 0]
    cosines[inside, columns[inside]] = -math.inf


def _take_in(similarity: Tensor, rows: Tensor, cosines: Tensor, first: int) -> None:
    """Bring the neighbours known so far up to what a block adds, in place."""
    k = similarity.shape[1]
    better = cosines > similarity[:, -1:]
    if k < cosines.shape[1] and int(better.sum()) > MANY * k * len(cosines):
        better &= cosines >= cosines.topk(k, dim=1, sorted=False).values.amin(dim=1, keepdim=True)
    query, column = better.nonzero(as_tuple=True)
    if not len(query):
        return
    changed, counts = torch.unique_consecutive(query, return_counts=True)
    place = torch.arange(len(query)) - (counts.cumsum(0) - counts).repeat_interleave(counts)
    line = torch.arange(len(changed)).repeat_interleave(counts)
    candidates = torch.full((len(changed), k + int(counts.max())), -math.inf)
    origins = torch.full(candidates.shape, -1)
    candidates[:, :k], origins[:, :k] = similarity[changed], rows[changed]
    candidates[line, k + place], origins[line, k + place] = cosines[query, column], column + first
    order = candidates.sort(dim=1, descending=True, stable=True)
    similarity[changed] = order.values[:, :k]
    rows[changed] = origins.gather(1, order.indices[:, :k])
