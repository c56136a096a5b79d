"""Each collapse is made to happen, by really training a small student and teacher with settings that cause it."""

import copy
import itertools
import math
from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from dino.monitor import REMEDIES, Monitor, Vitals, Warning, effective_rank, vitals  # noqa: A004

OUT_DIM = 64


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Pair(nn.Module):
    """A backbone of two layers and a DINO head: bottleneck of unit length, prototypes of unit length."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(16, 64), nn.GELU(), nn.Linear(64, 32))
        self.mlp = nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 16))
        self.prototypes = nn.Parameter(torch.empty(OUT_DIM, 16).uniform_(-0.25, 0.25))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.backbone(x)
        return features, F.normalize(self.mlp(features), dim=1) @ F.normalize(self.prototypes, dim=1).T


def train(
    *,
    teacher_temp: float = 0.04,
    center_momentum: float | None = 0.9,
    teacher_momentum: float = 0.99,
    learning_rate: float = 3e-3,
    steps: int = 300,
) -> Iterator[tuple[int, Vitals]]:
    """Eight clusters of points seen in two noisy views; yields the vitals of every step."""
    torch.manual_seed(0)
    clusters, student = torch.randn(8, 16), Pair()
    teacher, center = copy.deepcopy(student), torch.zeros(1, OUT_DIM)
    optimizer = torch.optim.AdamW(student.parameters(), lr=learning_rate, weight_decay=0.04)
    for step in range(steps):
        x = clusters[torch.randint(8, (64,))] + 0.5 * torch.randn(64, 16)
        views = torch.cat([x + 0.3 * torch.randn_like(x) for _ in range(2)])
        _, student_logits = student(views)
        with torch.no_grad():
            features, teacher_logits = teacher(views)
        targets = F.softmax((teacher_logits - center) / teacher_temp, dim=1)
        loss = F.cross_entropy(student_logits / 0.1, torch.cat(targets.chunk(2)[::-1]))
        yield step, vitals(student_logits, teacher_logits, center, features, 0.1, teacher_temp, loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(teacher.parameters(), student.parameters(), strict=True):
                slow.lerp_(fast, 1 - teacher_momentum)
        if center_momentum is not None:
            center = center * center_momentum + teacher_logits.mean(0, keepdim=True) * (1 - center_momentum)


def warnings_of(run: Iterator[tuple[int, Vitals]], **settings: int) -> list[Warning]:
    monitor = Monitor(OUT_DIM, **{"grace": 50, "patience": 10, **settings})
    return [warning for step, seen in run if (warning := monitor.watch(step, seen)) is not None]


HEALTHY = Vitals(
    teacher_entropy=1.0,
    student_entropy=1.2,
    kl=0.3,
    marginal_entropy=3.0,
    center_norm=0.5,
    feature_rank=15.0,
    loss=1.3,
    ln_k=math.log(OUT_DIM),
    center_lag=0.2,
    rows=128,
)


def changed(**values: float) -> Vitals:
    return Vitals(**{**HEALTHY.__dict__, **values})


def test_a_healthy_run_is_not_warned_of() -> None:
    seen = list(train())
    assert warnings_of(iter(seen)) == []
    assert seen[-1][1].loss < 0.5 * seen[0][1].loss


def test_a_hot_teacher_collapses_to_a_uniform_output_and_is_told_to_cool_down() -> None:
    first, *_ = warnings_of(train(teacher_temp=0.3))
    assert first.kind == "uniform"
    assert f"ln K = {math.log(OUT_DIM):.4f}" in first.what
    assert "--teacher-temp 0.02" in first.remedy


def test_in_a_uniform_collapse_the_loss_sits_at_ln_k() -> None:
    *_, (_, last) = train(teacher_temp=0.3)
    assert last.loss == pytest.approx(last.ln_k, abs=0.01)
    assert last.teacher_entropy == pytest.approx(last.ln_k, abs=0.01)
    assert last.kl == pytest.approx(0, abs=0.01)


def test_without_centering_one_dimension_takes_every_image() -> None:
    first, *_ = warnings_of(train(center_momentum=None))
    assert first.kind == "one dimension"
    assert "center norm 0.00" in first.what
    assert "keep the centering on" in first.remedy


@pytest.mark.parametrize("center_momentum", [0.999, 0.9999])
def test_a_center_that_is_too_slow_is_named_before_what_follows_from_it(center_momentum: float) -> None:
    first, *_ = warnings_of(train(center_momentum=center_momentum))
    assert first.kind == "dominated center"
    assert "0.999 0.1 %" in first.remedy


def test_a_teacher_without_momentum_collapses_onto_one_dimension() -> None:
    assert "one dimension" in {warning.kind for warning in warnings_of(train(teacher_momentum=0.0))}


def test_a_learning_rate_of_infinity_is_told_at_the_step_where_the_numbers_end() -> None:
    monitor = Monitor(OUT_DIM, grace=50)
    steps = ((step, monitor.watch(step, seen)) for step, seen in train(learning_rate=1e30, steps=9))
    step, warning = next((step, warning) for step, warning in steps if warning is not None)
    assert 0 < step < 9
    assert warning.kind == "not a number"
    assert warning.confirmed
    assert "--precision fp32" in warning.remedy


def test_features_that_are_the_same_for_every_image_are_named() -> None:
    run = zip(itertools.count(50), [changed(feature_rank=1.01)] * 10, strict=False)
    assert [warning.kind for warning in warnings_of(run)] == ["constant features"]


def test_the_first_steps_of_a_run_are_no_alarm() -> None:
    collapsed = [changed(teacher_entropy=math.log(OUT_DIM))] * 50
    assert warnings_of(iter(enumerate(collapsed))) == []


def test_a_collapse_is_told_after_patience_and_confirmed_when_it_stays() -> None:
    collapsed = enumerate([changed(teacher_entropy=math.log(OUT_DIM))] * 300)
    told = warnings_of(collapsed)
    assert [(warning.step, warning.confirmed) for warning in told] == [(59, False), (99, True)]
    assert told[1].what.endswith("It stays so.")


@pytest.mark.parametrize("every", [1, 7, 10, 50])
def test_how_often_it_looks_changes_what_it_tells_by_no_more_than_a_look(every: int) -> None:
    bad = changed(teacher_entropy=math.log(OUT_DIM))
    told = warnings_of(((step, bad) for step in range(0, 2000, every)), grace=200, patience=100)
    assert [warning.confirmed for warning in told] == [False, True]
    for warning, due in zip(told, (299, 699), strict=True):
        assert due <= warning.step < due + 2 * every


@pytest.mark.parametrize(("steps", "due"), [(100_000, (299, 699)), (1000, (299, 699)), (150, (44, 104))])
def test_a_short_run_is_warned_and_stopped_before_it_is_over(steps: int, due: tuple[int, int]) -> None:
    monitor, bad = Monitor.of_run(OUT_DIM, steps), changed(teacher_entropy=math.log(OUT_DIM))
    told = [warning for step in range(min(steps, 1000)) if (warning := monitor.watch(step, bad))]
    assert [(warning.step, warning.confirmed) for warning in told] == [(due[0], False), (due[1], True)]


def test_one_look_is_no_evidence_however_seldom_it_looks() -> None:
    bad = changed(teacher_entropy=math.log(OUT_DIM))
    told = warnings_of(((step, bad) for step in (1000, 2000)), grace=200, patience=100)
    assert [warning.step for warning in told] == [2000]


def test_numbers_that_are_none_are_told_once_until_they_are_numbers_again() -> None:
    nan = changed(kl=math.nan)
    told = warnings_of(iter(enumerate([nan, nan, HEALTHY, nan])))
    assert [(warning.step, warning.kind) for warning in told] == [(0, "not a number"), (3, "not a number")]


def test_two_collapses_at_once_are_told_one_after_the_other_the_cause_first() -> None:
    both = changed(marginal_entropy=0.1, center_lag=5.0)
    told = warnings_of(iter(enumerate([both] * 70)))
    assert [(warning.step, warning.kind) for warning in told] == [(59, "dominated center"), (60, "one dimension")]


def test_one_good_step_starts_the_patience_again() -> None:
    bad = changed(teacher_entropy=math.log(OUT_DIM))
    assert warnings_of(iter(enumerate([bad] * 59 + [HEALTHY] + [bad] * 9))) == []


def test_wavering_at_the_threshold_is_not_told_twice_but_a_relapse_after_recovery_is() -> None:
    bad, wavering = (changed(teacher_entropy=share * math.log(OUT_DIM)) for share in (1.0, 0.98))
    wavers = [bad] * 60 + [wavering, bad] * 15
    assert len(warnings_of(iter(enumerate(wavers)))) == 1
    assert len(warnings_of(iter(enumerate(wavers + [HEALTHY] + [bad] * 10)))) == 2


def test_a_resumed_monitor_warns_where_an_undisturbed_one_does() -> None:
    bad = changed(teacher_entropy=math.log(OUT_DIM))
    first, second = (Monitor(OUT_DIM, grace=0, patience=10) for _ in range(2))
    assert [first.watch(step, bad) for step in range(7)] == [None] * 7
    second.restore(first.state())
    assert [second.watch(step, bad) is not None for step in range(7, 10)] == [False, False, True]


def test_a_tiny_batch_cannot_spread_over_many_prototypes_and_is_not_blamed_for_it() -> None:
    four_rows = changed(marginal_entropy=0.6, rows=4)  # of ln 4 = 1.39 at most
    assert warnings_of(iter(enumerate([four_rows] * 100))) == []


def test_loss_is_entropy_plus_divergence() -> None:
    torch.manual_seed(1)
    student, teacher = torch.randn(10, OUT_DIM), torch.randn(4, OUT_DIM)
    seen = vitals(student, teacher, torch.randn(OUT_DIM), torch.randn(4, 8), 0.1, 0.04)
    assert seen.loss == pytest.approx(seen.teacher_entropy + seen.kl, rel=1e-5)
    assert seen.rows == 4
    assert seen.ln_k == pytest.approx(math.log(OUT_DIM))


def test_a_crop_is_compared_with_the_student_of_the_other_crop() -> None:
    hot = 100 * torch.eye(4)
    same = vitals(hot, hot, torch.zeros(4), torch.eye(4), 1.0, 1.0)
    swapped = vitals(torch.cat([hot[2:], hot[:2]]), hot, torch.zeros(4), torch.eye(4), 1.0, 1.0)
    assert same.kl == pytest.approx(100)
    assert swapped.kl == pytest.approx(0, abs=1e-6)


def test_the_record_has_all_but_the_loss_and_every_collapse_has_a_remedy() -> None:
    assert set(HEALTHY.record()) == {
        *("teacher_entropy", "student_entropy", "kl", "marginal_entropy"),
        *("center_norm", "feature_rank", "ln_k", "center_lag"),
    }
    assert len(REMEDIES) == 5
    warning = Warning(3, "uniform", "evidence", "remedy", confirmed=False)
    assert warning.record()["kind"] == "warning"


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**20))
def test_the_effective_rank_lies_between_one_and_the_smaller_side(rows: int, columns: int, seed: int) -> None:
    matrix = torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    assert 1 - 1e-4 <= effective_rank(matrix) <= min(rows, columns) + 1e-4


def test_the_effective_rank_of_orthogonal_rows_is_their_number_and_of_equal_rows_one() -> None:
    assert effective_rank(torch.eye(6)) == pytest.approx(6, rel=1e-5)
    assert effective_rank(torch.ones(6, 3)) == pytest.approx(1, rel=1e-3)
    assert math.isnan(effective_rank(torch.full((2, 2), math.nan)))
