"""Checking a library: everything that `digest check` knows and that no file shows by itself."""

from pathlib import Path

import pytest

from tests.library.project import (
    COURSE,
    DEMO,
    DRAWING,
    ISSUE,
    PAGE,
    PAPER,
    PROJECT,
    problems_of,
    read,
    replaced,
)

SECOND = ISSUE.replace("number: 1", "number: 2").replace("2021-05-14", "2021-05-21")
OTHER_PAPER = PAPER.replace("2104.14290", "2106.00001")


def issue(number: int, day: str) -> str:
    """An issue of a number and a day."""
    return ISSUE.replace("number: 1", f"number: {number}").replace("2021-05-14", day)


def test_the_small_project_has_nothing_to_mend(tmp_path: Path):
    assert problems_of(tmp_path) == []


def test_the_newsletter_of_this_repository_has_nothing_to_mend():
    assert [str(problem) for problem in read(Path(__file__).parents[2])[2]] == []


def test_mistakes_of_all_files_are_told_at_once_and_sorted(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "mkdocs.yml": "site_name: x\n",
        "site/authors.yml": "- x\n",
        "site/about.md": "x",
        "site/figures/shape.svg": "x",
        "site/papers/a.md": replaced(PAPER, "added: 2021-05-14", "added: soon"),
        "site/courses/b.md": replaced(COURSE, "tags: [teaching]\n", ""),
    }
    assert [problem.partition(": ")[0] for problem in problems_of(tmp_path, changes)] == [
        "mkdocs.yml:1:1",
        "site/about.md:1:1",
        "site/authors.yml:1:1",
        "site/courses/b.md:2:1",
        "site/figures/shape.svg:1:1",
        "site/papers/a.md:18:8",
    ]


def test_an_entry_that_does_not_exist_names_the_nearest(tmp_path: Path):
    text = replaced(ISSUE, "papers/a", "papers/ab").replace("courses/b", "projects/xyz")
    assert problems_of(tmp_path, {"site/issues/2021-05-14.md": text}) == [
        "site/issues/2021-05-14.md:8:5: there is no entry 'papers/ab'; did you mean 'papers/a'?",
        "site/issues/2021-05-14.md:9:5: there is no entry 'projects/xyz'; did you mean 'projects/c'?",
    ]


def test_an_entry_that_cannot_be_read_is_no_entry_that_does_not_exist(tmp_path: Path):
    problems = problems_of(tmp_path, {"site/papers/a.md": "x"})
    assert [problem.partition(":")[0] for problem in problems] == ["site/papers/a.md"]


def test_an_entry_stands_once_in_an_issue(tmp_path: Path):
    text = replaced(ISSUE, "courses/b", "papers/a")
    assert problems_of(tmp_path, {"site/issues/2021-05-14.md": text}) == [
        "site/issues/2021-05-14.md:9:5: 'papers/a' stands twice in the issue; remove one"
    ]


def test_an_author_who_does_not_exist_names_the_nearest(tmp_path: Path):
    text = replaced(ISSUE, "author: editors", "author: editor")
    assert problems_of(tmp_path, {"site/issues/2021-05-14.md": text}) == [
        "site/issues/2021-05-14.md:6:9: there is no author 'editor'; did you mean 'editors'?"
    ]


@pytest.mark.parametrize("authors", ["- x\n", "editors: {}\n", b"\xff"])
def test_an_author_who_cannot_be_read_is_no_author_who_does_not_exist(tmp_path: Path, authors: str | bytes):
    problems = problems_of(tmp_path, {"site/authors.yml": authors})
    assert problems
    assert {problem.partition(":")[0] for problem in problems} == {"site/authors.yml"}


def test_the_date_of_an_issue_is_the_name_of_its_file(tmp_path: Path):
    changes = {"site/issues/2021-05-14.md": None, "site/issues/first.md": ISSUE}
    assert problems_of(tmp_path, {**changes}) == [
        "site/issues/first.md:3:7: the date is not the file's name 'first'; "
        "name the file 2021-05-14.md, or mend the date"
    ]


def test_nothing_is_updated_before_it_was_there(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "site/issues/2021-05-14.md": replaced(ISSUE, "status", "updated: 2021-05-13\nstatus"),
        "site/papers/a.md": replaced(PAPER, "added: 2021-05-14", "added: 2021-05-14\nupdated: 2021-05-13"),
        "site/courses/b.md": replaced(COURSE, "added: 2021-05-14", "added: 2021-05-14\nupdated: 2021-05-14"),
    }
    assert problems_of(tmp_path, changes) == [
        "site/issues/2021-05-14.md:10:10: updated 2021-05-13 is before the issue's date 2021-05-14; "
        "mend one of the two dates",
        "site/papers/a.md:19:10: updated 2021-05-13 is before added 2021-05-14; mend one of the two dates",
    ]


def test_an_issue_may_be_updated_on_its_day(tmp_path: Path):
    text = replaced(ISSUE, "status", "updated: 2021-05-14\nstatus")
    assert problems_of(tmp_path, {"site/issues/2021-05-14.md": text}) == []


def test_issues_are_numbered_from_1(tmp_path: Path):
    assert problems_of(tmp_path, {"site/issues/2021-05-14.md": issue(2, "2021-05-14")}) == [
        "site/issues/2021-05-14.md:2:9: the first issue has number 2; number it 1"
    ]


def test_the_numbers_of_issues_have_no_gaps(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "site/issues/2021-05-21.md": issue(3, "2021-05-21"),
        "site/issues/2021-05-28.md": issue(4, "2021-05-28"),
    }
    assert problems_of(tmp_path, changes) == [
        "site/issues/2021-05-21.md:2:9: number 3 comes after number 1 of site/issues/2021-05-14.md; number it 2"
    ]


def test_two_issues_have_two_numbers(tmp_path: Path):
    assert problems_of(tmp_path, {"site/issues/2021-05-21.md": issue(1, "2021-05-21")}) == [
        "site/issues/2021-05-21.md:2:9: site/issues/2021-05-14.md has number 1 too; renumber one of the two"
    ]


def test_two_issues_have_two_dates(tmp_path: Path):
    problems = problems_of(tmp_path, {"site/issues/2021-05-21.md": issue(2, "2021-05-14")})
    assert "site/issues/2021-05-21.md:3:7: site/issues/2021-05-14.md has the same date; mend one of the two" in problems


def test_an_issue_that_cannot_be_read_may_fill_a_gap(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "site/issues/2021-05-14.md": issue(2, "2021-05-14"),
        "site/issues/2021-05-21.md": "x",
        "site/issues/2021-05-28.md": issue(4, "2021-05-28"),
    }
    assert [problem.partition(":")[0] for problem in problems_of(tmp_path, changes)] == ["site/issues/2021-05-21.md"]


def test_a_newsletter_without_issues_has_no_first_one(tmp_path: Path):
    assert problems_of(tmp_path, {"site/issues/2021-05-14.md": None}) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PAPER, "6:8: site/papers/a.md has the same arXiv id; keep one of the two entries"),
        (PAPER, "8:10: site/papers/a.md has the same address; keep one of the two entries"),
        (
            OTHER_PAPER.replace("abs/2106.00001", "pdf/2104.14290v2.pdf"),
            "8:10: site/papers/a.md has the same address; keep one of the two entries",
        ),
    ],
)
def test_one_paper_has_one_entry(tmp_path: Path, text: str, said: str):
    assert f"site/papers/b.md:{said}" in problems_of(tmp_path, {"site/papers/b.md": text})


def test_one_doi_has_one_entry(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "site/papers/a.md": replaced(PAPER, "added:", "doi: 10.1000/Abc\nadded:"),
        "site/papers/b.md": replaced(OTHER_PAPER, "added:", "doi: 10.1000/aBC\nadded:"),
    }
    assert problems_of(tmp_path, changes) == [
        "site/papers/b.md:18:6: site/papers/a.md has the same DOI; keep one of the two entries"
    ]


def test_one_course_has_one_entry(tmp_path: Path):
    text = replaced(COURSE, "https://school.org/course", "https://www.school.org/Course/")
    assert problems_of(tmp_path, {"site/courses/z.md": text}) == [
        "site/courses/z.md:6:11: site/courses/b.md has the same address; keep one of the two entries"
    ]


def test_one_project_has_one_entry(tmp_path: Path):
    text = replaced(PROJECT, "https://code.org/project", "https://code.org/project.git")
    assert problems_of(tmp_path, {"site/projects/z.md": text}) == [
        "site/projects/z.md:4:13: site/projects/c.md has the same repository; keep one of the two entries",
        "site/projects/z.md:8:12: site/projects/c.md has the same address; keep one of the two entries",
    ]


def test_entries_of_two_kinds_may_link_to_one_place(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "site/papers/a.md": replaced(PAPER, "tags:", "  github: https://code.org/project\ntags:"),
        "site/courses/b.md": replaced(COURSE, "tags:", "  github: https://code.org/project\ntags:"),
    }
    assert problems_of(tmp_path, changes) == []


def test_two_labels_of_one_entry_have_two_addresses(tmp_path: Path):
    text = replaced(PAPER, "tags:", "  blog: https://arxiv.org/pdf/2104.14290\ntags:")
    assert problems_of(tmp_path, {"site/papers/a.md": text}) == [
        "site/papers/a.md:9:9: 'paper' has the same address; keep one of the two labels"
    ]


def test_the_link_of_a_paper_leads_to_the_paper(tmp_path: Path):
    text = replaced(PAPER, "abs/2104.14290", "abs/2104.99999")
    assert problems_of(tmp_path, {"site/papers/a.md": text}) == [
        "site/papers/a.md:8:10: the link leads to arXiv 2104.99999, but the paper is 2104.14290; mend one of the two"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://arxiv.org/abs/2104.14290", "https://openreview.net/forum?id=x"),
        ("arxiv: 2104.14290\n", ""),
        ("  paper: https://arxiv.org", "  blog: https://arxiv.org"),
    ],
)
def test_a_paper_may_lie_elsewhere_than_on_arxiv(tmp_path: Path, old: str, new: str):
    assert problems_of(tmp_path, {"site/papers/a.md": replaced(PAPER, old, new)}) == []


def test_a_tag_stands_once_in_an_entry(tmp_path: Path):
    text = replaced(PAPER, "tags: [vision]", "tags: [vision, b, vision]")
    assert problems_of(tmp_path, {"site/papers/a.md": text}) == [
        "site/papers/a.md:9:19: 'vision' stands twice in the tags; remove one"
    ]


def test_a_figure_has_its_files(tmp_path: Path):
    text = replaced(PAPER, "    file: shape.svg\n", "    file: shap.svg\n    dark: shape-dark.svg\n")
    assert problems_of(tmp_path, {"site/papers/a.md": text}) == [
        "site/papers/a.md:12:11: there is no site/figures/shap.svg; did you mean 'shape.svg'?",
        "site/papers/a.md:13:11: there is no site/figures/shape-dark.svg; did you mean 'shape.svg'?",
    ]
    assert (
        problems_of(
            tmp_path,
            {"site/papers/a.md": text, "site/figures/shap.svg": DRAWING, "site/figures/shape-dark.svg": DRAWING},
        )
        == []
    )


def test_a_demo_that_does_not_exist_names_the_nearest(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "site/papers/a.md": replaced(PAPER, "added:", "demo: toys\nadded:"),
        "site/projects/c.md": replaced(PROJECT, "added:", "demo: xyz\nadded:"),
        "demos/toy/demo.toml": replaced(DEMO, 'entries = ["papers/a"]', "entries = []"),
    }
    assert problems_of(tmp_path, changes) == [
        "site/papers/a.md:18:7: there is no demo 'toys'; did you mean 'toy'?",
        "site/projects/c.md:10:7: there is no demo 'xyz'; known are toy",
    ]


def test_a_demo_that_cannot_be_read_is_no_demo_that_does_not_exist(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "site/papers/a.md": replaced(PAPER, "added:", "demo: toy\nadded:"),
        "demos/toy/demo.toml": "x",
    }
    assert {problem.partition(":")[0] for problem in problems_of(tmp_path, changes)} == {"demos/toy/demo.toml"}


def test_an_entry_and_its_demo_name_each_other(tmp_path: Path):
    paper = replaced(PAPER, "added:", "demo: toy\nadded:")
    assert problems_of(tmp_path, {"site/papers/a.md": paper, "demos/toy/demo.toml": DEMO}) == []
    silent_demo = replaced(DEMO, 'entries = ["papers/a"]', "entries = []")
    assert problems_of(tmp_path, {"site/papers/a.md": paper, "demos/toy/demo.toml": silent_demo}) == [
        'site/papers/a.md:18:7: demos/toy/demo.toml does not name this entry; add "papers/a" to its entries'
    ]
    assert problems_of(tmp_path, {"demos/toy/demo.toml": DEMO}) == [
        "demos/toy/demo.toml:1:1: entries: site/papers/a.md does not name this demo; add `demo: toy` there"
    ]
    of_a_course = replaced(DEMO, "papers/a", "courses/b")
    assert problems_of(tmp_path, {"demos/toy/demo.toml": of_a_course}) == [
        "demos/toy/demo.toml:1:1: entries: site/courses/b.md does not name this demo; add `demo: toy` there"
    ]


def test_a_demo_names_entries_that_exist(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {"demos/toy/demo.toml": replaced(DEMO, "papers/a", "papers/ab")}
    assert problems_of(tmp_path, changes) == [
        "demos/toy/demo.toml:1:1: entries: there is no entry 'papers/ab'; did you mean 'papers/a'?"
    ]
    assert "demos/toy/demo.toml" not in str(problems_of(tmp_path, {**changes, "site/papers/ab.md": "x"}))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("courses/b", "'courses/b' is already the address of site/courses/b.md; remove the line"),
        ("papers/a", "'papers/a' leads to itself; remove the line"),
        ("figures/shape", "'figures/shape' is no address of a page; remove the line"),
        ("Papers/Old", "'Papers/Old' is not an id; write it as papers/dino"),
        ("papers/old.html", "'papers/old.html' is not an id; write it as papers/dino"),
        (
            "issues/2021-05-14",
            "'issues/2021-05-14' is already the address of site/issues/2021-05-14.md; remove the line",
        ),
        ("about", "'about' is already the address of site/about.md; remove the line"),
        ("tags/vision", "'tags/vision' is the address of a page that is made; remove the line"),
        ("tags", "'tags' is the address of a page that is made; remove the line"),
        ("papers", "'papers' is the address of a page that is made; remove the line"),
    ],
)
def test_an_old_address_leads_to_one_place(tmp_path: Path, name: str, said: str):
    text = replaced(PAPER, "added:", f"redirect_from:\n  - papers/old\n  - {name}\nadded:")
    assert problems_of(tmp_path, {"site/papers/a.md": text}) == [f"site/papers/a.md:20:5: {said}"]


def test_an_old_address_is_given_up_by_one_entry(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "site/papers/a.md": replaced(PAPER, "added:", "redirect_from: [papers/old]\nadded:"),
        "site/courses/b.md": replaced(COURSE, "added:", "redirect_from: [papers/old, papers/older]\nadded:"),
    }
    assert problems_of(tmp_path, changes) == [
        "site/courses/b.md:8:17: 'papers/old' is redirected more than once; keep one of the lines",
        "site/papers/a.md:18:17: 'papers/old' is redirected more than once; keep one of the lines",
    ]


def test_a_page_is_no_entry(tmp_path: Path):
    text = replaced(ISSUE, "courses/b", "about")
    assert problems_of(tmp_path, {"site/issues/2021-05-14.md": text, "site/about.md": PAGE}) == [
        "site/issues/2021-05-14.md:9:5: there is no entry 'about'; known are courses/b, papers/a, projects/c"
    ]
