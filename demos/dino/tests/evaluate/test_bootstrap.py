"""The bootstrap's interval: as wide as sampling makes it, and the same for the same scores."""

import torch

from dino.evaluate.bootstrap import interval


def test_of_a_proportion_it_is_about_the_normal_approximation() -> None:
    scores = torch.arange(1000) < 300
    low, high = interval(scores)
    error = 1.96 * (0.3 * 0.7 / 1000) ** 0.5
    assert abs(low - (0.3 - error)) < 0.005
    assert abs(high - (0.3 + error)) < 0.005


def test_it_is_the_same_for_the_same_scores() -> None:
    scores = torch.rand(50, generator=torch.Generator().manual_seed(0))
    assert interval(scores) == interval(scores)


def test_scores_that_do_not_vary_have_an_interval_without_width() -> None:
    assert interval(torch.full((20,), 0.25)) == (0.25, 0.25)
