"""Folders: only what changed is written, and a finished site takes the old one's place in one step."""

import fcntl
import os
import threading
from pathlib import Path

import pytest

from digest.publish.folders import alone, mirror, put, standby, swap


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def age(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (1, 1), follow_symlinks=False)


def test_a_mirror_holds_bytes_and_copies(tmp_path: Path) -> None:
    (tmp_path / "picture").write_text("drawn")
    mirror(tmp_path / "docs", {"a.md": b"a", "deep/down/b.md": b"b", "figures/p.svg": tmp_path / "picture"})
    assert tree(tmp_path / "docs") == {"a.md": "a", "deep/down/b.md": "b", "figures/p.svg": "drawn"}


def test_a_mirror_of_nothing_is_an_empty_folder(tmp_path: Path) -> None:
    mirror(tmp_path / "build" / "docs", {})
    assert list((tmp_path / "build" / "docs").iterdir()) == []


def test_a_mirror_writes_only_what_changed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("same", "other"):
        (source / name).write_text("xx")
    docs = tmp_path / "docs"
    mirror(docs, {"a": b"11", "b": b"11", "c": source / "same", "d": source / "other"})
    age(docs)
    (source / "other").write_text("yy")
    mirror(docs, {"a": b"11", "b": b"22", "c": source / "same", "d": source / "other"})
    assert tree(docs) == {"a": "11", "b": "22", "c": "xx", "d": "yy"}
    assert {path.name for path in docs.iterdir() if path.stat().st_mtime != 1} == {"b", "d"}


def test_a_copy_that_only_looks_the_same_is_written(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("xx")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a").write_text("yy")
    for file in (tmp_path / "source", tmp_path / "docs" / "a"):
        os.utime(file, (1, 1))
    mirror(tmp_path / "docs", {"a": tmp_path / "source"})
    assert tree(tmp_path / "docs") == {"a": "xx"}


def test_a_mirror_drops_what_it_should_not_hold_and_the_folders_left_empty(tmp_path: Path) -> None:
    mirror(tmp_path, {"a/b/c": b"", "a/d": b"", "e": b""})
    mirror(tmp_path, {"e": b"", "f": b""})
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["e", "f"]


def test_a_folder_takes_the_place_of_a_file_and_a_file_that_of_a_folder(tmp_path: Path) -> None:
    mirror(tmp_path, {"a": b"file", "b/c/d": b"deep"})
    mirror(tmp_path, {"a/x": b"deep", "b": b"file"})
    assert tree(tmp_path) == {"a/x": "deep", "b": "file"}


def test_a_mirror_never_writes_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a").write_text("precious")
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a").symlink_to(tmp_path / "outside" / "a")
    (docs / "b").symlink_to(tmp_path / "outside", target_is_directory=True)
    mirror(docs, {"a": b"new", "b/a": b"new"})
    assert tree(tmp_path / "outside") == {"a": "precious"}
    assert tree(docs) == {"a": "new", "b/a": "new"}


def test_a_file_is_put_with_the_folders_above_it(tmp_path: Path) -> None:
    put(tmp_path / "a" / "b" / "c", b"bytes")
    put(tmp_path / "a" / "b" / "d", tmp_path / "a" / "b" / "c")
    assert tree(tmp_path) == {"a/b/c": "bytes", "a/b/d": "bytes"}


def made(folder: Path, text: str) -> Path:
    put(folder / "index.html", text.encode())
    return folder


def test_the_first_site_is_made_in_a(tmp_path: Path) -> None:
    assert standby(tmp_path) == tmp_path / ".sites" / "a"


def test_a_swapped_site_shows_the_new_folder_through_a_relative_link(tmp_path: Path) -> None:
    swap(made(standby(tmp_path), "one"), tmp_path / "site")
    assert (tmp_path / "site").readlink() == Path(".sites/a")
    assert tree(tmp_path / "site") == {"index.html": "one"}


def test_sites_take_turns_and_the_old_one_goes(tmp_path: Path) -> None:
    shown = []
    for text in ("one", "two", "three"):
        swap(made(standby(tmp_path), text), tmp_path / "site")
        shown.append(((tmp_path / "site").readlink().name, tree(tmp_path / "site")["index.html"]))
        assert len(list((tmp_path / ".sites").iterdir())) == 1
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


def test_what_a_killed_build_left_goes_and_the_shown_site_stays(tmp_path: Path) -> None:
    swap(made(standby(tmp_path), "one"), tmp_path / "site")
    made(tmp_path / ".sites" / "b", "half")
    made(tmp_path / ".sites" / "old", "older")
    (tmp_path / ".sites" / "link").symlink_to("nowhere")
    (tmp_path / ".sites" / "way-out").symlink_to(made(tmp_path / "outside", "precious"), target_is_directory=True)
    assert standby(tmp_path) == tmp_path / ".sites" / "b"
    assert [path.name for path in (tmp_path / ".sites").iterdir()] == ["a"]
    assert tree(tmp_path / "site") == {"index.html": "one"}
    assert tree(tmp_path / "outside") == {"index.html": "precious"}


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
