"""One of two processes is lost: killed, or without a word. The other notices, says so, and the run goes on exactly."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from command import dino, result, run_words
from network import Network, kinds, network
from toy import CONTEXT, _free_port

from dino import heartbeat
from dino.checkpoint import load, saved

Cut = Callable[[Network, BaseProcess], None]


def lines(run: Path) -> int:
    log = run / "log.jsonl"
    return len(log.read_bytes().splitlines()) if log.exists() else 0


def wait_for(happened: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.005)


def worker(launcher: int, rank: int) -> int:
    """The process id of torchrun's process of the rank."""
    children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
    wanted = f"RANK={rank}".encode()
    return next(int(child) for child in children if wanted in Path(f"/proc/{child}/environ").read_bytes().split(b"\0"))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds torchrun's processes in /proc")
def test_torchrun_starts_a_killed_process_again_and_the_run_ends_as_if_nothing_had_been(
    images: Path, tmp_path: Path
) -> None:
    more = ["--epochs", "9", "--save-every", "7", "--knn-every", "5"]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--max-restarts", "1"]
    words = [*torchrun, "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0", "--local-addr", "127.0.0.1"]
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    with (tmp_path / "said").open("w") as said:
        started = subprocess.Popen(
            [*words, "-m", "dino", *run_words(images, tmp_path / "run", *more)], stderr=said, env=environment
        )
        wait_for(lambda: lines(tmp_path / "run") >= 9)
        os.kill(worker(started.pid, rank=1), signal.SIGKILL)
        assert started.wait(90) == 0
    said_ = (tmp_path / "said").read_text()
    assert "going on at step" in said_
    assert "died or cannot be reached" in said_ or "stopped by SIGTERM" in said_
    assert dino(run_words(images, tmp_path / "undisturbed", *more), world=2).statuses == [0, 0]
    assert result(tmp_path / "run") == result(tmp_path / "undisturbed")


def _process(rank: int, network: Network, port: int, words: list[str], said: Path) -> None:
    from dino.cli import main

    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    network.enter(rank)
    os.environ.update(RANK=str(rank), WORLD_SIZE="2", MASTER_PORT=str(port), OMP_NUM_THREADS="1")
    heartbeat.EVERY, heartbeat.SILENCE = 0.2, 10
    raise SystemExit(main(words))


def suspend(_: Network, process: BaseProcess) -> None:
    """A process that does not run keeps its connections, as a machine without power does."""
    os.kill(process.pid or 0, signal.SIGSTOP)


def cut(between: Network, _: BaseProcess) -> None:
    between.cut()


@pytest.mark.parametrize(
    ("kind", "lose", "statuses"),
    [("loopback", suspend, [3, -9]), *([("namespaces", cut, [3, 3])] if "namespaces" in kinds() else [])],
)
def test_a_machine_that_vanishes_without_a_word_is_noticed_and_the_checkpoint_stands(
    images: Path, tmp_path: Path, kind: str, lose: Cut, statuses: list[int]
) -> None:
    words, port = run_words(images, tmp_path / "run", "--epochs", "2000"), _free_port()
    with network(kind) as between:
        started = [
            CONTEXT.Process(target=_process, args=(rank, between, port, words, tmp_path / f"said{rank}"))
            for rank in range(2)
        ]
        for process in started:
            process.start()
        wait_for(lambda: lines(tmp_path / "run") >= 5)
        lose(between, started[1])
        started[0].join(20)
        started[1].join(20 if statuses[1] == 3 else 0)
        for process in started:
            process.kill()
            process.join()
    assert [process.exitcode for process in started] == statuses
    for rank in [rank for rank, status in enumerate(statuses) if status == 3]:
        last = (tmp_path / f"said{rank}").read_text().splitlines()[-1]
        assert last == (
            "dino: another process of the run died or cannot be reached; every checkpoint in "
            f"{tmp_path / 'run'} is as it was: start all processes again"
        )
    assert load(saved(tmp_path / "run/checkpoints")[-1]).facts["step"] >= 3


class Slow:
    """A store in which one process's count moves only when it is told to."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, key: str, amount: int) -> int:
        self.counts[key] = self.counts.get(key, 0) + amount
        return self.counts[key]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY", 0.01)
    monkeypatch.setattr(heartbeat, "SILENCE", 10)


@pytest.mark.usefixtures("quick")
def test_one_that_leaves_in_good_order_is_not_missed() -> None:
    store, missed = Slow(), []
    with heartbeat.watched(lambda: store, 0, 2, lambda: missed.append(0)):
        with heartbeat.watched(lambda: store, 1, 2, lambda: missed.append(1)):
            time.sleep(0.3)
        time.sleep(0.3)
        assert store.counts["beats/0"] < heartbeat.GONE
    assert missed == []
    assert all(count > heartbeat.GONE for count in store.counts.values())


@pytest.mark.usefixtures("quick")
def test_one_that_never_beats_is_lost_once() -> None:
    missed: list[int] = []
    with heartbeat.watched(Slow, 0, 2, lambda: missed.append(0)):
        wait_for(lambda: bool(missed))
        time.sleep(0.2)
    assert missed == [0]
