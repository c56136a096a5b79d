"""Issues, entries and tags as lists show them."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from digest.library.models import AnyEntry, Course, Issue, Paper
from digest.publish.edition import Edition
from digest.publish.names import parse_name


@dataclass(frozen=True)
class TagView:
    name: str
    address: str
    count: int


@dataclass(frozen=True)
class EntryRef:
    kind: str
    title: str
    takeaway: str
    address: str
    date: date
    tags: tuple[TagView, ...]
    byline: str


@dataclass(frozen=True)
class IssueRef:
    number: int
    date: date
    title: str
    takeaway: str
    address: str
    minutes: int
    entries: tuple[EntryRef, ...]


def issue_ref(edition: Edition, issue: Issue) -> IssueRef:
    """An issue as lists show it."""
    entries = tuple(entry_ref(edition, entry) for entry in edition.entries_of(issue))
    minutes = edition.minutes(issue)
    return IssueRef(issue.number, issue.date, issue.title, issue.takeaway, issue.address, minutes, entries)


def entry_ref(edition: Edition, entry: AnyEntry) -> EntryRef:
    """An entry as lists show it."""
    tags = tuple(tag_view(edition, tag) for tag in dict.fromkeys(entry.tags))
    return EntryRef(entry.kind, entry.title, entry.takeaway, entry.address, entry.added, tags, byline(entry))


def tag_view(edition: Edition, tag: str) -> TagView:
    """A tag, with how many entries have it."""
    return TagView(tag, f"tags/{tag}/", len(edition.tags[tag]))


def byline(entry: AnyEntry) -> str:
    """Who stands behind an entry, in a few words: "Caron et al., ICCV 2021"."""
    if isinstance(entry, Paper):
        return f"{_short_authors(entry.authors)}, {entry.venue or entry.published.year}"
    if isinstance(entry, Course):
        return entry.provider
    return f"{entry.language}, {entry.license}"


@lru_cache(maxsize=8192)
def _short_authors(authors: tuple[str, ...]) -> str:
    families = [_family(author) for author in authors]
    if len(families) == 2:
        return f"{families[0]} and {families[1]}"
    return f"{families[0]} et al." if len(families) > 2 else families[0]


def _family(author: str) -> str:
    name = parse_name(author)
    return name.literal or f"{name.particle} {name.family}".strip()
