"""k-NN on frozen features (paper section 4.1): of one set by another, or of a set by itself, leaving one out."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dino import distributed
from dino.evaluate.bootstrap import interval
from dino.evaluate.features import Features
from dino.evaluate.outcome import Metric
from dino.knn import KS, TEMPERATURE, TOP, elected
from dino.neighbours import Neighbours, nearest


@dataclass(frozen=True)
class Voting:
    """Which neighbours vote, and how sharply the nearest are preferred."""

    ks: Sequence[int] = KS
    temperature: float = TEMPERATURE


@dataclass(frozen=True, eq=False)
class Answers:
    """Of each image asked: its neighbours in the bank, the classes elected by each number of them, its own class."""

    neighbours: Neighbours
    elected: dict[int, Tensor]
    truth: Tensor

    def right(self, k: int, top: int) -> Tensor:
        """Which images' class is among the `top` first [images] of bool."""
        return (self.elected[k][:, :top] == self.truth[:, None]).any(dim=1)


def answers(bank: Features, asked: Features | None, classes: int, voting: Voting) -> Answers:
    """What the bank says of the images asked, or of each of its own by the others. Several processes share the work."""
    questions = asked or bank
    mine = torch.arange(distributed.rank(), len(questions.labels), distributed.world())
    near = nearest(bank.values, questions.values[mine], max(voting.ks), leave_out=None if asked else mine)
    votes = {k: elected(near, bank.labels, k, classes, voting.temperature) for k in voting.ks}
    similarity, rows = _all(near.similarity), _all(near.rows)
    return Answers(Neighbours(similarity, rows), {k: _all(found) for k, found in votes.items()}, questions.labels)


def metrics(found: Answers) -> list[Metric]:
    """Top-1 and top-5 accuracy by k, in percent."""
    return [_metric(f"top-{top}, k = {k}", found.right(k, min(top, k))) for k in found.elected for top in (1, TOP)]


def _metric(name: str, right: Tensor) -> Metric:
    low, high = interval(right)
    return Metric(name, 100 * float(right.double().mean()), (100 * low, 100 * high))


def _all(mine: Tensor) -> Tensor:
    """The rows of all processes, which took turns, in their order again."""
    shares = distributed.gathered(mine)
    whole = mine.new_empty((sum(map(len, shares)), *mine.shape[1:]))
    for rank, share in enumerate(shares):
        whole[rank :: len(shares)] = share
    return whole
