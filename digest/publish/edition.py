"""An edition: all that goes out together, and how its parts refer to one another."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from digest.library.models import AnyEntry, Author, Course, Issue, Paper, Project
from digest.library.newsletter import Newsletter
from digest.library.prose import Prose, reading_minutes, render
from digest.library.reading import Library
from digest.publish.templates import Templates

Item = TypeVar("Item", bound=Paper | Course | Project | Issue)


@dataclass(frozen=True)
class Edition:
    """A library with the newsletter it belongs to and the templates that show it."""

    library: Library
    newsletter: Newsletter
    templates: Templates

    @property
    def issues(self) -> tuple[Issue, ...]:
        """The issues, newest first."""
        return self.library.issues

    def entries(self, kind: str | None = None, tag: str | None = None) -> tuple[AnyEntry, ...]:
        """The entries of a kind, with a tag, of both or all; newest first."""
        if tag is not None:
            return tuple(entry for entry in self.tags.get(tag, ()) if kind in (None, entry.kind))
        return self._newest if kind is None else self._by_kind.get(kind, ())

    @cached_property
    def tags(self) -> Mapping[str, tuple[AnyEntry, ...]]:
        """The entries of each tag, newest first, by the tag's name in order."""
        tagged: dict[str, list[AnyEntry]] = defaultdict(list)
        for entry in self._newest:
            for tag in dict.fromkeys(entry.tags):
                tagged[tag].append(entry)
        return {tag: tuple(tagged[tag]) for tag in sorted(tagged)}

    @cached_property
    def years(self) -> Mapping[int, tuple[Issue, ...]]:
        """The issues of each year, newest first."""
        years: dict[int, list[Issue]] = defaultdict(list)
        for issue in self.issues:
            years[issue.date.year].append(issue)
        return {year: tuple(issues) for year, issues in years.items()}

    def by_author(self, author: Author) -> tuple[Issue, ...]:
        """The issues that somebody wrote, newest first."""
        return tuple(issue for issue in self.issues if issue.author == author.id)

    def mentions(self, entry: AnyEntry) -> tuple[Issue, ...]:
        """The issues that hold an entry, newest first."""
        return self._mentions.get(entry.id, ())

    def entries_of(self, issue: Issue) -> tuple[AnyEntry, ...]:
        """The entries of an issue in its order."""
        return tuple(self.library.entries[name] for name in issue.entries)

    def neighbours(self, item: Item) -> tuple[Item | None, Item | None]:
        """What comes before and after an issue or an entry in time: among the issues, or among its kind."""
        return self._neighbours[item.id]

    def minutes(self, issue: Issue) -> int:
        """How long an issue takes to read with all its entries, in whole minutes."""
        return self._minutes[issue.id]

    def prose(self, entry: AnyEntry) -> Prose:
        """The body of an entry as prose."""
        return self._prose[entry.id]

    @cached_property
    def _newest(self) -> tuple[AnyEntry, ...]:
        by_name = sorted(self.library.entries.values(), key=lambda entry: entry.id)
        return tuple(sorted(by_name, key=lambda entry: entry.added, reverse=True))

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[AnyEntry, ...]]:
        kinds: dict[str, list[AnyEntry]] = defaultdict(list)
        for entry in self._newest:
            kinds[entry.kind].append(entry)
        return {kind: tuple(entries) for kind, entries in kinds.items()}

    @cached_property
    def _mentions(self) -> Mapping[str, tuple[Issue, ...]]:
        mentions: dict[str, list[Issue]] = defaultdict(list)
        for issue in self.issues:
            for name in issue.entries:
                mentions[name].append(issue)
        return {name: tuple(issues) for name, issues in mentions.items()}

    @cached_property
    def _neighbours(self) -> Mapping[str, tuple[Any, Any]]:
        neighbours: dict[str, tuple[Any, Any]] = {}
        rows: list[Sequence[AnyEntry | Issue]] = [self.issues, *self._by_kind.values()]
        for row in rows:
            for older, item, newer in zip([*row[1:], None], row, [None, *row[:-1]], strict=True):
                neighbours[item.id] = (older, newer)
        return neighbours

    @cached_property
    def _prose(self) -> Mapping[str, Prose]:
        return {entry.id: render(entry.body, entry.id) for entry in self.library.entries.values()}

    @cached_property
    def _minutes(self) -> Mapping[str, int]:
        return {issue.id: reading_minutes(self._words(issue)) for issue in self.issues}

    def _words(self, issue: Issue) -> int:
        around = render(issue.greeting, issue.id).words + render(issue.closing, issue.id).words
        return around + sum(self.prose(entry).words for entry in self.entries_of(issue))
