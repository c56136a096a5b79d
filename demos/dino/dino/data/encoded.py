"""Images that lie somewhere as encoded files: what folders, archives, shards and Hugging Face have in common."""

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, overload

from PIL import Image

from dino.data.decoding import decode


class Store(Protocol):
    """Where the encoded bytes lie. It holds no open file, so that worker processes share nothing."""

    def read(self, index: int) -> bytes: ...


@dataclass(frozen=True, eq=False)
class EncodedImages:
    """Images decoded one by one from the bytes of a store; see `dino.data.images.Images` for the fields."""

    place: str
    names: Sequence[str]
    labels: Sequence[int]
    classes: tuple[str, ...]
    fingerprint: str
    channels: int
    store: Store

    def __len__(self) -> int:
        return len(self.names)

    def read(self, index: int) -> bytes:
        """The bytes as stored. UnreadableError when they cannot be had."""
        return self.store.read(index)

    def load(self, index: int) -> Image.Image:
        """The upright picture with `channels` channels. UnreadableError(name, why) when there is none."""
        return decode(self.store.read(index), self.names[index], self.channels)


class Texts(Sequence[str]):
    """Many strings in two buffers: a forked worker that reads them copies no page, as a list of strings would."""

    def __init__(self, texts: Iterable[str]) -> None:
        ends, parts, end = array("q"), [], 0
        for text in texts:
            part = as_bytes(text)
            parts.append(part)
            end += len(part)
            ends.append(end)
        self._buffer = b"".join(parts)
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        start = self._ends[place - 1] if place else 0
        return self._buffer[start : self._ends[place]].decode("utf-8", "surrogateescape")

    def __iter__(self) -> Iterator[str]:
        return (self[index] for index in range(len(self)))


def as_bytes(name: str) -> bytes:
    """A name's bytes, also where they are no UTF-8 (the way Python reads such names from a file system)."""
    return name.encode("utf-8", "surrogateescape")


def fingerprint(kind: str, parts: Iterable[tuple[str, int, int]]) -> str:
    """32 hexadecimal digits over (name, size, time or checksum) of every file: they change when the set changes."""
    digest = hashlib.blake2b(kind.encode(), digest_size=16)
    for name, size, mark in parts:
        encoded = as_bytes(name)
        digest.update(b"%d:%b %d %d\n" % (len(encoded), encoded, size, mark))
    return digest.hexdigest()
