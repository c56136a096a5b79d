"""Issues, entries and tags as lists show them."""

from dataclasses import replace
from datetime import date

import pytest

from digest.library.models import Paper
from digest.publish.edition import Edition
from digest.publish.views.references import EntryRef, IssueRef, TagView, byline, entry_ref, issue_ref, tag_view


def paper(edition: Edition, *authors: str, venue: str | None = "ICLR 2021") -> Paper:
    dino = edition.library.entries["papers/dino"]
    assert isinstance(dino, Paper)
    return dino.model_copy(update={"authors": authors, "venue": venue})


def test_a_tag_has_its_page_and_its_count(edition: Edition) -> None:
    assert tag_view(edition, "vision") == TagView("vision", "tags/vision/", 2)


def test_an_entry_in_a_list_has_its_kind_words_place_day_tags_and_byline(edition: Edition) -> None:
    assert entry_ref(edition, edition.library.entries["projects/opyrator"]) == EntryRef(
        kind="project",
        title="Opyrator: a typed function becomes a service",
        takeaway="Write a function, get an API & a page.",
        address="projects/opyrator/",
        date=date(2021, 5, 14),
        tags=(TagView("production", "tags/production/", 2), TagView("tools", "tags/tools/", 1)),
        byline="Python, MIT",
    )


def test_a_tag_that_is_written_twice_is_shown_once(edition: Edition) -> None:
    doubled = edition.library.entries["papers/vit"].model_copy(update={"tags": ("vision", "vision")})
    assert [tag.name for tag in entry_ref(edition, doubled).tags] == ["vision"]


def test_an_issue_in_a_list_has_its_number_day_words_place_length_and_entries(edition: Edition) -> None:
    issue = edition.issues[0]
    assert issue_ref(edition, issue) == IssueRef(
        number=2,
        date=date(2021, 5, 21),
        title="Patches & words <again>",
        takeaway="A picture is worth 16x16 words.",
        address="issues/2021-05-21/",
        minutes=1,
        entries=tuple(entry_ref(edition, edition.library.entries[name]) for name in ("papers/vit", "papers/dino")),
    )


@pytest.mark.parametrize(
    ("authors", "text"),
    [
        (["Mathilde Caron"], "Caron, ICLR 2021"),
        (["Mathilde Caron", "Hugo Touvron"], "Caron and Touvron, ICLR 2021"),
        (["Mathilde Caron", "Hugo Touvron", "Ishan Misra"], "Caron et al., ICLR 2021"),
        (["Laurens van der Maaten", "Geoffrey Hinton"], "van der Maaten and Hinton, ICLR 2021"),
        (["The Qwen Team"], "The Qwen Team, ICLR 2021"),
        (["Robert Downey Jr."], "Downey, ICLR 2021"),
        (["Caron, Mathilde"], "Caron, ICLR 2021"),
    ],
)
def test_the_byline_of_a_paper_is_its_authors_in_short_and_where_it_appeared(
    edition: Edition, authors: list[str], text: str
) -> None:
    assert byline(paper(edition, *authors)) == text


def test_the_byline_of_a_paper_without_a_venue_has_its_year(edition: Edition) -> None:
    assert byline(paper(edition, "Mathilde Caron", venue=None)) == "Caron, 2021"


def test_the_byline_of_a_course_is_who_gives_it(edition: Edition) -> None:
    assert byline(edition.library.entries["courses/mlops"]) == "Coursera"


def test_the_byline_of_a_project_is_its_language_and_licence(edition: Edition) -> None:
    assert byline(edition.library.entries["projects/opyrator"]) == "Python, MIT"


def test_references_do_not_depend_on_what_else_the_edition_was_asked(edition: Edition) -> None:
    assert issue_ref(replace(edition), edition.issues[1]) == issue_ref(edition, edition.issues[1])
