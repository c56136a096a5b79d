"""Issues and their authors as templates see them."""

import datetime
from dataclasses import dataclass

from markupsafe import Markup

from digest.library.models import Author, Issue
from digest.library.prose import place, render
from digest.publish.addresses import to_root
from digest.publish.edition import Edition
from digest.publish.views.entries import CiteView, EntryView, cite_view, entry_view
from digest.publish.views.figures import line_markup, prose_markup
from digest.publish.views.page import PageView
from digest.publish.views.references import IssueRef, issue_ref


@dataclass(frozen=True)
class AuthorView:
    name: str
    role: str
    about: Markup
    url: str
    address: str
    issues: tuple[IssueRef, ...]


@dataclass(frozen=True)
class IssueView:
    number: int
    date: datetime.date
    title: str
    takeaway: str
    address: str
    minutes: int
    entries: tuple[EntryView, ...]
    greeting: Markup
    closing: Markup
    author: AuthorView
    credit: Markup
    updated: datetime.date | None
    status: str
    previous: IssueRef | None
    next: IssueRef | None
    cite: CiteView
    source: str


def issue_view(edition: Edition, issue: Issue, page: PageView) -> IssueView:
    """An issue as `page` shows it, with its entries whole."""
    older, newer = edition.neighbours(issue)
    base = to_root(page.address)
    return IssueView(
        number=issue.number,
        date=issue.date,
        title=issue.title,
        takeaway=issue.takeaway,
        address=issue.address,
        minutes=edition.minutes(issue),
        entries=tuple(entry_view(edition, entry, page, in_issue=True) for entry in edition.entries_of(issue)),
        greeting=prose_markup(place(render(issue.greeting, issue.id).html, base)),
        closing=prose_markup(place(render(issue.closing, issue.id).html, base)),
        author=author_view(edition.library.authors[issue.author], page),
        credit=line_markup(issue.credit or "", base),
        updated=issue.updated,
        status=issue.status,
        previous=issue_ref(edition, older) if older else None,
        next=issue_ref(edition, newer) if newer else None,
        cite=cite_view(edition, issue),
        source=f"{issue.address}source.txt",
    )


def author_view(author: Author, page: PageView, issues: tuple[IssueRef, ...] = ()) -> AuthorView:
    """An author, with those of their issues that the page lists."""
    about = line_markup(author.about, to_root(page.address))
    return AuthorView(author.name, author.role, about, author.url or "", author.address, issues)
