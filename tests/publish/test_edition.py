"""An edition: what goes out together, and how its parts refer to one another."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from editions import FILES, small_edition

from digest.library.models import AnyEntry, Issue
from digest.publish.edition import Edition


def ids(items: Sequence[AnyEntry | Issue | None]) -> list[str | None]:
    return [item.id if item else None for item in items]


def test_the_issues_stand_newest_first(edition: Edition) -> None:
    assert ids(edition.issues) == ["issues/2021-05-21", "issues/2021-05-14"]


def test_the_entries_stand_newest_first_and_those_of_a_day_by_their_id(edition: Edition) -> None:
    assert ids(edition.entries()) == ["papers/vit", "courses/mlops", "papers/dino", "projects/opyrator"]


def test_a_kind_has_its_entries_alone(edition: Edition) -> None:
    assert ids(edition.entries("paper")) == ["papers/vit", "papers/dino"]
    assert ids(edition.entries(kind="course")) == ["courses/mlops"]


def test_a_tag_has_its_entries_alone(edition: Edition) -> None:
    assert ids(edition.entries(tag="production")) == ["courses/mlops", "projects/opyrator"]


def test_a_kind_and_a_tag_have_the_entries_of_both(edition: Edition) -> None:
    assert ids(edition.entries("course", "production")) == ["courses/mlops"]


def test_a_kind_or_tag_that_nothing_has_is_empty(edition: Edition) -> None:
    assert edition.entries("video") == ()
    assert edition.entries(tag="history") == ()


def test_the_tags_are_in_order_each_with_its_entries_newest_first(edition: Edition) -> None:
    assert {tag: ids(entries) for tag, entries in edition.tags.items()} == {
        "production": ["courses/mlops", "projects/opyrator"],
        "self-supervision": ["papers/dino"],
        "tools": ["projects/opyrator"],
        "vision": ["papers/vit", "papers/dino"],
    }
    assert list(edition.tags) == ["production", "self-supervision", "tools", "vision"]


def test_an_entry_with_a_tag_twice_stands_once_under_it(edition: Edition) -> None:
    vit = edition.library.entries["papers/vit"].model_copy(update={"tags": ("vision", "vision")})
    doubled = replace(edition, library=replace(edition.library, entries={"papers/vit": vit}, issues=()))
    assert ids(doubled.tags["vision"]) == ["papers/vit"]


def test_an_entry_is_mentioned_by_every_issue_that_holds_it_newest_first(edition: Edition) -> None:
    assert ids(edition.mentions(edition.library.entries["papers/dino"])) == ["issues/2021-05-21", "issues/2021-05-14"]
    assert ids(edition.mentions(edition.library.entries["courses/mlops"])) == ["issues/2021-05-14"]


def test_an_entry_that_no_issue_holds_is_mentioned_by_none(edition: Edition) -> None:
    alone = replace(edition, library=replace(edition.library, issues=()))
    assert alone.mentions(alone.library.entries["papers/dino"]) == ()


def test_an_issue_has_its_entries_in_its_own_order(edition: Edition) -> None:
    assert ids(edition.entries_of(edition.issues[1])) == ["papers/dino", "courses/mlops", "projects/opyrator"]


def test_an_issue_has_the_older_and_the_newer_one_beside_it(edition: Edition) -> None:
    newest, oldest = edition.issues
    assert ids(edition.neighbours(newest)) == ["issues/2021-05-14", None]
    assert ids(edition.neighbours(oldest)) == [None, "issues/2021-05-21"]


def test_an_entry_has_those_of_its_own_kind_beside_it(edition: Edition) -> None:
    entries = edition.library.entries
    assert ids(edition.neighbours(entries["papers/vit"])) == ["papers/dino", None]
    assert ids(edition.neighbours(entries["papers/dino"])) == [None, "papers/vit"]
    assert ids(edition.neighbours(entries["courses/mlops"])) == [None, None]


def test_a_middle_issue_has_two_neighbours(edition: Edition) -> None:
    newest, oldest = edition.issues
    middle = newest.model_copy(update={"id": "issues/2021-05-17", "date": date(2021, 5, 17)})
    three = replace(edition, library=replace(edition.library, issues=(newest, middle, oldest)))
    assert ids(three.neighbours(middle)) == ["issues/2021-05-14", "issues/2021-05-21"]


def test_an_entry_s_prose_is_its_body_with_links_from_where_it_stands(edition: Edition) -> None:
    prose = edition.prose(edition.library.entries["papers/dino"])
    assert [heading.text for heading in prose.headings] == ["What it is", "Why it matters", "Try it"]
    assert "digest:papers/vit/" in [reference.target for reference in prose.references]


def test_an_issue_takes_as_long_as_all_its_words(tmp_path: Path) -> None:
    greeting, closing, body = "hello " * 200, "bye " * 180, "word " * 400
    issue = FILES["site/issues/2021-05-21.md"].replace("Back again.", f"{greeting}\n<!-- closing -->\n{closing}")
    vit = FILES["site/papers/vit.md"].replace("Patches.\n", f"{body}\n")
    edition = small_edition(tmp_path, {"site/issues/2021-05-21.md": issue, "site/papers/vit.md": vit})
    words = edition.prose(edition.library.entries["papers/dino"]).words
    words += edition.prose(edition.library.entries["papers/vit"]).words
    assert 400 < words < 460
    assert edition.minutes(edition.issues[0]) == round((200 + 180 + words) / 220) == 4


def test_a_short_issue_takes_a_minute(edition: Edition) -> None:
    assert [edition.minutes(issue) for issue in edition.issues] == [1, 1]
