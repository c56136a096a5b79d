"""Two processes with half of a batch each compute what one computes with the whole."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from toy import CONTEXT, _free_port, finish

from dino import distributed
from dino.distributed import SharedBatchNorm, synchronize_batch_norm
from dino.loss import DinoLoss, sinkhorn_knopp

IMAGES = torch.randn(12, 5, 4, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 0.1 + 7
WEIGHTS = torch.randn(12, 5, 4, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def both(compute: Callable[[slice], dict[str, Tensor]], folder: Path, first: int = 6) -> list[dict[str, Tensor]]:
    """What two processes compute of their parts of the batch, the first `first` rows and the rest."""
    port = _free_port()
    started = [CONTEXT.Process(target=_one, args=(compute, rank, first, port, folder)) for rank in range(2)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
        process.kill()
    assert [process.exitcode for process in started] == [0, 0]
    return [torch.load(folder / str(rank), weights_only=True) for rank in range(2)]


def _one(compute: Callable[[slice], dict[str, Tensor]], rank: int, first: int, port: int, folder: Path) -> None:
    torch.set_num_threads(1)
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    with distributed.group(torch.device("cpu")):
        torch.save(compute(slice(first, None) if rank else slice(None, first)), folder / str(rank))


def normalized(part: slice) -> dict[str, Tensor]:
    """Output, gradients and running statistics after two steps of a network with batch normalization."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm2d(5), nn.Tanh(), nn.Conv2d(5, 5, 1), nn.BatchNorm2d(5, momentum=None)).double()
    synchronize_batch_norm(model)
    images = IMAGES[part].clone().requires_grad_()
    for _ in range(2):
        out = model(images)
        (out * WEIGHTS[part]).sum().backward()
    evaluated = model.eval()(images)
    own = {"out": out, "images.grad": images.grad, "evaluated": evaluated}
    shared = {f"{name}.grad": distributed.total(parameter.grad) for name, parameter in model.named_parameters()}
    return {name: tensor.detach() for name, tensor in {**own, **shared, **dict(model.named_buffers())}.items()}


@pytest.mark.parametrize("first", [6, 4])
def test_batch_normalization_is_that_of_the_whole_batch(tmp_path: Path, first: int) -> None:
    whole, (one, other) = normalized(slice(None)), both(normalized, tmp_path, first)
    assert set(one) == set(whole)
    for name, expected in whole.items():
        if name in ("out", "images.grad", "evaluated"):
            torch.testing.assert_close(torch.cat([one[name], other[name]]), expected, rtol=1e-9, atol=1e-9)
        else:
            torch.testing.assert_close(one[name], expected, rtol=1e-9, atol=1e-9)
            assert torch.equal(one[name], other[name])


def test_values_far_from_zero_keep_their_digits() -> None:
    far = (IMAGES + 1000).float()
    whole = nn.BatchNorm2d(5)(far)
    torch.testing.assert_close(SharedBatchNorm.taking_over(nn.BatchNorm2d(5))(far), whole, rtol=1e-2, atol=1e-2)


def test_alone_batch_normalization_stays_pytorchs_own() -> None:
    model = nn.Sequential(nn.BatchNorm1d(3))
    synchronize_batch_norm(model)
    assert type(model[0]) is nn.BatchNorm1d


def test_one_that_was_taken_over_has_the_same_names_state_and_frozen_weights() -> None:
    plain = nn.BatchNorm1d(3)
    plain.weight.requires_grad_(False)
    shared = SharedBatchNorm.taking_over(plain)
    assert list(shared.state_dict()) == list(plain.state_dict())
    assert [p.requires_grad for p in shared.parameters()] == [False, True]


def test_the_activation_inside_timms_layer_is_kept() -> None:
    from timm.layers.norm_act import BatchNormAct2d

    shared, layer = SharedBatchNorm.taking_over(BatchNormAct2d(5).double()), BatchNormAct2d(5).double()
    torch.testing.assert_close(shared(IMAGES), layer(IMAGES))


def test_without_running_statistics_the_batch_counts_in_evaluation_too() -> None:
    plain = nn.BatchNorm2d(5, track_running_stats=False).double().eval()
    shared = SharedBatchNorm.taking_over(plain).eval()
    torch.testing.assert_close(shared(IMAGES), plain(IMAGES))


def centered(part: slice) -> dict[str, Tensor]:
    """The center after two steps, and Sinkhorn's assignment, of logits [12, 60]."""
    logits, loss = IMAGES.flatten(1)[part].float() - 7, DinoLoss(60)
    for _ in range(2):
        loss.move_center(distributed.mean(logits.mean(dim=0, keepdim=True)))
    return {"center": loss.center, "assignment": sinkhorn_knopp(logits, 0.05)}


def test_center_and_sinkhorn_are_those_of_the_whole_batch(tmp_path: Path) -> None:
    whole, (one, other) = centered(slice(None)), both(centered, tmp_path)
    torch.testing.assert_close(one["center"], whole["center"])
    assert torch.equal(one["center"], other["center"])
    torch.testing.assert_close(torch.cat([one["assignment"], other["assignment"]]), whole["assignment"])


def _wait(rank: int, port: int) -> None:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    with distributed.group(torch.device("cpu"), timeout=timedelta(seconds=2)):
        if rank == 0:
            time.sleep(4)
        distributed.barrier()


def test_a_process_is_waited_for_longer_than_an_exchange_may_take() -> None:
    port = _free_port()
    started = [CONTEXT.Process(target=_wait, args=(rank, port)) for rank in range(2)]
    for process in started:
        process.start()
    assert finish(started) == [0, 0]


def exchanged(part: slice) -> dict[str, Tensor]:
    value: Any = torch.arange(12.0)[part]
    return {
        "total": distributed.total(value),
        "maximum": distributed.maximum(value),
        "mean": distributed.mean(value),
        "first": distributed.from_first(value),
        "all": torch.cat(distributed.gathered(value)),
    }


def test_sums_maxima_means_and_values_are_the_same_everywhere(tmp_path: Path) -> None:
    one, other = both(exchanged, tmp_path)
    ramp = torch.arange(6.0)
    expected = {"total": 2 * ramp + 6, "maximum": ramp + 6, "mean": ramp + 3, "first": ramp, "all": torch.arange(12.0)}
    for name, tensor in expected.items():
        assert torch.equal(one[name], tensor)
        assert torch.equal(other[name], tensor)
