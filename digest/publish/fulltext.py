"""An issue or an entry whole, as HTML that needs no page around it: every address absolute, light pictures only."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from digest.library.demos import Demo
from digest.library.models import AnyEntry, Author, Course, Issue
from digest.library.prose import place, render
from digest.publish.addresses import absolute
from digest.publish.edition import Edition
from digest.publish.quantities import day
from digest.publish.views.entries import LinkView, link_views
from digest.publish.views.figures import FigureView, figure_view, line_markup, safe


@dataclass(frozen=True)
class EntryText:
    """What the template of an entry's full text sees."""

    kind: str
    title: str
    takeaway: str
    url: str
    links: tuple[LinkView, ...]
    lead: tuple[FigureView, ...]
    body: Markup
    demo: str


def entry_html(edition: Edition, entry: AnyEntry) -> str:
    """An entry as HTML: takeaway, links, figures, body, and what its demo's last run says."""
    text = _entry_text(edition, entry, absolute(edition.newsletter.address, entry))
    return edition.templates.render("feeds/entry.html", {"entry": text, "site": edition.newsletter.address})


def issue_html(edition: Edition, issue: Issue) -> str:
    """An issue as HTML: greeting, every entry whole, closing, credit, and who wrote it."""
    newsletter = edition.newsletter
    url = absolute(newsletter.address, issue)
    context = {
        "issue": issue,
        "url": url,
        "site": newsletter.address,
        "entries": [_entry_text(edition, entry, url, anchor=entry.name) for entry in edition.entries_of(issue)],
        "greeting": _placed(edition, issue.greeting, issue.id, url),
        "closing": _placed(edition, issue.closing, issue.id, url),
        "credit": line_markup(issue.credit or "", newsletter.address),
        "author": issue_author(edition, issue),
    }
    return edition.templates.render("feeds/issue.html", context)


def body_html(edition: Edition, entry: AnyEntry) -> str:
    """The body of an entry alone, with its figures."""
    return _body(edition, entry, absolute(edition.newsletter.address, entry), "", 0)


def entry_demo(edition: Edition, entry: AnyEntry) -> Demo | None:
    """The demo that runs an entry, if there is one."""
    name = None if isinstance(entry, Course) else entry.demo
    return edition.library.demos.get(name) if name else None


def demo_sentence(demo: Demo) -> str:
    """What a demo's results say of it: "Its demo passed on 24 November 2026."."""
    if not demo.last_run:
        return "Its demo has not been run yet."
    current = [results.date for results in demo.results if demo.is_current(results)]
    when = day(max(current, default=demo.last_run.date))
    if demo.status == "changed":
        return f"Its demo has changed since it was run on {when}."
    return f"Its demo {demo.status} on {when}."


def issue_author(edition: Edition, issue: Issue) -> Author | None:
    """Who wrote an issue."""
    return edition.library.authors.get(issue.author)


def _entry_text(edition: Edition, entry: AnyEntry, page: str, anchor: str = "") -> EntryText:
    prose = edition.prose(entry)
    lead = tuple(_figure(edition, entry, name) for name in entry.figures if name not in prose.figures)
    demo = entry_demo(edition, entry)
    return EntryText(
        kind=entry.kind,
        title=entry.title,
        takeaway=entry.takeaway,
        url=absolute(edition.newsletter.address, entry),
        links=link_views(entry),
        lead=lead,
        body=safe(_body(edition, entry, page, anchor, 1 if anchor else 0)),
        demo=demo_sentence(demo) if demo else "",
    )


def _body(edition: Edition, entry: AnyEntry, page: str, anchor: str, deeper: int) -> str:
    site = edition.newsletter.address

    def show(name: str) -> str:
        return edition.templates.render("feeds/figure.html", {"figure": _figure(edition, entry, name), "site": site})

    return _anchored(place(edition.prose(entry).html, site, deeper=deeper, anchor=anchor, figure=show), page)


def _figure(edition: Edition, entry: AnyEntry, name: str) -> FigureView:
    figure = entry.figures[name]
    return figure_view(figure, edition.library.figures[figure.file], edition.newsletter.address)


def _placed(edition: Edition, body: str, identifier: str, page: str) -> Markup:
    return safe(_anchored(place(render(body, identifier).html, edition.newsletter.address), page))


def _anchored(html: str, page: str) -> str:
    """The links within a page made links to that page: a feed reader has many pages in one."""
    return re.sub(r'(<a [^>]*?href=")#', rf"\g<1>{page}#", html)
