"""The loss, its gradient, and what may stand in for the centering, beside the plain implementation."""

import plain
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from dino.loss import DinoLoss, koleo, sinkhorn_knopp

shapes = st.tuples(st.integers(2, 5), st.integers(1, 4), st.integers(2, 7))
temperatures = st.floats(0.02, 0.5)


def noise(seed: int, *size: int) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def criterion_of(out_dim: int, seed: int, sinkhorn: int = 0) -> DinoLoss:
    criterion = DinoLoss(out_dim, sinkhorn=sinkhorn).double()
    criterion.center.copy_(noise(seed, 1, out_dim))
    return criterion


@given(shapes, temperatures, st.integers(0, 99))
def test_the_loss_is_the_plain_one(shape: tuple[int, int, int], temperature: float, seed: int) -> None:
    views, batch, out_dim = shape
    student, teacher = noise(seed, views * batch, out_dim), noise(seed + 1, 2 * batch, out_dim)
    criterion = criterion_of(out_dim, seed + 2)
    expected = plain.loss(student, teacher, criterion.center, temperature, batch)
    torch.testing.assert_close(criterion(student, teacher, temperature), expected, rtol=1e-12, atol=1e-12)


@given(shapes, temperatures, st.integers(0, 99))
def test_the_gradient_of_the_loss_is_that_of_finite_differences(
    shape: tuple[int, int, int], temperature: float, seed: int
) -> None:
    views, batch, out_dim = shape
    student = noise(seed, views * batch, out_dim).requires_grad_()
    teacher, criterion = noise(seed + 1, 2 * batch, out_dim), criterion_of(out_dim, seed + 2)
    assert torch.autograd.gradcheck(lambda logits: criterion(logits, teacher, temperature), [student])


def test_no_gradient_reaches_the_teacher() -> None:
    student, teacher = noise(0, 6, 4).requires_grad_(), noise(1, 4, 4).requires_grad_()
    DinoLoss(4).double()(student, teacher, 0.04).backward()
    assert student.grad is not None
    assert teacher.grad is None


@given(st.integers(1, 9), st.integers(2, 7), st.integers(1, 4), st.floats(0.05, 1.0), st.integers(0, 99))
def test_sinkhorn_is_the_plain_one(batch: int, out_dim: int, iterations: int, temperature: float, seed: int) -> None:
    logits = noise(seed, batch, out_dim)
    found = sinkhorn_knopp(logits, temperature, iterations)
    torch.testing.assert_close(found, plain.sinkhorn(logits, temperature, iterations), rtol=1e-9, atol=1e-12)


def test_with_sinkhorn_the_targets_of_each_view_are_assigned_by_themselves() -> None:
    student, teacher, criterion = noise(0, 9, 5), noise(1, 6, 5), criterion_of(5, 2, sinkhorn=3)
    targets = [plain.sinkhorn(view, 0.1, 3) for view in teacher.split(3)]
    expected = plain.cross_entropy(student, targets, 3)
    torch.testing.assert_close(criterion(student, teacher, 0.1), expected, rtol=1e-9, atol=1e-12)


@given(st.integers(2, 9), st.integers(2, 6), st.integers(0, 99))
def test_koleo_is_the_plain_one(batch: int, dim: int, seed: int) -> None:
    features = noise(seed, batch, dim)
    torch.testing.assert_close(koleo(features), plain.koleo(features), rtol=1e-5, atol=1e-5)


def test_the_gradient_of_koleo_is_that_of_finite_differences() -> None:
    assert torch.autograd.gradcheck(koleo, [noise(3, 6, 4).requires_grad_()])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_logits_of_half_precision_are_summed_in_float32(dtype: torch.dtype) -> None:
    student, teacher = noise(0, 6, 5).to(dtype), noise(1, 4, 5).to(dtype)
    value = DinoLoss(5)(student, teacher, 0.04)
    assert value.dtype == torch.float32
    center = torch.zeros(1, 5, dtype=torch.float64)
    expected = plain.loss(student.double(), teacher.double(), center, 0.04, 2)
    torch.testing.assert_close(value.double(), expected, rtol=1e-6, atol=1e-6)
