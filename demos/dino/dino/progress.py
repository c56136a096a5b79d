"""The progress display: speed, data wait, memory, time left, loss and k-NN of a run.

It is a sink of the journal (`write`, `close`) and shows what the records say: in a terminal in one live line, elsewhere
in a line a minute, so that the log of a batch job tells how far it is without being drowned in progress bars.
"""

import math
import sys
import time
from collections import deque
from collections.abc import Callable

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from dino.journal import Record

BETWEEN_LINES = 60.0  # seconds, where there is no terminal
RECORDS = 10  # the last ones, by which the time left is told


class Display:
    """Shows a run of `total_steps`, from `first_step` on; `images` is the batch over all processes.

    Records of kind "step" move it (fields step, epoch, loss, images_per_second, data_wait, and memory in bytes where
    there is one), the first of them brings it up; "knn" is shown above it. Warnings are the trainer's to say.
    """

    def __init__(
        self,
        total_steps: int,
        *,
        first_step: int = 0,
        epochs: float = 0,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.console = console or Console(stderr=True)
        self.shown = self.console.is_terminal
        self._next_line = -math.inf
        self._total, self._epochs = total_steps, epochs
        self._clock = clock
        self._start = first_step, clock()
        self._reached: deque[tuple[int, float]] = deque(maxlen=RECORDS)  # steps, and when
        self._knn = ""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            _Facts(),
            console=self.console,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._progress.add_task("training", total=total_steps, completed=first_step, facts="")

    def write(self, record: Record) -> None:
        """Shows one record of the journal."""
        match record.get("kind"):
            case "step":
                self._step(record)
            case "knn":
                self._knn = f"k-NN {_number(record, 'top1'):.1f} %"
                covered = f", Jaccard {_number(record, 'jaccard'):.1f} %" if "jaccard" in record else ""
                self.say(f"epoch {_number(record, 'epoch'):.2f}: {self._knn} (k = {record.get('k')}){covered}")

    def say(self, text: str) -> None:
        """A line, above the display where there is one."""
        self.console.print(Text(text), soft_wrap=True)

    def close(self) -> None:
        """Takes the display away; the terminal is as before."""
        if self.shown:
            self._progress.stop()

    def _step(self, record: Record) -> None:
        step, now = int(_number(record, "step")), self._clock()
        self._reached.append((step, now))
        epoch = f"epoch {_number(record, 'epoch'):.2f}" + (f"/{self._epochs:g}" if self._epochs else "")
        if self.shown:
            self._progress.start()
            self._progress.update(self._task, completed=step, description=epoch, facts=self._facts(record, step))
            self._progress.refresh()
        elif now >= self._next_line:
            self._next_line = now + BETWEEN_LINES
            self.say(f"{epoch} · step {step}/{self._total} · {self._facts(record, step)}")

    def _facts(self, record: Record, step: int) -> str:
        facts = [
            f"loss {_number(record, 'loss'):.3f}",
            f"{_number(record, 'images_per_second'):.0f} images/s",
            f"waits {1000 * _number(record, 'data_wait'):.0f} ms for data",
        ]
        if memory := _number(record, "memory"):
            facts.append(f"{memory / 2**30:.1f} GiB")
        if self._knn:
            facts.append(self._knn)
        facts.append(f"{spell(self._pace() * max(self._total - step, 0))} left")
        return " · ".join(facts)

    def _pace(self) -> float:
        """Seconds a step takes, evaluations included; set-up counts until there is a second record to leave it out."""
        before, then = self._start if len(self._reached) == 1 else self._reached[0]
        step, now = self._reached[-1]
        return (now - then) / (step - before) if step > before else 0.0


class _Facts(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get("facts", "")))


def spell(seconds: float) -> str:
    """A duration to two units: "45 s", "3 min 20 s", "2 h 5 min", "4 d 3 h"."""
    whole = round(seconds)
    for size, unit, smaller_size, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller_size
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def peak_memory(device: torch.device) -> int:
    """Most bytes in use so far: on the device, or of this process where the device is the CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if device.type == "mps":
        return torch.mps.driver_allocated_memory()
    try:
        import resource
    except ImportError:  # Windows has no such count
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _number(record: Record, name: str) -> float:
    value = record.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
