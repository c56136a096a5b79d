"""The signals that end a run in good order: Ctrl-C, SIGTERM, and SIGUSR1, with which SLURM announces a pre-emption.

While a run starts there is nothing to save, and a signal ends it at once. While it trains the signal is remembered and
answered after the step, so that what is saved is whole; a second Ctrl-C does not wait.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

STOPPING = [name for name in ("SIGINT", "SIGTERM", "SIGUSR1") if hasattr(signal, name)]
HEARD = b"stopping after this step; Ctrl-C again stops at once\n"


class Stopped(KeyboardInterrupt):
    """A signal that ends the command where it stands; `name` is the signal's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Stop:
    """While it is entered, a signal raises Stopped; inside `waiting`, it is remembered as `asked` until asked for."""

    def __init__(self) -> None:
        self.asked = ""
        self._waits = False
        self._before: dict[str, object] = {}

    def __enter__(self) -> "Stop":
        for name in STOPPING:
            self._before[name] = signal.signal(getattr(signal, name), self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, handler in self._before.items():
            signal.signal(getattr(signal, name), handler)  # type: ignore[arg-type]

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Signals wait to be asked for; only a second Ctrl-C raises Stopped."""
        self._waits = True
        try:
            yield
        finally:
            self._waits = False

    def _heard(self, number: int, _: FrameType | None) -> None:
        name = signal.Signals(number).name
        if not self._waits or (self.asked and number == signal.SIGINT):
            raise Stopped(name)
        self.asked = name
        if number == signal.SIGINT:
            os.write(2, HEARD)


def requeue() -> str:
    """Ask SLURM to run this job again; a sentence that says whether it will."""
    job = os.environ.get("SLURM_JOB_ID")
    if not job:
        return "not queued again: this is no SLURM job"
    try:
        subprocess.run(["scontrol", "requeue", job], check=True, capture_output=True, timeout=60)  # noqa: S603, S607
    except (OSError, subprocess.SubprocessError) as error:
        return f"job {job} could not be queued again ({error}); queue it by hand"
    return f"job {job} is queued again"
