"""What the tests of evaluations share: a small frozen network in a file, a few images, and a run of the command."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parents[1] / "core"))

from toy import make_images

from dino.building import build_backbone
from dino.cli import main
from dino.config import Config, Crops, Model
from dino.exchange import safetensors
from dino.exchange.weights import Weights


@pytest.fixture(autouse=True)
def nothing_is_kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Features are kept in a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vision transformer of two thin blocks, for images of 16 pixels, untrained."""
    torch.manual_seed(0)
    config = Config(model=Model(backbone="vit:16x2x2", patch_size=4), crops=Crops(global_size=(16, 16)))
    file = tmp_path_factory.mktemp("weights") / "small.safetensors"
    facts = {"backbone": "vit:16x2x2", "heads": 2, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
    safetensors.write(file, Weights(build_backbone(config).state_dict(), facts=facts))
    return file


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-four images of two classes, of stripes that each have a hue of their own."""
    return make_images(tmp_path_factory.mktemp("photographs"))


@pytest.fixture
def dino(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command: its exit status, what it printed, and what it said on standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            status = main([str(word) for word in words])
        except SystemExit as ending:
            status = int(ending.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return run
