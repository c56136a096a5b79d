"""The bootstrap (Efron 1979): between which values a mean over images would lie, had other images been drawn."""

import torch
from torch import Tensor

RESAMPLES, LEVEL = 2000, 0.95


def interval(scores: Tensor, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = 0) -> tuple[float, float]:
    """Where the middle `level` of the means of resampled scores [images] lie: the percentile interval.

    The same for the same scores. Of a single score it is that score: nothing is known of how it varies.
    """
    numbers = torch.Generator().manual_seed(seed)
    scores = scores.double()
    means = torch.stack([_resampled(scores, numbers).mean() for _ in range(resamples)])
    rest = (1 - level) / 2
    low, high = means.quantile(torch.tensor([rest, 1 - rest], dtype=torch.float64)).tolist()
    return low, high


def _resampled(scores: Tensor, numbers: torch.Generator) -> Tensor:
    return scores[torch.randint(len(scores), (len(scores),), generator=numbers)]
