"""Where the processes of a launcher meet: its store, in a place of its own for each start.

torchrun keeps its store when it starts the processes again after a failure, with all that those before had written:
their addresses, for one. A process that read such an address would wait for one that is dead.
"""

import os
import time
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

PAUSE = 0.02
"""Seconds between two looks at what another process wrote."""


class Meeting(NamedTuple):
    """The store that all of this start share, this process's number and how many there are."""

    store: Store
    rank: int
    world: int


def meet(timeout: timedelta) -> Meeting:
    """Meet the others by the environment that the launcher has set. Raises ValueError where that is not whole."""
    store, rank, world = next(iter(rendezvous("env://", timeout=timeout)))
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
        store = PrefixStore(agreed(store, rank, world), store)
    return Meeting(store, rank, world)


def agreed(store: Store, rank: int, world: int) -> str:
    """A word that the processes of this start have in common, and none before had.

    The first one answers each other's new word with its own; who finds its word in the answer knows it to be fresh,
    and says so.
    """
    own = uuid4().hex
    if rank:
        return _asked(store, rank, own)
    for other in range(1, world):
        while not _answered(store, other, own):
            time.sleep(PAUSE)
    return own


def _asked(store: Store, rank: int, own: str) -> str:
    store.set(f"start/{rank}/word", own)
    while True:
        echo, _, word = store.get(f"start/{rank}/answer").decode().partition(" ")
        if echo == own:
            store.set(f"start/{rank}/heard", word)
            return word
        time.sleep(PAUSE)


def _answered(store: Store, other: int, own: str) -> bool:
    store.set(f"start/{other}/answer", f"{store.get(f'start/{other}/word').decode()} {own}")
    return store.check([f"start/{other}/heard"]) and store.get(f"start/{other}/heard").decode() == own
