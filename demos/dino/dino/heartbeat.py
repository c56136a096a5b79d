"""Notices a process that is gone without a word: a machine without power or network closes no connection.

An exchange waits for such a one as long as its time-out, half an hour, since a healthy one may be that late. So every
process counts in the launcher's store, and looks whether the next one's count still moves, each in a ring: the one
before a lost machine ends, which closes its connections, and that the others notice at once.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

EVERY = 5.0
"""Seconds between beats."""
SILENCE = 12
"""Beats without news after which a process is lost: a minute, longer than a network needs to find another way."""
GONE = 1 << 40
"""Added to the count by one that leaves in good order."""


class Store(Protocol):
    """What counts for all processes: torch.distributed's stores do."""

    def add(self, key: str, amount: int, /) -> int:
        """The count under `key` after adding to it."""
        ...


@contextmanager
def watched(connect: Callable[[], Store], rank: int, world: int, lost: Callable[[], None]) -> Iterator[None]:
    """While in the block, beat, and call `lost` from a thread when the next process has been silent for too long.

    `connect` gives a connection of its own: one that is shared is held by whoever waits on it.
    """
    heart = Heart(connect(), f"beats/{rank}", f"beats/{(rank + 1) % world}", lost)
    heart.start()
    try:
        yield
    finally:
        heart.stop()


class Heart:
    """Two threads: one beats and listens, and may hang with the network; the other counts how long it hears nothing.

    It counts beats and reads no clock: a whole run that was suspended goes on as if nothing had been.
    """

    def __init__(self, store: Store, own: str, next_one: str, lost: Callable[[], None]) -> None:
        self._store, self._own, self._next, self._lost = store, own, next_one, lost
        self._silent, self._ended = 0, threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._beat, self._watch)]

    def start(self) -> None:
        """Begin to beat, and to watch."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Tell the others that this one leaves, and be quiet. What still hangs is left behind."""
        self._ended.set()
        for thread in self._threads:
            thread.join(timeout=2 * EVERY)

    def _beat(self) -> None:
        before = -1
        try:
            while not self._ended.is_set():
                self._store.add(self._own, 1)
                count = self._store.add(self._next, 0)
                if count != before or count >= GONE:
                    self._silent, before = 0, count
                self._ended.wait(EVERY)
            self._store.add(self._own, GONE)
        except RuntimeError:  # the store's host has closed the connection: whoever is gone, exchanges will say so
            self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(EVERY):
            self._silent += 1
            if self._silent > SILENCE:
                self._lost()
                return
