"""What the world does to a run: one sentence, the right exit status, nothing lost, and the same end afterwards."""

from collections.abc import Callable
from pathlib import Path

import pytest
from command import Moment, dino, records, result, run_words

from dino.checkpoint import load, saved

Undisturbed = Callable[..., Path]


def newest_step(run: Path) -> int:
    return int(load(saved(run / "checkpoints")[-1]).facts["step"])


def test_a_disk_too_full_for_a_checkpoint_is_told_and_the_one_before_stands(
    images: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    words = run_words(images, tmp_path / "run")
    ended = dino(words, moment=Moment("dino.checkpoint:_write", 9, "full:config.toml"))
    assert ended.status == 3
    assert "step-00000005 cannot be written (file too large); the one before it, step-00000004, is as it was" in (
        ended.fault
    )
    assert newest_step(tmp_path / "run") == 4
    assert not list((tmp_path / "run/checkpoints").glob(".*"))

    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(undisturbed())


def test_a_disk_too_full_for_the_log_is_told_and_no_line_is_missing_afterwards(
    images: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    words = run_words(images, tmp_path / "run")
    ended = dino(words, moment=Moment("dino.train:_log", 9, "full:log.jsonl"))
    assert ended.status == 3
    assert "log.jsonl cannot be written (file too large); make room, then run the same command again" in ended.fault
    assert newest_step(tmp_path / "run") == 8

    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(undisturbed())


def test_a_disk_too_full_for_the_best_teacher_loses_neither_it_nor_its_score(
    images: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    words = run_words(images, tmp_path / "run")
    ended = dino(words, moment=Moment("dino.exchange.safetensors:put", 1, "full:config.toml"))
    assert ended.status == 3
    assert "teacher.safetensors cannot be written" in ended.fault
    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(undisturbed())


@pytest.mark.parametrize("place", ["run", "run/checkpoints", "run/log.jsonl"])
def test_a_place_that_cannot_be_written_is_told_before_the_first_step(images: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    if place.endswith(".jsonl"):
        (tmp_path / place).mkdir()
    else:
        (tmp_path / place).write_text("a file in its place")
    ended = dino(run_words(images, tmp_path / "run"))
    assert ended.status == 3
    assert str(tmp_path / place) in ended.fault
    assert "cannot be written" in ended.fault


def test_memory_that_runs_out_is_told_with_what_to_lower(
    images: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    words = run_words(images, tmp_path / "run")
    assert dino(words, moment=Moment("dino.train:_learn", 8, "SIGKILL")).status == -9
    larger = ["--resume-anyway", "--local-size", "512"]
    ended = dino([*words, *larger], moment=Moment("dino.train:_learn", 1, "memory"))
    assert ended.status == 3
    assert "not enough memory for a step; lower --batch-size" in ended.fault
    assert newest_step(tmp_path / "run") == 7

    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(undisturbed())


def test_a_loader_that_is_killed_is_told_and_the_run_ends_as_if_nothing_had_been(
    images: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    words = run_words(images, tmp_path / "run", "--workers", "2")
    ended = dino(words, moment=Moment("dino.train:_learn", 9, "worker"))
    assert ended.status == 3
    assert "a process that loads images died" in ended.fault
    assert newest_step(tmp_path / "run") >= 7

    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(undisturbed())


def test_an_image_set_that_breaks_is_told_without_the_traceback_of_its_loader(images: Path, tmp_path: Path) -> None:
    broken = tmp_path / "images"
    for path in images.rglob("*.png"):
        copy = broken / path.relative_to(images)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes()[:40])
    for workers in ("0", "2"):
        ended = dino(run_words(broken, tmp_path / workers, "--workers", workers, "--knn-every", "0"))
        assert ended.status == 1
        assert "24 images one after another cannot be read" in ended.fault


def test_each_unreadable_image_is_named_once(images: Path, tmp_path: Path) -> None:
    broken = tmp_path / "images"
    for path in images.rglob("*.png"):
        copy = broken / path.relative_to(images)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes()[: 40 if path.stem == "003" else None])
    ended = dino(run_words(broken, tmp_path / "run"))
    assert ended.status == 0
    assert len([line for line in ended.said if "003.png cannot be read" in line]) == 1
    assert records(tmp_path / "run", "step")[-1]["unreadable"] == 1


@pytest.mark.parametrize(
    ("rate", "says"),
    [("1e12", "the loss is nan at step"), ("1e38", "the weights are no longer numbers after step")],
)
def test_numbers_that_end_are_told_and_never_saved(images: Path, tmp_path: Path, rate: str, says: str) -> None:
    run = tmp_path / "run"
    ended = dino(run_words(images, run, "--lr", rate, "--clip-grad", "0", "--keep", "9"))
    assert ended.status == 1
    assert says in ended.fault
    assert "Lower --lr" in ended.fault
    kept = saved(run / "checkpoints")
    assert kept
    for place in kept:
        assert all(tensor.isfinite().all() for tensor in load(place).tensors.values())


def test_a_process_that_is_killed_takes_the_other_down_in_good_order(
    images: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    words = run_words(images, tmp_path / "run")
    ended = dino(words, world=2, moment=Moment("dino.train:_learn", 6, "SIGKILL", rank=1))
    assert ended.statuses == [3, -9]
    assert "another process of the run died or cannot be reached" in ended.fault
    assert newest_step(tmp_path / "run") == 5

    assert dino(words, world=2).statuses == [0, 0]
    assert result(tmp_path / "run") == result(undisturbed(2))
