"""A problem: what is wrong in the project, where, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 500


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in the project. `path` is POSIX and relative to the project; `line` and `column` count from 1.

    What is quoted from a file cannot break the line or reach the terminal: its control characters are escaped.
    """

    path: str
    line: int
    column: int
    what: str
    mend: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", _printable(self.path))
        object.__setattr__(self, "what", _one_line(self.what))
        object.__setattr__(self, "mend", _one_line(self.mend))

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.what}; {self.mend}"


class ContentError(Exception):
    """The project's content is at fault (exit status 1). Carries every problem found, sorted."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class CommandError(Exception):
    """The command line is at fault (exit status 2), in one sentence."""


class WorldError(Exception):
    """The world is at fault: disk, network or another program (exit status 3), in one sentence."""


def _one_line(text: str) -> str:
    line = _printable(" ".join(text.split()))
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
