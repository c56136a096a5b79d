"""Folders: how the finished site comes to stand on the disk, in one step.

`build/site` is a symbolic link to one of two folders. The next site is made in the other: of hard links, so that only
what has changed since the site before last takes any work.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SITES = ".sites"
"""Inside `build/`: the folder that `build/site` shows, and the other one."""


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


def standby(build: Path) -> Path:
    """The folder under `build` where the next site is made: the one of two that `build/site` does not show."""
    return build / SITES / ("b" if (build / "site").resolve().name == "a" else "a")


def show(folder: Path, files: Mapping[str, str], inodes: Mapping[str, int]) -> None:
    """Makes `folder` hold `files`, by their path there, and nothing else, as hard links where the disk has them.

    `inodes` are those of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    present = dict(_inodes(str(folder), ""))
    for name in present.keys() - files.keys():
        (folder / name).unlink()
        _prune((folder / name).parent, folder)
    for name, file in files.items():
        if present.get(name) != inodes[name]:
            _link(file, folder / name)


def shows(folder: Path, inodes: Mapping[str, int]) -> bool:
    """Whether `folder` holds the files with these inodes, and nothing else."""
    return folder.is_dir() and dict(_inodes(str(folder), "")) == inodes


def swap(new: Path, site: Path) -> None:
    """Makes `site` show the folder `new`, in one step.

    A rename cannot replace a folder that is not empty, but it can replace a symbolic link to one.
    """
    link = new.parent / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(new, site.parent), target_is_directory=True)
    if site.is_dir() and not site.is_symlink():
        shutil.rmtree(site)
    link.replace(site)


def _link(file: str, place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    try:
        os.link(file, place)
    except OSError:
        shutil.copyfile(file, place)


def _prune(folder: Path, top: Path) -> None:
    """Removes a folder that is empty, and those around it that this leaves empty, below `top`."""
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _inodes(folder: str, inside: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as members:
        for member in members:
            if member.is_dir(follow_symlinks=False):
                yield from _inodes(member.path, f"{inside}{member.name}/")
            else:
                yield f"{inside}{member.name}", member.inode()
