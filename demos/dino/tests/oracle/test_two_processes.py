"""Two processes that share a batch learn what one learns from the whole of it."""

import multiprocessing
from pathlib import Path

import plain
import pytest
import torch
import torch.distributed as dist
from plain import Shape, rates_of
from test_trajectory import CLOSE, both, crops_of

from dino.learner import Rates
from dino.loss import sinkhorn_knopp

WORLD, STEPS = 2, 6
SHAPE = Shape()
RATES = rates_of(3, 2, lr=0.02, warmup=1, frozen=1)


def halves(crops: list[torch.Tensor], rank: int) -> list[torch.Tensor]:
    return [crop.chunk(WORLD)[rank] for crop in crops]


def crops_of_step(step: int) -> list[torch.Tensor]:
    """Six images: two draws of three."""
    return [torch.cat(pair) for pair in zip(crops_of(step, SHAPE, 2), crops_of(100 + step, SHAPE, 2), strict=True)]


def work(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=WORLD)
    learner, _ = both(SHAPE, "sgd", 0.3, fixed_norm=False)
    losses = [
        learner.step(halves(crops_of_step(step), rank), Rates(**vars(rate)), step).loss
        for step, rate in enumerate(RATES)
    ]
    assigned = sinkhorn_knopp(halves(crops_of_step(0), rank)[0].flatten(1), 1.0, 3)
    torch.save(
        {
            "losses": losses, "student": dict(learner.student.named_parameters()), "sinkhorn": assigned,
            "teacher": dict(learner.teacher.named_parameters()), "center": learner.criterion.center,
        },
        folder / f"{rank}.pt",
    )  # fmt: skip
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    folder = tmp_path_factory.mktemp("two")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=work, args=(rank, folder)) for rank in range(WORLD)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * WORLD
    return [torch.load(folder / f"{rank}.pt") for rank in range(WORLD)]


def test_both_end_with_the_weights_of_the_plain_run_on_the_whole_batch(found: list[dict[str, object]]) -> None:
    _, trainer = both(SHAPE, "sgd", 0.3, fixed_norm=False)
    losses = [trainer.step(crops_of_step(step), rate)[0] for step, rate in enumerate(RATES)]
    for one in found:
        assert one["losses"] == pytest.approx(losses, abs=1e-9)
        torch.testing.assert_close(one["center"], trainer.center, **CLOSE)
        for side, weights in (("student", trainer.student), ("teacher", trainer.teacher)):
            for name, tensor in one[side].items():  # type: ignore[attr-defined]
                torch.testing.assert_close(tensor.detach(), weights[name], **CLOSE)


def test_sinkhorn_shares_the_prototypes_over_both(found: list[dict[str, object]]) -> None:
    together = torch.cat([one["sinkhorn"] for one in found])  # type: ignore[misc]
    expected = plain.sinkhorn(crops_of_step(0)[0].flatten(1), 1.0, 3)
    torch.testing.assert_close(together, expected, rtol=1e-9, atol=1e-12)
