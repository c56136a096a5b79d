"""A step in parts is the step in one, and what a part cannot know is refused."""

from dataclasses import replace

import pytest
import torch
from plain import Shape, rates_of
from test_trajectory import CLOSE, both, crops_of
from torch import Tensor

from dino.learner import Learner, Outcome, Rates
from dino.sight import SightPath, plain

SHAPE = Shape()
RATES = rates_of(5, 2, lr=0.002, warmup=1, frozen=1)


def crops_of_step(step: int) -> list[Tensor]:
    """Twelve images: four draws of three."""
    draws = [crops_of(100 * draw + step, SHAPE, 2) for draw in range(4)]
    return [torch.cat(views) for views in zip(*draws, strict=True)]


def run(accumulate: int, path: SightPath) -> tuple[Learner, list[Outcome]]:
    learner, _ = both(SHAPE, "adamw", 0.3, fixed_norm=False)
    learner = replace(learner, accumulate=accumulate, path=path)
    return learner, [
        learner.step(crops_of_step(step), Rates(**vars(rate)), look=True) for step, rate in enumerate(RATES)
    ]


@pytest.mark.parametrize("parts", [2, 4])
def test_ten_steps_in_parts_are_ten_steps(parts: int) -> None:
    (whole, expected), (learner, outcomes) = run(1, plain), run(parts, plain)
    for outcome, other in zip(outcomes, expected, strict=True):
        assert outcome.loss == pytest.approx(other.loss, abs=1e-9)
        assert outcome.logits
        assert other.logits
        torch.testing.assert_close(outcome.features, other.features, **CLOSE)
        torch.testing.assert_close(outcome.logits.student, other.logits.student, **CLOSE)
        torch.testing.assert_close(outcome.logits.teacher, other.logits.teacher, **CLOSE)
        torch.testing.assert_close(torch.stack(outcome.gradient_norms), torch.stack(other.gradient_norms), **CLOSE)
    for networks in ((learner.student, whole.student), (learner.teacher, whole.teacher)):
        for one, other in zip(*(network.parameters() for network in networks), strict=True):
            torch.testing.assert_close(one, other, **CLOSE)
    torch.testing.assert_close(learner.criterion.center, whole.criterion.center, **CLOSE)
