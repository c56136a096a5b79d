"""Folders: a site is made of links, and takes the old one's place in one step."""

import fcntl
import os
import threading
from pathlib import Path

import pytest

from digest.publish.folders import alone, show, shows, standby, swap


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def linked(folder: Path, files: dict[str, Path]) -> Path:
    show(folder, {name: str(file) for name, file in files.items()}, inodes(files))
    return folder


def inodes(files: dict[str, Path]) -> dict[str, int]:
    return {name: file.stat().st_ino for name, file in files.items()}


def written(folder: Path, **texts: str) -> dict[str, Path]:
    """New files with these texts."""
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text)
    return {name: folder / name for name in texts}


def test_a_folder_shows_files_by_hard_links(tmp_path: Path) -> None:
    one = written(tmp_path / "one", a="1", b="2")
    site = linked(tmp_path / "site", {"a": one["a"], "deep/down/b": one["b"]})
    assert tree(site) == {"a": "1", "deep/down/b": "2"}
    assert (site / "a").samefile(one["a"])
    assert shows(site, {"a": one["a"].stat().st_ino, "deep/down/b": one["b"].stat().st_ino})


def test_a_folder_shows_what_it_should_and_nothing_else(tmp_path: Path) -> None:
    one, two = written(tmp_path / "one", a="1", b="2", c="3"), written(tmp_path / "two", b="2", c="4", d="5")
    site = linked(tmp_path / "site", {"a": one["a"], "x/b": one["b"], "c": one["c"]})
    (site / "litter").mkdir()
    (site / "litter" / "file").write_text("")
    (site / "b").mkdir()
    assert not shows(site, inodes(two))
    assert tree(linked(site, two)) == {"b": "2", "c": "4", "d": "5"}
    assert [path.name for path in sorted(site.iterdir())] == ["b", "c", "d"]
    assert shows(site, inodes(two))


def test_a_file_takes_the_place_of_a_folder_and_the_other_way_round(tmp_path: Path) -> None:
    one = written(tmp_path / "one", a="1", b="2")
    site = linked(tmp_path / "site", {"x": one["a"], "y/z": one["b"]})
    assert tree(linked(site, {"x/y": one["a"], "y": one["b"]})) == {"x/y": "1", "y": "2"}


def test_where_the_disk_has_no_hard_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    one = written(tmp_path / "one", a="1")
    site = linked(tmp_path / "site", one)
    assert tree(site) == {"a": "1"}
    assert not (site / "a").samefile(one["a"])


def test_a_folder_that_is_not_there_shows_nothing(tmp_path: Path) -> None:
    assert not shows(tmp_path / "nowhere", {})
    assert not shows(tmp_path / "nowhere", {"a": 1})


def made(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(text)
    return folder


def test_the_first_site_is_made_in_a(tmp_path: Path) -> None:
    assert standby(tmp_path) == tmp_path / ".sites" / "a"


def test_a_swapped_site_shows_the_new_folder_through_a_relative_link(tmp_path: Path) -> None:
    swap(made(standby(tmp_path), "one"), tmp_path / "site")
    assert (tmp_path / "site").readlink() == Path(".sites/a")
    assert tree(tmp_path / "site") == {"index.html": "one"}


def test_sites_take_turns(tmp_path: Path) -> None:
    shown = []
    for text in ("one", "two", "three"):
        swap(made(standby(tmp_path), text), tmp_path / "site")
        shown.append(((tmp_path / "site").readlink().name, tree(tmp_path / "site")["index.html"]))
    assert shown == [("a", "one"), ("b", "two"), ("a", "three")]


def test_a_reader_finds_the_site_at_every_moment_of_a_swap(tmp_path: Path) -> None:
    swap(made(standby(tmp_path), "one"), tmp_path / "site")
    seen, stop = set(), threading.Event()

    def look() -> None:
        seen.add((tmp_path / "site").is_symlink())
        while not stop.is_set():
            seen.add((tmp_path / "site").is_symlink())

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(50):
        swap(made(standby(tmp_path), str(number)), tmp_path / "site")
    stop.set()
    reader.join()
    assert seen == {True}


def test_a_real_folder_makes_room_for_the_site(tmp_path: Path) -> None:
    made(tmp_path / "site", "by hand")
    swap(made(standby(tmp_path), "one"), tmp_path / "site")
    assert (tmp_path / "site").is_symlink()
    assert tree(tmp_path / "site") == {"index.html": "one"}
    assert [path.name for path in (tmp_path / ".sites").iterdir()] == ["a"]


def test_a_file_makes_room_for_the_site(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("what?")
    swap(made(standby(tmp_path), "one"), tmp_path / "site")
    assert tree(tmp_path / "site") == {"index.html": "one"}


def test_what_a_killed_swap_left_is_no_hindrance(tmp_path: Path) -> None:
    swap(made(standby(tmp_path), "one"), tmp_path / "site")
    (tmp_path / ".sites" / "link").symlink_to("nowhere")
    swap(made(standby(tmp_path), "two"), tmp_path / "site")
    assert tree(tmp_path / "site") == {"index.html": "two"}
    assert sorted(path.name for path in (tmp_path / ".sites").iterdir()) == ["a", "b"]


def test_one_build_alone_does_not_wait(tmp_path: Path) -> None:
    with alone(tmp_path / "build", lambda: pytest.fail("waited")):
        assert (tmp_path / "build").is_dir()
    with alone(tmp_path / "build", lambda: pytest.fail("waited")):
        pass


def test_a_second_build_says_so_and_waits_for_the_first(tmp_path: Path) -> None:
    order, waiting = [], threading.Event()

    def second() -> None:
        with alone(tmp_path, waiting.set):
            order.append("second")

    with alone(tmp_path, lambda: pytest.fail("waited")):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_a_failing_build_lets_the_next_one_in(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), alone(tmp_path, lambda: None):
        _ = 1 / 0
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
