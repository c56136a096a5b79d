"""Pages: every page of the site as the Markdown file that an engine makes HTML of.

A page is front matter, which the theme's head is made of, and one block of HTML, which a template made of the edition.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from digest.library.models import ENTRY_FOLDERS, AnyEntry, Issue, Page
from digest.library.problems import Problem
from digest.library.prose import place, render
from digest.library.reading import Library
from digest.publish import metadata
from digest.publish.addresses import INDEXES, absolute, relative, to_root
from digest.publish.cards import card_address, card_alt
from digest.publish.edition import Edition
from digest.publish.feeds import feed_groups, feed_links
from digest.publish.views.demos import demo_view
from digest.publish.views.entries import entry_view
from digest.publish.views.figures import license_name, license_url, prose_markup
from digest.publish.views.issues import author_view, issue_view
from digest.publish.views.page import KindView, PageView, YearView
from digest.publish.views.references import entry_ref, issue_ref, tag_view

KINDS = tuple(KindView(model.kind, folder, folder.capitalize()) for folder, model in ENTRY_FOLDERS.items())
ON_HOME = 30
"""How many issues the home page shows; the archive has them all."""
UNPRINTABLE = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON takes as it is and YAML 1.1 (section 5.1) does not, or takes for the end of a line."""
CODE = re.compile(r"(<pre\b[^>]*>)(.*?)(?=</pre>)", re.DOTALL)
FENCE = re.compile(r"^([> \t]*)([`~])(?=\2\2)", re.MULTILINE)
"""What begins a code block in Markdown, for an engine even inside an HTML block."""


@dataclass(frozen=True)
class Sheet:
    """A page before it is written: what it is, the template that makes it, and what the template sees."""

    page: PageView
    template: str
    context: Mapping[str, Any]
    shown: Issue | AnyEntry | None = None
    published: date | None = None
    modified: date | None = None
    feeds: str = ""
    jsonld: str = ""
    searchable: bool = False
    robots: str = ""
    previous: Issue | AnyEntry | None = None
    next: Issue | AnyEntry | None = None


def sheets(edition: Edition) -> Iterator[Sheet]:
    """Every page of the site, before it is written."""
    yield _home(edition)
    for issue in edition.issues:
        yield _issue(edition, issue)
    for entry in edition.entries():
        yield _entry(edition, entry)
    yield from _kinds(edition)
    yield from _tags(edition)
    yield from _archive(edition)
    yield from _authors(edition)
    yield _demos(edition)
    for written in edition.library.pages.values():
        yield _written(edition, written)


def write(edition: Edition, sheet: Sheet) -> bytes:
    """A page's Markdown file: its front matter, and the HTML its template makes."""
    front = {"title": sheet.page.title, "description": sheet.page.description, "digest": _head(edition, sheet)}
    if not sheet.searchable:
        front["search"] = {"exclude": True}
    lines = [f"{key}: {yaml_text(value)}" for key, value in front.items()]
    context = {"newsletter": edition.newsletter, "page": sheet.page, **sheet.context}
    html = html_block(edition.templates.render(sheet.template, context))
    return "\n".join(["---", *lines, "---", "", html, ""]).encode()


def yaml_text(value: object) -> str:
    """A value as JSON on one line that a YAML reader takes for the same value."""
    text = json.dumps(value, ensure_ascii=False)
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def html_block(html: str) -> str:
    """HTML that Markdown hands on as it is: no tab in code becomes spaces, and no line begins a code block."""
    html = CODE.sub(lambda match: match[1] + match[2].replace("\t", "&#9;"), html.strip())
    return FENCE.sub(lambda match: f"{match[1]}&#{ord(match[2])};", html)


def taken_addresses(library: Library) -> list[Problem]:
    """The pages of a library that stand where one of the lists does that every newsletter has."""
    mend = "rename the file"
    return [
        Problem(page.path, 1, 1, f"'{page.address}' is the address of a list that is made", mend)
        for page in library.pages.values()
        if page.address in INDEXES
    ]


def _head(edition: Edition, sheet: Sheet) -> dict[str, Any]:
    """What the theme's head says of a page beside its title and description."""
    address, site = sheet.page.address, edition.newsletter.address
    words = edition.newsletter.settings.license
    return {
        "kind": sheet.page.kind,
        "canonical": absolute(site, address),
        "card": absolute(site, card_address(sheet.shown)),
        "card_alt": card_alt(edition, sheet.shown),
        "published": sheet.published.isoformat() if sheet.published else "",
        "modified": sheet.modified.isoformat() if sheet.modified else "",
        "weekday": sheet.published.isoweekday() if sheet.published else 0,
        "license": {"name": license_name(words), "url": license_url(words)},
        "robots": sheet.robots,
        "previous": relative(address, sheet.previous) if sheet.previous else "",
        "next": relative(address, sheet.next) if sheet.next else "",
        "jsonld": sheet.jsonld,
        "feeds": [
            {"title": link.title, "type": link.type, "href": relative(address, link.address)}
            for link in feed_links(edition, sheet.feeds)
        ],
    }


def _home(edition: Edition) -> Sheet:
    newsletter = edition.newsletter
    page = PageView("", newsletter.name, newsletter.description, "home")
    latest = edition.issues[0] if edition.issues else None
    context = {
        "issue": issue_view(edition, latest, page) if latest else None,
        "archive": [issue_ref(edition, issue) for issue in edition.issues[1:ON_HOME]],
    }
    return Sheet(page, "pages/home.html", context, jsonld=metadata.home(edition))


def _issue(edition: Edition, issue: Issue) -> Sheet:
    page = PageView(issue.address, issue.title, issue.takeaway, "issue")
    older, newer = edition.neighbours(issue)
    return Sheet(
        page,
        "pages/issue.html",
        {"issue": issue_view(edition, issue, page)},
        shown=issue,
        published=issue.date,
        modified=issue.updated or issue.date,
        jsonld=metadata.issue(edition, issue),
        searchable=True,
        robots="noindex" if issue.status == "draft" else "",
        previous=older,
        next=newer,
    )


def _entry(edition: Edition, entry: AnyEntry) -> Sheet:
    page = PageView(entry.address, entry.title, entry.takeaway, entry.kind)
    older, newer = edition.neighbours(entry)
    return Sheet(
        page,
        f"pages/{entry.kind}.html",
        {"entry": entry_view(edition, entry, page)},
        shown=entry,
        published=entry.added,
        modified=entry.updated or entry.added,
        feeds=f"{entry.id.partition('/')[0]}/",
        jsonld=metadata.entry(edition, entry),
        searchable=True,
        previous=older,
        next=newer,
    )


def _kinds(edition: Edition) -> Iterator[Sheet]:
    for kind in KINDS:
        description = f"Every {kind.name} in {edition.newsletter.name}, newest first."
        page = PageView(f"{kind.plural}/", kind.label, description, kind.name)
        entries = [entry_ref(edition, entry) for entry in edition.entries(kind.name)]
        yield _listing(edition, page, "pages/kind.html", {"kind": kind, "entries": entries}, feeds=page.address)


def _tags(edition: Edition) -> Iterator[Sheet]:
    tags = [tag_view(edition, tag) for tag in edition.tags]
    page = PageView("tags/", "Tags", f"What the entries of {edition.newsletter.name} are about.", "tags")
    yield _listing(edition, page, "pages/tags.html", {"tags": tags})
    for tag in tags:
        page = PageView(tag.address, tag.name, f"Entries about {tag.name}, newest first.", "tag")
        entries = [entry_ref(edition, entry) for entry in edition.entries(tag=tag.name)]
        yield _listing(edition, page, "pages/tag.html", {"tag": tag, "entries": entries}, feeds=tag.address)


def _archive(edition: Edition) -> Iterator[Sheet]:
    years = [
        YearView(year, f"archive/{year}/", tuple(issue_ref(edition, issue) for issue in issues))
        for year, issues in groupby(edition.issues, key=lambda issue: issue.date.year)
    ]
    page = PageView("archive/", "Archive", f"Every issue of {edition.newsletter.name}, by year.", "archive")
    yield _listing(edition, page, "pages/archive.html", {"years": years})
    for year in years:
        page = PageView(year.address, str(year.year), f"The issues of {year.year}.", "year")
        yield _listing(edition, page, "pages/year.html", {"year": year})


def _authors(edition: Edition) -> Iterator[Sheet]:
    page = PageView("authors/", "Authors", f"Who writes {edition.newsletter.name}.", "authors")
    authors = [
        (author, tuple(issue_ref(edition, issue) for issue in edition.issues if issue.author == author.id))
        for author in edition.library.authors.values()
    ]
    views = [author_view(author, page, issues) for author, issues in authors]
    yield _listing(edition, page, "pages/authors.html", {"authors": views})
    for author, issues in authors:
        page = PageView(author.address, author.name, author.role, "author")
        yield _listing(edition, page, "pages/author.html", {"author": author_view(author, page, issues)})


def _demos(edition: Edition) -> Sheet:
    page = PageView("demos/", "Demos", "What can be run on your own machine, and what it measured.", "demos")
    demos = [demo_view(edition, demo, to_root(page.address)) for demo in edition.library.demos.values()]
    return _listing(edition, page, "pages/demos.html", {"demos": demos})


def _written(edition: Edition, written: Page) -> Sheet:
    page = PageView(written.address, written.title, written.takeaway, written.id)
    html = prose_markup(place(render(written.body, written.id).html, to_root(page.address)))
    context: dict[str, Any] = {"html": html}
    template = "pages/page.html"
    if written.id == "subscribe":
        template = "pages/subscribe.html"
        context["feeds"] = feed_groups(edition)
    jsonld = metadata.listing(edition, page.address, page.title, page.description)
    return Sheet(page, template, context, searchable=True, jsonld=jsonld)


def _listing(edition: Edition, page: PageView, template: str, context: Mapping[str, Any], feeds: str = "") -> Sheet:
    jsonld = metadata.listing(edition, page.address, page.title, page.description)
    return Sheet(page, template, context, feeds=feeds, jsonld=jsonld)
