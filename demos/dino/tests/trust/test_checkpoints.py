"""Checkpoints: what is kept, what is used when some are damaged, and that no file of a run holds code."""

import json
import os
import pickletools
import shutil
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from command import Moment, dino, result, run_words
from toy import CONTEXT

from dino.checkpoint import FACTS, TENSORS, State, load, load_latest, save, saved
from dino.errors import CommandError, ContentError, WorldError

Undisturbed = Callable[..., Path]


def state(step: int) -> State:
    return State({"weight": torch.full((50,), float(step))}, {"step": step})


def steps(folder: Path) -> list[int]:
    return [load(place).facts["step"] for place in saved(folder)]


def truncate(place: Path) -> None:
    os.truncate(place / TENSORS, 100)


def flip_a_byte(place: Path) -> None:
    content = bytearray((place / TENSORS).read_bytes())
    content[-1] ^= 1
    (place / TENSORS).write_bytes(content)


def lose_the_facts(place: Path) -> None:
    (place / FACTS).unlink()


def change_the_facts(place: Path) -> None:
    (place / FACTS).write_text((place / FACTS).read_text().replace('"step": ', '"step": 1'))


def make_a_list_of_the_facts(place: Path) -> None:
    (place / FACTS).write_text("[1]")


def empty(place: Path) -> None:
    shutil.rmtree(place)
    place.mkdir()


DAMAGES = [truncate, flip_a_byte, lose_the_facts, change_the_facts, make_a_list_of_the_facts, empty]


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    save(tmp_path, state(3))
    found = load_latest(tmp_path)
    assert found is not None
    assert found.facts["step"] == 3
    assert torch.equal(found.tensors["weight"], torch.full((50,), 3.0))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_newest_checkpoint_is_told_and_the_one_before_is_used(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    for step in (1, 2):
        save(tmp_path, state(step))
    damage(tmp_path / "step-00000002")
    said: list[str] = []
    found = load_latest(tmp_path, said.append)
    assert found is not None
    assert found.facts["step"] == 1
    assert "step-00000002 is damaged" in said[0]
    assert "step-00000001 before it is used" in said[1]


def test_where_every_checkpoint_is_damaged_that_is_told_and_nothing_is_deleted(tmp_path: Path) -> None:
    for step in (1, 2):
        truncate(save(tmp_path, state(step)))
    before = sorted(tmp_path.rglob("*"))
    said: list[str] = []
    with pytest.raises(ContentError, match=r"no checkpoint in .* is whole; move the folder away to start anew"):
        load_latest(tmp_path, said.append)
    assert [line.count("is damaged") for line in said] == [1, 1]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_checkpoint_of_another_version_is_refused_and_not_passed_over(tmp_path: Path) -> None:
    save(tmp_path, state(1))
    place = save(tmp_path, state(2))
    from dino import checkpoint

    facts = json.loads((place / FACTS).read_text()) | {"format": 99}
    del facts["facts_sha256"]
    (place / FACTS).write_text(json.dumps(facts | {"facts_sha256": checkpoint._hash(facts)}))
    with pytest.raises(CommandError, match="of another version"):
        load_latest(tmp_path)


def test_the_newest_few_are_kept(tmp_path: Path) -> None:
    for step in range(1, 6):
        save(tmp_path, state(step), keep=3)
    assert steps(tmp_path) == [3, 4, 5]


def test_what_was_saved_for_good_stays_whatever_the_rule_is_later(tmp_path: Path) -> None:
    for step in range(1, 8):
        save(tmp_path, state(step), keep=1, for_good=step in (2, 4))
    assert steps(tmp_path) == [2, 4, 7]


def test_a_damaged_checkpoint_that_the_run_went_back_behind_does_not_push_out_whole_ones(tmp_path: Path) -> None:
    for step in (10, 20):
        save(tmp_path, state(step))
    truncate(tmp_path / "step-00000020")
    save(tmp_path, state(15))
    assert steps(tmp_path) == [10, 15]


def test_a_damaged_checkpoint_of_the_same_step_is_replaced(tmp_path: Path) -> None:
    truncate(save(tmp_path, state(4)))
    save(tmp_path, state(4))
    assert steps(tmp_path) == [4]


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "step-notes").mkdir()
    for step in range(1, 5):
        save(tmp_path, state(step), keep=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000004", "step-notes"]


def test_a_full_disk_leaves_no_half_checkpoint_and_names_the_one_that_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, state(1))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorldError, match=r"no space left on device\); the one before it, step-00000001, is as it was"):
        save(tmp_path, state(2))
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]


def _save_and_die(folder: Path, call: int, name: str) -> None:
    calls = iter(range(1, 100))
    original = getattr(os, name)

    def deadly(*arguments: object, **named: object) -> object:
        if next(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **named)

    setattr(os, name, deadly)
    save(folder, state(2))


@pytest.mark.parametrize(("name", "call"), [("fsync", 1), ("fsync", 2), ("fsync", 3), ("rename", 1), ("fsync", 4)])
def test_a_kill_at_any_point_of_the_writing_leaves_a_whole_newest_checkpoint(
    tmp_path: Path, name: str, call: int
) -> None:
    save(tmp_path, state(1))
    process = CONTEXT.Process(target=_save_and_die, args=(tmp_path, call, name))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    found = load_latest(tmp_path)
    assert found is not None
    assert found.facts["step"] == (2 if (name, call) == ("fsync", 4) else 1)
    save(tmp_path, state(3), keep=1)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000003"]


def test_a_run_whose_newest_checkpoint_is_damaged_ends_as_if_it_were_not(
    images: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    words = run_words(images, tmp_path / "run")
    assert dino(words, moment=Moment("dino.train:_learn", 10, "SIGKILL")).status == -signal.SIGKILL
    flip_a_byte(tmp_path / "run/checkpoints/step-00000009")
    ended = dino(words)
    assert ended.status == 0
    assert "step-00000008 before it is used" in ended.words
    assert "going on at step 8 of 18" in ended.words
    assert result(tmp_path / "run") == result(undisturbed())


def test_a_run_of_which_every_checkpoint_is_damaged_is_refused_and_stays_as_it_is(images: Path, tmp_path: Path) -> None:
    words = run_words(images, tmp_path / "run")
    assert dino(words, moment=Moment("dino.train:_learn", 10, "SIGKILL")).status == -signal.SIGKILL
    for place in saved(tmp_path / "run/checkpoints"):
        truncate(place)
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    ended = dino(words)
    assert ended.status == 1
    assert "is whole; move the folder away to start anew" in ended.fault
    assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == before


def test_a_run_keeps_the_newest_and_every_nth_epoch(images: Path, tmp_path: Path) -> None:
    words = run_words(images, tmp_path / "run", "--keep", "3", "--keep-every", "1")
    assert dino(words, moment=Moment("dino.train:_learn", 11, "SIGKILL")).status == -signal.SIGKILL
    assert dino([*words, "--keep-every", "0"]).status == 0  # what was kept for good stays so
    assert steps(tmp_path / "run/checkpoints") == [6, 16, 17, 18]


def is_pickle(content: bytes) -> bool:
    try:
        return sum(1 for _ in pickletools.genops(content)) > 1
    except Exception:  # noqa: BLE001 - no pickle, whichever way it is none
        return False


def test_no_file_of_a_run_is_a_pickle_or_an_archive_with_one(undisturbed: Undisturbed) -> None:
    files = [path for path in undisturbed().rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {TENSORS, FACTS, "teacher.safetensors", "log.jsonl", "config.toml"}
    assert [path for path in files if zipfile.is_zipfile(path) or is_pickle(path.read_bytes())] == []
