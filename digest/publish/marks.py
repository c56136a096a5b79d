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

Item = AnyEntry | Issue
BODY = {"body", "body_line"}


class Marks:
    """The marks of an edition's issues and entries. `base` names what every page is made with, whatever it shows."""

    def __init__(self, edition: Edition, base: str) -> None:
        self._edition = edition
        self._base = name_of([base, repr(edition.newsletter), repr(dict(edition.library.authors))])
        self._listed: dict[str, str] = {}
        self._whole: dict[str, str] = {}

    def of(self, *marks: str) -> str:
        """The mark of what is shown together."""
        return name_of([self._base, *marks])

    def of_entry(self, entry: AnyEntry) -> str:
        """The mark of an entry's page: the entry whole, the issues it stands in, and its neighbours."""
        return self.of(self.whole(entry), *self._around(entry))

    def of_issue(self, issue: Issue) -> str:
        """The mark of an issue's page: the issue whole, its neighbours, and what stands around its entries."""
        neighbours = (self.listed(item) for item in self._edition.neighbours(issue) if item)
        around = (mark for entry in self._edition.entries_of(issue) for mark in self._around(entry))
        return self.of(self.whole(issue), *neighbours, *around)

    def of_feed(self, items: Iterable[Item]) -> str:
        """The mark of a feed of these items: all of them whole, and who wrote the issues that entries stand in."""
        return self.of(*(mark for item in items for mark in (self.whole(item), *self._mentions(item))))

    def of_list(self, items: Iterable[Item]) -> str:
        """The mark of a list of these items."""
        return self.of(*map(self.listed, items))

    @cached_property
    def everything(self) -> str:
        """The mark of a list of all the issues and entries there are."""
        return self.of_list([*self._edition.issues, *self._edition.entries()])

    def listed(self, item: Item) -> str:
        """The mark of an item as lists show it: without its words, but for how long they take to read."""
        if item.id not in self._listed:
            self._listed[item.id] = name_of([item.model_dump_json(exclude=BODY), *self._beside(item)])
        return self._listed[item.id]

    def whole(self, item: Item) -> str:
        """The mark of an item as it is shown whole, an issue with its entries."""
        if item.id not in self._whole:
            parts = map(self.whole, self._edition.entries_of(item)) if isinstance(item, Issue) else self._shown(item)
            self._whole[item.id] = name_of([item.body, self.listed(item), *parts])
        return self._whole[item.id]

    def demo(self, demo: Demo) -> str:
        """The mark of a demo: its manifest, its results and their pictures, and the entries that it runs."""
        library = self._edition.library
        drawn = (f"{demo.folder}/{figure.file}" for results in demo.results for figure in results.figures)
        pictures = (_size(library.demo_figures[address]) for address in drawn)
        entries = (self.listed(library.entries[name]) for name in demo.manifest.entries if name in library.entries)
        return name_of([repr(demo), *pictures, *entries])

    def _beside(self, item: Item) -> Iterable[str]:
        """What a list says of an item that is not written in it: minutes and entries, or how many share its tags."""
        if isinstance(item, Issue):
            yield str(self._edition.minutes(item))
            yield from map(self.listed, self._edition.entries_of(item))
        else:
            yield from (str(len(self._edition.tags[tag])) for tag in item.tags)

    def _shown(self, entry: AnyEntry) -> Iterable[str]:
        """What an entry shows that is written elsewhere: its pictures' sizes, and its demo."""
        yield from (_size(self._edition.library.figures[figure.file]) for figure in entry.figures.values())
        if demo := entry_demo(self._edition, entry):
            yield self.demo(demo)

    def _around(self, entry: AnyEntry) -> Iterable[str]:
        yield from self._mentions(entry)
        yield from (self.listed(item) for item in self._edition.neighbours(entry) if item)

    def _mentions(self, item: Item) -> Iterable[str]:
        return () if isinstance(item, Issue) else map(self.listed, self._edition.mentions(item))


def _size(file: FigureFile) -> str:
    return f"{file.name} {file.width} {file.height}"
