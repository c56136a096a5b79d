"""The table and the picture of worlds between the two: what the logs of the runs say, in the order of the worlds."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

TURN = Path(__file__).parents[2] / "recipes" / "turn.py"
sys.path.insert(0, str(TURN.parent))


def logged(folder: Path, background: str, *evaluations: tuple[float, float]) -> Path:
    """A run with these evaluations, of k-NN and Jaccard."""
    folder.mkdir()
    (folder / "config.toml").write_text(f'[keep]\nknn_images = "drawn:{background}/tune"\n', "utf-8")
    lines = [
        json.dumps({"kind": "knn", "step": step, "top1": knn, "jaccard": jaccard})
        for step, (knn, jaccard) in enumerate(evaluations)
    ]
    (folder / "log.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def turn(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(TURN), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_each_world_is_a_line_and_a_place_along_the_picture(tmp_path: Path) -> None:
    runs = [
        logged(tmp_path / "own", "1", (20, 25), (15, 30), (22.04, 44)),
        logged(tmp_path / "half", "0.5", (24, 30), (40, 41)),
        logged(tmp_path / "none", "", (26, 33), (73, 49)),
    ]
    done = turn(*runs, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2:] == [
        "| 0 | 26.0 → 73.0 | 33.0 → 49.0 |",
        "| 0.5 | 24.0 → 40.0 | 30.0 → 41.0 |",
        "| 1 | 20.0 → 22.0 | 25.0 → 44.0 |",
    ]
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in ("turn.png", "turn-dark.png"))
    drawn = importlib.import_module("turn").panel([importlib.import_module("turn").learnt(run) for run in runs[:2]])
    assert [series.name for series in drawn.series] == ["k-NN", "Jaccard", "k-NN, untrained", "Jaccard, untrained"]


def test_a_run_that_was_measured_once_is_one_sentence(tmp_path: Path) -> None:
    done = turn(logged(tmp_path / "run", "0", (26, 33)), "--out", tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"turn: {tmp_path / 'run'} is no run on drawn pictures that was measured twice; name others\n"
