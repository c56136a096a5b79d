"""The text of a file, when it is text that a page can carry."""

import os
import re
from pathlib import Path

from digest.library.problems import Problem

MAX_BYTES = 1_000_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What no editor shows: controls, and the line ends that only some programs take for one."""


def read_text(file: Path, path: str) -> str | Problem:
    """The text of `file`, which problems call `path`, with `\\n` at the end of each line; or why it cannot be read.

    It is UTF-8, with or without a byte order mark, and has at most a million bytes.
    """
    try:
        if not file.is_file():
            return Problem(path, 1, 1, "there is no file, or it is something else", "put a file of text here")
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        return Problem(path, 1, 1, f"the file cannot be read ({reason})", "mend its permissions")
    if len(data) > MAX_BYTES:
        return Problem(path, 1, 1, f"the file has more than {MAX_BYTES:,} bytes", "split it, or make it shorter")
    return _decoded(data.removeprefix(BYTE_ORDER_MARK), path)


def read_inside(root: Path, path: str, mend: str) -> tuple[str | None, list[Problem]]:
    """The text of the file at `path` of the project at `root`, or what is wrong with it and the `mend` where it lacks.

    A file to which only a link leads out of the project is not read.
    """
    file = root / path
    try:
        if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(root)):
            return None, [Problem(path, 1, 1, "the file lies outside the project", "put the file itself here")]
        if file.stat().st_size > MAX_BYTES:
            return None, [Problem(path, 1, 1, f"the file has more than {MAX_BYTES:,} bytes", "make it shorter")]
        return file.read_text(encoding="utf-8"), []
    except UnicodeDecodeError:
        return None, [Problem(path, 1, 1, "the file is not UTF-8 text", "save it as UTF-8")]
    except OSError as error:
        return None, [Problem(path, 1, 1, f"the file cannot be read: {(error.strerror or 'unknown').lower()}", mend)]


def _decoded(data: bytes, path: str) -> str | Problem:
    try:
        text = with_line_feeds(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        before = with_line_feeds(data[: error.start].decode("utf-8"))
        return _problem_after(before, path, "the text is not UTF-8", "save the file as UTF-8")
    if match := UNSEEN.search(text):
        what = f"there is a character that nobody sees (U+{ord(match[0]):04X})"
        return _problem_after(text[: match.start()], path, what, "remove it")
    return text


def with_line_feeds(text: str) -> str:
    """The text with every line end, whichever system wrote it, as one line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _problem_after(before: str, path: str, what: str, mend: str) -> Problem:
    return Problem(path, before.count("\n") + 1, len(before) - before.rfind("\n"), what, mend)
