"""Images in folders: a tree whose first folders are classes, or one flat folder.

Listed with `os.scandir` in the order of the names' bytes, so the order does not depend on the file system. Symbolic
links are followed; a folder that is its own ancestor is not entered a second time.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dino.data.classes import SUFFIXES, classes_of, is_hidden, is_image_name
from dino.data.decoding import BYTE_LIMIT
from dino.data.encoded import EncodedImages, Texts, as_bytes, fingerprint
from dino.data.faults import UnreadableError, printable
from dino.errors import ContentError, WorldError


@dataclass(frozen=True)
class Files:
    """A store of files below a folder."""

    root: Path
    names: Sequence[str]

    def read(self, index: int) -> bytes:
        """The file's bytes. UnreadableError when the file is gone, closed to us, or too large."""
        name = self.names[index]
        try:
            with (self.root / name).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size > BYTE_LIMIT:
                    raise UnreadableError(name, f"has {size:,} bytes, more than {BYTE_LIMIT:,}")
                return file.read()
        except OSError as problem:
            raise UnreadableError(name, f"cannot be read ({problem.strerror})") from None


@dataclass
class Listing:
    """What a walk found: images as (name relative to the root, size, time of last change), and a few other files."""

    images: list[tuple[str, int, int]]
    others: int = 0
    other: str = ""


def open_folder(root: Path, channels: int) -> EncodedImages:
    """The images below `root`. ContentError when there are none, WorldError when a folder cannot be read."""
    listing = listed(root)
    place = printable(str(root))
    if not listing.images:
        raise ContentError(f"{place} holds no images: {_seen(listing)}looked for {' '.join(SUFFIXES)} in it and below")
    names = Texts(name for name, _, _ in listing.images)
    classes = classes_of(names, place)
    mark = fingerprint("folder", listing.images)
    return EncodedImages(
        str(root.resolve()), names, classes.labels, classes.names, mark, channels, Files(root.absolute(), names)
    )


def listed(root: Path) -> Listing:
    """Every image below `root`, ordered by the bytes of its name."""
    listing = Listing([])
    _walk(str(root), listing)
    listing.images.sort(key=lambda image: as_bytes(image[0]))
    return listing


def _walk(root: str, listing: Listing) -> None:
    waiting: list[tuple[str, str, frozenset[tuple[int, int]]]] = [(root, "", frozenset())]
    while waiting:
        folder, prefix, ancestors = waiting.pop()
        try:
            own = os.stat(folder)  # noqa: PTH116 - plain strings: a Path for each of a million files costs seconds
            here = (own.st_dev, own.st_ino)
            if here in ancestors:
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    if _is_folder(entry):
                        if not is_hidden(entry.name):
                            waiting.append((f"{folder}/{entry.name}", f"{prefix}{entry.name}/", ancestors | {here}))
                    elif is_image_name(entry.name):
                        _add(entry, prefix, listing)
                    else:
                        listing.others += 1
                        listing.other = listing.other or entry.name
        except OSError as problem:
            raise WorldError(
                f"the folder {printable(folder)} cannot be read ({problem.strerror}); change its permissions"
            ) from None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _add(entry: os.DirEntry[str], prefix: str, listing: Listing) -> None:
    try:
        status = entry.stat()
    except OSError:  # a link that leads nowhere: listed, so that it is named as unreadable
        listing.images.append((prefix + entry.name, 0, 0))
        return
    if stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
        listing.images.append((prefix + entry.name, status.st_size, status.st_mtime_ns))


def _seen(listing: Listing) -> str:
    if not listing.others:
        return ""
    files = "file" if listing.others == 1 else "files"
    return f"{listing.others:,} other {files} such as {printable(listing.other)}; "
