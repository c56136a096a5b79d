"""The fast path's linear layer beside PyTorch's: value, gradients, and what is left to PyTorch."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from dino.fast import linear as fast
from dino.fast.linear import linear

sizes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))


def inputs(sizes: tuple[int, int, int], seed: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    count, dim, out = sizes
    numbers = torch.Generator().manual_seed(seed)
    shapes = ((count, dim), (out, dim), (out,), (count, out))
    return [torch.randn(*shape, generator=numbers).to(dtype) for shape in shapes]


@given(sizes, st.integers(0, 99), st.booleans())
def test_value_and_gradients_are_pytorchs_but_for_rounding(
    sizes: tuple[int, int, int], seed: int, biased: bool
) -> None:
    *given, gradient = inputs(sizes, seed)
    found = []
    for layer in (linear, F.linear):
        leaves = [tensor.clone().requires_grad_() for tensor in (given if biased else given[:2])]
        value = layer(leaves[0], leaves[1], leaves[2] if biased else None)
        found.append([value.detach(), *torch.autograd.grad(value, leaves, gradient)])
    torch.testing.assert_close(found[0], found[1], rtol=1e-5, atol=1e-5)


def test_a_gradient_that_is_no_whole_matrix_is_right_too() -> None:
    rows, weight, bias, _ = inputs((4, 3, 2), 0)
    leaves = [tensor.requires_grad_() for tensor in (rows, weight, bias)]
    found = torch.autograd.grad(linear(rows, weight, bias).sum(), leaves)  # the gradient of a sum is one number, spread
    expected = torch.autograd.grad(F.linear(rows, weight, bias).sum(), leaves)
    torch.testing.assert_close(found, expected)


def test_what_needs_no_gradient_gets_none() -> None:
    rows, weight, bias, gradient = inputs((4, 3, 2), 0)
    (found,) = torch.autograd.grad(linear(rows, weight.requires_grad_(), bias), [weight], gradient)
    torch.testing.assert_close(found, gradient.T @ rows)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions_are_pytorchs_to_the_bit(dtype: torch.dtype) -> None:
    rows, weight, bias, _ = inputs((5, 4, 3), 1, dtype)
    assert torch.equal(linear(rows, weight, bias), F.linear(rows, weight, bias))


def test_autocast_is_pytorchs_to_the_bit() -> None:
    rows, weight, bias, _ = inputs((5, 4, 3), 1)
    with torch.autocast("cpu", torch.bfloat16):
        found = linear(rows, weight, bias)
        assert found.dtype == torch.bfloat16
        assert torch.equal(found, F.linear(rows, weight, bias))


def test_without_onednn_it_is_pytorchs_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    monkeypatch.setattr(fast, "_product", lambda *_: pytest.fail("oneDNN was asked"))
    rows, weight, bias, _ = inputs((5, 4, 3), 1)
    assert torch.equal(linear(rows, weight, bias), F.linear(rows, weight, bias))
