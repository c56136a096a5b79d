"""Files like the authors', for the tests of the formats: see standins.py."""

from pathlib import Path

import pytest
import torch
from standins import META, authors_args, golden
from torch import Tensor

from dino.exchange.weights import Weights
from dino.vit import VisionTransformer


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Of networks this small, several threads only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def backbone() -> dict[str, Tensor]:
    """The small network's tensors under bare names, as a `*_pretrain.pth` has them."""
    found = {name: tensor for name, tensor in golden("backbone.npz").items() if name.startswith("weights/")}
    return {name.removeprefix("weights/"): tensor for name, tensor in found.items()}


@pytest.fixture(scope="session")
def head() -> dict[str, Tensor]:
    found = {name: tensor for name, tensor in golden("head.npz").items() if name.startswith("weights/")}
    return {name.removeprefix("weights/"): tensor for name, tensor in found.items()}


@pytest.fixture
def weights(backbone: dict[str, Tensor], head: dict[str, Tensor]) -> Weights:
    facts = {"heads": META["heads"], "epoch": 7, "step": 91, "knn": {"20": 61.5}, "data": "noise", "licence": "CC0-1.0"}
    return Weights(backbone, head, facts, "small.safetensors")


@pytest.fixture
def released(tmp_path: Path, backbone: dict[str, Tensor]) -> Path:
    """A file like `dino_deitsmall16_pretrain.pth`."""
    path = tmp_path / "dino_small_pretrain.pth"
    torch.save(backbone, path)
    return path


@pytest.fixture
def full(tmp_path: Path, backbone: dict[str, Tensor], head: dict[str, Tensor]) -> Path:
    """A file like their `checkpoint.pth`, its optimizer a real AdamW after one step."""
    named = {f"backbone.{n}": t for n, t in backbone.items()} | {f"head.{n}": t for n, t in head.items()}
    frozen = "head.last_layer.weight_g"
    parameters = {name: torch.nn.Parameter(tensor.clone()) for name, tensor in named.items() if name != frozen}
    plain = {name for name, p in parameters.items() if name.endswith(".bias") or p.ndim == 1}
    groups = [
        {"params": [p for name, p in parameters.items() if name not in plain]},
        {"params": [p for name, p in parameters.items() if name in plain], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups)
    for parameter in parameters.values():
        parameter.grad = parameter.detach().clone()
    optimizer.step()
    path = tmp_path / "checkpoint.pth"
    content = {
        "student": {f"module.{name}": tensor for name, tensor in named.items()},
        "teacher": {name: tensor + 1 for name, tensor in named.items()},
        "optimizer": optimizer.state_dict(),
        "epoch": 12,
        "args": authors_args(),
        "dino_loss": {"center": torch.arange(META["out_dim"], dtype=torch.float32)[None]},
        "fp16_scaler": {"scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 2000},
    }
    torch.save(content, path)
    return path


@pytest.fixture(scope="session")
def small16() -> Weights:
    """Noise in the shapes of the released ViT-S/16."""
    torch.manual_seed(3)
    return Weights(VisionTransformer().state_dict(), source="noise in the shapes of ViT-S/16")
