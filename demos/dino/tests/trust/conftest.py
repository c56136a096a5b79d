"""The toy runs of tests/core, and what their undisturbed ends are compared with: each is made once for all tests."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from command import dino, run_words
from toy import make_images


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_images(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="session")
def undisturbed(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The folder of a run by so many processes that nothing disturbed."""
    made: dict[int, Path] = {}

    def folder(world: int = 1) -> Path:
        if world not in made:
            run = tmp_path_factory.mktemp("undisturbed") / "run"
            assert dino(run_words(images, run), world=world).statuses == [0] * world
            made[world] = run
        return made[world]

    return folder
