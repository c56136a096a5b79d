"""Signals and kills at the worst moments: a run ends in good order, and goes on bit for bit."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Moment, dino, records, result, run_words, steps

from dino.checkpoint import load, saved

Undisturbed = Callable[..., Path]

STATUSES = {"SIGINT": 130, "SIGTERM": 143, "SIGUSR1": 0}


def newest_step(run: Path) -> int:
    return int(load(saved(run / "checkpoints")[-1]).facts["step"])


def scontrol(folder: Path, status: int = 0) -> dict[str, str]:
    """An environment in which `scontrol` writes down what it is asked for."""
    program = folder / "bin/scontrol"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/asked"\nexit {status}\n')
    program.chmod(0o755)
    return {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}", "SLURM_JOB_ID": "4711"}


@pytest.mark.parametrize("name", STATUSES)
def test_a_signal_in_a_step_saves_that_step(images: Path, undisturbed: Undisturbed, tmp_path: Path, name: str) -> None:
    words = run_words(images, tmp_path / "run", "--save-every", "1000", "--workers", "2")
    ended = dino(words, moment=Moment("dino.train:_learn", 9, name))
    assert ended.status == STATUSES[name]
    assert ended.said[-1] == f"stopped by {name} at step 9 of 18, saved; run the same command to go on"
    assert newest_step(tmp_path / "run") == 9

    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(undisturbed())


def test_a_signal_in_k_nn_gives_it_up_and_the_run_goes_on_with_it(
    images: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    words = run_words(images, tmp_path / "run", "--save-every", "1000")
    ended = dino(words, moment=Moment("dino.evaluation:central_views", 4, "SIGTERM"))  # two sets each time
    assert ended.status == 143
    assert "stopped by SIGTERM at step 6 of 18" in ended.words
    assert newest_step(tmp_path / "run") == 6
    assert [record["step"] for record in records(tmp_path / "run", "knn")] == [0]

    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(undisturbed())


def test_a_signal_in_the_last_k_nn_leaves_a_run_that_is_not_complete_without_it(
    images: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    words = run_words(images, tmp_path / "run")
    assert dino(words, moment=Moment("dino.evaluation:central_views", 7, "SIGTERM")).status == 143
    assert [record["step"] for record in records(tmp_path / "run", "knn")] == [0, 6, 12]
    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(undisturbed())
    assert "is complete: 18 steps" in dino(words).words


@pytest.mark.parametrize("name", STATUSES)
def test_a_signal_while_a_checkpoint_is_written_waits_for_it(
    images: Path, undisturbed: Undisturbed, tmp_path: Path, name: str
) -> None:
    words = run_words(images, tmp_path / "run")
    ended = dino(words, moment=Moment("dino.checkpoint:_settle", 8, name))  # two for each checkpoint
    assert ended.status == STATUSES[name]
    assert newest_step(tmp_path / "run") == 5  # heard after it, so that one more step is made
    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(undisturbed())


@pytest.mark.parametrize("name", STATUSES)
@pytest.mark.parametrize("function", ["commands.train:settle", "run:build_learner", "commands.train:prepare"])
def test_a_signal_before_the_first_step_ends_at_once_and_says_so(
    images: Path, tmp_path: Path, function: str, name: str
) -> None:
    ended = dino(run_words(images, tmp_path / "run"), moment=Moment(f"dino.{function}", 1, name))
    assert ended.status == STATUSES[name]
    assert ended.said[-1].startswith(f"stopped by {name}; ")
    assert "Traceback" not in ended.words


def test_a_second_ctrl_c_does_not_wait(images: Path, undisturbed: Undisturbed, tmp_path: Path) -> None:
    words = run_words(images, tmp_path / "run", "--save-every", "1000")
    ended = dino(words, moment=Moment("dino.train:_learn", 9, "SIGINT:twice"))
    assert ended.status == 130
    assert "stopping after this step; Ctrl-C again stops at once" in ended.words
    assert "stopped by SIGINT; every checkpoint" in ended.said[-1]
    assert newest_step(tmp_path / "run") == 6
    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(undisturbed())


@pytest.mark.parametrize(
    "moment",
    [
        Moment("dino.checkpoint:_settle", 9, "SIGKILL"),
        Moment("dino.checkpoint:_tidy", 6, "SIGKILL"),
        Moment("dino.run:is_finite", 6, "SIGKILL"),
        Moment("dino.evaluation:knn", 2, "SIGKILL"),
        Moment("dino.train:_keep_teacher", 1, "SIGKILL"),
        Moment("dino.exchange.safetensors:put", 1, "SIGKILL"),
        Moment("dino.journal:Journal.write", 8, "SIGKILL"),
        Moment("dino.journal:Journal.write", 9, "SIGKILL"),
    ],
    ids=lambda moment: f"{moment.function} {moment.call}",
)
def test_a_kill_at_any_point_between_step_and_step_changes_nothing(
    images: Path, undisturbed: Undisturbed, tmp_path: Path, moment: Moment
) -> None:
    words = run_words(images, tmp_path / "run")
    assert dino(words, moment=moment).status == -signal.SIGKILL
    assert dino(words).status == 0
    assert result(tmp_path / "run") == result(undisturbed())


def test_a_run_killed_after_its_last_checkpoint_still_hands_on_its_teacher(images: Path, tmp_path: Path) -> None:
    words = run_words(images, tmp_path / "run", "--knn-every", "0")
    assert dino(words, moment=Moment("dino.train:_keep_teacher", 1, "SIGKILL")).status == -signal.SIGKILL
    assert not (tmp_path / "run/teacher.safetensors").exists()
    assert dino(words).status == 0
    assert (tmp_path / "run/teacher.safetensors").exists()
    assert "is complete" in dino(words).words


def test_a_signal_to_one_process_stops_all_after_the_same_step(
    images: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    words = run_words(images, tmp_path / "run", "--save-every", "1000")
    ended = dino(words, world=2, moment=Moment("dino.train:_learn", 4, "SIGTERM", rank=1))
    assert ended.statuses == [143, 143]
    assert newest_step(tmp_path / "run") == 4
    assert steps(tmp_path / "run") == [1, 2, 3, 4]
    assert dino(words, world=2).statuses == [0, 0]
    assert result(tmp_path / "run") == result(undisturbed(2))


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1"])
def test_slurm_is_asked_to_queue_the_job_again(images: Path, tmp_path: Path, name: str) -> None:
    words = run_words(images, tmp_path / "run", "--requeue")
    ended = dino(words, moment=Moment("dino.train:_learn", 3, name), environment=scontrol(tmp_path))
    assert ended.status == STATUSES[name]
    assert (tmp_path / "asked").read_text() == "requeue 4711\n"
    assert ended.said[-1] == "job 4711 is queued again"


def test_slurm_is_asked_once_by_two_processes_and_also_before_the_first_step(images: Path, tmp_path: Path) -> None:
    words = run_words(images, tmp_path / "run", "--requeue")
    environment = scontrol(tmp_path)
    dino(words, world=2, moment=Moment("dino.train:_learn", 3, "SIGUSR1", rank=1), environment=environment)
    assert (tmp_path / "asked").read_text() == "requeue 4711\n"
    dino(words, moment=Moment("dino.run:build_learner", 1, "SIGUSR1"), environment=environment)
    assert (tmp_path / "asked").read_text() == 2 * "requeue 4711\n"


def test_ctrl_c_queues_nothing(images: Path, tmp_path: Path) -> None:
    words = run_words(images, tmp_path / "run", "--requeue")
    dino(words, moment=Moment("dino.train:_learn", 3, "SIGINT"), environment=scontrol(tmp_path))
    assert not (tmp_path / "asked").exists()


def test_without_slurm_or_with_one_that_refuses_that_is_said(images: Path, tmp_path: Path) -> None:
    words, moment = run_words(images, tmp_path / "run", "--requeue"), Moment("dino.train:_learn", 3, "SIGTERM")
    assert dino(words, moment=moment).said[-1] == "not queued again: this is no SLURM job"
    refused = dino(words, moment=moment, environment=scontrol(tmp_path, status=1)).said[-1]
    assert refused.startswith("job 4711 could not be queued again")
