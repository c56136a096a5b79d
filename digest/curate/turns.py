"""Turns: one request per host at a time, a pause after each, and the rest that a host asks for."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from digest.curate.dialing import Fault, NoAnswerError

SPACING = 1.0
SPACINGS = {"arxiv.org": 3.0}
"""Seconds after each request to a host that asks for more (arXiv: https://info.arxiv.org/help/api/tou.html)."""
LONGEST_WAIT = 60.0


@dataclass(frozen=True)
class Clock:
    """Time as the client knows it: monotonic seconds, a sleep, and the date. Tests pass their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    date: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass
class Turn:
    """A host's own: the lock of whoever asks it now, and when it may be asked next."""

    clock: Clock
    lock: threading.Lock = field(default_factory=threading.Lock)
    next: float = float("-inf")

    def rest(self, seconds: float) -> None:
        """Leaves the host alone for so long."""
        self.next = max(self.next, self.clock.now() + seconds)


@dataclass(frozen=True)
class Turns:
    """One request per host at a time, and a pause after each."""

    clock: Clock
    turns: dict[str, Turn] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def of(self, host: str) -> Iterator[Turn]:
        """The turn of `host`, when it comes. Raises NoAnswerError when the host asked for a longer wait than ours."""
        with self.lock:
            turn = self.turns.setdefault(host, Turn(self.clock))
        with turn.lock:
            wait = turn.next - self.clock.now()
            if wait > LONGEST_WAIT:
                raise NoAnswerError(Fault.BUSY, host, f"{host} asks to be left alone for {_minutes(wait)}")
            if wait > 0:
                self.clock.sleep(wait)
            try:
                yield turn
            finally:
                turn.rest(_spacing(host))


def _spacing(host: str) -> float:
    for name, seconds in SPACINGS.items():
        if host == name or host.endswith(f".{name}"):
            return seconds
    return SPACING


def _minutes(seconds: float) -> str:
    return f"{math.ceil(seconds / 60)} min"
