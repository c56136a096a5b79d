"""A shelf: a folder of made files that stay from build to build, each known by a stamp.

A file is never written in place: other folders show it by hard links, and nobody may see half of it there.
"""

import filecmp
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple


class Stamp(NamedTuple):
    """What tells that a file is still the one that was put there: its inode, its size, and when it was written."""

    inode: int
    size: int
    nanoseconds: int


class Shelf:
    """The files of `folder`. `left` says how the last build left them: one that is not as it was left counts as gone.

    What is neither put nor kept is to go: see `clear`.
    """

    def __init__(self, folder: Path, left: Mapping[str, Stamp]) -> None:
        self.folder = folder
        self.stamps: dict[str, Stamp] = {}
        """Of the files that belong there now, by their name."""
        self._found = dict(_scan(str(folder), "")) if folder.is_dir() else {}
        self.left = left

    def has(self, name: str) -> bool:
        """Whether a file lies there as it was left."""
        return name in self.left and self._found.get(name) == self.left[name]

    def is_whole(self) -> bool:
        """Whether everything lies there as it was left, and nothing else."""
        return self._found == self.left

    def keep(self, name: str) -> None:
        """Says that a file which lies there as it was left belongs there still."""
        self.stamps[name] = self.left[name]

    def put(self, name: str, content: bytes | Path) -> bool:
        """Makes a file hold some bytes, or those of another file; whether it held anything else before."""
        file = self.folder / name
        if name in self._found and _holds(file, content):
            self.stamps[name] = self._found[name]
            return False
        self._make_way(name)
        new = self.folder / ".new"
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            new.write_bytes(content)
        else:
            shutil.copyfile(content, new)
        self.stamps[name] = _stamp(new.stat())
        new.replace(file)
        return True

    def _make_way(self, name: str) -> None:
        """Removes what stands where a file or one of its folders is to be, and is something else."""
        for above in PurePosixPath(name).parents:
            if self._found.pop(str(above), None):
                (self.folder / above).unlink()
        file = self.folder / name
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
            self._found = {other: stamp for other, stamp in self._found.items() if not other.startswith(f"{name}/")}

    def clear(self) -> None:
        """Removes what does not belong there, and the folders that this leaves empty."""
        for name in self._found.keys() - self.stamps.keys():
            file = self.folder / name
            file.unlink()
            for parent in file.parents:
                if parent == self.folder or any(parent.iterdir()):
                    break
                parent.rmdir()


def _scan(folder: str, inside: str) -> Iterator[tuple[str, Stamp]]:
    """Every file under a folder, as the path from there and its stamp."""
    with os.scandir(folder) as members:
        for member in members:
            if member.is_dir(follow_symlinks=False):
                yield from _scan(member.path, f"{inside}{member.name}/")
            else:
                yield f"{inside}{member.name}", _stamp(member.stat(follow_symlinks=False))


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_ino, status.st_size, status.st_mtime_ns)


def _holds(file: Path, content: bytes | Path) -> bool:
    if file.is_symlink():
        return False
    return file.read_bytes() == content if isinstance(content, bytes) else filecmp.cmp(file, content, shallow=False)
