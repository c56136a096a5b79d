"""Marks: a name for all that a page shows of the edition, the same exactly while what it shows is the same.

A mark may stand for more than a page shows, and then the page is made again for nothing; never for less.
"""

from collections.abc import Iterable
from functools import cached_property

from digest.library.demos import Demo
from digest.library.figures import FigureFile
from digest.library.models import AnyEntry, Issue
from digest.publish.edition import Edition
from digest.publish.fulltext import entry_demo
from digest.publish.inputs import name_of


class Marks:
    """The marks of an edition's issues and entries. `base` names what every page is made with, whatever it shows."""

    def __init__(self, edition: Edition, base: str) -> None:
        self._edition = edition
        self._base = name_of([base, repr(edition.newsletter), repr(dict(edition.library.authors))])
        self._entries: dict[str, str] = {}
        self._issues: dict[str, str] = {}

    def of(self, *items: AnyEntry | Issue | str | None) -> str:
        """The mark of some entries, issues whole with their entries, and texts that are shown together."""
        return name_of([self._base, *map(self._of, items)])

    def of_entry(self, entry: AnyEntry) -> str:
        """The mark of an entry as it is shown whole: with the issues it stands in, and its neighbours."""
        return self.of(entry, *self._around(entry))

    def of_issue(self, issue: Issue) -> str:
        """The mark of an issue as it is shown whole, with everything around its entries."""
        around = (item for entry in self._edition.entries_of(issue) for item in self._around(entry))
        return self.of(issue, *self._edition.neighbours(issue), *around)

    @cached_property
    def everything(self) -> str:
        """The mark of all the issues and entries there are."""
        return self.of(*self._edition.issues, *self._edition.entries())

    def demo(self, demo: Demo) -> str:
        """The mark of a demo: its manifest, its results and their pictures, and the entries that it runs."""
        library = self._edition.library
        drawn = (f"{demo.folder}/{figure.file}" for results in demo.results for figure in results.figures)
        pictures = (_size(library.demo_figures[address]) for address in drawn)
        entries = (library.entries[name] for name in demo.manifest.entries if name in library.entries)
        return name_of([repr(demo), *pictures, *(entry.model_dump_json() for entry in entries)])

    def _around(self, entry: AnyEntry) -> Iterable[AnyEntry | Issue | None]:
        return (*self._edition.mentions(entry), *self._edition.neighbours(entry))

    def _of(self, item: AnyEntry | Issue | str | None) -> str:
        if item is None or isinstance(item, str):
            return item or ""
        return self._issue(item) if isinstance(item, Issue) else self._entry(item)

    def _issue(self, issue: Issue) -> str:
        if issue.id not in self._issues:
            entries = [self._entry(entry) for entry in self._edition.entries_of(issue)]
            self._issues[issue.id] = name_of([issue.model_dump_json(), *entries])
        return self._issues[issue.id]

    def _entry(self, entry: AnyEntry) -> str:
        if entry.id not in self._entries:
            edition = self._edition
            figures = (_size(edition.library.figures[figure.file]) for figure in entry.figures.values())
            counts = (str(len(edition.tags[tag])) for tag in entry.tags)
            demo = entry_demo(edition, entry)
            ran = self.demo(demo) if demo else ""
            self._entries[entry.id] = name_of([entry.model_dump_json(), *figures, *counts, ran])
        return self._entries[entry.id]


def _size(file: FigureFile) -> str:
    return f"{file.name} {file.width} {file.height}"
