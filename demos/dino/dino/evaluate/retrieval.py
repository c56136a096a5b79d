"""Image retrieval by the protocol of revisited Oxford and Paris (Radenović et al. 2018), of rankings alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dino.evaluate.bootstrap import interval
from dino.evaluate.outcome import Metric

CUTS = (1, 5, 10)
"""Of the precision that is told beside average precision."""


@dataclass(frozen=True)
class Relevant:
    """Of one query, by their rows in the database: which images are right, and which count neither way."""

    ok: Sequence[int]
    junk: Sequence[int] = ()


@dataclass(frozen=True)
class Judged:
    """Of one query: the images that show the same, easy or hard to recognise, and those that cannot be judged."""

    easy: Sequence[int]
    hard: Sequence[int]
    junk: Sequence[int]

    def medium(self) -> Relevant:
        """Easy and hard ones are right."""
        return Relevant([*self.easy, *self.hard], self.junk)

    def difficult(self) -> Relevant:
        """The protocol's Hard: hard ones alone are right, and easy ones do not count."""
        return Relevant(self.hard, [*self.junk, *self.easy])


@dataclass(frozen=True, eq=False)
class Scores:
    """Of each query its average precision [queries], and its precision at each of the cuts [queries, cuts].

    They are nan where nothing is right, and such queries count in no mean.
    """

    average: Tensor
    precision: Tensor

    def answerable(self) -> "Scores":
        """Those of the queries to which something is right."""
        told = ~self.average.isnan()
        return Scores(self.average[told], self.precision[told])


def scores(rankings: Tensor, relevant: Sequence[Relevant], cuts: Sequence[int] = CUTS) -> Scores:
    """The scores of rankings [queries, database], each of rows of the database, the most similar first."""
    places = [places_of(ranking, each) for ranking, each in zip(rankings, relevant, strict=True)]
    average = [average_precision(at, len(set(each.ok))) for at, each in zip(places, relevant, strict=True)]
    precision = [
        [precision_at(at, cut) if each.ok else math.nan for cut in cuts]
        for at, each in zip(places, relevant, strict=True)
    ]
    return Scores(
        torch.tensor(average, dtype=torch.float64),
        torch.tensor(precision, dtype=torch.float64).reshape(len(places), len(cuts)),
    )


def places_of(ranking: Tensor, relevant: Relevant) -> list[int]:
    """At which places, from 0 on, the right images stand once junk is taken out of the ranking."""
    kept = ranking[~_among(ranking, relevant.junk)]
    return [int(place) for place in _among(kept, relevant.ok).nonzero().flatten()]


def average_precision(places: Sequence[int], right: int) -> float:
    """The area below precision over recall, by the trapezoid rule: nan where none of `right` images is to be found.

    Before its own place a right image finds the precision of those before it, and 1 at the very first place.
    """
    if not right:
        return math.nan
    area = 0.0
    for found, place in enumerate(places):
        before = found / place if place else 1.0
        area += (before + (found + 1) / (place + 1)) / 2
    return area / right


def precision_at(places: Sequence[int], cut: int) -> float:
    """Which share of the first `cut` images is right; of fewer, where the last right one stands before the cut."""
    if not places:
        return 0.0
    first = min(cut, places[-1] + 1)
    return sum(place < first for place in places) / first


def metrics(found: Scores, of: str = "", cuts: Sequence[int] = CUTS) -> list[Metric]:
    """mAP and mP@cut in percent, with intervals, over the queries to which something is right; `of` ends each name."""
    told = found.answerable()
    columns = {"mAP": told.average} | {
        f"mP@{cut}": column for cut, column in zip(cuts, told.precision.unbind(1), strict=True)
    }
    return [_metric(f"{name}, {of}" if of else name, column) for name, column in columns.items()]


def _metric(name: str, column: Tensor) -> Metric:
    low, high = interval(column)
    return Metric(name, 100 * float(column.mean()), (100 * low, 100 * high))


def _among(rows: Tensor, some: Sequence[int]) -> Tensor:
    return torch.isin(rows, torch.tensor(list(some), dtype=torch.int64))
