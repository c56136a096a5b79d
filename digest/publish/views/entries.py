"""Entries as templates see them: in lists, whole on their own page, and whole in an issue."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from markupsafe import Markup

from digest.library.models import LINK_LABELS, AnyEntry, Course, Issue, Link, Paper, Project
from digest.library.prose import place
from digest.publish.addresses import to_root
from digest.publish.citation import bibtex
from digest.publish.edition import Edition
from digest.publish.quantities import day
from digest.publish.views.demos import DemoView, demo_view
from digest.publish.views.figures import FigureView, figure_view, prose_markup
from digest.publish.views.page import PageView
from digest.publish.views.references import EntryRef, IssueRef, entry_ref, issue_ref

LINK_NAMES = {
    "paper": "Paper",
    "course": "Course",
    "github": "Code",
    "website": "Website",
    "docs": "Documentation",
    "blog": "Blog post",
    "video": "Video",
    "demo": "Playground",
}


@dataclass(frozen=True)
class LinkView:
    label: str
    text: str
    url: str
    host: str
    note: str


@dataclass(frozen=True)
class FactView:
    label: str
    value: str


@dataclass(frozen=True)
class CiteView:
    bibtex: str
    bib: str
    csl: str


@dataclass(frozen=True)
class EntryView(EntryRef):
    links: tuple[LinkView, ...]
    facts: tuple[FactView, ...]
    lead: tuple[FigureView, ...]
    html: Markup
    minutes: int
    updated: date | None
    mentions: tuple[IssueRef, ...]
    previous: EntryRef | None
    next: EntryRef | None
    demo: DemoView | None
    cite: CiteView
    source: str
    anchor: str


def entry_view(edition: Edition, entry: AnyEntry, page: PageView, *, in_issue: bool = False) -> EntryView:
    """An entry as `page` shows it: on its own, or one level deeper among the entries of an issue."""
    older, newer = edition.neighbours(entry)
    prose = edition.prose(entry)
    base = to_root(page.address)
    figures = {
        name: figure_view(figure, edition.library.figures[figure.file], base) for name, figure in entry.figures.items()
    }

    def show(name: str) -> str:
        return edition.templates.render("pages/figure.html", {"figure": figures[name], "page": page})

    html = place(
        prose.html,
        base,
        deeper=1 if in_issue else 0,
        anchor=entry.name if in_issue else "",
        figure=show,
    )
    demo = edition.library.demos.get(entry.demo or "") if isinstance(entry, Paper | Project) else None
    ref = entry_ref(edition, entry)
    return EntryView(
        kind=ref.kind,
        title=ref.title,
        takeaway=ref.takeaway,
        address=ref.address,
        date=ref.date,
        tags=ref.tags,
        byline=ref.byline,
        links=link_views(entry),
        facts=_facts(entry),
        lead=tuple(figure for name, figure in figures.items() if name not in prose.figures),
        html=prose_markup(html),
        minutes=prose.minutes,
        updated=entry.updated,
        mentions=tuple(issue_ref(edition, issue) for issue in edition.mentions(entry)),
        previous=entry_ref(edition, older) if older else None,
        next=entry_ref(edition, newer) if newer else None,
        demo=demo_view(edition, demo, base) if demo else None,
        cite=cite_view(edition, entry),
        source=f"{entry.address}source.txt",
        anchor=entry.name,
    )


def cite_view(edition: Edition, item: AnyEntry | Issue) -> CiteView:
    """How an issue or an entry is cited."""
    author = edition.library.authors.get(item.author) if isinstance(item, Issue) else None
    text = bibtex(item, edition.newsletter, author)
    return CiteView(text, f"{item.address}cite.bib", f"{item.address}cite.json")


def link_views(entry: AnyEntry) -> tuple[LinkView, ...]:
    """The links of an entry in the order in which pages show them, each with its host."""
    links: dict[str, Link] = dict(entry.links.items())
    return tuple(_link_view(label, links[label]) for label in LINK_LABELS if label in links)


def _link_view(label: str, link: Link) -> LinkView:
    host = (urlsplit(link.url).hostname or "").removeprefix("www.")
    return LinkView(label, LINK_NAMES[label], link.url, host, link.note or "")


def _facts(entry: AnyEntry) -> tuple[FactView, ...]:
    facts: list[tuple[str, str | None]]
    if isinstance(entry, Paper):
        facts = [
            ("Authors", ", ".join(entry.authors)),
            ("Venue", entry.venue),
            ("Published", day(entry.published)),
            ("arXiv", entry.arxiv),
            ("DOI", entry.doi),
        ]
    elif isinstance(entry, Course):
        facts = [
            ("Provider", entry.provider),
            ("Instructors", ", ".join(entry.instructors)),
            ("Level", entry.level),
            ("Duration", entry.duration),
            ("Price", entry.price),
        ]
    else:
        facts = [("Language", entry.language), ("Licence", entry.license)]
    return tuple(FactView(label, value) for label, value in facts if value)
