"""The ledger: what the last build left, and what that was made of, so that the next one does only what is new.

It is a cache. Without it, or when it was damaged, everything is made again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from digest.publish.shelf import Stamp


@dataclass(frozen=True)
class Made:
    """Files that were made together, and the name of what they show."""

    shows: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Ledger:
    """What a build left in `build/`.

    `inputs` names everything that the whole was made of, `engine` what the HTML was made with, whatever the page;
    `docs` and `html` are the stamps of those folders' files, and `batches` what was made together in `docs`.
    """

    inputs: str = ""
    engine: str = ""
    batches: Mapping[str, Made] = field(default_factory=dict)
    docs: Mapping[str, Stamp] = field(default_factory=dict)
    html: Mapping[str, Stamp] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


LEDGER = TypeAdapter(Ledger)


def read_ledger(file: Path) -> Ledger:
    """The ledger in a file; an empty one where there is none, or one that was damaged."""
    try:
        return LEDGER.validate_json(sealed(file))
    except ValidationError:
        return Ledger()


def write_ledger(file: Path, ledger: Ledger) -> None:
    """Writes the ledger into a file."""
    seal(file, LEDGER.dump_json(ledger))


def sealed(file: Path) -> bytes:
    """What `seal` wrote into a file, or nothing when the file is gone or does not hold just that."""
    seal_of, _, data = file.read_bytes().partition(b"\n") if file.is_file() else (b"", b"", b"")
    return data if seal_of == _seal(data) else b""


def seal(file: Path, data: bytes) -> None:
    """Writes data into a file, whole or not at all, with a seal that shows whether it is what was written."""
    new = file.with_name(f"{file.name}.new")
    new.write_bytes(_seal(data) + b"\n" + data)
    new.replace(file)


def _seal(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()
