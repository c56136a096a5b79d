"""`open_images` finds out what a path is, or says in one sentence what is wrong with it."""

from pathlib import Path

import pytest
from pictures import plain, write

from dino.data.images import open_images
from dino.errors import CommandError, ContentError, WorldError


def sentence(path: Path) -> str:
    with pytest.raises(ContentError) as caught:
        open_images(path)
    return str(caught.value)


def test_a_path_that_does_not_exist_is_guessed_at(tmp_path: Path) -> None:
    write(tmp_path, {"photos/a.png": plain()})
    assert sentence(tmp_path / "photo") == f"{tmp_path}/photo does not exist; did you mean {tmp_path}/photos?"
    assert sentence(tmp_path / "elsewhere") == f"{tmp_path}/elsewhere does not exist"
    assert sentence(tmp_path / "no" / "where") == f"{tmp_path}/no/where does not exist"


def test_one_image_instead_of_a_folder_is_told_apart(tmp_path: Path) -> None:
    write(tmp_path, {"a.png": plain(), "a.txt": b"text", "empty": b""})
    assert sentence(tmp_path / "a.png") == f"{tmp_path}/a.png is one image; give the folder that it lies in"
    assert sentence(tmp_path / "a.txt") == f"{tmp_path}/a.txt is neither a folder nor a tar or zip of images"
    assert sentence(tmp_path / "empty") == f"{tmp_path}/empty is neither a folder nor a tar or zip of images"
    assert sentence(tmp_path / "a.txt" / "train") == f"{tmp_path}/a.txt is neither a folder nor a tar or zip of images"


def test_a_name_too_long_is_a_sentence(tmp_path: Path) -> None:
    assert sentence(tmp_path / ("a" * 300)).endswith("cannot be opened (File name too long)")


def test_channels_that_no_picture_has_are_a_mistake_of_the_command(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        open_images(tmp_path, channels=5)


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(write(tmp_path, {"p/a.png": plain()})))
    assert list(open_images(Path("~/p")).names) == ["a.png"]


def test_a_path_that_may_not_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(self: Path) -> object:  # the tests may run as root, whom no permission stops
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(WorldError) as caught:
        open_images(tmp_path)
    assert str(caught.value) == f"{tmp_path} may not be read; change its permissions"
