"""Activations that are computed again give the same gradients, stochastic depth included."""

import pytest
import torch
from torch import Tensor, nn

from dino.backbones import build_backbone, recompute_activations
from dino.config import Config
from dino.errors import CommandError
from dino.settings import with_values

TOY = {"global_size": (32, 32), "local_size": (16, 16), "patch_size": 8}


def backbone(name: str) -> nn.Module:
    torch.manual_seed(0)
    return build_backbone(with_values(Config(), {"backbone": name, **TOY}), drop_path=0.5)


def gradients(model: nn.Module) -> dict[str, Tensor]:
    torch.manual_seed(1)
    images = torch.randn(6, 3, 32, 32)
    model(images).square().sum().backward()
    return {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("vit:16x3x2", "blocks.1"),
        ("timm:vit_tiny_patch16_224", "network.blocks.1"),
        ("timm:resnet10t", "network.layer2.0"),
    ],
)
def test_gradients_are_the_same_to_the_bit_and_blocks_run_twice(name: str, block: str) -> None:
    plain, again = backbone(name), backbone(name)
    recompute_activations(again, name)
    runs: list[nn.Module] = []
    again.get_submodule(block).register_forward_pre_hook(lambda module, _: runs.append(module))
    expected, found = gradients(plain), gradients(again)
    assert len(runs) == 2
    assert set(found) == set(expected)
    for name_, gradient in found.items():
        assert torch.equal(gradient, expected[name_])


def test_without_gradients_nothing_is_kept_and_blocks_run_once() -> None:
    model = backbone("vit:16x3x2")
    recompute_activations(model, "vit:16x3x2")
    runs: list[nn.Module] = []
    model.get_submodule("blocks.1").register_forward_pre_hook(lambda module, _: runs.append(module))
    with torch.no_grad():
        model(torch.randn(2, 3, 32, 32))
    assert len(runs) == 1


def test_a_model_that_cannot_is_named() -> None:
    with pytest.raises(CommandError, match="torchvision:resnet18 cannot compute its activations again; leave out"):
        recompute_activations(backbone("torchvision:resnet18"), "torchvision:resnet18")
