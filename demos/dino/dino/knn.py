"""The weighted k-nearest-neighbour classifier (paper section 4.1; Wu et al. 2018): how good frozen features are.

Each of the k most similar training features votes for its class with the weight exp(cosine similarity / 0.07).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dino.neighbours import Neighbours, nearest

KS = (10, 20, 100, 200)
TEMPERATURE = 0.07
TOP = 5


@torch.no_grad()
def knn(
    train_features: Tensor,
    train_labels: Tensor,
    test_features: Tensor,
    test_labels: Tensor,
    ks: Sequence[int] = KS,
    temperature: float = TEMPERATURE,
    classes: int | None = None,
) -> dict[int, tuple[float, float]]:
    """Top-1 and top-5 accuracy in percent by k; a k above the number of training features counts them all.

    Features are [images, dim] of any length, labels [images] of int64. Top-5 looks at min(5, k) classes, as the
    authors' code does.
    """
    classes = classes if classes is not None else int(torch.cat([train_labels, test_labels]).max()) + 1
    neighbours = nearest(train_features, test_features, max(ks))
    return {
        k: accuracy(elected(neighbours, train_labels, k, classes, temperature), test_labels, min(TOP, k)) for k in ks
    }


@torch.no_grad()
def elected(
    neighbours: Neighbours, labels: Tensor, k: int, classes: int, temperature: float = TEMPERATURE, chunk: int = 4096
) -> Tensor:
    """The classes for which the k nearest vote most, the most voted first: [queries, at most TOP].

    `labels` are those of the bank. Of classes with as many votes, the first comes first.
    """
    found = []
    parts = (torch.split(each, chunk) for each in (neighbours.similarity, neighbours.rows))
    for similarity, rows in zip(*parts, strict=True):
        votes = similarity.new_zeros(len(similarity), classes)
        votes.scatter_add_(1, labels[rows[:, :k]], (similarity[:, :k] / temperature).exp())
        found.append(votes.sort(dim=1, descending=True, stable=True).indices[:, :TOP])
    return torch.cat(found) if found else torch.empty(0, min(TOP, classes), dtype=torch.int64)


def accuracy(elected_classes: Tensor, truth: Tensor, top: int = TOP) -> tuple[float, float]:
    """Of the images, the percentage whose class is elected first, and whose is among the `top` first."""
    hits = elected_classes == truth[:, None]
    return tuple(100 * float(hits[:, :first].any(dim=1).double().mean()) for first in (1, top))  # type: ignore[return-value]
