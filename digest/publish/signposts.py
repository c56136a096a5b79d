"""Signposts: what tells machines the way around the site.

Sources: sitemaps.org's protocol 0.9, the Robots Exclusion Protocol (RFC 9309), llmstxt.org, and OPML 2.0 (opml.org).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from digest.library.models import AnyEntry, Issue
from digest.publish.addresses import absolute
from digest.publish.edition import Edition
from digest.publish.feeds import KINDS, FeedGroup, feed_groups, legal, rfc822, updated


@dataclass(frozen=True)
class Stop:
    """A page in the site map, and when what it shows last changed."""

    url: str
    changed: date | None


@dataclass(frozen=True)
class Pointer:
    """A link in llms.txt: its text, where it leads, what is there."""

    text: str
    url: str
    about: str


@dataclass(frozen=True)
class Section:
    """A heading of llms.txt with the links under it."""

    title: str
    pointers: tuple[Pointer, ...]


def signposts(edition: Edition, addresses: Sequence[str]) -> dict[str, bytes]:
    """The files `sitemap.xml` (of the pages at `addresses`), `robots.txt`, `llms.txt` and `feeds.opml`."""
    site = edition.newsletter.address
    stops = [Stop(absolute(site, address), changed(edition, address)) for address in addresses]
    groups = [_absolute_group(site, group) for group in feed_groups(edition)]
    context = {
        "newsletter": edition.newsletter,
        "site": site,
        "stops": stops,
        "sections": _sections(edition),
        "groups": groups,
        "changed": rfc822(changed(edition, "") or date(edition.newsletter.settings.since, 1, 1)),
    }
    names = {"sitemap.xml": "sitemap.xml", "robots.txt": "robots.txt", "llms.txt": "llms.txt", "feeds.opml": "opml.xml"}
    return {
        address: legal(edition.templates.render(f"feeds/{name}", context)).encode() for address, name in names.items()
    }


def changed(edition: Edition, address: str) -> date | None:
    """When what the page at an address shows last changed, or None where its content does not say."""
    folder, _, rest = address.rstrip("/").partition("/")
    items: Sequence[AnyEntry | Issue] = []
    if address in KINDS:
        items = edition.entries(kind=KINDS[address])
    elif address == "tags/":
        items = edition.entries()
    elif folder == "tags":
        items = edition.entries(tag=rest)
    elif address in ("", "archive/", "authors/"):
        items = edition.issues
    elif folder == "archive":
        items = [issue for issue in edition.issues if str(issue.date.year) == rest]
    elif folder == "authors":
        items = [issue for issue in edition.issues if issue.author == rest]
    elif isinstance(written := edition.library.written.get(address.rstrip("/")), AnyEntry | Issue):
        items = [written]
    return max((updated(item) for item in items), default=None)


def _sections(edition: Edition) -> list[Section]:
    site = edition.newsletter.address
    issues = tuple(_pointer(site, issue, f"No. {issue.number}: {issue.title}") for issue in edition.issues)
    entries = [
        Section(
            place.rstrip("/").capitalize(), tuple(_pointer(site, item, item.title) for item in edition.entries(kind))
        )
        for place, kind in KINDS.items()
    ]
    feeds = tuple(
        Pointer(_one_line(group.title), f"{site}{group.json}", "JSON Feed, whole text")
        for group in feed_groups(edition)
        if not group.json.startswith("tags/")
    )
    api = Pointer("Index", f"{site}api/v1/index.json", "every issue and entry, as JSON")
    sections = [Section("Issues", issues), *entries, Section("Feeds", feeds), Section("Optional", (api,))]
    return [section for section in sections if section.pointers]


def _pointer(site: str, item: AnyEntry | Issue, text: str) -> Pointer:
    return Pointer(_one_line(text), absolute(site, f"{item.address}source.txt"), item.takeaway)


def _one_line(text: str) -> str:
    """Text that can stand between the brackets of a Markdown link."""
    return re.sub(r"([\[\]\\])", r"\\\1", text)


def _absolute_group(site: str, group: FeedGroup) -> FeedGroup:
    return FeedGroup(group.title, f"{site}{group.rss}", f"{site}{group.atom}", f"{site}{group.json}")
