"""What a source of images gives, and `open_images`, which finds out what a path is."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PIL import Image

from dino.data.archives import kind_of, open_tar, open_zip, tar_members
from dino.data.cifar import found_cifar, open_cifar
from dino.data.classes import is_hidden, is_image_name
from dino.data.decoding import check_channels
from dino.data.drawn import is_drawn, open_drawn
from dino.data.faults import printable
from dino.data.folders import open_folder
from dino.data.huggingface import is_saved, open_saved
from dino.data.shards import are_samples, expanded, is_range, open_shards
from dino.errors import ContentError, WorldError


class Images(Protocol):
    """A set of images in a fixed order, read one by one; safe to hand to worker processes, forked or spawned."""

    @property
    def place(self) -> str:
        """Where the set lies: one text for the same set at the same place."""

    @property
    def names(self) -> Sequence[str]:
        """Each image's name inside the set; where it stands for a file, the file's relative path."""

    @property
    def labels(self) -> Sequence[int]:
        """Each image's index into `classes`; all 0 where the set has no classes."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; ("images",) where the set has none."""

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digits that change when the set changes (names, sizes, and times, checksums or content)."""

    @property
    def channels(self) -> int:
        """Channels of every picture."""

    def __len__(self) -> int: ...

    def read(self, index: int) -> bytes:
        """The image as it is stored, to compare contents by. UnreadableError when it cannot be had."""

    def load(self, index: int) -> Image.Image:
        """The upright first frame, 8 bits a channel. UnreadableError(name, why) when there is none."""


def open_images(path: Path, *, channels: int = 3) -> Images:
    """The images at a path: a folder tree with class folders, a flat folder, a tar or zip (or `ARCHIVE/FOLDER` inside
    one), webdataset shards (a tar, a folder of tars, a range `{000..010}`), CIFAR's files, or a saved Hugging Face
    data set; or the drawn world, which lies nowhere. CommandError for what no picture has or is, ContentError when
    there is nothing to read, WorldError when reading is not allowed: one sentence each.
    """
    check_channels(channels)
    if is_drawn(path):
        return open_drawn(path, channels)
    path = path.expanduser()
    try:
        if is_range(path) and not path.exists():
            return open_shards(str(path.absolute()), expanded(path), channels)
        if path.is_dir():
            return _open_folder(path, channels)
        if path.is_file():
            return _open_file(path, channels)
        return _open_inside(path, channels)
    except PermissionError as problem:
        raise WorldError(
            f"{printable(str(problem.filename or path))} may not be read; change its permissions"
        ) from None
    except OSError as problem:
        raise ContentError(f"{printable(str(path))} cannot be opened ({problem.strerror})") from None


def _open_folder(path: Path, channels: int) -> Images:
    if is_saved(path):
        return open_saved(path, channels)
    cifar = found_cifar(path)
    if cifar:
        return open_cifar(*cifar, channels)
    shards = _shards(path)
    if shards:
        return open_shards(str(path.resolve()), shards, channels)
    return open_folder(path, channels)


def _open_file(path: Path, channels: int, inside: str = "") -> Images:
    cifar = found_cifar(path)
    if cifar and not inside:
        return open_cifar(*cifar, channels)
    kind = kind_of(path)
    if kind == "zip":
        return open_zip(path, channels, inside)
    if kind == "tar":
        members = tar_members(path)
        if are_samples(members) and not inside:
            return open_shards(str(path.resolve()), [path], channels, members)
        return open_tar(path, members, channels, inside)
    shown = printable(str(path))
    if kind:
        raise ContentError(f"{shown} is compressed as a whole and cannot be read in place; unpack it first: {kind}")
    if is_image_name(path.name):
        raise ContentError(f"{shown} is one image; give the folder that it lies in")
    raise ContentError(f"{shown} is neither a folder nor a tar or zip of images")


def _open_inside(path: Path, channels: int) -> Images:
    for parent in path.parents:
        if parent.is_file():
            return _open_file(parent, channels, str(path.relative_to(parent)))
        if parent.is_dir():
            break
    raise ContentError(f"{printable(str(path))} does not exist{_meant(path)}")


def _shards(path: Path) -> list[Path]:
    """The tars of a folder that holds nothing else to train on."""
    tars = []
    for entry in path.iterdir():
        if entry.name.startswith("."):
            continue
        if entry.name.lower().endswith(".tar"):
            tars.append(entry)
        elif is_image_name(entry.name) or (entry.is_dir() and not is_hidden(entry.name)):
            return []
    return sorted(tars, key=lambda tar: tar.name.encode("utf-8", "surrogateescape"))


def _meant(path: Path) -> str:
    try:
        near = difflib.get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], 1)
    except OSError:
        return ""
    return f"; did you mean {printable(str(path.parent / near[0]))}?" if near else ""
