"""The published list: an address a line, in a file that may not be there."""

from pathlib import Path

import pytest

from digest.library.published import read_published


def read(root: Path, text: str | bytes) -> tuple[dict[str, int], list[str]]:
    (root / "published.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    listed, problems = read_published(root)
    return dict(listed), [str(problem) for problem in problems]


def test_without_the_file_nothing_was_published(tmp_path: Path):
    assert read_published(tmp_path) == ({}, [])


def test_each_address_is_known_with_its_line(tmp_path: Path):
    text = "# What was published.\n./\n\n papers/dino/ \r\npapers/dino/cite.bib\npapers/dino/\n"
    assert read(tmp_path, text) == ({"": 2, "papers/dino/": 4, "papers/dino/cite.bib": 5}, [])


@pytest.mark.parametrize("line", ["/papers/dino/", "papers/di no/", "https://x.org/", "../papers/", "papers/../x/"])
def test_what_is_no_address_is_said_with_its_line(tmp_path: Path, line: str):
    said = f"published.txt:2:1: '{line}' is no address; write it as papers/dino/"
    assert read(tmp_path, f"about/\n{line}\n") == ({"about/": 1}, [said])


def test_it_must_be_text(tmp_path: Path):
    assert read(tmp_path, b"\xff") == ({}, ["published.txt:1:1: the text is not UTF-8; save the file as UTF-8"])
