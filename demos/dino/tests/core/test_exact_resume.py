"""A run that is killed or stopped by Ctrl-C, again and again, ends bit for bit where an undisturbed run ends."""

import json
import os
import random
import signal
from pathlib import Path

import pytest
from toy import SETTINGS, finish, make_images, processes

from dino.checkpoint import TENSORS, load, saved


def train(images: Path, run: Path, *more: str) -> list[str]:
    return ["train", str(images), "--out", str(run), *SETTINGS, *more]


def end_of(run: Path) -> bytes:
    return (saved(run / "checkpoints")[-1] / TENSORS).read_bytes()


def losses(run: Path) -> list[tuple[int, float]]:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [(line["step"], line["loss"]) for line in lines if line["kind"] == "step"]


def accuracies(run: Path) -> list[tuple[int, float]]:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [(line["step"], line["top1"]) for line in lines if line["kind"] == "knn"]


def end_at_random_moments(words: list[str], run: Path, world: int, numbers: random.Random, times: int) -> int:
    """Start the command `times` times, and kill or stop a process after some of its log lines; how often it hit."""
    kills = 0
    for _ in range(times):
        started = processes(words, world)
        lines, wanted = len(_lines(run)), numbers.randint(0, 3)
        while all(process.exitcode is None for process in started) and len(_lines(run)) <= lines + wanted:
            started[0].join(0.001)
        started[0].join(numbers.uniform(0, 0.03))
        victim = numbers.choice(started)
        if victim.exitcode is None:
            os.kill(victim.pid or 0, numbers.choice([signal.SIGKILL, signal.SIGINT]))
            kills += 1
        finish(started)
    return kills


def _lines(run: Path) -> list[bytes]:
    path = run / "log.jsonl"
    return path.read_bytes().splitlines() if path.exists() else []


@pytest.mark.parametrize(("world", "workers"), [(1, 0), (1, 2), (2, 0), (2, 2)])
def test_a_run_killed_or_stopped_many_times_ends_bit_for_bit_where_an_undisturbed_one_ends(
    tmp_path: Path, world: int, workers: int
) -> None:
    images = make_images(tmp_path / "images")
    more = ["--workers", str(workers)]
    assert finish(processes(train(images, tmp_path / "whole", *more), world)) == [0] * world

    words, numbers = train(images, tmp_path / "killed", *more), random.Random(100 * world + workers)
    assert end_at_random_moments(words, tmp_path / "killed", world, numbers, times=4) >= 2
    assert finish(processes(words, world)) == [0] * world

    assert end_of(tmp_path / "killed") == end_of(tmp_path / "whole")
    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")
    assert accuracies(tmp_path / "killed") == accuracies(tmp_path / "whole")
    assert (tmp_path / "killed/teacher.safetensors").read_bytes() == (
        tmp_path / "whole/teacher.safetensors"
    ).read_bytes()


def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    images = make_images(tmp_path / "images")
    for workers in ("0", "2"):
        assert finish(processes(train(images, tmp_path / workers, "--workers", workers))) == [0]
    assert end_of(tmp_path / "0") == end_of(tmp_path / "2")


@pytest.mark.parametrize("optimizer", ["sgd", "lars"])
def test_every_optimizer_resumes_exactly(tmp_path: Path, optimizer: str) -> None:
    images = make_images(tmp_path / "images")
    more = ["--optimizer", optimizer, "--lr", "0.05", "--head-batch-norm"]
    assert finish(processes(train(images, tmp_path / "whole", *more))) == [0]
    words = train(images, tmp_path / "killed", *more)
    assert end_at_random_moments(words, tmp_path / "killed", 1, random.Random(3), times=2) >= 1
    assert finish(processes(words)) == [0]
    assert end_of(tmp_path / "killed") == end_of(tmp_path / "whole")


def test_a_run_goes_on_although_the_file_of_its_first_weights_is_gone(tmp_path: Path) -> None:
    images = make_images(tmp_path / "images")
    assert finish(processes(train(images, tmp_path / "first", "--epochs", "1"))) == [0]
    weights = tmp_path / "first/teacher.safetensors"
    words = train(images, tmp_path / "run", "--init-from", str(weights))
    started = processes(words)
    while started[0].exitcode is None and len(_lines(tmp_path / "run")) < 3:
        started[0].join(0.001)
    os.kill(started[0].pid or 0, signal.SIGINT)
    assert finish(started) == [130]
    weights.unlink()
    assert finish(processes(words)) == [0]


def test_a_run_goes_on_with_the_threads_it_had(tmp_path: Path) -> None:
    images = make_images(tmp_path / "images")
    for epochs, threads in (("1", "3"), ("2", "0")):
        words = train(images, tmp_path / "run", "--epochs", epochs, "--threads", threads, "--resume-anyway")
        assert finish(processes(words)) == [0]
        assert load(saved(tmp_path / "run/checkpoints")[-1]).facts["threads"] == 3
