"""A shelf: files stay from build to build, and one that is not as it was left counts as gone."""

import os
from pathlib import Path

import pytest

from digest.publish.shelf import Shelf


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def fill(folder: Path, files: dict[str, bytes | Path]) -> Shelf:
    """A shelf of a folder that is to hold just these files."""
    shelf = Shelf(folder, {})
    for name, content in files.items():
        shelf.put(name, content)
    shelf.clear()
    return shelf


def test_a_shelf_holds_bytes_and_copies(tmp_path: Path) -> None:
    (tmp_path / "picture").write_text("drawn")
    fill(tmp_path / "docs", {"a.md": b"a", "deep/down/b.md": b"b", "figures/p.svg": tmp_path / "picture"})
    assert tree(tmp_path / "docs") == {"a.md": "a", "deep/down/b.md": "b", "figures/p.svg": "drawn"}


def test_putting_says_whether_anything_else_was_there(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, {})
    assert shelf.put("a", b"1") is True
    again = Shelf(tmp_path, shelf.stamps)
    assert again.put("a", b"1") is False
    assert again.put("b", b"1") is True
    assert Shelf(tmp_path, {}).put("a", b"2") is True


def test_what_is_right_already_keeps_its_file(tmp_path: Path) -> None:
    first = fill(tmp_path, {"a": b"1", "b": b"1"})
    second = fill(tmp_path, {"a": b"1", "b": b"2"})
    assert second.stamps["a"] == first.stamps["a"]
    assert second.stamps["b"].inode != first.stamps["b"].inode


def test_a_copy_that_only_looks_the_same_is_written(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("xx")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a").write_text("yy")
    for file in (tmp_path / "source", tmp_path / "docs" / "a"):
        os.utime(file, (1, 1))
    fill(tmp_path / "docs", {"a": tmp_path / "source"})
    assert tree(tmp_path / "docs") == {"a": "xx"}


def test_a_file_that_others_show_by_a_hard_link_is_never_written_in_place(tmp_path: Path) -> None:
    fill(tmp_path / "docs", {"a": b"old"})
    os.link(tmp_path / "docs" / "a", tmp_path / "shown")
    fill(tmp_path / "docs", {"a": b"new"})
    assert (tmp_path / "shown").read_text() == "old"
    assert tree(tmp_path / "docs") == {"a": "new"}


def test_what_is_neither_put_nor_kept_goes_with_the_folders_it_leaves_empty(tmp_path: Path) -> None:
    left = fill(tmp_path, {"a/b/c": b"", "a/d": b"", "e": b"", "f/g": b""})
    shelf = Shelf(tmp_path, left.stamps)
    shelf.keep("a/d")
    shelf.put("e", b"")
    shelf.clear()
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == ["a", "a/d", "e"]
    assert shelf.stamps == {"a/d": left.stamps["a/d"], "e": left.stamps["e"]}


def test_a_folder_takes_the_place_of_a_file_and_a_file_that_of_a_folder(tmp_path: Path) -> None:
    fill(tmp_path, {"a": b"file", "b/c/d": b"deep"})
    fill(tmp_path, {"a/x": b"deep", "b": b"file"})
    assert tree(tmp_path) == {"a/x": "deep", "b": "file"}


def test_a_shelf_never_writes_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a").write_text("precious")
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a").symlink_to(tmp_path / "outside" / "a")
    (docs / "b").symlink_to(tmp_path / "outside", target_is_directory=True)
    fill(docs, {"a": b"new", "b/a": b"new"})
    assert tree(tmp_path / "outside") == {"a": "precious"}
    assert tree(docs) == {"a": "new", "b/a": "new"}


@pytest.mark.parametrize("damage", ["other bytes", "longer", "touched", "replaced", "gone", "a link", "a folder"])
def test_a_file_that_is_not_as_it_was_left_counts_as_gone(tmp_path: Path, damage: str) -> None:
    left = fill(tmp_path, {"a": b"whole", "b": b"whole"}).stamps
    assert Shelf(tmp_path, left).is_whole()
    file = tmp_path / "a"
    if damage in ("gone", "a link", "a folder"):
        file.unlink()
    if damage == "other bytes":
        file.write_bytes(b"WHOLE")
        os.utime(file, ns=(left["a"].nanoseconds + 1,) * 2)
    elif damage == "longer":
        file.write_bytes(b"whole and more")
        os.utime(file, ns=(left["a"].nanoseconds,) * 2)
    elif damage == "touched":
        os.utime(file, (1, 1))
    elif damage == "replaced":
        (tmp_path / "new").write_bytes(b"whole")
        os.utime(tmp_path / "new", ns=(left["a"].nanoseconds,) * 2)
        (tmp_path / "new").rename(file)
    elif damage == "a link":
        file.symlink_to(tmp_path / "b")
    elif damage == "a folder":
        file.mkdir()
    shelf = Shelf(tmp_path, left)
    assert [shelf.has(name) for name in ("a", "b")] == [False, True]
    assert not shelf.is_whole()
    shelf.put("a", b"whole")
    assert tree(tmp_path) == {"a": "whole", "b": "whole"}


def test_a_shelf_that_holds_something_else_too_is_not_whole(tmp_path: Path) -> None:
    left = fill(tmp_path, {"a": b""}).stamps
    (tmp_path / "b").write_bytes(b"")
    assert not Shelf(tmp_path, left).is_whole()
    assert not Shelf(tmp_path / "elsewhere", left).is_whole()
    assert Shelf(tmp_path / "elsewhere", {}).is_whole()
