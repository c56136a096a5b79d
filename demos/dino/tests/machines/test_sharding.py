"""Shares of a network learn what the whole of it learns, and a run goes on with or without them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from command import Moment, dino, records, run_words
from pair import on_loopback
from test_trajectory import CLOSE, both
from test_two_processes import RATES, SHAPE, crops_of_step, halves, learner_of

from dino.checkpoint import load, saved
from dino.learner import Learner, Rates
from dino.optim import build_optimizer
from dino.resume import is_finite, pack
from dino.sharding import own, put_together, shard
from dino.sight import plain


def shares(optimizer: str) -> Learner:
    learner = learner_of(torch.float64)
    for network in (learner.student, learner.teacher):
        shard(network, torch.device("cpu"))
    learner.student.backbone.recomputes = True  # type: ignore[assignment]
    return replace(learner, path=plain, optimizer=build_optimizer(optimizer, learner.student))


def work(rank: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for optimizer in ("adamw", "lars"):
        learner = shares(optimizer)
        losses = [
            learner.step(halves(crops_of_step(step), rank), Rates(**vars(rate)), step).loss
            for step, rate in enumerate(RATES)
        ]
        state = pack(learner, {}, kept=rank == 0)
        found[optimizer] = {"losses": losses, "state": state.tensors, "finite": is_finite(learner)}
    kept = sum(own(parameter).numel() for parameter in learner.student.parameters())
    empty = learner_of(torch.float64).teacher
    found |= {"kept": kept, "all": sum(parameter.numel() for parameter in learner.student.parameters())}
    found["teacher"] = put_together(learner.teacher, lambda: empty, torch.device("cpu")).state_dict()
    if rank:
        own(learner.student.head.last_layer.weight_v.detach()).mul_(float("nan"))
    return {**found, "broken": not is_finite(learner)}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return on_loopback(work, tmp_path_factory.mktemp("shares"))


@pytest.mark.parametrize("optimizer", ["adamw", "lars"])
def test_ten_steps_of_two_shares_are_the_plain_run_on_the_whole_batch(
    found: list[dict[str, Any]], optimizer: str
) -> None:
    _, trainer = both(SHAPE, optimizer, 0.3, fixed_norm=False)
    losses = [trainer.step(crops_of_step(step), rate)[0] for step, rate in enumerate(RATES)]
    for one in found:
        assert one[optimizer]["losses"] == pytest.approx(losses, abs=1e-9)
    state = found[0][optimizer]["state"]
    for side, weights in (("student", trainer.student), ("teacher", trainer.teacher)):
        for name, expected in weights.items():
            torch.testing.assert_close(state[f"{side}/{name}"], expected, **CLOSE)


def test_each_process_keeps_half_and_the_first_alone_gets_the_whole_state(found: list[dict[str, Any]]) -> None:
    for one in found:
        assert 0.4 < one["kept"] / one["all"] < 0.6
    assert found[0]["adamw"]["state"]
    assert not found[1]["adamw"]["state"]


def test_each_process_can_have_the_whole_teacher(found: list[dict[str, Any]]) -> None:
    for one in found:
        for name, tensor in one["teacher"].items():
            assert torch.equal(tensor, found[0]["lars"]["state"][f"teacher/{name}"])


def test_a_number_that_is_none_is_seen_by_all_whoever_has_it(found: list[dict[str, Any]]) -> None:
    for one in found:
        assert one["adamw"]["finite"]
        assert one["broken"]


@pytest.mark.parametrize(("first", "then"), [(["--shard"], []), ([], ["--shard"])], ids=["then whole", "then sharded"])
def test_a_run_goes_on_with_or_without_shares(images: Path, tmp_path: Path, first: list[str], then: list[str]) -> None:
    more = ["--head-batch-norm", "--snapshot-every", "1", "--optimizer", "sgd", "--computation", "plain"]
    words = run_words(images, tmp_path / "run", *more)
    stopped = dino([*words, *first], world=2, moment=Moment("dino.train:_learn", 8, "SIGTERM"))
    assert stopped.statuses == [143, 143], stopped.words
    assert dino([*words, *then], world=2).statuses == [0, 0]
    undisturbed = run_words(images, tmp_path / "undisturbed", *more)
    assert dino(undisturbed, world=2).statuses == [0, 0]
    ends = [load(saved(tmp_path / run / "checkpoints")[-1]).tensors for run in ("run", "undisturbed")]
    assert set(ends[0]) == set(ends[1])
    for name, tensor in ends[0].items():
        torch.testing.assert_close(tensor, ends[1][name], rtol=1e-3, atol=1e-5, msg=lambda text, name=name: name + text)
    scores = [[record["top1"] for record in records(tmp_path / run, "knn")] for run in ("run", "undisturbed")]
    assert scores[0] == scores[1]
    assert (tmp_path / "run/teacher.safetensors").exists()
