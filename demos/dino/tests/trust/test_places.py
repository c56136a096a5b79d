"""Where a run may lie, what is refused before anything is written, and that no loader outlives its trainer."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from command import dino, records, run_words, steps


def test_a_real_command_on_a_full_disk_ends_at_once_and_leaves_no_loader(images: Path, tmp_path: Path) -> None:
    words = run_words(images, tmp_path / "run", "--workers", "2", "--knn-every", "0")
    ended = subprocess.run(
        [sys.executable, "-m", "dino", *words],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert ended.returncode == 3, ended.stderr
    assert "cannot be written (file too large)" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_loader_that_an_error_leaves_behind_cannot_hold_python_back() -> None:
    program = (
        "import multiprocessing, time\n"
        "from dino.batches import _ready_worker\n"
        "def work(ready):\n"
        "    _ready_worker(0); ready.set(); time.sleep(600)\n"
        "ready = multiprocessing.Event()\n"
        "multiprocessing.get_context('fork').Process(target=work, args=(ready,), daemon=True).start()\n"
        "ready.wait(); raise SystemExit(3)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], timeout=50, check=False)
    assert ended.returncode == 3


def test_a_run_among_the_images_is_refused(images: Path) -> None:
    before = sorted(images.rglob("*"))
    for place in (images, images / "run"):
        ended = dino(run_words(images, place))
        assert ended.status == 2
        assert "lies among the images; name another with --out" in ended.fault
    assert sorted(images.rglob("*")) == before


def test_a_folder_with_something_else_is_refused_and_one_with_a_cache_is_not(images: Path, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/one.txt").write_text("dear")
    ended = dino(run_words(images, tmp_path / "letters"))
    assert ended.status == 2
    assert "is not empty and holds no run" in ended.fault
    (tmp_path / "run/cache").mkdir(parents=True)
    assert dino(run_words(images, tmp_path / "run")).status == 0


def test_an_empty_name_is_no_folder(images: Path) -> None:
    for words in (["train", ""], ["train", str(images), "--out", ""]):
        ended = dino(words)
        assert ended.status == 2
        assert "name the images, or the run's folder" in ended.fault


@pytest.mark.parametrize("place", ["run", "run/checkpoints"])
def test_a_place_that_cannot_be_written_is_told_before_the_run_is_announced(
    images: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("a file in its place")
    ended = dino(run_words(images, tmp_path / "run"))
    assert ended.status == 3
    assert "steps of" not in ended.words
    assert "make room" not in ended.fault


def test_too_few_images_are_told_before_anything_is_written(images: Path, tmp_path: Path) -> None:
    ended = dino(run_words(images, tmp_path / "run", "--batch-size", "512", "--cache", "32"))
    assert ended.status != 0
    assert "do not fill one batch" in ended.fault
    assert not (tmp_path / "run").exists()


def test_the_first_step_is_in_the_log_and_a_complete_run_does_not_go_on(images: Path, tmp_path: Path) -> None:
    words = run_words(images, tmp_path / "run", "--log-every", "10")
    assert dino(words).status == 0
    assert steps(tmp_path / "run") == [1, 10, 18]
    again = dino(words)
    assert "is complete: 18 steps" in again.words
    assert "going on" not in again.words


def test_images_without_classes_are_asked_about_a_set_that_has_some(images: Path, tmp_path: Path) -> None:
    flat, run = tmp_path / "flat", tmp_path / "run"
    flat.mkdir()
    for number, path in enumerate(sorted(images.rglob("*.png"))):
        (flat / f"{number}.png").write_bytes(path.read_bytes())
    alone = dino(run_words(flat, tmp_path / "alone"))
    [said] = [line for line in alone.said if line.startswith("no k-NN: ")]
    assert "--knn-images" in said
    assert "--knn-every 0" in said
    assert "no k-NN" not in dino(run_words(flat, tmp_path / "alone")).words
    assert dino(run_words(flat, run, "--knn-images", str(images))).status == 0
    assert len(records(run, "knn")) > 1


def test_of_several_processes_the_first_tells_a_mistake(images: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "dino", *run_words(images, tmp_path / "run", "--epochs", "0")]
    said = []
    for rank in ("0", "1"):
        ended = subprocess.run(words, env={**os.environ, "RANK": rank}, capture_output=True, text=True, check=False)
        assert ended.returncode == 2
        said.append(ended.stderr)
    assert said[0].startswith("dino: ")
    assert said[1] == ""
