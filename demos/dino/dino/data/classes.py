"""Which names are images, and which classes their folders make: pure functions over relative names."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from dino.data.encoded import as_bytes
from dino.data.faults import printable
from dino.errors import ContentError

# fmt: off
SUFFIXES = (
    ".avif", ".bmp", ".dib", ".gif", ".ico", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pcx",
    ".pgm", ".png", ".pnm", ".ppm", ".qoi", ".ras", ".sgi", ".tga", ".tif", ".tiff", ".webp",
)
# fmt: on
"""Suffixes of files taken for images, in any case. What they hold is found out from their content."""

SPLITS = frozenset(["train", "training", "val", "valid", "validation", "test", "testing"])
FLAT = ("images",)
"""The one class of images that lie in no class folders."""


def is_image_name(name: str) -> bool:
    """Whether the last part of a path is an image's: a known suffix, and not hidden (`._x.jpg` of macOS is none)."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def is_hidden(folder: str) -> bool:
    """Whether a folder holds no images of the set: `.thumbnails`, `__MACOSX`."""
    return folder.startswith(".") or folder == "__MACOSX"


@dataclass(frozen=True)
class Classes:
    """The classes of a set in the order of their bytes, and each image's index into them."""

    names: tuple[str, ...]
    labels: Sequence[int]


def classes_of(names: Sequence[str], place: str) -> Classes:
    """The first folder of each name as its class, below the folders that all names share.

    An image beside the folders makes the whole set one without classes. ContentError where the folders are the parts
    of a data set (`train`, `val`): training on both at once is hardly meant.
    """
    depth = _shared(names)
    tops = [_part(name, depth) for name in names]
    if any(top is None for top in tops):
        return Classes(FLAT, array("q", bytes(8 * len(names))))
    found = tuple(sorted({top for top in tops if top is not None}, key=as_bytes))
    if len(found) > 1 and {name.lower() for name in found} <= SPLITS:
        parts = " and ".join(printable(name) for name in found)
        first = next((name for name in found if name.lower().startswith("train")), found[0])
        prefix = "/".join([*names[0].split("/")[:depth], first])
        raise ContentError(f"{place} holds the parts {parts} of a data set; give one of them: {place}/{prefix}")
    order = {name: label for label, name in enumerate(found)}
    return Classes(found, array("q", [order[top] for top in tops if top is not None]))


def _shared(names: Sequence[str]) -> int:
    """How many leading folders all names share, leaving each at least one folder of its own."""
    first = names[0].split("/")[:-2]
    depth = len(first)
    for name in names:
        parts = name.split("/")
        depth = min(depth, max(0, len(parts) - 2))
        while parts[:depth] != first[:depth]:
            depth -= 1
        if not depth:
            break
    return depth


def _part(name: str, depth: int) -> str | None:
    parts = name.split("/", depth + 1)
    return parts[depth] if len(parts) > depth + 1 else None
