"""The journal of a run: one JSON line per record in RUN/log.jsonl, and the same records to TensorBoard and W&B.

The authors write one line per epoch (main_dino.py, log.txt); here every step, evaluation and warning has one, and the
file survives a kill at any moment: a line is written with one call, what a kill tore off is cut when the run resumes,
and lines after the step it resumes from are dropped, so that an interrupted run's log reads like an undisturbed one's.
Not-a-number is written as null: a log that is not JSON helps nobody.
"""

import importlib.util
import json
import math
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Protocol

from dino.errors import ContentError, WorldError

Value = float | int | str | bool | None
Record = Mapping[str, Value]
LOG = "log.jsonl"


class Sink(Protocol):
    """Anything else that wants the records: a tracker, a progress display, a test's list."""

    def write(self, record: Record) -> None: ...
    def close(self) -> None: ...


class Log(Sink, Protocol):
    """Where the records of a run go for good."""

    def sync(self) -> None: ...


class Journal:
    """Appends records to FOLDER/log.jsonl and hands each to the sinks. Use as a context manager, or close it.

    `resume_after` is the step whose checkpoint the run goes on from (None for a new run): of an existing log, torn and
    later lines are cut first. Raises WorldError when the folder cannot be written, at any time.
    """

    def __init__(self, folder: Path, *, resume_after: int | None = None, sinks: Sequence[Sink] = ()) -> None:
        self.path = folder / LOG
        self.sinks = tuple(sinks)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            cut(self.path, -1 if resume_after is None else resume_after)
            self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise WorldError(f"{self.path} cannot be written ({_reason(error)}); free or unlock it") from error

    def write(self, record: Record) -> None:
        """One line for the record, complete in the file when this returns."""
        clean = {name: _finite(value) for name, value in record.items()}
        line = json.dumps(clean, ensure_ascii=False, allow_nan=False, separators=(", ", ": ")) + "\n"
        data = line.encode()
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise WorldError(
                f"{self.path} cannot be written ({_reason(error)}); make room, then run the same command again"
            ) from error
        try:
            for sink in self.sinks:
                sink.write(clean)
        except OSError as error:
            raise WorldError(f"a tracker cannot write ({_reason(error)}); make room, or leave it out") from error

    def sync(self) -> None:
        """Every line so far is on the disk when this returns: a checkpoint must not outlive the log before it."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise WorldError(f"{self.path} cannot be written ({_reason(error)}); check the disk") from error

    def close(self) -> None:
        """Closes the file, on the disk for good, and the sinks."""
        if self._file < 0:
            return
        try:
            self.sync()
        finally:
            os.close(self._file)
            self._file = -1
            for sink in self.sinks:
                sink.close()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with suppress(WorldError) if kind else nullcontext():  # the first thing that went wrong is the one told
            self.close()


def cut(path: Path, last_step: int) -> int:
    """Drops every line that is torn or belongs to a step after `last_step`; returns how many were dropped.

    Lines of steps up to it stay byte for byte. The new file is written beside and moved into place.
    """
    if not path.exists():
        return 0
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if (step := _step(line)) is not None and step <= last_step]
    if len(kept) == len(lines):
        return 0
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        file.writelines(kept)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return len(lines) - len(kept)


def read(folder: Path) -> list[dict[str, Value]]:
    """Every whole record of FOLDER/log.jsonl, in order; a torn last line is left out, as a running run may have one.

    Raises ContentError for a missing log and for a broken line anywhere else.
    """
    path = folder / LOG
    if not path.is_file():
        raise ContentError(f"{path} is not there; name the folder that `dino train` wrote (its --out)")
    records: list[dict[str, Value]] = []
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        if _step(line) is None:
            if number == len(lines):
                break
            raise ContentError(f"{path}:{number} is no record of a run; restore the file or delete that line")
        records.append(json.loads(line))
    return records


def _step(line: bytes) -> int | None:
    """The step of a whole line, -1 where a record has none, None for a torn or foreign line."""
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    step = record.get("step", -1) if isinstance(record, dict) else None
    return step if isinstance(step, int) else None


def _finite(value: Value) -> Value:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


class TensorBoard:
    """Numbers of every record as scalars, named KIND/FIELD, in FOLDER/tensorboard."""

    def __init__(self, folder: Path, resume_after: int | None = None) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter

        purge = None if resume_after is None else resume_after + 1  # later points are drawn again
        self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=purge)

    def write(self, record: Record) -> None:
        step = record.get("step")
        for name, value in numbers(record).items():
            self._writer.add_scalar(name, value, step)
        if record.get("kind") == "warning":
            self._writer.add_text("warning", str(record.get("what")), step)

    def close(self) -> None:
        self._writer.close()


class WeightsAndBiases:
    """The same numbers to Weights & Biases, offline: nothing leaves the machine until `wandb sync FOLDER/wandb/…`."""

    def __init__(self, folder: Path) -> None:
        import wandb

        mode = os.environ.get("WANDB_MODE", "offline")
        self._run = wandb.init(project="dino", name=folder.name, dir=str(folder), mode=mode, resume="allow")

    def write(self, record: Record) -> None:
        self._run.log(dict(numbers(record)), step=record.get("step"))

    def close(self) -> None:
        self._run.finish()


def numbers(record: Record) -> dict[str, float]:
    """The numbers of a record under "KIND/FIELD"; those of a k-NN evaluation carry their k ("knn/top1 k=20")."""
    kind = record.get("kind", "record")
    suffix = f" k={record['k']}" if kind == "knn" and "k" in record else ""
    return {
        f"{kind}/{name}{suffix}": float(value)
        for name, value in record.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and name not in ("step", "k")
    }


def open_sinks(
    folder: Path, *, tensorboard: bool = False, wandb: bool = False, resume_after: int | None = None
) -> list[Sink]:
    """The trackers that were asked for. Raises WorldError, one sentence, for one that is not installed."""
    check_trackers(tensorboard=tensorboard, wandb=wandb)
    sinks: list[Sink] = []
    if tensorboard:
        sinks.append(TensorBoard(folder, resume_after))
    if wandb:
        sinks.append(WeightsAndBiases(folder))
    return sinks


def check_trackers(*, tensorboard: bool, wandb: bool) -> None:
    """Raise WorldError, one sentence, for a tracker that was asked for and is not installed."""
    if tensorboard:
        _need("tensorboard", "--tensorboard")
    if wandb:
        _need("wandb", "--wandb")


def _need(package: str, flag: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise WorldError(f"{flag} needs the package {package}: run `pip install {package}`, or leave the flag out")
