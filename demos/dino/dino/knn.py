"""The weighted k-nearest-neighbour classifier (paper section 4.1; Wu et al. 2018): how good frozen features are.

Each of the k most similar training features votes for its class with the weight exp(cosine similarity / 0.07).
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

KS = (10, 20, 100, 200)
TEMPERATURE = 0.07


@torch.no_grad()
def knn(
    train_features: Tensor,
    train_labels: Tensor,
    test_features: Tensor,
    test_labels: Tensor,
    ks: Sequence[int] = KS,
    temperature: float = TEMPERATURE,
    classes: int | None = None,
    chunk: int = 512,
) -> dict[int, tuple[float, float]]:
    """Top-1 and top-5 accuracy in percent by k; a k above the number of training features counts them all.

    Features are [images, dim] of any length, labels [images] of int64. Top-5 looks at min(5, k) classes, as the
    authors' code does.
    """
    classes = classes if classes is not None else int(torch.cat([train_labels, test_labels]).max()) + 1
    bank = F.normalize(train_features.float(), dim=1)
    right = {k: [0, 0] for k in ks}
    for first in range(0, len(test_labels), chunk):
        features, labels = test_features[first : first + chunk], test_labels[first : first + chunk]
        similarity = F.normalize(features.float(), dim=1) @ bank.T
        nearest, indices = similarity.topk(min(max(ks), len(bank)), dim=1)
        voters = train_labels[indices]
        for k in ks:
            votes = similarity.new_zeros(len(labels), classes)
            votes.scatter_add_(1, voters[:, :k], (nearest[:, :k] / temperature).exp())
            hits = votes.sort(dim=1, descending=True).indices == labels[:, None]
            right[k][0] += int(hits[:, :1].sum())
            right[k][1] += int(hits[:, : min(5, k)].sum())
    return {k: (100 * top1 / len(test_labels), 100 * top5 / len(test_labels)) for k, (top1, top5) in right.items()}
