"""What the tests of settings share: a settings file and a run of the command."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dino.cli import main


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a settings file."""

    def written(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def dino(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command: its exit status, what it printed, and what it said on standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            status = main([str(word) for word in words])
        except SystemExit as ending:  # --help and --version
            status = int(ending.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return run
