"""The code that trains gives what the authors' code gave, within the tolerances of the golden files."""

import json
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import torch

from dino.cli import main
from dino.parity import PARTS, Difference, compare

GOLDEN = Path(__file__).parent.parent / "parity"


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    """Of operations this small, several threads make slow ones."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def differences() -> list[Difference]:
    return compare(GOLDEN)


@pytest.mark.parametrize("file", sorted(PARTS))
def test_every_quantity_is_the_authors(differences: list[Difference], file: str) -> None:
    of_file = [difference for difference in differences if difference.file == file]
    assert of_file
    assert [difference for difference in of_file if not difference.held] == []


def test_the_results_have_the_form_that_the_digest_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parity", str(GOLDEN), "--out", str(tmp_path / "out")]) == 0
    written = json.loads((tmp_path / "out/metrics.json").read_text())
    assert set(written) == {"metrics", "figures", "accelerator"}
    largest, *rest = written["metrics"]
    assert largest["held"] is True
    assert largest["value"] == max(metric["value"] for metric in rest) < 1
    assert len(rest) == len(PARTS)
    for metric in rest:
        assert set(metric) == {"name", "value", "unit", "command"}
        assert 0 <= metric["value"] <= 1
    assert "not covered" not in capsys.readouterr().out


def test_a_difference_above_the_tolerance_is_an_exit_status_of_1(tmp_path: Path) -> None:
    copytree(GOLDEN, tmp_path / "golden")
    head = dict(np.load(GOLDEN / "head.npz"))
    head["y"] = head["y"] + 1e-3
    np.savez(tmp_path / "golden/head.npz", **head)
    assert main(["parity", str(tmp_path / "golden")]) == 1


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parity", str(tmp_path)]) == 1
    assert f"{tmp_path} has no meta.json; name the folder" in capsys.readouterr().err
