"""Folders: how what was made comes to stand on the disk, only where it changed and the finished site in one step."""

import fcntl
import filecmp
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SITES = ".sites"
"""Inside `build/`: the folder that `build/site` shows, and while a build is at work the one it makes."""


@contextmanager
def alone(build: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Keeps other builds out of the folder `build` while inside. When one is there, calls `waiting`, and waits."""
    build.mkdir(parents=True, exist_ok=True)
    with (build / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def mirror(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Makes `folder` hold `files` and nothing else, from their bytes or copied; one that is right is left alone."""
    for present in sorted(folder.rglob("*"), reverse=True):
        if present.is_dir() and not present.is_symlink():
            if not any(present.iterdir()):
                present.rmdir()
        elif present.is_symlink() or present.relative_to(folder).as_posix() not in files:
            present.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if not _holds(folder / name, content):
            put(folder / name, content)


def put(file: Path, content: bytes | Path) -> None:
    """Makes `file` hold the bytes, or those of another file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        shutil.copyfile(content, file)


def standby(build: Path) -> Path:
    """The folder under `build` where the next site can be made: the one of two that `build/site` does not show.

    Whatever else a build that was killed has left there goes.
    """
    shown = (build / "site").resolve()
    _clear(build / SITES, shown)
    return build / SITES / ("b" if shown.name == "a" else "a")


def swap(new: Path, site: Path) -> None:
    """Makes `site` show the folder `new`, in one step, and removes what it showed before.

    A rename cannot replace a folder that is not empty, but it can replace a symbolic link to one.
    """
    link = new.parent / "link"
    link.symlink_to(os.path.relpath(new, site.parent), target_is_directory=True)
    if site.is_dir() and not site.is_symlink():
        site.rename(new.parent / "old")
    link.replace(site)
    _clear(new.parent, new.resolve())


def _holds(file: Path, content: bytes | Path) -> bool:
    if not file.is_file():
        return False
    return file.read_bytes() == content if isinstance(content, bytes) else filecmp.cmp(file, content, shallow=False)


def _clear(sites: Path, shown: Path) -> None:
    for present in sites.iterdir() if sites.is_dir() else []:
        if present.is_symlink() or not present.is_dir():
            present.unlink()
        elif present.resolve() != shown:
            shutil.rmtree(present, ignore_errors=True)
