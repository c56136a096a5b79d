"""Each piece of the fast path by itself, value and gradient, beside what it stands for."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from dino.fast import cross_entropy as fused
from dino.fast import packed
from dino.fast.cross_entropy import cross_entropy
from dino.fast.packed import class_tokens
from dino.head import Head
from dino.loss import DinoLoss
from dino.vit import Size, VisionTransformer

shapes = st.tuples(st.integers(2, 5), st.integers(1, 4), st.integers(2, 7), st.integers(2, 6))


def noise(seed: int, *size: int) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def targets_of(seed: int, batch: int, out_dim: int) -> tuple[Tensor, Tensor]:
    first, second = F.softmax(noise(seed, 2 * batch, out_dim) / 0.5, dim=-1).chunk(2)
    return first, second


def rounded_rows(seed: int, count: int, dim: int) -> Tensor:
    return F.normalize(noise(seed, count, dim), dim=-1)


@given(shapes, st.integers(0, 99))
def test_the_gradients_of_the_fused_loss_are_those_of_finite_differences(
    shape: tuple[int, int, int, int], seed: int
) -> None:
    views, batch, out_dim, dim = shape
    rows, direction = rounded_rows(seed, views * batch, dim), noise(seed + 1, out_dim, dim)
    length, targets = 0.5 + noise(seed + 2, out_dim, 1).abs(), targets_of(seed + 3, batch, out_dim)
    inputs = [tensor.requires_grad_() for tensor in (rows, direction, length)]
    assert torch.autograd.gradcheck(lambda *found: cross_entropy(*found, targets, 0.1), inputs)


@given(shapes, st.integers(0, 99))
def test_the_fused_loss_and_its_gradients_are_the_heads_and_the_plain_losss(
    shape: tuple[int, int, int, int], seed: int
) -> None:
    views, batch, out_dim, dim = shape
    torch.manual_seed(seed)
    head = Head(dim, out_dim, hidden=5, bottleneck=dim, fixed_norm=False).double()
    features, teacher = noise(seed, views * batch, dim), noise(seed + 1, 2 * batch, out_dim)
    criterion = DinoLoss(out_dim).double()
    plain = criterion(head(features), teacher, 0.05)
    expected = torch.autograd.grad(plain, list(head.parameters()))
    targets = criterion.targets(teacher, 0.05).chunk(2)
    last = head.last_layer
    value = cross_entropy(head.bottleneck(features), last.weight_v, last.weight_g, targets, criterion.student_temp)
    torch.testing.assert_close(value, plain, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(torch.autograd.grad(value, list(head.parameters())), expected, rtol=1e-9, atol=1e-11)


def test_the_rows_that_are_made_at_a_time_change_nothing_but_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, direction, length = rounded_rows(0, 15, 4), noise(1, 9, 4), torch.ones(9, 1, dtype=torch.float64)
    targets, found = targets_of(2, 3, 9), []
    for bytes_at_a_time in (1 << 24, 4 * 9 * 4):  # all rows at once; four, the last time three
        monkeypatch.setitem(fused.LARGEST, "cpu", bytes_at_a_time)
        inputs = [tensor.clone().requires_grad_() for tensor in (rows, direction, length)]
        loss = cross_entropy(inputs[0], inputs[1], inputs[2], targets, 0.1)
        found.append([loss.detach(), *torch.autograd.grad(loss, inputs)])
    torch.testing.assert_close(found[0], found[1], rtol=1e-12, atol=1e-12)


def test_in_bfloat16_the_fused_loss_is_near_that_of_float64() -> None:
    rows, direction, length = rounded_rows(0, 40, 16), noise(1, 64, 16), torch.ones(64, 1, dtype=torch.float64)
    targets, found = targets_of(2, 8, 64), []
    for kind, precision in ((torch.float64, None), (torch.float32, torch.bfloat16)):
        inputs = [tensor.to(kind).requires_grad_() for tensor in (rows, direction, length)]
        aims = [target.to(kind) for target in targets]
        loss = cross_entropy(inputs[0], inputs[1], inputs[2], aims, 0.1, precision)
        assert loss.dtype == kind
        found.append([tensor.double() for tensor in (loss.detach(), *torch.autograd.grad(loss, inputs[:2]))])
    for exact, low in zip(*found, strict=True):
        assert (low - exact).norm() < 0.02 * exact.norm()


def network(registers: int = 0, drop_path: float = 0.0, *, stem: bool = False) -> VisionTransformer:
    torch.manual_seed(1)
    return VisionTransformer((16, 16), 4, 3, Size(12, 3, 3), drop_path, registers, stem=stem).double()


GROUPS = [(2, 16, 16), (3, 8, 12)]


def images(seed: int = 0) -> list[Tensor]:
    return [noise(seed + number, count, 3, *size) for number, (count, *size) in enumerate(GROUPS)]


@pytest.mark.parametrize("stem", [False, True], ids=["projection", "stem"])
@pytest.mark.parametrize("registers", [0, 2])
@pytest.mark.parametrize("drop_path", [0.0, 0.5], ids=["every block", "stochastic depth"])
def test_packed_class_tokens_and_their_gradients_are_the_plain_ones(
    registers: int, drop_path: float, stem: bool
) -> None:
    model, weights = network(registers, drop_path, stem=stem), noise(9, 5, 12)
    found = []
    for see in (lambda: torch.cat([model(group) for group in images()]), lambda: class_tokens(model, images())):
        torch.manual_seed(4)
        model.zero_grad()
        tokens = see()
        (tokens * weights).sum().backward()
        found.append([tokens.detach(), *(parameter.grad.clone() for parameter in model.parameters())])
    torch.testing.assert_close(found[0], found[1], rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("stem", [False, True], ids=["projection", "stem"])
def test_rows_and_columns_that_fill_no_patch_are_not_seen(stem: bool) -> None:
    model, ragged = network(stem=stem).eval(), noise(3, 2, 3, 18, 11)
    expected = model(ragged[..., :16, :8])
    torch.testing.assert_close(model(ragged), expected)
    torch.testing.assert_close(class_tokens(model, [ragged]), expected)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")  # of PyTorch's own tracing
def test_compiled_blocks_give_what_the_others_give(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the graph that a compiler starts from, with branches that are dropped and without."""
    traced = torch.compile(packed.through_block, backend="aot_eager", dynamic=False, fullgraph=True)
    monkeypatch.setattr(packed, "compiled_block", lambda: traced)
    network = VisionTransformer((16, 16), 4, 3, Size(12, 3, 3), 0.5).double()
    groups = [noise(0, 4, 3, 16, 16), noise(1, 6, 3, 8, 8)]
    for training in (True, False):
        network.train(training)
        found = []
        for compiled in (False, True):
            torch.manual_seed(7)
            tokens = class_tokens(network, groups, compiled=compiled)
            found.append((tokens, *torch.autograd.grad(tokens.square().sum(), list(network.parameters()))))
        torch.testing.assert_close(found[0], found[1], rtol=1e-9, atol=1e-11)
