"""Assets: files that go out as they are, and what may not."""

from pathlib import Path

import pytest

from digest.library import assets as room
from digest.library.assets import read_assets

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><path d="M0 0"/></svg>'


def put(root: Path, name: str, content: str | bytes = "x") -> Path:
    file = root / "site" / "assets" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def said(root: Path) -> list[str]:
    """What is wrong, as a curator reads it."""
    return [str(problem) for problem in read_assets(root)[1]]


def test_assets_go_by_their_path_and_what_is_hidden_is_left_out(tmp_path: Path):
    names = ["a/b/c.js", "b.txt", "data.tar.gz", "_x+y-1.css", "logo.svg", ".hidden", ".git/config", "a/.b/c"]
    files = {name: put(tmp_path, name, DRAWING if name == "logo.svg" else "x") for name in names}
    assert read_assets(tmp_path) == ({name: files[name] for name in sorted(names[:5])}, [])


def test_a_project_without_assets_has_none(tmp_path: Path):
    assert read_assets(tmp_path) == ({}, [])


@pytest.mark.parametrize("target", ["/etc/hostname", "b.txt", "nowhere", "/etc"])
def test_a_link_is_not_followed(tmp_path: Path, target: str):
    put(tmp_path, "b.txt")
    (tmp_path / "site/assets/link").symlink_to(target)
    assert said(tmp_path) == [
        "site/assets/link:1:1: a link to another place is not read; put the file itself here",
    ]
    assert list(read_assets(tmp_path)[0]) == ["b.txt"]


def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/assets").symlink_to("/etc")
    assert read_assets(tmp_path) == ({}, [])


@pytest.mark.parametrize(
    "name",
    [
        "a b.txt",
        "a\tb.txt",
        "a\n.txt",
        "a\x1b[31m.txt",
        "a\u202etxt.js",
        "a\u200b.txt",
        "é.txt",
        "e\u0301.txt",
        "a:b.txt",
        "a?.txt",
        "a%2fb.txt",
        "a\\b.txt",
        "<script>.txt",
        '"onload=x.txt',
        "a.",
        "-rf",
        "b b/a.txt",
    ],
)
def test_a_name_is_one_that_every_host_and_browser_reads_alike(tmp_path: Path, name: str):
    put(tmp_path, name)
    (problem,) = said(tmp_path)
    assert problem.endswith(" is no name for a file of a site; use letters, digits, '.', - and _")
    assert problem.isprintable()
    assert read_assets(tmp_path)[0] == {}


@pytest.mark.parametrize("name", ["a.html", "a.HTM", "a.xhtml", "a/b.svgz", "a.xml", "a.mhtml", "a.swf", "a.xsl"])
def test_what_a_browser_takes_for_a_page_is_refused(tmp_path: Path, name: str):
    put(tmp_path, name)
    assert said(tmp_path) == [
        f"site/assets/{name}:1:1: a browser would take '{Path(name).name}' for a page of this site; "
        "write it as a page in site/, or pack it into a .zip"
    ]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.svg", DRAWING.replace("<path", "<script/><path"), "'<script>' could run in the SVG"),
        ("a.SVG", DRAWING, "'.SVG' is no kind of figure"),
        ("a.png", "<svg onload=x>", "the picture cannot be read"),
        ("a.jpg", b"\x89PNG", "the picture cannot be read"),
    ],
)
def test_a_picture_is_looked_at_as_a_figure_is(tmp_path: Path, name: str, content: str | bytes, what: str):
    put(tmp_path, name, content)
    (problem,) = said(tmp_path)
    assert f": {what}; " in problem
    assert read_assets(tmp_path)[0] == {}


def test_a_file_has_at_most_twenty_megabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert room.MAX_BYTES == 20_000_000
    monkeypatch.setattr(room, "MAX_BYTES", 2_000_000)
    file = put(tmp_path, "a.zip", b"x" * 2_000_000)
    assert read_assets(tmp_path) == ({"a.zip": file}, [])
    put(tmp_path, "a.zip", b"x" * 2_000_001)
    assert said(tmp_path) == [
        "site/assets/a.zip:1:1: the file has more than 2 MB; put it where large files lie, and link to it"
    ]
