"""Contenders that take turns: each a process of its own, in which one does a piece of work whenever it is asked to.

A machine's speed changes while one looks at it, and for all contenders alike when they take turns; so it is their ratio
that counts. A contender with one thread is measured in processor time, which others on the machine take nothing from.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Contender:
    """What it is called in the table, and the command that starts it; the command ends in `contend`."""

    about: str
    command: Sequence[str]


@dataclass(frozen=True)
class Measured:
    """Images a second: the median over the rounds and their spread; and the most memory the process ever had."""

    about: str
    images_per_second: float
    spread: tuple[float, float]
    peak_mib: float


def take_turns(contenders: Mapping[str, Contender], rounds: int) -> dict[str, Measured]:
    """Every contender's speed, round after round; the first round warms them. SystemExit when one fails."""
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    peaks: dict[str, float] = {}
    with ExitStack() as stack:
        started = {name: stack.enter_context(_start(contender)) for name, contender in contenders.items()}
        for number in range(rounds + 1):
            for name, process in started.items():
                speed, peaks[name] = _ask(process, contenders[name].about)
                if number:
                    speeds[name].append(speed)
        for process in started.values():
            process.communicate()
    return {
        name: Measured(contenders[name].about, statistics.median(s), (min(s), max(s)), peaks[name])
        for name, s in speeds.items()
    }


def contend(one_pass: Callable[[], int], clock: Callable[[], float] = time.process_time) -> None:
    """Whenever a line comes in, do the pass, which gives its number of images; answer with its speed and the memory.

    It is done twice, and the second counts: what a process had in caches and memory is gone after the others' turns.
    """
    for _ in sys.stdin:
        one_pass()
        began = clock()
        images = one_pass()
        speed = images / (clock() - began)
        sys.stdout.write(json.dumps([speed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]) + "\n")
        sys.stdout.flush()


def table(measured: Mapping[str, Measured], unit: str = "images/s") -> str:
    """One line a contender; ratios against the first."""
    first = next(iter(measured.values()))
    width = max(len(one.about) for one in measured.values())
    lines = [f"{'':{width}}{unit:>12}  (from … to){'ratio':>13}{'peak memory':>14}"]
    for one in measured.values():
        low, high = one.spread
        ratio = one.images_per_second / first.images_per_second
        lines.append(
            f"{one.about:{width}}{one.images_per_second:12.2f}  ({low:.2f} … {high:.2f}){ratio:10.2f}"
            f"{one.peak_mib:10.0f} MiB"
        )
    return "\n".join(lines)


def write(measured: Mapping[str, Measured], path: Path) -> None:
    """The numbers as JSON."""
    path.write_text(json.dumps({name: asdict(one) for name, one in measured.items()}, indent=1) + "\n", "utf-8")


def _start(contender: Contender) -> subprocess.Popen[str]:
    return subprocess.Popen(contender.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603


def _ask(process: subprocess.Popen[str], about: str) -> tuple[float, float]:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 — for the type checker
    try:
        process.stdin.write("go\n")
        process.stdin.flush()
        speed, peak = json.loads(process.stdout.readline())
    except (BrokenPipeError, ValueError):
        sys.exit(f"{about} gave no number; what it said is above")
    return speed, peak
