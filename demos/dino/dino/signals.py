"""The signals that end a run in good order: Ctrl-C, SIGTERM, and SIGUSR1, with which SLURM announces a pre-emption."""

import os
import signal
import subprocess
from types import FrameType, TracebackType

STOPPING = [name for name in ("SIGINT", "SIGTERM", "SIGUSR1") if hasattr(signal, name)]


class Stop:
    """While it is entered, a first signal is remembered as `asked`; a second Ctrl-C interrupts at once."""

    def __init__(self) -> None:
        self.asked = ""
        self._before: dict[str, object] = {}

    def __enter__(self) -> "Stop":
        for name in STOPPING:
            self._before[name] = signal.signal(getattr(signal, name), self._remember)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, handler in self._before.items():
            signal.signal(getattr(signal, name), handler)  # type: ignore[arg-type]

    def _remember(self, number: int, _: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = signal.Signals(number).name


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
