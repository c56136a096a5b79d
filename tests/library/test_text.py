"""The text of a file, or in one line why it cannot be read."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.library.problems import Problem
from digest.library.text import MAX_BYTES, UNSEEN, read_inside, read_text


def read(folder: Path, data: bytes) -> str:
    """What is read of a file that holds `data`: its text, or its problem in a line."""
    file = folder / "file"
    file.write_bytes(data)
    return str(read_text(file, "site/a.md"))


def test_text_is_utf_8(tmp_path: Path):
    assert read(tmp_path, "é\tà\n".encode()) == "é\tà\n"


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path):
    assert read(tmp_path, b"\xef\xbb\xbf---\n") == "---\n"


def test_every_line_end_becomes_a_line_feed(tmp_path: Path):
    assert read(tmp_path, b"a\r\nb\rc\nd\r\r\n") == "a\nb\nc\nd\n\n"


def test_a_byte_that_is_not_utf_8_has_its_place_in_characters(tmp_path: Path):
    assert read(tmp_path, b"\xef\xbb\xbfa\r\n\xc3\xa9\xc3\xa9\xff") == (
        "site/a.md:2:3: the text is not UTF-8; save the file as UTF-8"
    )


@pytest.mark.parametrize("code", [0x00, 0x08, 0x0B, 0x1B, 0x7F, 0x85, 0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE])
def test_a_character_that_nobody_sees_is_refused_at_its_place(tmp_path: Path, code: int):
    assert read(tmp_path, f"a\nbc{chr(code)}".encode()) == (
        f"site/a.md:2:3: there is a character that nobody sees (U+{code:04X}); remove it"
    )


def test_a_million_bytes_are_read_and_no_more(tmp_path: Path):
    assert read(tmp_path, b"a" * MAX_BYTES) == "a" * MAX_BYTES
    assert read(tmp_path, b"a" * (MAX_BYTES + 1)) == (
        "site/a.md:1:1: the file has more than 1,000,000 bytes; split it, or make it shorter"
    )


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    assert str(read_text(tmp_path / "pipe", "site/a.md")) == (
        "site/a.md:1:1: there is no file, or it is something else; put a file of text here"
    )


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("a", encoding="utf-8")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert str(read_text(tmp_path / "file", "site/a.md")) == (
        "site/a.md:1:1: the file cannot be read (permission denied); mend its permissions"
    )


def test_an_error_without_a_reason_is_told_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("a", encoding="utf-8")

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "open", refuse)
    assert str(read_text(tmp_path / "file", "a")) == "a:1:1: the file cannot be read (unknown); mend its permissions"


@given(data=st.binary())
def test_any_bytes_give_clean_text_or_a_place_inside_the_file(data: bytes, tmp_path_factory: pytest.TempPathFactory):
    file = tmp_path_factory.getbasetemp() / "any.txt"
    file.write_bytes(data)
    text = read_text(file, "a")
    if isinstance(text, Problem):
        assert 1 <= text.line <= 1 + data.count(b"\n") + data.count(b"\r")
        assert 1 <= text.column <= len(data)
    else:
        assert "\r" not in text
        assert not UNSEEN.search(text)


def test_a_text_inside_a_project_is_read(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.toml").write_text("é = 1", encoding="utf-8")
    (tmp_path / "link.toml").symlink_to("a/b.toml")
    assert read_inside(tmp_path, "a/b.toml", "write it") == ("é = 1", [])
    assert read_inside(tmp_path, "link.toml", "write it") == ("é = 1", [])


def test_what_a_link_leads_to_outside_the_project_is_not_read(tmp_path: Path):
    root, outside = tmp_path / "project", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "b.toml").write_text("secret", encoding="utf-8")
    (root / "b.toml").symlink_to(outside / "b.toml")
    (root / "a").symlink_to(outside)
    for path in ("b.toml", "a/b.toml"):
        text, problems = read_inside(root, path, "write it")
        assert text is None
        assert [str(problem) for problem in problems] == [
            f"{path}:1:1: the file lies outside the project; put the file itself here"
        ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.toml", None, "none.toml:1:1: the file cannot be read: no such file or directory; write it"),
        ("latin.toml", b"\xe9", "latin.toml:1:1: the file is not UTF-8 text; save it as UTF-8"),
        ("long.toml", b"x" * 1_000_001, "long.toml:1:1: the file has more than 1,000,000 bytes; make it shorter"),
    ],
)
def test_what_cannot_be_read_inside_a_project_says_so(tmp_path: Path, name: str, content: bytes | None, said: str):
    if content:
        (tmp_path / name).write_bytes(content)
    text, problems = read_inside(tmp_path, name, "write it")
    assert text is None
    assert [str(problem) for problem in problems] == [said]


def test_a_link_to_itself_cannot_be_read(tmp_path: Path):
    (tmp_path / "a.toml").symlink_to("a.toml")
    text, problems = read_inside(tmp_path, "a.toml", "write it")
    assert text is None
    assert [problem.mend for problem in problems] == ["write it"]


def test_a_million_bytes_inside_a_project_are_read(tmp_path: Path):
    (tmp_path / "a.toml").write_bytes(b"x" * 1_000_000)
    assert read_inside(tmp_path, "a.toml", "write it")[1] == []
