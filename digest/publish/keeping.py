"""Keeping: what was read and rendered, from one build to the next."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from digest.library import prose, reading
from digest.library.models import Course, Issue, Page, Paper, Project
from digest.library.prose import Prose
from digest.publish.ledger import seal, sealed


@dataclass(frozen=True)
class Remembered:
    """What the library remembers, each with its key, and the name of what read it."""

    tools: str = ""
    proses: tuple[tuple[tuple[str, str], Prose], ...] = ()
    papers: tuple[tuple[tuple[str, str], Paper], ...] = ()
    courses: tuple[tuple[tuple[str, str], Course], ...] = ()
    projects: tuple[tuple[tuple[str, str], Project], ...] = ()
    issues: tuple[tuple[tuple[str, str], Issue], ...] = ()
    pages: tuple[tuple[tuple[str, str], Page], ...] = ()


REMEMBERED = TypeAdapter(Remembered)


class Kept:
    """What is in `file`, as `tools` have read it. Without the file, or when it was damaged, all is read anew."""

    def __init__(self, file: Path, tools: str) -> None:
        self._file = file
        self._tools = tools
        self._known: set[tuple[str, str]] = set()

    def recall(self) -> None:
        """Lets the library know what is kept, and forget what is no longer in use.

        A library that remembers more than that, from a build before in this process, needs no reminding.
        """
        kept = Remembered() if reading.memory.used else self._read()
        written = dict([*kept.papers, *kept.courses, *kept.projects, *kept.issues, *kept.pages])
        prose.memory.turn(dict(kept.proses))
        reading.memory.turn(written)
        self._known = {*written, *dict(kept.proses)}

    def _read(self) -> Remembered:
        try:
            kept = REMEMBERED.validate_json(sealed(self._file))
        except ValidationError:
            return Remembered()
        return kept if kept.tools == self._tools else Remembered()

    def save(self) -> None:
        """Keeps what the library has used since."""
        if {*reading.memory.used, *prose.memory.used} == self._known:
            return
        written = reading.memory.used.items()
        kept = Remembered(
            self._tools,
            tuple(prose.memory.used.items()),
            tuple((key, item) for key, item in written if isinstance(item, Paper)),
            tuple((key, item) for key, item in written if isinstance(item, Course)),
            tuple((key, item) for key, item in written if isinstance(item, Project)),
            tuple((key, item) for key, item in written if isinstance(item, Issue)),
            tuple((key, item) for key, item in written if isinstance(item, Page)),
        )
        seal(self._file, REMEMBERED.dump_json(kept))
