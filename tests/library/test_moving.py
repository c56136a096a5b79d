"""Moving: what had an address gives it up for another, once, and whoever still names the old one hears of the new."""

from pathlib import Path

import pytest

from digest.library.moving import made_pages, page_names

from .project import AUTHORS, COURSE, DEMO, ISSUE, PAGE, PAPER, problems_of, project, read, replaced

MOVED = "site/moved.yml"


def linked(name: str) -> str:
    return replaced(PAPER, "It is.", f"It is [here]({name}).")


def test_an_entry_an_issue_and_a_page_can_have_had_other_ids(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "site/papers/a.md": replaced(PAPER, "added:", "redirect_from: [papers/old, courses/a]\nadded:"),
        "site/issues/2021-05-14.md": replaced(ISSUE, "number: 1", "number: 1\nredirect_from: [issues/2021-05-13]"),
        "site/about.md": replaced(PAGE, "title: About", "title: About\nredirect_from: [who-we-are]"),
    }
    library, _, problems = read(project(tmp_path, changes))
    assert problems == []
    assert library.moved == {
        "papers/old": "papers/a",
        "courses/a": "papers/a",
        "issues/2021-05-13": "issues/2021-05-14",
        "who-we-are": "about",
    }


def test_what_has_no_file_moves_in_moved_yml(tmp_path: Path):
    text = "# Renamed in 2026.\ntags/sight: tags/vision\nauthors/ada: authors/editors\npapers/gone: about\n"
    library, _, problems = read(project(tmp_path, {MOVED: text}))
    assert problems == []
    assert library.moves == {"tags/sight": "tags/vision", "authors/ada": "authors/editors", "papers/gone": "about"}
    assert library.moved == library.moves


@pytest.mark.parametrize("text", [None, "", "# Nothing yet.\n"])
def test_without_it_nothing_has_moved(tmp_path: Path, text: str | None):
    library, _, problems = read(project(tmp_path, {MOVED: text}))
    assert (library.moves, library.moved, problems) == ({}, {}, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "- tags/sight\n",
            "site/moved.yml:1:1: 'moved' cannot be a list; write lines of the form `name: value` under it",
        ),
        ("tags/sight: [\n", "site/moved.yml:2:1: "),
        ("tags/Sight: tags/vision\n", "site/moved.yml:1:1: 'tags/Sight' is not an id; write it as papers/dino"),
        ("tags/sight: ../vision\n", "site/moved.yml:1:13: '../vision' is not an id; write it as papers/dino"),
        ("tags/vision: tags/vision\n", "site/moved.yml:1:1: 'tags/vision' leads to itself; remove the line"),
        (
            "papers/a: about\n",
            "site/moved.yml:1:1: 'papers/a' is already the address of site/papers/a.md; remove the line",
        ),
        (
            "tags/vision: about\n",
            "site/moved.yml:1:1: 'tags/vision' is the address of a page that is made; remove the line",
        ),
        ("figures/a: about\n", "site/moved.yml:1:1: 'figures/a' is no address of a page; remove the line"),
        ("tags/sight: tags/visio\n", "site/moved.yml:1:13: there is no page 'tags/visio'; did you mean 'tags/vision'?"),
        (
            "tags/sight: tags/eyes\ntags/eyes: tags/vision\n",
            "site/moved.yml:1:13: 'tags/eyes' has moved; write 'tags/vision'",
        ),
        ("tags/a: tags/vision\ntags/a: about\n", "site/moved.yml:2:1: 'tags/a' is written twice; keep one of the two"),
    ],
)
def test_what_is_wrong_in_it_has_its_place(tmp_path: Path, text: str, said: str):
    (problem,) = problems_of(tmp_path, {MOVED: text})
    assert problem.startswith(said)


def test_it_must_be_a_file_of_text(tmp_path: Path):
    assert problems_of(tmp_path, {MOVED: b"\xff"}) == [
        "site/moved.yml:1:1: the text is not UTF-8; save the file as UTF-8"
    ]


def test_an_address_is_given_up_in_one_place(tmp_path: Path):
    text = replaced(PAPER, "added:", "redirect_from: [papers/old]\nadded:")
    assert problems_of(tmp_path, {"site/papers/a.md": text, MOVED: "papers/old: about\n"}) == [
        "site/moved.yml:1:1: 'papers/old' is redirected more than once; keep one of the lines",
        "site/papers/a.md:18:17: 'papers/old' is redirected more than once; keep one of the lines",
    ]


def test_where_a_page_cannot_be_read_yet_nothing_is_said_of_what_leads_to_it(tmp_path: Path):
    broken = replaced(PAPER, "arxiv: 2104.14290", "arxiv: none")
    changes: dict[str, str | bytes | None] = {"site/papers/a.md": broken, MOVED: "papers/old: papers/a\n"}
    assert [problem for problem in problems_of(tmp_path, changes) if "moved.yml" in problem] == []


def test_a_link_to_an_old_address_hears_of_the_new_one(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {"site/papers/a.md": linked("../old.md"), MOVED: "old: about\n"}
    assert problems_of(tmp_path, changes) == ["site/papers/a.md:22:14: 'old' has moved; write 'about'"]


def test_an_issue_that_names_an_old_id_hears_of_the_new_one(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "site/issues/2021-05-14.md": replaced(ISSUE, "courses/b", "courses/old"),
        "site/courses/b.md": replaced(COURSE, "added:", "redirect_from: [courses/old]\nadded:"),
    }
    assert problems_of(tmp_path, changes) == [
        "site/issues/2021-05-14.md:9:5: 'courses/old' has moved; write 'courses/b'"
    ]


def test_a_demo_that_names_an_old_id_hears_of_the_new_one(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "demos/toy/demo.toml": replaced(DEMO, "papers/a", "papers/old"),
        "site/papers/a.md": replaced(PAPER, "added:", "redirect_from: [papers/old]\nadded:"),
    }
    assert problems_of(tmp_path, changes) == [
        "demos/toy/demo.toml:1:1: entries: 'papers/old' has moved; write 'papers/a'"
    ]


def test_pages_are_made_for_lists_tags_years_and_authors(tmp_path: Path):
    library, _, _ = read(project(tmp_path, {"site/authors.yml": AUTHORS}))
    assert made_pages(library) == {
        *("", "papers", "courses", "projects", "tags", "archive", "authors", "demos"),
        *("tags/vision", "tags/teaching", "tags/tools", "archive/2021", "authors/editors"),
    }
    assert page_names(library) - made_pages(library) == {
        *("papers/a", "courses/b", "projects/c", "issues/2021-05-14", "about")
    }
