"""Folders of images: trees with class folders, flat folders, links, odd names, nothing to find."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import number_of, numbered, plain, write

from dino.data.classes import classes_of
from dino.data.faults import UnreadableError
from dino.data.images import open_images
from dino.errors import ContentError, WorldError


def sentence(path: Path) -> str:
    with pytest.raises(ContentError) as caught:
        open_images(path)
    return str(caught.value)


def test_the_folders_of_a_tree_are_its_classes(tmp_path: Path) -> None:
    write(tmp_path, {"dog/b.png": numbered(1), "cat/a.png": numbered(2), "dog/more/c.JPEG": numbered(3)})
    images = open_images(tmp_path)
    assert list(images.names) == ["cat/a.png", "dog/b.png", "dog/more/c.JPEG"]
    assert images.classes == ("cat", "dog")
    assert list(images.labels) == [0, 1, 1]
    assert [number_of(images.load(index)) for index in range(len(images))] == [2, 1, 3]
    assert images.channels == 3
    assert images.place == str(tmp_path)
    assert images.read(0) == numbered(2)


def test_a_flat_folder_has_one_class(tmp_path: Path) -> None:
    images = open_images(write(tmp_path, {"b.png": plain(), "a.png": plain()}))
    assert (list(images.names), list(images.labels), images.classes) == (["a.png", "b.png"], [0, 0], ("images",))


def test_images_beside_the_folders_make_the_set_one_without_classes(tmp_path: Path) -> None:
    images = open_images(write(tmp_path, {"2020/b.png": plain(), "2021/x.png": plain(), "a.png": plain()}))
    assert (len(images), images.classes, list(images.labels)) == (3, ("images",), [0, 0, 0])


def test_folders_that_all_names_share_are_no_class(tmp_path: Path) -> None:
    images = open_images(write(tmp_path, {"set/train/cat/a.png": plain(), "set/train/dog/b.png": plain()}))
    assert images.classes == ("cat", "dog")


def test_one_class_folder_is_one_class(tmp_path: Path) -> None:
    images = open_images(write(tmp_path, {"cat/a.png": plain(), "cat/b.png": plain()}))
    assert images.classes == ("cat",)


def test_the_parts_of_a_data_set_are_not_taken_for_classes(tmp_path: Path) -> None:
    write(tmp_path, {"in/val/cat/a.png": plain(), "in/train/cat/a.png": plain(), "in/train/dog/a.png": plain()})
    assert sentence(tmp_path) == (
        f"{tmp_path} holds the parts train and val of a data set; give one of them: {tmp_path}/in/train"
    )


def test_images_are_ordered_by_the_bytes_of_their_names(tmp_path: Path) -> None:
    names = ["Z.png", "a-b.png", "a.png", "a10.png", "a9.png", "ä.png", "é/x.png", "z/y.png"]
    images = open_images(write(tmp_path, dict.fromkeys(reversed(names), plain())))
    assert list(images.names) == sorted(names, key=str.encode)


def test_hidden_and_other_files_are_left_out(tmp_path: Path) -> None:
    names = ["a.png", "._a.png", ".thumbnails/a.png", "__MACOSX/a.png", "notes.txt", "a.png.part", "png"]
    assert list(open_images(write(tmp_path, dict.fromkeys(names, plain()))).names) == ["a.png"]


def test_names_that_are_no_utf8_are_read_and_shown(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n.png"))).write_bytes(b"")
    images = open_images(tmp_path)
    with pytest.raises(UnreadableError) as caught:
        images.load(0)
    assert str(caught.value) == "\\xff\\n.png: is empty (0 bytes)"


def test_links_are_followed_and_loops_are_not(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", {"x.png": numbered(5)})
    root = write(tmp_path / "root", {"cat/a.png": numbered(1)})
    (root / "dog").symlink_to(tmp_path / "elsewhere")
    (root / "cat" / "b.png").symlink_to(tmp_path / "elsewhere" / "x.png")
    (root / "cat" / "up").symlink_to(root)
    (root / "cat" / "here").symlink_to(root / "cat")
    (root / "itself").symlink_to(root / "itself")
    images = open_images(root)
    assert list(images.names) == ["cat/a.png", "cat/b.png", "dog/x.png"]
    assert number_of(images.load(2)) == 5


def test_a_link_that_leads_nowhere_is_named_as_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "gone")
    with pytest.raises(UnreadableError, match=r"^a.png: cannot be read \(No such file or directory\)$"):
        open_images(tmp_path).load(0)


def test_a_pipe_is_no_image(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    write(tmp_path, {"a.png": plain()})
    assert list(open_images(tmp_path).names) == ["a.png"]


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder taken away at once by a program that does not recurse: pytest's own tidying fails at such a depth."""
    folder = tmp_path / "deep"
    folder.mkdir()
    yield folder
    subprocess.run(["rm", "-r", folder], check=True)


def test_a_very_deep_tree_is_listed(deep: Path) -> None:
    inner = "d/" * 1200
    folder = os.open(deep, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=folder)
        below = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("a.png", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    assert list(open_images(deep).names) == [f"{inner}a.png"]


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(2**30 + 1)
    with pytest.raises(UnreadableError, match=r"^a.png: has 1,073,741,825 bytes, more than 1,073,741,824$"):
        open_images(tmp_path).load(0)


def test_an_empty_folder_is_a_sentence_that_says_what_was_looked_for(tmp_path: Path) -> None:
    assert sentence(tmp_path).startswith(f"{tmp_path} holds no images: looked for .avif .bmp ")
    assert sentence(tmp_path).endswith(" .tiff .webp in it and below")


def test_what_lies_there_instead_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"notes.txt": b""})
    assert f"{tmp_path} holds no images: 1 other file such as notes.txt; looked for" in sentence(tmp_path)


def test_a_folder_that_may_not_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"cat/a.png": plain(), "dog/a.png": plain()})
    scandir = os.scandir

    def closed(path: str) -> object:  # the tests may run as root, whom no permission stops
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(WorldError) as caught:
        open_images(tmp_path)
    assert str(caught.value) == (
        f"the folder {tmp_path}/dog cannot be read (Permission denied); change its permissions"
    )


def test_the_fingerprint_changes_with_names_sizes_and_times(tmp_path: Path) -> None:
    write(tmp_path, {"a.png": plain(), "b.png": plain()})
    seen = [open_images(tmp_path).fingerprint]
    assert open_images(tmp_path).fingerprint == seen[0]
    (tmp_path / "b.png").rename(tmp_path / "c.png")
    seen.append(open_images(tmp_path).fingerprint)
    os.utime(tmp_path / "c.png", (1, 1))
    seen.append(open_images(tmp_path).fingerprint)
    (tmp_path / "c.png").write_bytes(plain() + b"x")
    os.utime(tmp_path / "c.png", (1, 1))
    seen.append(open_images(tmp_path).fingerprint)
    assert len(set(seen)) == 4


def test_a_relative_path_is_read_after_a_change_of_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "set", {"a.png": numbered(3)})
    monkeypatch.chdir(tmp_path)
    images = open_images(Path("set"))
    monkeypatch.chdir("/")
    assert number_of(images.load(0)) == 3


part = st.text("ab", min_size=1, max_size=2)


@given(st.lists(st.lists(part, min_size=1, max_size=4).map("/".join), min_size=1, max_size=8, unique=True))
def test_every_image_of_a_class_lies_in_one_folder_of_that_name(names: list[str]) -> None:
    classes = classes_of(names, "here")
    assert len(classes.labels) == len(names)
    assert sorted(set(classes.labels)) == list(range(len(classes.names)))
    if classes.names != ("images",):
        for name, label in zip(names, classes.labels, strict=True):
            assert classes.names[label] in name.split("/")[:-1]
