"""A collapse that `dino train` really runs into is named in the log and on the terminal, and may end the run."""

import re
from pathlib import Path

from command import Ended, dino, records, run_words

from dino.checkpoint import load, saved

LONG = ["--lr", "0.05", "--knn-every", "0", "--save-every", "0"]


def collapses(run: Path) -> list[tuple[int, str]]:
    return [(record["step"], record["collapse"]) for record in records(run, "warning")]


def remedies(ended: Ended) -> list[str]:
    return re.findall(r"Remedy: (.{20})", ended.words)


def test_a_teacher_that_is_too_hot_is_named_and_stops_the_run_that_asked_to_be_stopped(
    images: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    hot = ["--teacher-temp", "0.5", "--warmup-teacher-temp", "0.5", "--epochs", "120", "--stop-on-collapse"]
    ended = dino(run_words(images, run, *LONG, *hot, "--log-every", "5"))
    assert ended.status == 1
    assert "Traceback" not in ended.words
    told = collapses(run)
    assert told[0] == (220, "uniform")  # of 720 steps: 144 of grace, 72 of patience
    assert told[-1][0] <= 510
    assert "Collapse to a uniform output: the teacher's entropy is 3.46" in ended.words
    assert "lower the teacher te" in remedies(ended)
    assert ended.said[-1].startswith("stopped by a collapse at step 5")
    assert load(saved(run / "checkpoints")[-1]).facts["step"] == told[-1][0]


def test_a_run_of_150_steps_is_stopped_too(images: Path, tmp_path: Path) -> None:
    hot = ["--teacher-temp", "0.5", "--warmup-teacher-temp", "0.5", "--epochs", "25", "--stop-on-collapse"]
    ended = dino(run_words(images, tmp_path / "run", *LONG, *hot, "--log-every", "10"))
    assert ended.status == 1
    assert collapses(tmp_path / "run")[0][1] == "uniform"
    assert ended.said[-1].startswith("stopped by a collapse at step 1")


def test_a_center_that_is_too_slow_is_named_with_the_dimension_that_it_lets_dominate(
    images: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    ended = dino(run_words(images, run, *LONG, "--center-momentum", "0.999", "--epochs", "56"))
    assert ended.status == 0
    told = [name for _, name in collapses(run)]
    assert told.index("dominated center") < told.index("one dimension")
    assert "lower the center mom" in remedies(ended)
    assert "keep the centering o" in remedies(ended)


def test_the_remedy_of_a_hot_teacher_is_no_alarm_when_it_is_followed(images: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    ended = dino(run_words(images, run, *LONG, "--lr", "0.0005", "--teacher-temp", "0.02", "--epochs", "56"))
    assert ended.status == 0
    assert collapses(run) == []
