"""Issues and their authors as templates see them."""

from datetime import date

import pytest

from digest.publish.edition import Edition
from digest.publish.views.figures import safe
from digest.publish.views.issues import AuthorView, IssueView, author_view, issue_view
from digest.publish.views.page import PageView
from digest.publish.views.references import issue_ref

PAGE = PageView("issues/2021-05-14/", "", "", "issue")


@pytest.fixture(scope="module")
def first(edition: Edition) -> IssueView:
    return issue_view(edition, edition.issues[1], PAGE)


def test_an_issue_has_its_number_day_words_place_and_length(first: IssueView) -> None:
    assert (first.number, first.date, first.title, first.takeaway, first.address, first.minutes) == (
        1,
        date(2021, 5, 14),
        "A network that finds the object",
        "One paper, one course, one project.",
        "issues/2021-05-14/",
        1,
    )


def test_an_issue_has_its_entries_whole_in_its_order_one_level_deeper(first: IssueView) -> None:
    assert [entry.anchor for entry in first.entries] == ["dino", "mlops", "opyrator"]
    assert all("<h3 " in entry.html and "<h2 " not in entry.html for entry in first.entries)


def test_greeting_closing_and_credit_are_markup_whose_links_start_from_the_page(first: IssueView) -> None:
    assert first.greeting == safe('<p>Hello! Begin with <a href="../../papers/dino/#why-it-matters">DINO</a>.</p>')
    assert first.closing == safe('<p>See you <a href="../../issues/2021-05-21/">next week</a>.</p>')
    assert first.credit == safe(
        'Thanks to <a href="https://example.org/nabil">Nabil</a>, and to <a href="../../about/">us</a>.'
    )


def test_an_issue_without_closing_or_credit_has_empty_ones(edition: Edition) -> None:
    second = issue_view(edition, edition.issues[0], PAGE)
    assert (second.closing, second.credit) == ("", "")
    assert second.greeting == "<p>Back again.</p>"


def test_an_issue_has_its_author(edition: Edition, first: IssueView) -> None:
    assert first.author == author_view(edition.library.authors["philips"], PAGE)


def test_an_issue_knows_when_it_was_updated_and_whether_it_is_published(edition: Edition, first: IssueView) -> None:
    second = issue_view(edition, edition.issues[0], PAGE)
    assert (first.updated, first.status) == (date(2021, 6, 1), "published")
    assert second.updated is None


def test_an_issue_has_the_issues_before_and_after_it(edition: Edition, first: IssueView) -> None:
    second = issue_view(edition, edition.issues[0], PAGE)
    assert (first.previous, first.next) == (None, issue_ref(edition, edition.issues[0]))
    assert (second.previous, second.next) == (issue_ref(edition, edition.issues[1]), None)


def test_an_issue_has_its_citation_and_its_source(first: IssueView) -> None:
    assert first.cite.bib == "issues/2021-05-14/cite.bib"
    assert first.source == "issues/2021-05-14/source.txt"


def test_an_author_has_a_name_a_role_words_and_places(edition: Edition) -> None:
    refs = (issue_ref(edition, edition.issues[1]),)
    assert author_view(edition.library.authors["philips"], PAGE, refs) == AuthorView(
        name="Philips Kokoh Prasetyo",
        role="Research engineer",
        about=safe("Writes <strong>this</strong>."),
        url="https://example.org/philips",
        address="authors/philips/",
        issues=refs,
    )


def test_an_author_s_links_start_from_the_page(edition: Edition) -> None:
    author = edition.library.authors["guest"].model_copy(update={"about": "See [about](about.md)."})
    assert author_view(author, PAGE).about == 'See <a href="../../about/">about</a>.'


def test_an_author_may_have_no_page_of_their_own(edition: Edition) -> None:
    assert author_view(edition.library.authors["guest"], PAGE).url == ""
    assert author_view(edition.library.authors["guest"], PAGE).issues == ()
