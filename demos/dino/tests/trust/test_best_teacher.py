"""The teacher that is kept: of the highest top-1 at k = knn_k, the first on ties, whatever interrupts the run."""

import os
import random
import shutil
import signal
from pathlib import Path

import pytest
from command import Moment, dino, records, result, run_words
from toy import make_images

from dino.exchange import safetensors

SIGKILL = -signal.SIGKILL


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images in classes that nobody could tell apart: a score that goes up and down."""
    folder, numbers = tmp_path_factory.mktemp("hard"), random.Random(3)
    for path in sorted(make_images(tmp_path_factory.mktemp("easy"), count=48).rglob("*.png")):
        place = folder / numbers.choice(["red", "green", "blue"]) / path.name
        place.parent.mkdir(exist_ok=True)
        shutil.copy(path, place)
    return folder


HARD = "--knn-k 1 --epochs 8 --batch-size 8 --save-every 0 --lr 0.05 --momentum-teacher 0.5".split()


@pytest.fixture(scope="module")
def whole(hard: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("whole") / "run"
    assert dino(run_words(hard, run, *HARD)).status == 0
    return run


def scores(run: Path) -> list[float]:
    """After each epoch; the untrained network is not among them."""
    return [record["top1"] for record in records(run, "knn")][1:]


def test_it_is_the_first_of_the_best(whole: Path) -> None:
    kept = safetensors.read(whole / "teacher.safetensors").facts
    found = scores(whole)
    assert found[0] < max(found) > found[-1], "a test of the best needs scores that differ"
    assert found.count(max(found)) > 1, "and a tie"
    assert kept["knn"] == max(found)
    assert kept["step"] == 6 * (1 + found.index(max(found)))
    assert kept["knn_k"] == 1


@pytest.mark.parametrize("epoch", [2, 3, 8])
def test_a_kill_after_k_nn_and_before_its_line_changes_nothing(
    hard: Path, whole: Path, tmp_path: Path, epoch: int
) -> None:
    words = run_words(hard, tmp_path / "run", *HARD)
    assert dino(words, moment=Moment("dino.evaluation:knn", 1 + epoch, "SIGKILL")).status == SIGKILL
    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(whole)


def test_a_run_that_falls_back_behind_its_best_teacher_keeps_it(hard: Path, whole: Path, tmp_path: Path) -> None:
    words = run_words(hard, tmp_path / "run", *HARD)
    assert dino(words, moment=Moment("dino.train:_learn", 20, "SIGKILL")).status == SIGKILL
    assert safetensors.read(tmp_path / "run/teacher.safetensors").facts["step"] == 18
    os.truncate(tmp_path / "run/checkpoints/step-00000018/state.safetensors", 10)
    assert "going on at step 12" in dino(words).words
    assert result(tmp_path / "run") == result(whole)


def test_scores_of_another_k_are_not_compared(hard: Path, tmp_path: Path) -> None:
    words = run_words(hard, tmp_path / "run", *HARD)
    assert dino(words, moment=Moment("dino.train:_learn", 20, "SIGKILL")).status == SIGKILL
    ended = dino([*words, "--knn-k", "3"])
    assert "k-NN is measured otherwise than before: the best teacher is chosen anew" in ended.said
    kept = safetensors.read(tmp_path / "run/teacher.safetensors").facts
    later = [record["top1"] for record in records(tmp_path / "run", "knn") if record["k"] == 3]
    assert (kept["knn_k"], kept["knn"]) == (3, max(later))


def test_a_teacher_that_was_lost_is_chosen_anew(hard: Path, tmp_path: Path) -> None:
    words = run_words(hard, tmp_path / "run", *HARD)
    assert dino(words, moment=Moment("dino.train:_learn", 44, "SIGKILL")).status == SIGKILL
    (tmp_path / "run/teacher.safetensors").write_bytes(b"damaged")
    assert dino(words).status == 0
    assert safetensors.read(tmp_path / "run/teacher.safetensors").facts["step"] == 48
