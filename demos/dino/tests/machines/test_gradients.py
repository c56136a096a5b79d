"""The exchange of gradients: PyTorch's own, but for what nobody uses."""

from typing import Any

import pytest
import torch
from pair import on_loopback
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from dino import gradients
from dino.gradients import averaged, grouped

SMALL = 2000


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 40), nn.GELU(), nn.Linear(40, 40), nn.GELU(), nn.Linear(40, 6))


def loss(model: nn.Module, rank: int) -> Tensor:
    rows = torch.randn(8, 6, generator=torch.Generator().manual_seed(rank))
    return model(rows).square().mean()


def gradients_of(model: nn.Module) -> list[Tensor | None]:
    return [parameter.grad for parameter in model.parameters()]


def exchanged(rank: int) -> dict[str, Any]:
    gradients.BUCKET = SMALL
    parallel = DistributedDataParallel(network())
    loss(parallel, rank).backward()
    ours, held = network(), network()
    with averaged(ours.parameters()):
        loss(ours, rank).backward()
    with averaged(list(held.parameters())[:-2]):
        loss(held, rank).backward()
    unused = network()
    with averaged(unused.parameters()):
        unused[0](torch.ones(2, 6) * rank).sum().backward()
    twice = network()
    loss(twice, rank).backward()
    with averaged(twice.parameters()):
        loss(twice, rank).backward()
    networks = {"ddp": parallel, "ours": ours, "held": held, "unused": unused, "twice": twice}
    return {name: gradients_of(model) for name, model in networks.items()}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return on_loopback(exchanged, tmp_path_factory.mktemp("gradients"))


def test_gradients_are_those_of_distributed_data_parallel(found: list[dict[str, Any]]) -> None:
    for one in found:
        for ours, theirs in zip(one["ours"], one["ddp"], strict=True):
            assert torch.equal(ours, theirs)


def test_what_is_not_asked_for_stays_each_processes_own(found: list[dict[str, Any]]) -> None:
    for rank, one in enumerate(found):
        alone = network()
        loss(alone, rank).backward()
        for place, (held, ours, own) in enumerate(zip(one["held"], one["ours"], gradients_of(alone), strict=True)):
            torch.testing.assert_close(held, ours if place < 4 else own)


def test_a_parameter_that_nothing_depends_on_gets_no_gradient(found: list[dict[str, Any]]) -> None:
    for one in found:
        assert [gradient is None for gradient in one["unused"]] == [False] * 2 + [True] * 4
        torch.testing.assert_close(one["unused"][0], torch.ones(40, 6))


def test_what_was_accumulated_before_is_averaged_too(found: list[dict[str, Any]]) -> None:
    for one in found:
        for twice, ours in zip(one["twice"], one["ours"], strict=True):
            torch.testing.assert_close(twice, 2 * ours)


def test_alone_nothing_happens() -> None:
    model, plain = network(), network()
    with averaged(model.parameters()):
        loss(model, 0).backward()
    loss(plain, 0).backward()
    assert all(map(torch.equal, gradients_of(model), gradients_of(plain)))


def test_parameters_travel_with_their_neighbours_of_one_type_up_to_a_number_of_bytes() -> None:
    sizes = [(10, torch.float32), (20, torch.float32), (5, torch.float64), (100, torch.float64), (1, torch.float64)]
    parameters = [nn.Parameter(torch.zeros(size, dtype=dtype)) for size, dtype in sizes]
    groups = [[len(parameter) for parameter in group] for group in grouped(parameters, 120)]
    assert groups == [[10, 20], [5], [100], [1]]
