"""Unreadable images: named, counted, skipped up to a limit, and replaced in a way that resume repeats exactly.

The rule of replacement: where image i cannot be read, its place in the batch is taken by the next readable image
i+1, i+2, … (after the last comes the first), *with that image's own crops*: whoever seeds the crops seeds them with
`Found.index`, not with the index that was asked for. This is a pure function of the files, so worker processes and
a resumed run choose the same replacement without telling each other. Images that become readable (or unreadable)
between two runs change it, as any change of the files would.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from dino.errors import ContentError

IN_A_ROW = 1000
"""So many unreadable images one after another are a broken data set, not a few broken files."""


class UnreadableError(ContentError):
    """One image cannot be read: `name` as the data set calls it, and `why` in a few words."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{printable(name)}: {why}")
        self.name = name
        self.why = why

    def __reduce__(self) -> tuple[type["UnreadableError"], tuple[str, str]]:
        return UnreadableError, (self.name, self.why)


@dataclass(frozen=True)
class Fault:
    """An unreadable image: its index in the set, its name, and why."""

    index: int
    name: str
    why: str


@dataclass(frozen=True)
class Found:
    """The image that stands at an index: its own, or the next readable one; and the faults met on the way."""

    index: int
    image: Image.Image
    faults: tuple[Fault, ...]


class Loading(Protocol):
    def __len__(self) -> int: ...

    def load(self, index: int) -> Image.Image: ...


def next_readable(images: Loading, index: int) -> Found:
    """The image at `index`, or the next readable one after it. ContentError after IN_A_ROW unreadable ones."""
    faults: list[Fault] = []
    for step in range(min(len(images), IN_A_ROW)):
        candidate = (index + step) % len(images)
        try:
            return Found(candidate, images.load(candidate), tuple(faults))
        except UnreadableError as problem:
            faults.append(Fault(candidate, problem.name, problem.why))
    raise ContentError(
        f"{len(faults):,} images one after another cannot be read, the first {_named(faults[0])}; "
        "look whether the data set was copied whole"
    )


class Faults:
    """The unreadable images of a run so far, each once. A checkpoint keeps `facts()`, and `from_facts` reads them."""

    def __init__(self) -> None:
        self._by_index: dict[int, Fault] = {}

    def __len__(self) -> int:
        return len(self._by_index)

    def add(self, faults: Iterable[Fault]) -> list[Fault]:
        """Those among `faults` that were not known before, to be told once."""
        new = []
        for fault in faults:
            if fault.index not in self._by_index:
                self._by_index[fault.index] = fault
                new.append(fault)
        return new

    @property
    def all(self) -> tuple[Fault, ...]:
        """Every fault, in the order of the set."""
        return tuple(self._by_index[index] for index in sorted(self._by_index))

    def raise_above(self, limit: int) -> None:
        """ContentError, naming the first few, when more than `limit` images were unreadable."""
        if len(self) <= limit:
            return
        first = "; ".join(_named(fault) for fault in self.all[:3])
        rest = f"; and {len(self) - 3:,} more" if len(self) > 3 else ""
        images = "image" if len(self) == 1 else "images"
        raise ContentError(
            f"{len(self):,} {images} cannot be read, and {limit:,} may be skipped: {first}{rest}; "
            "mend or remove them, or raise the limit"
        )

    def facts(self) -> list[dict[str, int | str]]:
        """What a checkpoint keeps: plain JSON."""
        return [{"index": fault.index, "name": printable(fault.name), "why": fault.why} for fault in self.all]

    @classmethod
    def from_facts(cls, facts: Iterable[Mapping[str, int | str]]) -> "Faults":
        """The faults that `facts()` wrote."""
        faults = cls()
        faults.add(Fault(int(fact["index"]), str(fact["name"]), str(fact["why"])) for fact in facts)
        return faults


def printable(name: str) -> str:
    """A name that any terminal and JSON file takes: bytes that are no UTF-8 and control characters as \\x escapes."""
    decoded = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in decoded)


def _named(fault: Fault) -> str:
    return f"{printable(fault.name)} ({fault.why})"
