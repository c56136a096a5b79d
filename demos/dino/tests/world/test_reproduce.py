"""`dino reproduce`: the claims from nothing to the page's form, told as they are."""

import json
from pathlib import Path

import pytest
import torch

from dino.cli import main
from dino.controls.claims import MIDDLES, NEIGHBOURS, OBJECTS, claims
from dino.controls.comparison import Score
from dino.errors import WorldError
from dino.evidence import Evidence
from dino.segmentation import SHARES
from dino.world.world import COUNTS


def score(knn: float, jaccard: float) -> Score:
    return Score(torch.arange(200) < 200 * knn, tuple(torch.linspace(jaccard - 0.1, jaccard + 0.1, 50) for _ in SHARES))


@pytest.fixture
def evidence() -> Evidence:
    """Neighbours that are far better than the controls', and attention that is no better than chance."""
    masks = {"discs": score(0, 0.5), "middles": score(0, 0.4)}
    return Evidence(
        claims(score(0.7, 0.5), score(0.3, 0.3), {"pixels": score(0.35, 0)}, masks),
        score(0.9, 0.45),
        [],
        "dino reproduce",
    )


def test_a_claim_that_did_not_hold_is_written_like_one_that_did(evidence: Evidence) -> None:
    metrics = evidence.measured()["metrics"]
    assert [(metric["claim"], metric["held"]) for metric in metrics] == [
        (NEIGHBOURS, True),
        (OBJECTS, False),
        (MIDDLES, True),
    ]
    assert len({metric["name"] for metric in metrics}) == 3


def test_a_number_stands_beside_its_controls_the_supervised_twin_and_the_papers(evidence: Evidence) -> None:
    neighbours, objects, _ = evidence.measured()["metrics"]
    assert neighbours["value"] == pytest.approx(70)
    assert {control["name"]: round(control["value"]) for control in neighbours["controls"]} == {
        "untrained": 30,
        "pixels": 35,
        "with labels": 90,
    }
    assert neighbours["paper"]["value"] == 74.5
    assert {control["name"] for control in objects["controls"]} == {"untrained", "discs", "with labels"}


def test_a_folder_that_cannot_be_written_is_one_sentence(evidence: Evidence, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorldError, match="cannot be written"):
        evidence.write(tmp_path / "file")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world of few pictures."""
    for split, count in (("train", 128), ("tune", 40), ("test", 40)):
        monkeypatch.setitem(COUNTS, split, count)  # type: ignore[misc]


@pytest.mark.usefixtures("small")
def test_it_trains_judges_draws_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "--smoke", "--out", str(tmp_path / "out")]) == 0
    found = json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))
    assert [metric["claim"] for metric in found["metrics"]] == [NEIGHBOURS, OBJECTS, MIDDLES]
    assert all(metric["command"] == "dino reproduce --smoke" for metric in found["metrics"])
    files = [figure["file"] for figure in found["figures"]]
    assert files[0] == "figures/attention-1.png"
    assert {"figures/masks.png", "figures/neighbours.png", "figures/learning-knn.png"} <= set(files)
    assert all((tmp_path / "out" / file).read_bytes().startswith(b"\x89PNG") for file in files)
    assert all(figure["alt"] and figure["caption"] for figure in found["figures"])
    assert "hold" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"), [("--smoke --full", "not allowed with"), ("--seed x", "invalid int value")]
)
def test_a_wrong_command_line_is_one_sentence(words: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", *words.split()]) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1
