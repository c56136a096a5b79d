"""Feeds: the issues whole, and the entries of each kind and tag, as RSS, Atom and JSON.

Sources: RSS 2.0 (https://www.rssboard.org/rss-specification) with its content module, Atom (RFC 4287), JSON Feed 1.1
(https://www.jsonfeed.org/version/1.1/), and `tag:` ids (RFC 4151), which stay when an address moves.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime

from pydantic import BaseModel, ConfigDict

from digest.library.models import AnyEntry, Issue
from digest.publish.addresses import absolute
from digest.publish.cards import card_address
from digest.publish.edition import Edition
from digest.publish.fulltext import entry_html, issue_author, issue_html
from digest.publish.views.figures import license_name

LENGTH = 20
KINDS = {"papers/": "paper", "courses/": "course", "projects/": "project"}
ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (section 2.2) has no place for, not even escaped."""


@dataclass(frozen=True)
class FeedLink:
    """A feed as a page's head names it: title, media type, address."""

    title: str
    type: str
    address: str


@dataclass(frozen=True)
class FeedGroup:
    """The same feed in its three formats: the title, and the address of each."""

    title: str
    rss: str
    atom: str
    json: str


@dataclass(frozen=True)
class FeedItem:
    """One issue or entry of a feed. `html` is all of it, `image` the address of its card."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    author: str
    tags: tuple[str, ...]
    published: date
    updated: date
    image: str


@dataclass(frozen=True)
class Feed:
    """A feed before it takes a format. `page` is the page it follows; `rss`, `atom` and `json` are where it stands."""

    id: str
    title: str
    description: str
    page: str
    rss: str
    atom: str
    json: str
    author: str
    language: str
    rights: str
    updated: date
    items: tuple[FeedItem, ...]


class JsonAuthor(BaseModel):
    """An author, as JSON Feed writes one."""

    name: str


class JsonItem(BaseModel):
    """An item of JSON Feed 1.1."""

    id: str
    url: str
    title: str
    summary: str
    content_html: str
    image: str
    date_published: str
    date_modified: str
    authors: tuple[JsonAuthor, ...]
    tags: tuple[str, ...]
    language: str


class JsonFeed(BaseModel):
    """JSON Feed 1.1."""

    model_config = ConfigDict(frozen=True)

    version: str = "https://jsonfeed.org/version/1.1"
    title: str
    home_page_url: str
    feed_url: str
    description: str
    language: str
    authors: tuple[JsonAuthor, ...]
    items: tuple[JsonItem, ...]


def feeds(edition: Edition, place: str) -> dict[str, bytes]:
    """The feeds of the page at the address `place`, by their own: `feed.xml`, `atom.xml` and `feed.json`."""
    feed = _feed(edition, place)
    context = {"feed": feed, "rfc822": rfc822, "rfc3339": rfc3339}
    return {
        f"{place}feed.xml": legal(edition.templates.render("feeds/rss.xml", context)).encode(),
        f"{place}atom.xml": legal(edition.templates.render("feeds/atom.xml", context)).encode(),
        f"{place}feed.json": _json(feed).encode(),
    }


def feed_places(edition: Edition) -> tuple[str, ...]:
    """The address of each page that has feeds: home, the kinds, the tags."""
    return ("", *KINDS, *(f"tags/{tag}/" for tag in edition.tags))


def feed_links(edition: Edition, place: str = "") -> tuple[FeedLink, ...]:
    """The feeds of the page at the address `place` (``, `papers/`, `tags/vision/`), for a browser or reader to find."""
    title = _title(edition, place)
    return (
        FeedLink(f"{title} (RSS)", "application/rss+xml", f"{place}feed.xml"),
        FeedLink(f"{title} (Atom)", "application/atom+xml", f"{place}atom.xml"),
        FeedLink(f"{title} (JSON)", "application/feed+json", f"{place}feed.json"),
    )


def feed_groups(edition: Edition) -> tuple[FeedGroup, ...]:
    """Every feed with the addresses of its three formats, for the page on subscribing."""
    return tuple(
        FeedGroup(_title(edition, place), f"{place}feed.xml", f"{place}atom.xml", f"{place}feed.json")
        for place in feed_places(edition)
    )


def tag_uri(edition: Edition, identifier: str) -> str:
    """The id of an issue, an entry or a feed in feeds (RFC 4151): it does not change when the page moves."""
    return f"tag:{edition.newsletter.host},{edition.newsletter.settings.since}:{identifier}"


def rfc822(day: date) -> str:
    """Midnight (UTC) of a day, as RSS writes it: "Fri, 14 May 2021 00:00:00 +0000"."""
    return format_datetime(datetime.combine(day, time(), UTC))


def rfc3339(day: date) -> str:
    """Midnight (UTC) of a day, as Atom and JSON Feed write it: "2021-05-14T00:00:00Z"."""
    return f"{day.isoformat()}T00:00:00Z"


def legal(text: str) -> str:
    """The text without the characters that XML 1.0 does not allow."""
    return ILLEGAL.sub("", text)


def published(item: Issue | AnyEntry) -> date:
    """The day an issue came out, or an entry was added."""
    return item.date if isinstance(item, Issue) else item.added


def updated(item: Issue | AnyEntry) -> date:
    """The day an issue or entry was last changed in earnest."""
    return item.updated or published(item)


def _feed(edition: Edition, place: str) -> Feed:
    newsletter = edition.newsletter
    items = tuple(_feed_item(edition, item) for item in contents(edition, place)[:LENGTH])
    return Feed(
        id=tag_uri(edition, place.rstrip("/") or "issues"),
        title=_title(edition, place),
        description=newsletter.description,
        page=absolute(newsletter.address, place),
        rss=absolute(newsletter.address, f"{place}feed.xml"),
        atom=absolute(newsletter.address, f"{place}atom.xml"),
        json=absolute(newsletter.address, f"{place}feed.json"),
        author=newsletter.name,
        language=newsletter.language,
        rights=license_name(newsletter.settings.license),
        updated=max((item.updated for item in items), default=date(newsletter.settings.since, 1, 1)),
        items=items,
    )


def contents(edition: Edition, place: str) -> Sequence[Issue | AnyEntry]:
    """The issues or entries that belong to the page at the address `place`, newest first."""
    if not place:
        return edition.issues
    if place in KINDS:
        return edition.entries(kind=KINDS[place])
    return edition.entries(tag=_tag(place))


def _title(edition: Edition, place: str) -> str:
    name = edition.newsletter.name
    if not place:
        return name
    return f"{name}: {place.rstrip('/') if place in KINDS else _tag(place)}"


def _tag(place: str) -> str:
    return place.removeprefix("tags/").rstrip("/")


def _feed_item(edition: Edition, item: Issue | AnyEntry) -> FeedItem:
    site = edition.newsletter.address
    html = issue_html(edition, item) if isinstance(item, Issue) else entry_html(edition, item)
    return FeedItem(
        id=tag_uri(edition, _first_id(item)),
        url=absolute(site, item),
        title=legal(f"No. {item.number}: {item.title}" if isinstance(item, Issue) else item.title),
        summary=legal(item.takeaway),
        html=legal(html),
        author=_author(edition, item),
        tags=tuple(dict.fromkeys(_tags(edition, item))),
        published=published(item),
        updated=updated(item),
        image=absolute(site, card_address(item)),
    )


def _first_id(item: Issue | AnyEntry) -> str:
    """The id an item had first: a reader who has read it does not get it again because it was renamed."""
    return item.redirect_from[0] if item.redirect_from else item.id


def _tags(edition: Edition, item: Issue | AnyEntry) -> Iterator[str]:
    for entry in edition.entries_of(item) if isinstance(item, Issue) else [item]:
        yield from entry.tags


def _author(edition: Edition, item: Issue | AnyEntry) -> str:
    """Who wrote an issue, or the issue that an entry first stood in; the newsletter where no one is named."""
    issue = item if isinstance(item, Issue) else next(iter(edition.mentions(item)[::-1]), None)
    author = issue_author(edition, issue) if issue else None
    return author.name if author else edition.newsletter.name


def _json(feed: Feed) -> str:
    items = tuple(
        JsonItem(
            id=item.id,
            url=item.url,
            title=item.title,
            summary=item.summary,
            content_html=item.html,
            image=item.image,
            date_published=rfc3339(item.published),
            date_modified=rfc3339(item.updated),
            authors=(JsonAuthor(name=item.author),),
            tags=item.tags,
            language=feed.language,
        )
        for item in feed.items
    )
    whole = JsonFeed(
        title=feed.title,
        home_page_url=feed.page,
        feed_url=feed.json,
        description=feed.description,
        language=feed.language,
        authors=(JsonAuthor(name=feed.author),),
        items=items,
    )
    return whole.model_dump_json(indent=2) + "\n"
