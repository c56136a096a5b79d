"""`dino` in processes of its own, with a fault at an exact moment: a signal, a limit of the system, a killed peer."""

import importlib
import json
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from toy import CONTEXT, SETTINGS, _command, _free_port

from dino.checkpoint import TENSORS, saved

LIMIT = 60


@dataclass(frozen=True)
class Moment:
    """Just before the given call of a function ("dino.train:_log"), in the process of the given rank, `act` happens.

    `act` is the name of a signal to the process itself; "worker" kills a process that loads images; "full:NAME" lets
    the file RUN/NAME grow by 100 more bytes and every other by none above that size; "memory" leaves 64 MiB;
    "hide" lets the process see no checkpoint, as on a machine that does not share the disk; "SIGINT:twice" is two.
    """

    function: str
    call: int
    act: str
    rank: int = 0


@dataclass(frozen=True)
class Ended:
    """How the processes of a command ended, and what the first of them said."""

    statuses: list[int | None]
    said: list[str]

    @property
    def status(self) -> int | None:
        return self.statuses[0]

    @property
    def words(self) -> str:
        return "\n".join(self.said)

    @property
    def fault(self) -> str:
        """The one sentence about what went wrong; nothing else may look like a failure."""
        assert "Traceback" not in self.words, self.words
        [sentence] = [line for line in self.said if line.startswith("dino: ")]
        return sentence


def run_words(images: Path, run: Path, *more: str) -> list[str]:
    return ["train", str(images), "--out", str(run), *SETTINGS, "--snapshot-every", "0", *more]


@dataclass(frozen=True)
class _Child:
    words: list[str]
    said: Path
    world: int
    port: int
    moment: Moment | None
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, rank: int) -> None:
        handle = os.open(self.said.with_suffix(f".{rank}"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(handle, 2)
        os.environ.update(self.environment)
        if self.moment and self.moment.rank == rank:
            _arm(self.moment, self.words)
        _command(self.words, rank, self.world, self.port)


def dino(
    words: list[str], *, world: int = 1, moment: Moment | None = None, environment: Mapping[str, str] | None = None
) -> Ended:
    """The command, run to its end."""
    with TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        child = _Child(words, said, world, _free_port(), moment, environment or {})
        started = [CONTEXT.Process(target=child, args=(rank,)) for rank in range(world)]
        for process in started:
            process.start()
        for process in started:
            process.join(LIMIT)
            process.kill()
            process.join()
        return Ended(
            [process.exitcode for process in started], said.with_suffix(".0").read_text(errors="replace").splitlines()
        )


def _arm(moment: Moment, words: list[str]) -> None:
    module_name, _, name = moment.function.partition(":")
    module = importlib.import_module(module_name)
    *owners, name = name.split(".")
    for owner in owners:
        module = getattr(module, owner)
    original, calls = getattr(module, name), iter(range(1, 10**6))

    def watched(*arguments: Any, **named: Any) -> Any:
        if next(calls) == moment.call:
            _act(moment.act, Path(words[words.index("--out") + 1]))
        return original(*arguments, **named)

    setattr(module, name, watched)


def _act(act: str, run: Path) -> None:
    kind, _, name = act.partition(":")
    acts: dict[str, Callable[[], None]] = {
        "worker": lambda: os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL),
        "full": lambda: _limit(resource.RLIMIT_FSIZE, (run / name).stat().st_size + 100),
        "hide": lambda: setattr(importlib.import_module("dino.checkpoint"), "saved", lambda _: []),
        "memory": lambda: _limit(resource.RLIMIT_AS, _memory() + 2**26),
    }
    for _ in range(2 if name == "twice" else 1):
        acts.get(kind, lambda: os.kill(os.getpid(), getattr(signal, kind)))()


def _limit(which: int, size: int) -> None:
    resource.setrlimit(which, (size, size))


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def records(run: Path, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if line["kind"] == kind]


def steps(run: Path) -> list[int]:
    return [record["step"] for record in records(run, "step")]


def result(run: Path) -> dict[str, Any]:
    """All that must be the same at the end of a run, whatever happened on its way."""
    return {
        "state": (saved(run / "checkpoints")[-1] / TENSORS).read_bytes(),
        "teacher": (run / "teacher.safetensors").read_bytes(),
        "losses": [(record["step"], record["loss"]) for record in records(run, "step")],
        "k-NN": [(record["step"], record["top1"]) for record in records(run, "knn")],
    }
