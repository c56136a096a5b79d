"""Pages: every page of the site as the Markdown file that an engine makes HTML of.

A page is front matter, which the theme's head is made of, and one block of HTML, which a template made of the edition.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from digest.library.models import AnyEntry, Author, Issue, Page
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
from digest.publish.views.issues import AuthorView, author_view, issue_view
from digest.publish.views.page import KindView, PageView, YearView
from digest.publish.views.references import entry_ref, issue_ref, tag_view

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


def home(edition: Edition) -> Sheet:
    """The first page: the latest issue whole, and those before it."""
    newsletter = edition.newsletter
    page = PageView("", newsletter.name, newsletter.description, "home")
    latest = edition.issues[0] if edition.issues else None
    context = {
        "issue": issue_view(edition, latest, page) if latest else None,
        "archive": [issue_ref(edition, issue) for issue in edition.issues[1:ON_HOME]],
    }
    return Sheet(page, "pages/home.html", context, jsonld=metadata.home(edition))


def issue(edition: Edition, item: Issue) -> Sheet:
    """An issue's page."""
    page = PageView(item.address, item.title, item.takeaway, "issue")
    older, newer = edition.neighbours(item)
    return Sheet(
        page,
        "pages/issue.html",
        {"issue": issue_view(edition, item, page)},
        shown=item,
        published=item.date,
        modified=item.updated or item.date,
        jsonld=metadata.issue(edition, item),
        searchable=True,
        robots="noindex" if item.status == "draft" else "",
        previous=older,
        next=newer,
    )


def entry(edition: Edition, item: AnyEntry) -> Sheet:
    """An entry's own page."""
    page = PageView(item.address, item.title, item.takeaway, item.kind)
    older, newer = edition.neighbours(item)
    return Sheet(
        page,
        f"pages/{item.kind}.html",
        {"entry": entry_view(edition, item, page)},
        shown=item,
        published=item.added,
        modified=item.updated or item.added,
        feeds=f"{item.id.partition('/')[0]}/",
        jsonld=metadata.entry(edition, item),
        searchable=True,
        previous=older,
        next=newer,
    )


def kind(edition: Edition, name: str, folder: str) -> Sheet:
    """The list of all entries of a kind."""
    view = KindView(name, folder, folder.capitalize())
    description = f"Every {name} in {edition.newsletter.name}, newest first."
    page = PageView(f"{folder}/", view.label, description, name)
    entries = [entry_ref(edition, item) for item in edition.entries(name)]
    return _listing(edition, page, "pages/kind.html", {"kind": view, "entries": entries}, feeds=page.address)


def tags(edition: Edition) -> Sheet:
    """The list of all tags."""
    page = PageView("tags/", "Tags", f"What the entries of {edition.newsletter.name} are about.", "tags")
    return _listing(edition, page, "pages/tags.html", {"tags": [tag_view(edition, name) for name in edition.tags]})


def tag(edition: Edition, name: str) -> Sheet:
    """The list of all entries with a tag."""
    view = tag_view(edition, name)
    page = PageView(view.address, name, f"Entries about {name}, newest first.", "tag")
    entries = [entry_ref(edition, item) for item in edition.entries(tag=name)]
    return _listing(edition, page, "pages/tag.html", {"tag": view, "entries": entries}, feeds=view.address)


def archive(edition: Edition) -> Sheet:
    """The list of all issues, by year."""
    page = PageView("archive/", "Archive", f"Every issue of {edition.newsletter.name}, by year.", "archive")
    years = [_year_view(edition, number) for number in edition.years]
    return _listing(edition, page, "pages/archive.html", {"years": years})


def year(edition: Edition, number: int) -> Sheet:
    """The list of a year's issues."""
    view = _year_view(edition, number)
    page = PageView(view.address, str(number), f"The issues of {number}.", "year")
    return _listing(edition, page, "pages/year.html", {"year": view})


def authors(edition: Edition) -> Sheet:
    """The list of all authors, with their issues."""
    page = PageView("authors/", "Authors", f"Who writes {edition.newsletter.name}.", "authors")
    views = [_author_view(edition, item, page) for item in edition.library.authors.values()]
    return _listing(edition, page, "pages/authors.html", {"authors": views})


def author(edition: Edition, item: Author) -> Sheet:
    """An author's page."""
    page = PageView(item.address, item.name, item.role, "author")
    return _listing(edition, page, "pages/author.html", {"author": _author_view(edition, item, page)})


def demos(edition: Edition) -> Sheet:
    """The list of all demos, with what they measured."""
    page = PageView("demos/", "Demos", "What can be run on your own machine, and what it measured.", "demos")
    views = [demo_view(edition, demo, to_root(page.address)) for demo in edition.library.demos.values()]
    return _listing(edition, page, "pages/demos.html", {"demos": views})


def written(edition: Edition, item: Page) -> Sheet:
    """A page that was written by hand, such as the one that says who makes the newsletter."""
    page = PageView(item.address, item.title, item.takeaway, item.id)
    html = prose_markup(place(render(item.body, item.id).html, to_root(page.address)))
    context: dict[str, Any] = {"html": html}
    template = "pages/page.html"
    if item.id == "subscribe":
        template = "pages/subscribe.html"
        context["feeds"] = feed_groups(edition)
    jsonld = metadata.listing(edition, page.address, page.title, page.description)
    return Sheet(page, template, context, searchable=True, jsonld=jsonld)


def _year_view(edition: Edition, number: int) -> YearView:
    return YearView(number, f"archive/{number}/", tuple(issue_ref(edition, item) for item in edition.years[number]))


def _author_view(edition: Edition, item: Author, page: PageView) -> AuthorView:
    return author_view(item, page, tuple(issue_ref(edition, issue) for issue in edition.by_author(item)))


def _listing(edition: Edition, page: PageView, template: str, context: Mapping[str, Any], feeds: str = "") -> Sheet:
    jsonld = metadata.listing(edition, page.address, page.title, page.description)
    return Sheet(page, template, context, feeds=feeds, jsonld=jsonld)
