"""Two processes that share a batch learn what one learns from the whole of it, also over a network between them."""

from dataclasses import dataclass
from typing import Any

import plain
import pytest
import torch
from network import Network
from pair import pair
from plain import Shape, rates_of
from test_trajectory import CLOSE, both, crops_of
from torch import Tensor

from dino.learner import Learner, Rates
from dino.loss import sinkhorn_knopp

WORLD = 2
SHAPE = Shape()
RATES = rates_of(5, 2, lr=0.002, warmup=1, frozen=1)
ROUNDING = {"rtol": 0.0, "atol": 1e-5}


@dataclass(frozen=True)
class Seen:
    """What each step gave: its loss, and the gradients that the optimizer used."""

    losses: list[float]
    gradients: list[dict[str, Tensor]]


def halves(crops: list[Tensor], rank: int) -> list[Tensor]:
    return [crop.chunk(WORLD)[rank] for crop in crops]


def crops_of_step(step: int) -> list[Tensor]:
    """Six images: two draws of three."""
    return [torch.cat(pair) for pair in zip(crops_of(step, SHAPE, 2), crops_of(100 + step, SHAPE, 2), strict=True)]


def learner_of(dtype: torch.dtype) -> Learner:
    learner, _ = both(SHAPE, "adamw", 0.3, fixed_norm=False)
    for network in (learner.student, learner.teacher, learner.criterion):
        network.to(dtype)
    return learner


def learn(learner: Learner, dtype: torch.dtype, rank: int | None = None) -> Seen:
    """The ten steps, on one half of the batch or, without a rank, on all of it."""
    seen = Seen([], [])
    for step, rate in enumerate(RATES):
        crops = [crop.to(dtype) for crop in crops_of_step(step)]
        seen.losses.append(learner.step(crops if rank is None else halves(crops, rank), Rates(**vars(rate)), step).loss)
        named = learner.student.named_parameters()
        seen.gradients.append({name: weight.grad.clone() for name, weight in named if weight.grad is not None})
    return seen


def work(rank: int) -> dict[str, Any]:
    learner = learner_of(torch.float64)
    found: dict[str, Any] = {"losses": learn(learner, torch.float64, rank).losses}
    found |= {"student": dict(learner.student.named_parameters()), "center": learner.criterion.center}
    found |= {"teacher": dict(learner.teacher.named_parameters())}
    found["single"] = vars(learn(learner_of(torch.float32), torch.float32, rank))
    found["sinkhorn"] = sinkhorn_knopp(halves(crops_of_step(0), rank)[0].flatten(1), 1.0, 3)
    return found


@pytest.fixture(scope="module")
def found(between: Network, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return pair(work, between, tmp_path_factory.mktemp("two"))


def test_both_end_with_the_weights_of_the_plain_run_on_the_whole_batch(found: list[dict[str, Any]]) -> None:
    _, trainer = both(SHAPE, "adamw", 0.3, fixed_norm=False)
    losses = [trainer.step(crops_of_step(step), rate)[0] for step, rate in enumerate(RATES)]
    for one in found:
        assert one["losses"] == pytest.approx(losses, abs=1e-9)
        torch.testing.assert_close(one["center"], trainer.center, **CLOSE)
        for side, weights in (("student", trainer.student), ("teacher", trainer.teacher)):
            for name, tensor in one[side].items():
                torch.testing.assert_close(tensor.detach(), weights[name], **CLOSE)


def test_in_float32_losses_and_gradients_are_those_of_one_process(found: list[dict[str, Any]]) -> None:
    alone = learn(learner_of(torch.float32), torch.float32)
    for one in found:
        assert one["single"]["losses"] == pytest.approx(alone.losses, abs=1e-5)
        for gradients, expected in zip(one["single"]["gradients"], alone.gradients, strict=True):
            assert list(gradients) == list(expected)
            for name, gradient in gradients.items():
                torch.testing.assert_close(
                    gradient, expected[name], **ROUNDING, msg=lambda text, name=name: name + text
                )


def test_both_have_the_same_bits(found: list[dict[str, Any]]) -> None:
    one, other = found
    for side in ("student", "teacher"):
        assert all(torch.equal(tensor, other[side][name]) for name, tensor in one[side].items())
    assert torch.equal(one["center"], other["center"])


def test_sinkhorn_shares_the_prototypes_over_both(found: list[dict[str, Any]]) -> None:
    together = torch.cat([one["sinkhorn"] for one in found])
    expected = plain.sinkhorn(crops_of_step(0)[0].flatten(1), 1.0, 3)
    torch.testing.assert_close(together, expected, rtol=1e-9, atol=1e-12)
