"""Which images a retrieval asks with, among which, and which answers are right: a published set's file, or classes.

Revisited Oxford and Paris come as `gnd_roxford5k.pkl` or `gnd_rparis6k.pkl` beside a folder `jpg`. A pickle may run
any program, so this reads one that builds plain values and arrays of numbers, and refuses every other.
"""

import io
import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from dino.data.faults import printable
from dino.data.images import Images
from dino.errors import ContentError
from dino.evaluate.retrieval import Judged, Relevant

PICTURES = "jpg"
LAYOUT = "it needs imlist, qimlist and gnd, as the authors of revisited Oxford and Paris published them"
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Query:
    """A picture that is asked with: its name, the part of it (left, top, right, bottom), and the judged answers."""

    name: str
    box: Box
    judged: Judged


@dataclass(frozen=True)
class Landmarks:
    """The names of the pictures that are searched, and the queries."""

    names: Sequence[str]
    queries: Sequence[Query]


def found_file(folder: Path) -> Path | None:
    """The one file `gnd_*.pkl` or `gnd_*.json` of a folder. ContentError where there are several."""
    files = sorted(path for suffix in ("pkl", "json") for path in folder.glob(f"gnd_*.{suffix}"))
    if len(files) > 1:
        names = " and ".join(printable(file.name) for file in files)
        raise ContentError(f"{printable(str(folder))} holds {names}; leave one of them")
    return files[0] if files else None


def read(file: Path) -> Landmarks:
    """What the file says. ContentError where it is of another shape, or is a pickle that would build anything else."""
    shown = printable(str(file))
    data = file.read_bytes()
    try:
        told = json.loads(data) if file.suffix == ".json" else _Plain(io.BytesIO(data)).load()
    except _RefusedError as refusal:
        raise ContentError(f"{shown} is refused: it asks for {refusal}, and no set of images needs that") from None
    except Exception as error:  # noqa: BLE001 - on damaged data pickle raises nearly every exception there is
        raise ContentError(f"{shown} cannot be read ({' '.join(str(error).split())}); download it again") from None
    try:
        return _landmarks(told)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ContentError(f"{shown} has another shape ({error}); {LAYOUT}") from None


def by_classes(images: Images) -> list[Relevant]:
    """Of each image the others of its class are right. It is junk to itself, which leaves it out of its ranking."""
    members: dict[int, list[int]] = {}
    for row, label in enumerate(images.labels):
        members.setdefault(label, []).append(row)
    return [
        Relevant([other for other in members[label] if other != row], [row]) for row, label in enumerate(images.labels)
    ]


def _landmarks(told: Mapping[str, Any]) -> Landmarks:
    names = [_name(name) for name in told["imlist"]]
    asked = [_name(name) for name in told["qimlist"]]
    queries = [
        Query(name, _box(each["bbx"]), Judged(*(_rows(each[kind], len(names)) for kind in ("easy", "hard", "junk"))))
        for name, each in zip(asked, told["gnd"], strict=True)
    ]
    if not names or not queries:
        raise ValueError("it names no images")
    return Landmarks(names, queries)


def _name(word: object) -> str:
    """A picture's name without its suffix. ValueError for one that leads out of the folder of pictures."""
    if not isinstance(word, str) or not word or "\0" in word:
        raise ValueError(f"{word!r} is no name of a picture")
    if word.startswith(("/", "\\")) or ":" in word or ".." in word.replace("\\", "/").split("/"):
        raise ValueError(f"{word!r} leads out of the folder {PICTURES}")
    return word


def _box(values: Sequence[Any]) -> Box:
    left, top, right, bottom = map(float, values)
    if not (0 <= left < right < 1e6 and 0 <= top < bottom < 1e6):
        raise ValueError(f"bbx {left:g} {top:g} {right:g} {bottom:g} is no part of a picture")
    return left, top, right, bottom


def _rows(values: Sequence[Any], count: int) -> list[int]:
    rows = [int(value) for value in values]
    if any(not 0 <= row < count for row in rows):
        raise ValueError(f"of {count} images one is named that is not among them")
    return rows


class _RefusedError(Exception):
    """A pickle asks for something that is neither plain nor an array of numbers."""


ARRAY = "numpy.ndarray"
"""Stands for the class, which a pickle could otherwise call with a buffer of its own."""

ARRAYS = {("_codecs", "encode"), ("__builtin__", "bytes"), ("numpy", "ndarray"), ("numpy", "dtype")} | set(
    chain.from_iterable(
        [(f"numpy.{core}.multiarray", "_reconstruct"), (f"numpy.{core}.multiarray", "scalar")]
        for core in ("core", "_core")
    )
)
"""What numpy's pickles of arrays and numbers ask for, old ones and new ones."""


class _Plain(pickle.Unpickler):
    """Builds lists, tuples, dicts, strings and numbers, which need no function, and numpy's numbers."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, encoding="latin1")  # Python 2 wrote the published files' arrays

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ARRAYS:
            raise _RefusedError(f"{printable(module)}.{printable(name)}")
        if name == "ndarray":
            return ARRAY
        if name == "bytes":
            return _no_bytes
        if name == "encode":
            return _bytes
        if name == "dtype":
            return _number_type
        return _reconstruct if name == "_reconstruct" else _scalar


def _number_type(kind: Any, *rest: Any) -> Any:
    found = np.dtype(kind, *rest)
    if found.kind not in "biuf":
        raise _RefusedError(f"an array of {found}")
    return found


def _reconstruct(kind: Any, _shape: Any, _code: Any) -> Any:
    """The empty array that numpy's pickles fill: its `__setstate__` takes the values."""
    if kind != ARRAY:
        raise _RefusedError(f"an array of {kind}")
    return np.ndarray.__new__(np.ndarray, (0,), "b")


def _no_bytes() -> bytes:
    """What those pickles call for empty bytes; with a length it would take that much memory."""
    return b""


def _bytes(text: Any, encoding: Any) -> bytes:
    """Of text in latin-1: so the pickles before Python 3 hold bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise _RefusedError(f"bytes in {encoding}")
    return text.encode("latin1")


def _scalar(kind: Any, data: Any = b"") -> Any:
    if not isinstance(kind, np.dtype):
        raise _RefusedError(f"a number of {kind}")
    raw = data.encode("latin1") if isinstance(data, str) else data
    return np.frombuffer(raw, kind, 1)[0]
