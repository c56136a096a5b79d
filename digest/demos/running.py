"""A demo's command: a process group of its own, its output shown and logged, and nothing of it left behind.

POSIX only: process groups are what lets a server and the workers that it started end together.
"""

import os
import pty
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from digest.library.problems import WorldError

GRACE = 5.0
DRAIN = 2.0
POLL = 0.05
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Ending:
    """How a command ended: its exit status (128 + N for signal N), its seconds, and whether the limit cut it."""

    status: int
    seconds: float
    late: bool

    @property
    def reason(self) -> str:
        """What to say of it: "exit status 1", or the name of the signal that killed it."""
        if self.status > 128 and self.status - 128 in {*signal.Signals}:
            return f"signal {signal.Signals(self.status - 128).name}"
        return f"exit status {self.status}"


class Interruptions:
    """How often the run was asked to end: by Ctrl-C, by SIGTERM, or by the terminal going away."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, _signal: int, _frame: FrameType | None) -> None:
        """The signal handler: it only counts, so that no exception can part a process from what ends it."""
        self.count += 1


def run(
    words: Sequence[str],
    *,
    folder: Path,
    variables: Mapping[str, str],
    log: Path,
    echo: BinaryIO | None = None,
    keyboard: bool = False,
    limit: timedelta | None = None,
    grace: float = GRACE,
) -> Ending:
    """How the command `words` ended, run in `folder`; its output goes to the file `log` and to `echo`.

    Where `echo` is a terminal the command sees one too (colours, progress bars). `keyboard` lets it read the terminal.
    Whatever the command started in its group is ended with it: when it exits, at `limit`, and on Ctrl-C or SIGTERM,
    which raise KeyboardInterrupt once the group is gone. Ending is SIGTERM, `grace` seconds, SIGKILL; a second Ctrl-C
    cuts the grace short. Raises WorldError when the command cannot be started or the log not be written.
    """
    with _interruptions() as interruptions, _open_log(log) as file:
        started = time.monotonic()
        process, output = _start(words, folder, variables, echo, keyboard)
        pump = threading.Thread(target=_pump, args=(output, file, echo), daemon=True)
        pump.start()
        late = _wait(process, started, limit, interruptions)
        _end_group(process, interruptions, grace)
        pump.join(DRAIN)
        seconds = time.monotonic() - started
    if interruptions.count:
        raise KeyboardInterrupt
    status = process.returncode
    return Ending(128 - status if status < 0 else status, seconds, late)


@contextmanager
def _interruptions() -> Iterator[Interruptions]:
    interruptions = Interruptions()
    caught = {sign: signal.getsignal(sign) for sign in ENDING_SIGNALS}
    caught = {sign: handler for sign, handler in caught.items() if handler is not signal.SIG_IGN}
    for sign in caught:
        signal.signal(sign, interruptions.add)
    try:
        yield interruptions
    finally:
        for sign, handler in caught.items():
            signal.signal(sign, handler)


@contextmanager
def _open_log(log: Path) -> Iterator[BinaryIO]:
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        file = log.open("wb", buffering=0)
    except OSError as error:
        raise WorldError(f"the log {log} cannot be written: {error.strerror}") from error
    with file:
        yield file


def _start(
    words: Sequence[str], folder: Path, variables: Mapping[str, str], echo: BinaryIO | None, keyboard: bool
) -> tuple[subprocess.Popen[bytes], int]:
    """The started process, and the file descriptor that its output comes from."""
    output, inlet = _terminal_like(echo) if echo and echo.isatty() else os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603 - the words of demo.toml, which the curator wrote; no shell
            list(words),
            cwd=folder,
            env=dict(variables),
            stdin=None if keyboard else subprocess.DEVNULL,
            stdout=inlet,
            stderr=inlet,
            start_new_session=True,
        )
    except OSError as error:
        os.close(output)
        raise WorldError(f"'{words[0]}' cannot be started: {error.strerror}") from error
    finally:
        os.close(inlet)
    return process, output


def _terminal_like(echo: BinaryIO) -> tuple[int, int]:
    output, inlet = pty.openpty()
    attributes = termios.tcgetattr(inlet)
    attributes[1] &= ~termios.OPOST  # the terminal behind `echo` ends the lines; done twice, the log would show it
    termios.tcsetattr(inlet, termios.TCSANOW, attributes)
    termios.tcsetwinsize(inlet, termios.tcgetwinsize(echo.fileno()))
    return output, inlet


def _pump(output: int, log: BinaryIO, echo: BinaryIO | None) -> None:
    sinks = [log, echo] if echo else [log]
    with os.fdopen(output, "rb", buffering=0) as source:
        while chunk := _read(source):
            sinks = [sink for sink in sinks if _wrote(sink, chunk)]


def _read(source: BinaryIO) -> bytes:
    try:
        return source.read(65536)
    except OSError:  # a pseudo-terminal's end on Linux
        return b""


def _wrote(sink: BinaryIO, chunk: bytes) -> bool:
    """Whether the sink still takes output. A closed pipe or a full disk must not block the command."""
    try:
        sink.write(chunk)
        sink.flush()
    except (OSError, ValueError):
        return False
    return True


def _wait(
    process: subprocess.Popen[bytes], started: float, limit: timedelta | None, interruptions: Interruptions
) -> bool:
    """Whether the limit passed before the process ended; returns early when asked to end."""
    end = float("inf") if limit is None else started + limit.total_seconds()
    while not _exited(process, POLL):
        if interruptions.count:
            return False
        if time.monotonic() >= end:
            return True
    return False


def _exited(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end_group(process: subprocess.Popen[bytes], interruptions: Interruptions, grace: float) -> None:
    """End every process of the group, the asked way first; the process itself is reaped."""
    if _group_lives(process.pid):
        _signal_group(process.pid, signal.SIGTERM)
    _wait_for_group(process, grace, lambda: interruptions.count > 1)
    _signal_group(process.pid, signal.SIGKILL)
    _wait_for_group(process, DRAIN, lambda: False)  # a kill takes effect a moment later
    process.wait()


def _wait_for_group(process: subprocess.Popen[bytes], seconds: float, cut_short: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while _group_lives(process.pid) and time.monotonic() < end and not cut_short():
        process.poll()
        time.sleep(POLL)


def _signal_group(group: int, sign: signal.Signals) -> None:
    try:
        os.killpg(group, sign)
    except (
        ProcessLookupError,
        PermissionError,
    ):  # nobody left; macOS says "not permitted" of what is dead but unreaped
        return


def _group_lives(group: int, processes: Path = Path("/proc")) -> bool:
    """Whether a process of the group still runs. One that is dead but not reaped, as in containers, does not count."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    if not (processes / "self" / "stat").exists():
        return True
    return any(_runs_in(stat, group) for stat in processes.glob("[0-9]*/stat"))


def _runs_in(stat: Path, group: int) -> bool:
    try:
        state, _parent, its_group, *_ = stat.read_text(errors="replace").rpartition(")")[2].split()
    except (OSError, ValueError):  # it ended while we looked
        return False
    return int(its_group) == group and state not in "ZX"
