"""The content model: what the front matter of an entry, an issue, an author or a page may say."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from digest.library.models import (
    ENTRY_FOLDERS,
    LINK_LABELS,
    ArxivIdentifier,
    Author,
    Course,
    Day,
    Figure,
    FigureName,
    Identifier,
    Issue,
    License,
    Link,
    Page,
    Paper,
    Project,
    Sentence,
    Slug,
)

FILE = {"id": "papers/dino", "path": "site/papers/dino.md", "body": "B", "body_line": 9, "title": "T", "takeaway": "W."}
ENTRY = {**FILE, "links": {"paper": "https://a.org/"}, "tags": ["vision"], "added": "2021-05-14"}
PAPER = {**ENTRY, "authors": ["Ada"], "published": "2021-04-29"}
ISSUE = {
    **FILE,
    "id": "issues/2021-05-14",
    "body": "Hello.\n<!-- closing -->\nBye.",
    "number": "1",
    "date": "2021-05-14",
    "author": "editors",
    "entries": ["papers/dino"],
}
FIGURE = {"file": "a.svg", "alt": "A.", "caption": "C.", "credit": "Us", "source": "own", "license": "CC-BY-4.0"}


def complaint(kind: object, value: object) -> str:
    """What a value is refused with."""
    with pytest.raises(ValidationError) as error:
        TypeAdapter(kind).validate_python(value)
    return error.value.errors()[0]["msg"].removeprefix("Value error, ")


def accepted(kind: object, value: object) -> object:
    """What a value becomes."""
    return TypeAdapter(kind).validate_python(value)


def test_a_sentence_is_one_line_without_spare_spaces():
    assert accepted(Sentence, "  one\n two\t three ") == "one two three"


@pytest.mark.parametrize("text", ["", " \n", "\u200b", " \u00ad \u2060"])
def test_a_sentence_is_not_empty(text: str):
    assert complaint(Sentence, text) == "the text is empty; write one sentence"


@pytest.mark.parametrize("slug", ["a", "a1-b2", "2021"])
def test_a_slug_is_lower_case_words_joined_by_hyphens(slug: str):
    assert accepted(Slug, slug) == slug


@pytest.mark.parametrize("text", ["", "A", "a b", "a_b", "-a", "a-", "a--b", "a/b", "é", "a\n", "١"])
def test_anything_else_is_no_slug(text: str):
    assert complaint(Slug, text) == f"'{text}' is not a slug; use lower-case words joined by hyphens"


def test_an_id_is_slugs_joined_by_slashes():
    assert accepted(Identifier, "papers/dino-2") == "papers/dino-2"
    assert accepted(Identifier, "about") == "about"


@pytest.mark.parametrize("text", ["papers/", "/papers", "papers//a", "papers/A", "papers/a.md", "../a"])
def test_anything_else_is_no_id(text: str):
    assert complaint(Identifier, text) == f"'{text}' is not an id; write it as papers/dino"


@pytest.mark.parametrize(
    "text", ["MIT", "CC-BY-4.0", "GPL-2.0+", "Apache-2.0 OR MIT", "GPL-2.0-only WITH Classpath-2.0"]
)
def test_a_licence_is_its_spdx_id(text: str):
    assert accepted(License, text) == text


@pytest.mark.parametrize("text", ["", "the MIT licence", "MIT or BSD", "(MIT)", "MIT OR "])
def test_anything_else_is_no_licence(text: str):
    assert complaint(License, text) == f"'{text}' is not a licence id; write its SPDX id, such as CC-BY-4.0 or MIT"


@pytest.mark.parametrize("text", ["2104.14294", "0704.0001", "2104.10930", "cs/0112017", "math.GT/0309136"])
def test_an_arxiv_id_has_no_version(text: str):
    assert accepted(ArxivIdentifier, text) == text


@pytest.mark.parametrize(
    "text", ["2104.14294v2", "arXiv:2104.14294", "2113.14294", "2100.14294", "2104.142", "٢١04.14294", "٢١٠٤.14294"]
)
def test_anything_else_is_no_arxiv_id(text: str):
    assert complaint(ArxivIdentifier, text) == (
        f"'{text}' is not an arXiv id; write it as 2104.14294, without a version"
    )


def test_a_doi_begins_with_its_prefix():
    assert Paper.model_validate({**PAPER, "doi": "10.48550/arXiv.2104.14294"}).doi == "10.48550/arXiv.2104.14294"
    assert complaint(Paper, {**PAPER, "doi": "https://doi.org/10.1/x"}) == (
        "'https://doi.org/10.1/x' is not a DOI; write it as 10.48550/arXiv.2104.14294"
    )


@pytest.mark.parametrize("name", ["a.svg", "A_b-1.png", "1.jpg", "a.jpeg", "a.webp", "a.avif"])
def test_a_figure_is_in_a_file_that_any_computer_can_name(name: str):
    assert accepted(FigureName, name) == name


@pytest.mark.parametrize("name", ["a.gif", "a.SVG", "a b.svg", "../a.svg", "-a.svg", "é.svg", "a.b.svg", ".svg"])
def test_anything_else_is_no_file_of_a_figure(name: str):
    assert complaint(FigureName, name) == f"'{name}' is not a figure's file; name a .svg, .png, .jpg, .webp or .avif"


@given(st.dates())
def test_a_day_is_written_as_iso_8601(day: date):
    assert accepted(Day, day.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2021-5-14", "'2021-5-14' is not a date; write it as 2021-05-14"),
        ("2021/05/4", "'2021/05/4' is not a date; write it as 2021-05-04"),
        ("2021.12.24", "'2021.12.24' is not a date; write it as 2021-12-24"),
        ("14 May 2021", "'14 May 2021' is not a date; write it as 2021-05-14"),
        ("14-05-2021", "'14-05-2021' is not a date; write it as 2021-05-14"),
        ("2021-05-14T09:00", "'2021-05-14T09:00' is not a date; write it as 2021-05-14"),
        ("20210514", "'20210514' is not a date; write it as 2021-05-14"),
        ("٢٠٢١-05-14", "'٢٠٢١-05-14' is not a date; write it as 2021-05-14"),
        ("2021-02-30", "'2021-02-30' is no day of the calendar; write another date"),
        ("2021-13-01", "'2021-13-01' is no day of the calendar; write another date"),
        ("0000-01-01", "'0000-01-01' is no day of the calendar; write another date"),
    ],
)
def test_another_date_is_told_how_to_be_written(text: str, said: str):
    assert complaint(Day, text) == said


def test_a_day_that_is_one_already_stays():
    assert accepted(Day, date(2021, 5, 14)) == date(2021, 5, 14)


@pytest.mark.parametrize("number", ["1", "520", "999999"])
def test_issues_are_counted_from_1(number: str):
    assert Issue.model_validate({**ISSUE, "number": number}).number == int(number)


@pytest.mark.parametrize("number", ["0", "-1", "1.0", "01", "1_0", "x", "", "9" * 5000, "١"])
def test_anything_else_is_no_number_of_an_issue(number: str):
    assert complaint(Issue, {**ISSUE, "number": number}) == (
        f"'{number}' is not the number of an issue; count them from 1"
    )


def test_a_number_that_is_one_already_is_held_to_the_same():
    assert Issue.model_validate({**ISSUE, "number": 2}).number == 2
    assert complaint(Issue, {**ISSUE, "number": 0}) == "Input should be greater than or equal to 1"


def test_a_link_may_be_written_as_its_address_alone():
    assert Link.model_validate("https://a.org/") == Link(url="https://a.org/", note=None)
    assert Link.model_validate({"url": "https://a.org/", "note": "as of 2021"}).note == "as of 2021"


def test_a_link_is_held_to_what_may_stand_on_a_page():
    assert complaint(Link, "http://a.org/") == "'http://a.org/' is not an https address; write https://host/path"


def test_a_figure_is_our_own_or_has_the_address_it_comes_from():
    assert Figure.model_validate(FIGURE).source == "own"
    assert Figure.model_validate({**FIGURE, "source": "https://a.org/"}).source == "https://a.org/"
    assert complaint(Figure, {**FIGURE, "source": "Own"}) == (
        "'Own' is not an https address; write https://host/path, or `own` for a picture of your own"
    )


@pytest.mark.parametrize("field", ["file", "alt", "caption", "credit", "source", "license"])
def test_a_figure_has_all_that_a_page_must_say_of_it(field: str):
    assert complaint(Figure, {key: value for key, value in FIGURE.items() if key != field}) == "Field required"


def test_a_figure_may_have_a_second_file_for_the_dark_theme():
    assert Figure.model_validate(FIGURE).dark is None
    assert Figure.model_validate({**FIGURE, "dark": "a-dark.svg"}).dark == "a-dark.svg"


def test_everything_written_knows_its_address_and_kind():
    paper = Paper.model_validate(PAPER)
    assert (paper.address, paper.name, paper.kind) == ("papers/dino/", "dino", "paper")
    page = Page.model_validate({**FILE, "id": "about"})
    assert (page.address, page.kind, page.parts) == ("about/", "page", (("B", 9),))
    author = Author(id="editors", name="E", role="R", about="A")
    assert (author.address, author.url) == ("authors/editors/", None)


def test_what_may_be_left_out_has_its_default():
    paper = Paper.model_validate(PAPER)
    assert (paper.updated, paper.redirect_from, paper.figures) == (None, (), {})
    assert (paper.venue, paper.arxiv, paper.doi, paper.demo) == (None, None, None, None)
    course = Course.model_validate({**ENTRY, "provider": "P"})
    assert (course.kind, course.instructors, course.level, course.duration, course.price) == (
        "course",
        (),
        None,
        None,
        None,
    )
    project = Project.model_validate({**ENTRY, "repository": "https://a.org/", "license": "MIT", "language": "C"})
    assert (project.kind, project.demo) == ("project", None)
    issue = Issue.model_validate(ISSUE)
    assert (issue.kind, issue.status, issue.updated, issue.credit) == ("issue", "draft", None, None)


@pytest.mark.parametrize("field", ["links", "tags", "authors"])
def test_an_entry_has_a_link_a_tag_and_an_author(field: str):
    empty = {} if field == "links" else []
    assert "at least 1 item" in complaint(Paper, {**PAPER, field: empty})


def test_an_issue_has_an_entry():
    assert "at least 1 item" in complaint(Issue, {**ISSUE, "entries": []})


def test_an_issue_is_a_greeting_and_a_closing_each_on_its_line():
    issue = Issue.model_validate({**ISSUE, "body": "\nHello.\n\n<!-- closing -->\n\nBye.\n", "body_line": 10})
    assert issue.name == "2021-05-14"
    assert issue.greeting == "\nHello.\n\n"
    assert issue.closing == "\n\nBye.\n"
    assert issue.parts == (("\nHello.\n\n", 10), ("\n\nBye.\n", 13))


def test_an_issue_without_a_closing_is_a_greeting():
    issue = Issue.model_validate({**ISSUE, "body": "Hello."})
    assert (issue.greeting, issue.closing) == ("Hello.", "")


def test_models_are_frozen():
    with pytest.raises(ValidationError):
        Paper.model_validate(PAPER).title = "other"  # type: ignore[misc]


def test_the_labels_of_links_are_those_that_may_be_written_in_their_order():
    links = dict.fromkeys(LINK_LABELS, "https://a.org/")
    assert tuple(Paper.model_validate({**PAPER, "links": links}).links) == LINK_LABELS
    assert LINK_LABELS == ("paper", "course", "github", "website", "docs", "blog", "video", "demo")


def test_each_kind_of_entry_has_its_folder():
    assert {"papers": Paper, "courses": Course, "projects": Project} == ENTRY_FOLDERS
