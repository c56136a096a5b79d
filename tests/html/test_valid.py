"""HTML, CSS and SVG are valid by the Nu checker. It needs Java and a download: `make html` runs it alone."""

import os
import re
from pathlib import Path

import pytest

from ..browser.newsletters import build_together, copy_newsletter, fill
from .nu import MISSING, NO_JAVA, Message, check, find_checker

pytestmark = pytest.mark.html

# What may be said all the same.
ALLOWED = (
    # The engine's own two checkboxes, in its base.html.
    "Attribute “autocomplete” is only allowed when the input type is",
    # On a phone the table of what a demo measured is laid out as blocks, and a browser that then forgets that it is one
    # is told by its roles. The checker calls that an error, and each role unnecessary besides.
    "The “role” attribute must not be used on a “t[dhr]” element which has a “table” ancestor",
    "The “(table|rowgroup|row|columnheader|rowheader|cell)” role is unnecessary for element",
    # The same HTML goes into feeds, where no sheet would align a column of numbers.
    "The “align” attribute on the “t[dh]” element is obsolete",
)
MISTAKES = {
    "open.html": ("<!doctype html><html lang=en><title>t</title><p><div></p></html>", "No “p” element in scope"),
    "style.html": ("<!doctype html><html lang=en><title>t</title><p style='colour: red'>a</p></html>", "“colour”"),
    "drawing.html": ("<!doctype html><html lang=en><title>t</title><svg><rect wide=1></svg></html>", "“wide”"),
    "sheet.css": ("p { colour: red }", "“colour”"),
    "figure.svg": ('<svg xmlns="http://www.w3.org/2000/svg"><rect wide="1"/></svg>', "“wide”"),
}


@pytest.fixture(scope="module")
def checker() -> Path:
    """The Nu checker."""
    found = find_checker(os.environ)
    if isinstance(found, str):
        pytest.fail(found, pytrace=False)
    return found


@pytest.fixture(scope="module")
def messages(checker: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Message]:
    """What the checker has to say about the newsletter of this repository, and about the same with toys."""
    root = tmp_path_factory.mktemp("newsletters").resolve()
    projects = [copy_newsletter(root / name, f"https://pages.example/{name}/") for name in ("letter", "fuller")]
    fill(projects[1])
    build_together(projects)
    sites = [(project / "build" / "site").resolve() for project in projects]
    files = [file for site in sites for ending in ("html", "css", "svg") for file in site.rglob(f"*.{ending}")]
    assert len(files) > 50
    return check(checker, files, root)


def test_every_file_is_valid(messages: list[Message]) -> None:
    assert [str(message) for message in messages if not allowed(message)] == []


@pytest.mark.parametrize("pattern", ALLOWED)
def test_what_is_allowed_is_still_said(messages: list[Message], pattern: str) -> None:
    assert any(re.match(pattern, message.text) for message in messages)


@pytest.fixture(scope="module")
def complaints(checker: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Message]:
    """What the checker has to say about files with a mistake in each."""
    root = tmp_path_factory.mktemp("mistakes").resolve()
    for name, (text, _) in MISTAKES.items():
        (root / name).write_text(text, encoding="utf-8")
    return check(checker, [root / name for name in MISTAKES], root)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_would_be_found(complaints: list[Message], name: str) -> None:
    found = [message for message in complaints if message.file == name and not allowed(message)]
    assert any(message.level == "error" and MISTAKES[name][1] in message.text for message in found)


def test_who_has_no_checker_or_no_java_is_told_how_to_get_it(tmp_path: Path) -> None:
    jar = tmp_path / "vnu.jar"
    assert find_checker({"VNU": str(jar)}) == MISSING
    jar.touch()
    assert find_checker({"VNU": str(jar), "PATH": str(tmp_path)}) == NO_JAVA


def allowed(message: Message) -> bool:
    """Whether the list above has it."""
    return any(re.match(pattern, message.text) for pattern in ALLOWED)
