"""CIFAR-10 and CIFAR-100 from their own files, both versions (Krizhevsky 2009, www.cs.toronto.edu/~kriz/cifar.html).

The binary version is a row of records: one label byte (CIFAR-100: a coarse, then a fine one), then 3 × 32 × 32 bytes,
red plane first. The python version is a pickle, and a pickle can run anything when it is loaded; the reader here admits
dictionaries, lists, numbers, texts, and numpy's plain arrays, which it takes for recipes of its own: no foreign name
is ever looked up, nor is numpy's own code called.
"""

import hashlib
import io
import pickle
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy
from numpy.typing import NDArray
from PIL import Image

from dino.data.decoding import with_channels
from dino.data.encoded import Texts
from dino.data.faults import printable
from dino.errors import ContentError, WorldError

PLANES = 3 * 32 * 32
MOST_BYTES = 2**28
"""The largest of their files has 161 million bytes."""


@dataclass(frozen=True)
class Layout:
    """How the files of one version are called."""

    train: tuple[str, ...]
    test: str
    names: str
    labels: int
    """Label bytes of a record, the last of which is used; 0 for pickles."""
    key: str = "labels"
    names_key: str = "label_names"


LAYOUTS = (
    Layout(tuple(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin", "batches.meta.txt", 1),
    Layout(tuple(f"data_batch_{n}" for n in range(1, 6)), "test_batch", "batches.meta", 0),
    Layout(("train.bin",), "test.bin", "fine_label_names.txt", 2),
    Layout(("train",), "test", "meta", 0, "fine_labels", "fine_label_names"),
)
FOLDERS = ("cifar-10-batches-bin", "cifar-10-batches-py", "cifar-100-binary", "cifar-100-python")


@dataclass(frozen=True, eq=False)
class Cifar:
    """Images held as one array; see `dino.data.images.Images` for the fields."""

    place: str
    names: Sequence[str]
    labels: Sequence[int]
    classes: tuple[str, ...]
    fingerprint: str
    channels: int
    pixels: NDArray[numpy.uint8] = field(repr=False)
    """[images, 32, 32, 3]"""

    def __len__(self) -> int:
        return len(self.pixels)

    def read(self, index: int) -> bytes:
        """The image's bytes, pixel after pixel."""
        data: bytes = self.pixels[index].tobytes()
        return data

    def load(self, index: int) -> Image.Image:
        """The picture with `channels` channels."""
        return with_channels(Image.fromarray(self.pixels[index]), self.names[index], self.channels)


def found_cifar(path: Path) -> tuple[Path, Layout, tuple[str, ...]] | None:
    """The folder, layout and files that `path` means: a folder means the training files, a file means itself."""
    for layout in LAYOUTS:
        if path.name in (*layout.train, layout.test) and path.is_file() and (path.parent / layout.names).is_file():
            return path.parent, layout, (path.name,)
    for folder in (path, *(path / name for name in FOLDERS)):
        for layout in LAYOUTS:
            if (folder / layout.names).is_file() and (folder / layout.train[0]).is_file():
                return folder, layout, layout.train
    return None


def open_cifar(folder: Path, layout: Layout, files: Sequence[str], channels: int) -> Cifar:
    """The images of these files. ContentError when they do not hold what CIFAR's files hold."""
    classes = _classes(folder / layout.names, layout)
    planes, labels, names = [], array("q"), list[str]()
    for file in files:
        read = _binary if layout.labels else _python
        images, own = read(folder / file, layout)
        if own and not 0 <= min(own) <= max(own) < len(classes):
            raise ContentError(f"{printable(str(folder / file))} has labels beyond the {len(classes)} classes")
        planes.append(images)
        labels.extend(own)
        names.extend(f"{file}/{number:05d}" for number in range(len(own)))
    pixels = numpy.ascontiguousarray(numpy.concatenate(planes).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    if not len(pixels):
        raise ContentError(f"{printable(str(folder))} holds no images: {' '.join(files)} have no records")
    digest = hashlib.blake2b(pixels.data, digest_size=16)
    digest.update(labels.tobytes())
    place = str(folder.resolve() / (files[0] if len(files) == 1 else ""))
    return Cifar(place, Texts(names), labels, classes, digest.hexdigest(), channels, pixels)


def _binary(path: Path, layout: Layout) -> tuple[NDArray[numpy.uint8], list[int]]:
    data = numpy.frombuffer(_bytes(path), numpy.uint8)
    length = layout.labels + PLANES
    if len(data) % length:
        raise ContentError(
            f"{printable(str(path))} is cut short: its {len(data):,} bytes are no multiple of {length:,}"
        )
    records = data.reshape(-1, length)
    return records[:, layout.labels :], [int(label) for label in records[:, layout.labels - 1]]


def _python(path: Path, layout: Layout) -> tuple[NDArray[numpy.uint8], list[int]]:
    facts = plain_pickle(path)
    data, labels = facts.get("data"), facts.get(layout.key)
    if not isinstance(data, Pixels) or not isinstance(labels, list) or not all(type(n) is int for n in labels):
        raise ContentError(f'{printable(str(path))} holds no "data" and "{layout.key}" as CIFAR\'s files do')
    images = data.array()
    if images is None or len(images) != len(labels):
        raise ContentError(f"{printable(str(path))}: its data are not {len(labels):,} rows of {PLANES:,} bytes")
    return images, labels


def _classes(path: Path, layout: Layout) -> tuple[str, ...]:
    if layout.labels:
        return tuple(line.strip() for line in _bytes(path).decode("utf-8", "replace").splitlines() if line.strip())
    names = plain_pickle(path).get(layout.names_key)
    if not isinstance(names, list) or not names:
        raise ContentError(f'{printable(str(path))} holds no "{layout.names_key}" as CIFAR\'s files do')
    return tuple(name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name) for name in names)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ContentError(f"{printable(str(path))} is too large for a file of CIFAR")
        return path.read_bytes()
    except OSError as problem:
        raise WorldError(f"{printable(str(path))} cannot be read ({problem.strerror})") from None


# The python version


def plain_pickle(path: Path) -> Mapping[str, object]:
    """The dictionary in a pickle of CIFAR's, keys as texts. ContentError when it holds anything but plain data."""
    try:
        facts = _Reader(io.BytesIO(_bytes(path)), encoding="bytes").load()
    except _ForeignError as problem:
        raise ContentError(
            f"{printable(str(path))} is no file of CIFAR: its pickle asks for {printable(str(problem))}; it was not run"
        ) from None
    except ContentError:
        raise
    except Exception as problem:  # noqa: BLE001 - a damaged pickle raises nearly every exception there is
        raise ContentError(f"{printable(str(path))} is a damaged pickle ({type(problem).__name__})") from None
    if not isinstance(facts, dict):
        raise ContentError(f"{printable(str(path))} is no file of CIFAR: its pickle holds no dictionary")
    return {
        key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key): value for key, value in facts.items()
    }


class _ForeignError(Exception):
    """A pickle asks for a name that no file of CIFAR holds."""


class Kind:
    """Stands for numpy.dtype: only what it was called with."""

    def __init__(self, code: object = "", *_: object) -> None:
        self.code = code

    def __setstate__(self, state: object) -> None:
        """Byte order and alignment mean nothing for bytes."""


class Pixels:
    """Stands for numpy's array: what it was given, checked when `array` is asked for."""

    def __init__(self, *_: object) -> None:
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state

    def array(self) -> NDArray[numpy.uint8] | None:
        """The rows of bytes, or None when this is no such array."""
        if not isinstance(self.state, tuple) or len(self.state) != 5:
            return None
        _, shape, kind, columns_first, data = self.state
        if not isinstance(kind, Kind) or kind.code not in ("u1", b"u1", "uint8") or columns_first:
            return None
        if not isinstance(data, bytes) or not isinstance(shape, tuple) or len(shape) != 2:
            return None
        if shape[1] != PLANES or len(data) % PLANES or shape[0] != len(data) // PLANES:
            return None
        return numpy.frombuffer(data, numpy.uint8).reshape(-1, PLANES)


class _ArrayType:
    """Stands for numpy.ndarray, which is only ever handed to the recipe of an array."""


def _encoded(text: object, encoding: object) -> bytes:
    """Stands for _codecs.encode, with which Python 3 writes bytes into pickles for Python 2."""
    if not isinstance(text, str) or encoding not in ("latin1", b"latin1"):
        raise _ForeignError("_codecs.encode")
    return text.encode("latin1")


ADMITTED: Mapping[tuple[str, str], object] = {
    ("numpy.core.multiarray", "_reconstruct"): Pixels,
    ("numpy._core.multiarray", "_reconstruct"): Pixels,
    ("numpy", "ndarray"): _ArrayType,
    ("numpy", "dtype"): Kind,
    ("_codecs", "encode"): _encoded,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in ADMITTED:
            raise _ForeignError(f"{module}.{name}")
        return ADMITTED[module, name]

    def persistent_load(self, pid: object) -> object:
        raise _ForeignError(f"the outside object {pid!r}")
