"""A run that goes on otherwise than it began: with other settings, images, or numbers of processes."""

import signal
from pathlib import Path

import pytest
from command import Moment, dino, records, run_words, steps
from toy import make_images

from dino.checkpoint import load, saved
from dino.resume import Counting


@pytest.fixture
def begun(images: Path, tmp_path: Path) -> Path:
    """A run that was killed after 9 of its 18 steps."""
    words = run_words(images, tmp_path / "run")
    assert dino(words, moment=Moment("dino.train:_learn", 10, "SIGKILL")).status == -signal.SIGKILL
    return tmp_path / "run"


def test_every_setting_that_has_changed_is_named_and_the_run_stays_as_it_is(images: Path, begun: Path) -> None:
    before = {path: path.read_bytes() for path in begun.rglob("*") if path.is_file()}
    ended = dino(run_words(images, begun, "--lr", "0.1", "--seed", "7"))
    assert ended.status == 2
    assert "lr was 0.0005, now 0.1" in ended.fault
    assert "seed was 0, now 7" in ended.fault
    assert "--resume-anyway" in ended.fault
    assert {path: path.read_bytes() for path in begun.rglob("*") if path.is_file()} == before


def test_a_setting_that_changes_no_number_may_change(images: Path, begun: Path) -> None:
    ended = dino(run_words(images, begun, "--workers", "1", "--log-every", "2", "--keep", "5", "--save-every", "4"))
    assert ended.status == 0
    assert steps(begun) == [*range(1, 10), 10, 12, 14, 16, 18]


def test_changed_settings_may_be_insisted_on(images: Path, begun: Path) -> None:
    ended = dino(run_words(images, begun, "--lr", "0.1", "--resume-anyway"))
    assert ended.status == 0
    assert steps(begun) == list(range(1, 19))
    assert max(record["lr"] for record in records(begun, "step")) > 0.001 * 4 / 256


@pytest.mark.parametrize("more", [["--optimizer", "sgd"], ["--norm-last-layer"], ["--optimizer", "lars"]])
def test_another_optimizer_or_fewer_weights_that_learn_go_on_too(images: Path, begun: Path, more: list[str]) -> None:
    assert dino(run_words(images, begun, *more, "--resume-anyway")).status == 0


def test_another_network_cannot_go_on_and_the_difference_is_named(images: Path, begun: Path) -> None:
    ended = dino(run_words(images, begun, "--out-dim", "64", "--resume-anyway"))
    assert ended.status == 1
    assert "size mismatch for head.last_layer.weight" in ended.fault


def test_other_images_are_refused_until_they_are_insisted_on(begun: Path, tmp_path: Path) -> None:
    others = make_images(tmp_path / "others", count=32)
    ended = dino(run_words(others, begun))
    assert ended.status == 2
    assert "the images have changed" in ended.fault
    ended = dino(run_words(others, begun, "--resume-anyway"))
    assert ended.status == 0
    assert "going on otherwise than before: the images have changed" in ended.said
    assert "8 steps per epoch where there were 6" in ended.words


def test_what_is_insisted_on_is_said_and_that_schedules_move_with_the_epochs(images: Path, begun: Path) -> None:
    ended = dino(run_words(images, begun, "--epochs", "4", "--lr", "0.1", "--resume-anyway"))
    assert ended.status == 0
    assert "lr was 0.0005, now 0.1" in ended.words
    assert "epochs was 3, now 4" in ended.words
    assert "with the epochs, the schedules of rate, decay, momentum and temperature move" in ended.words


def test_two_processes_go_on_where_one_was(images: Path, begun: Path) -> None:
    ended = dino(run_words(images, begun), world=2)
    assert ended.statuses == [0, 0]
    assert (
        "2 processes where there was 1, 8 images per step where there were 4, 3 steps per epoch where there were 6: "
        "the rate becomes 2 times what it was; the run no longer ends bit for bit as an undisturbed one"
    ) in ended.said
    assert "going on at step 9 of 14" in ended.said
    assert steps(begun) == list(range(1, 15))  # 9 of 4 images, then 4.5 that are left of 8, begun with a whole one
    epochs = [record["epoch"] for record in records(begun, "step")]
    assert epochs[8:] == pytest.approx([1.5, *(5 / 3, 2, 7 / 3, 8 / 3, 3)])


def test_one_process_goes_on_where_two_were(images: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = run_words(images, run)
    assert dino(words, world=2, moment=Moment("dino.train:_learn", 6, "SIGKILL")).statuses[0] == -signal.SIGKILL
    ended = dino(words)
    assert ended.status == 0
    assert "1 process where there were 2, 4 images per step where there were 8" in ended.words
    assert "the rate becomes 0.5 times" in ended.words
    assert steps(run) == list(range(1, 14))


def test_after_the_change_the_newest_checkpoint_is_the_one_that_counts(images: Path, begun: Path) -> None:
    words = run_words(images, begun)
    assert dino(words, world=2, moment=Moment("dino.train:_learn", 3, "SIGTERM")).statuses == [143, 143]
    assert [load(place).facts["step"] for place in saved(begun / "checkpoints")] == [11, 12]
    ended = dino(words, world=2)
    assert "going on at step 12 of 14" in ended.said
    assert "processes where" not in ended.words  # it was said when it changed
    assert steps(begun) == list(range(1, 15))


def test_back_and_forth_a_run_stays_as_far_through_its_epochs_as_it_is() -> None:
    one, two = Counting(6, 4, 1), Counting(3, 8, 2)
    there = two.going_on(12, one)
    assert (12 - there.ahead) / 3 == 12 / 6
    back = one.going_on(12, there)
    assert (12 - back.ahead) / 6 == 12 / 6


def test_processes_that_see_different_checkpoints_are_told_so(images: Path, begun: Path) -> None:
    hidden = Moment("dino.checkpoint:load_latest", 1, "hide", rank=1)
    ended = dino(run_words(images, begun), world=2, moment=hidden)
    assert ended.status == 3
    assert "must be on a disk that all share" in ended.fault
