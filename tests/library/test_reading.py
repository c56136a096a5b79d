"""Reading `site/`: every file of a project into a Library, with every mistake on the way."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.library.models import Author, Course, Issue, Page, Paper, Project
from digest.library.reading import Library, read_library, split
from digest.library.yaml import Place
from tests.library.project import AUTHORS, DEMO, DRAWING, ISSUE, PAGE, PAPER, PROJECT, RESULTS, project, replaced


def library_of(root: Path, changes: dict[str, str | bytes | None] | None = None) -> Library:
    """The library of a project without mistakes."""
    library, problems = read_library(project(root, changes))
    assert problems == []
    return library


def problems_of(root: Path, changes: dict[str, str | bytes | None] | None = None) -> list[str]:
    """What is wrong in each file by itself."""
    return [str(problem) for problem in sorted(read_library(project(root, changes))[1])]


def test_a_library_holds_everything_typed_by_its_id(tmp_path: Path):
    library = library_of(tmp_path)
    assert {name: type(entry) for name, entry in library.entries.items()} == {
        "courses/b": Course,
        "papers/a": Paper,
        "projects/c": Project,
    }
    assert [(type(issue), issue.id) for issue in library.issues] == [(Issue, "issues/2021-05-14")]
    assert {name: type(page) for name, page in library.pages.items()} == {"about": Page}
    assert library.authors == {
        "editors": Author(id="editors", name="The editors", role="Editors", about="We write. See [about](about.md).")
    }
    assert (library.figures["shape.svg"].width, library.figures["shape.svg"].height) == (40, 30)
    assert (library.demos, library.demo_figures, library.assets, library.unread) == ({}, {}, {}, frozenset())


def test_everything_written_is_known_by_its_id(tmp_path: Path):
    assert set(library_of(tmp_path).written) == {"about", "papers/a", "courses/b", "projects/c", "issues/2021-05-14"}


def test_a_file_knows_its_path_its_body_and_the_line_that_begins_on(tmp_path: Path):
    page = library_of(tmp_path).pages["about"]
    assert (page.id, page.path, page.body, page.body_line) == ("about", "site/about.md", "## Us\n\nWe are.\n", 5)


def test_documents_hold_where_each_value_was_written(tmp_path: Path):
    documents = library_of(tmp_path).documents
    assert documents["papers/a"].place(("figures", "shape", "alt")) == Place(13, 10)
    assert documents["authors"].place(("editors", "role")) == Place(3, 9)


def test_issues_stand_newest_first(tmp_path: Path):
    second = replaced(replaced(ISSUE, "number: 1", "number: 2"), "2021-05-14", "2021-05-21")
    library = library_of(tmp_path, {"site/issues/2021-05-21.md": second})
    assert [issue.number for issue in library.issues] == [2, 1]


def test_assets_are_files_by_their_path_without_what_is_hidden(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        f"site/assets/{name}": "x" for name in ("b.txt", "a/c.txt", ".hidden", ".git/config")
    }
    root = project(tmp_path, changes)
    folder = root / "site/assets"
    assert read_library(root)[0].assets == {"a/c.txt": folder / "a/c.txt", "b.txt": folder / "b.txt"}


def test_what_demos_drew_goes_by_where_it_stands_in_the_site(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "demos/toy/demo.toml": DEMO,
        "demos/toy/results/laptop.json": RESULTS,
        "demos/toy/results/figures/loss.svg": DRAWING,
    }
    library = library_of(tmp_path, changes)
    assert set(library.demos) == {"toy"}
    assert set(library.demo_figures) == {"demos/toy/figures/loss.svg"}
    assert library.demo_figures["demos/toy/figures/loss.svg"].width == 40
    assert problems_of(tmp_path, {**changes, "demos/toy/results/figures/loss.svg": "<svg/>"}) == [
        "demos/toy/results/figures/loss.svg:1:1: the file is no SVG, and browsers would not show it; "
        'begin with <svg xmlns="http://www.w3.org/2000/svg">'
    ]


def test_what_cannot_be_read_is_known_to_be_there(tmp_path: Path):
    root = project(
        tmp_path,
        {
            "site/papers/a.md": "x",
            "site/issues/2021-05-14.md": replaced(ISSUE, "number: 1", "number: x"),
            "site/authors.yml": "editors: {}\n",
            "demos/toy/demo.toml": "x",
        },
    )
    library, problems = read_library(root)
    assert library.unread == {"papers/a", "issues/2021-05-14", "authors/editors", "demos/toy"}
    assert {problem.path for problem in problems} == {
        "site/papers/a.md",
        "site/issues/2021-05-14.md",
        "site/authors.yml",
        "demos/toy/demo.toml",
    }


def test_published_is_what_stands_in_no_draft_alone(tmp_path: Path):
    draft = ISSUE.replace("number: 1", "number: 2").replace("2021-05-14", "2021-05-21").replace("published", "draft")
    draft = replaced(draft, "  - courses/b\n", "  - projects/c\n")
    library = library_of(tmp_path, {"site/issues/2021-05-21.md": draft, "site/papers/free.md": PAPER})
    published = library.published()
    assert [issue.number for issue in published.issues] == [1]
    assert set(published.entries) == {"papers/a", "courses/b", "papers/free"}
    assert (published.pages, published.authors, published.figures) == (library.pages, library.authors, library.figures)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("---\na: 1\n---\nbody\n", ("a: 1\n", "body\n", 4)),
        ("---\n---\n", ("", "", 3)),
        ("---\na: 1\n---", ("a: 1\n", "", 3)),
        ("--- \na: 1\n---\t\nb\n---\nc\n", ("a: 1\n", "b\n---\nc\n", 4)),
        ("---\na: |\n  ---\n---\n", ("a: |\n  ---\n", "", 5)),
        ("---\na: 1\n--- x\n---\n", ("a: 1\n--- x\n", "", 5)),
        ("---\na: 1\n", None),
        ("", None),
        ("a\n---\n---\n", None),
        ("\n---\n---\n", None),
        ("----\n---\n", None),
        (" ---\n---\n", None),
    ],
)
def test_the_front_matter_stands_between_two_lines(text: str, parts: tuple[str, str, int] | None):
    assert split(text) == parts


@given(st.text(st.sampled_from("-\n a:\t")))
def test_front_matter_and_body_are_the_whole_text(text: str):
    if parts := split(text):
        front, body, line = parts
        assert text.startswith("---")
        assert text.endswith(body)
        assert front in text
        assert "\n".join(text.split("\n")[line - 1 :]) == body or body == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("title: x\n", "1:1: there is no front matter; begin with a line `---`, the fields, and another line `---`"),
        ("", "1:1: there is no front matter; begin with a line `---`, the fields, and another line `---`"),
        ("---\ntitle: x\n", "1:1: the front matter has no end; write another line `---` after the fields"),
        ("---", "1:1: the front matter has no end; write another line `---` after the fields"),
        ("---\n---\n", "2:1: expected a mapping of fields; write lines of the form `field: value`"),
        ("---\n- a\n---\n", "2:1: expected a mapping of fields; write lines of the form `field: value`"),
        ("---\ntitle: a: b\n---\n", "2:9: broken YAML: a second `: ` in one value; put the text in quotes"),
        (b"---\ntitle: \xff\n---\n", "2:8: the text is not UTF-8; save the file as UTF-8"),
        ("---\ntitle: \x00\n---\n", "2:8: there is a character that nobody sees (U+0000); remove it"),
        ("---\r\ntitle: x\r\ntakeaway:\r\n---\r\n", "3:10: 'takeaway' is empty; write its value, or remove the line"),
        ("\ufeff---\ntitle: x\ntakeaway: ' '\n---\n", "3:11: the text is empty; write one sentence"),
    ],
)
def test_a_broken_file_says_what_and_where(tmp_path: Path, content: str | bytes, said: str):
    assert problems_of(tmp_path, {"site/about.md": content}) == [f"site/about.md:{said}"]


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path):
    paper = PAPER.replace("title: A paper", "titel: A paper").replace("tags: [vision]", "tags: [Vision]\ntags: [a]")
    paper = paper.replace("added: 2021-05-14", "added: 2021-5-14").replace("    alt: A shape.\n", "    alt: &x\n")
    assert problems_of(tmp_path, {"site/papers/a.md": paper}) == [
        "site/papers/a.md:2:1: 'title' is missing; add `title: …`",
        "site/papers/a.md:2:1: unknown field 'titel'; did you mean 'title'?",
        "site/papers/a.md:9:8: 'Vision' is not a slug; use lower-case words joined by hyphens",
        "site/papers/a.md:10:1: 'tags' is written twice; keep one of the two",
        "site/papers/a.md:14:10: 'alt' is empty; write its value, or remove the line",
        "site/papers/a.md:14:10: YAML anchors and aliases are not read here; write the value out",
        "site/papers/a.md:19:8: '2021-5-14' is not a date; write it as 2021-05-14",
    ]


def test_an_anchor_alone_makes_a_file_unread(tmp_path: Path):
    root = project(tmp_path, {"site/about.md": replaced(PAGE, "title: About", "title: &x About")})
    library, problems = read_library(root)
    assert library.unread == {"about"}
    assert [(problem.line, problem.column) for problem in problems] == [(2, 8)]


@pytest.mark.parametrize("field", ["alt", "credit", "source", "license"])
def test_a_figure_without_what_a_page_must_say_of_it_is_a_problem(tmp_path: Path, field: str):
    lines = [line for line in PAPER.split("\n") if not line.startswith(f"    {field}: ")]
    assert problems_of(tmp_path, {"site/papers/a.md": "\n".join(lines)}) == [
        f"site/papers/a.md:12:5: '{field}' is missing; add `{field}: …`"
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "  paper: https://arxiv.org/abs/2104.14290",
            "  papr: https://a.org",
            "8:3: unknown field 'papr'; did you mean 'paper'?",
        ),
        ("    alt: A", "    atl: x\n    alt: A", "13:5: unknown field 'atl'; did you mean 'alt'?"),
        (
            "  paper: https://arxiv.org/abs/2104.14290",
            "  paper: {url: https://a.org, nota: x}",
            "8:31: unknown field 'nota'; did you mean 'note'?",
        ),
        (
            "https://arxiv.org/abs",
            "http://arxiv.org/abs",
            "8:10: 'http://arxiv.org/abs/2104.14290' is not an https address; write https://host/path",
        ),
        (
            "//arxiv.org/abs",
            "//me:pw@arxiv.org/abs",
            "8:10: the address is given with credentials; remove what stands before the @",
        ),
        ("abs/2104.14290", "?utm_source=x", "8:10: the address carries the tracking parameter 'utm_source'; remove it"),
        (
            "It holds.",
            "x" * 2001,
            "3:11: the text has more than 2,000 characters; write one sentence",
        ),
        (
            "published: 2021-04-29",
            "published: 2021-04-31",
            "5:12: '2021-04-31' is no day of the calendar; write another date",
        ),
        (
            "arxiv: 2104.14290",
            "arxiv: 2104.14290v1",
            "6:8: '2104.14290v1' is not an arXiv id; write it as 2104.14294, without a version",
        ),
        ("  shape:", "  Shape:", "11:3: 'Shape' is not a slug; use lower-case words joined by hyphens"),
        ("authors: [Ada]", "authors: Ada", "4:10: 'authors' cannot be 'Ada'; write a list, such as [first, second]"),
        ("authors: [Ada]", "authors: []", "4:10: 'authors' is empty; name at least one"),
        ("takeaway: It holds.", "takeaway: ''", "3:11: the text is empty; write one sentence"),
        ("takeaway: It holds.", "takeaway:", "3:10: 'takeaway' is empty; write its value, or remove the line"),
        ("takeaway: It holds.", "takeaway: It\nbody: x", "4:1: 'body' is not written by hand; remove the line"),
    ],
)
def test_a_mistake_in_an_entry_has_its_place_and_mend(tmp_path: Path, old: str, new: str, said: str):
    paper = PAPER.replace(old, new, 1)
    assert f"site/papers/a.md:{said}" in problems_of(tmp_path, {"site/papers/a.md": paper})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("number: 1", "number: x", "2:9: 'x' is not the number of an issue; count them from 1"),
        ("  - papers/a\n  - courses/b\n", "  []\n", "8:3: 'entries' is empty; name at least one"),
        ("entries:\n  - papers/a\n  - courses/b\n", "", "2:1: 'entries' is missing; add `entries: …`"),
        ("status: published", "status: publish", "10:9: 'status' cannot be 'publish'; did you mean 'published'?"),
        ("date: 2021-05-14", "date: May", "3:7: 'May' is not a date; write it as 2021-05-14"),
    ],
)
def test_a_mistake_in_an_issue_has_its_place_and_mend(tmp_path: Path, old: str, new: str, said: str):
    assert problems_of(tmp_path, {"site/issues/2021-05-14.md": replaced(ISSUE, old, new)}) == [
        f"site/issues/2021-05-14.md:{said}"
    ]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("papers/Dino.md", "'Dino.md' cannot be an address; rename it to lower-case words joined by hyphens"),
        ("a b.md", "'a b.md' cannot be an address; rename it to lower-case words joined by hyphens"),
        ("papers/index.md", "the address of 'papers/index.md' is taken by a page that is made; rename it"),
        ("index.md", "the address of 'index.md' is taken by a page that is made; rename it"),
        ("papers.md", "the address of 'papers.md' is taken by a page that is made; rename it"),
        ("tags.md", "the address of 'tags.md' is taken by a page that is made; rename it"),
        ("404.md", "the address of '404.md' is taken by a page that is made; rename it"),
        ("papers/notes.txt", "'notes.txt' does not belong here; move it to site/figures/ or site/assets/"),
        ("picture.png", "'picture.png' does not belong here; move it to site/figures/ or site/assets/"),
    ],
)
def test_a_file_that_does_not_belong_says_where_it_should(tmp_path: Path, path: str, said: str):
    assert problems_of(tmp_path, {f"site/{path}": PAGE}) == [f"site/{path}:1:1: {said}"]


def test_an_entry_may_be_called_as_a_page_is_that_is_made(tmp_path: Path):
    assert "papers/tags" in library_of(tmp_path, {"site/papers/tags.md": PAPER}).entries


def test_hidden_files_and_those_of_other_rooms_are_passed_over(tmp_path: Path):
    library_of(tmp_path, {"site/.hidden.md": "x", "site/papers/.a.md.swp": "x", "site/feeds.yml": "x"})


def test_a_folder_of_another_name_is_told_the_nearest(tmp_path: Path):
    assert problems_of(tmp_path, {"site/paper/a.md": PAPER}) == [
        "site/paper:1:1: 'paper' is no folder of site/; did you mean 'papers'?"
    ]


def test_folders_do_not_nest(tmp_path: Path):
    assert problems_of(tmp_path, {"site/papers/2021/a.md": PAPER}) == [
        "site/papers/2021:1:1: folders do not nest, but here is 'papers/2021'; move its files up"
    ]


def test_ids_that_differ_only_in_case_are_a_problem(tmp_path: Path):
    assert problems_of(tmp_path, {"site/papers/A.md": PAPER}) == [
        "site/papers/A.md:1:1: 'A.md' cannot be an address; rename it to lower-case words joined by hyphens",
        "site/papers/a.md:1:1: 'papers/a.md' and 'papers/A.md' differ only in case; rename one of them",
    ]


def test_a_link_to_another_place_is_not_followed(tmp_path: Path):
    root = project(tmp_path / "project", {"site/projects/c.md": None})
    (tmp_path / "secret.md").write_text(PROJECT, encoding="utf-8")
    (root / "site/papers/link.md").symlink_to(tmp_path / "secret.md")
    (root / "site/projects").symlink_to(tmp_path, target_is_directory=True)
    library, problems = read_library(root)
    assert [str(problem) for problem in sorted(problems)] == [
        "site/papers/link.md:1:1: a link to another place is not read; put the file itself here",
        "site/projects:1:1: a link to another place is not read; put the file itself here",
    ]
    assert set(library.entries) == {"papers/a", "courses/b"}


def test_a_folder_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    root = project(tmp_path)
    iterdir = Path.iterdir

    def refuse(folder: Path) -> object:
        if folder.name == "papers":
            raise PermissionError(13, "Permission denied")
        if folder.name == "courses":
            raise OSError
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert [str(problem) for problem in read_library(root)[1]] == [
        "site/courses:1:1: the folder cannot be read (unknown); mend its permissions",
        "site/papers:1:1: the folder cannot be read (permission denied); mend its permissions",
    ]


def test_a_project_without_site_says_so(tmp_path: Path):
    library, problems = read_library(tmp_path)
    assert library.written == {}
    assert [str(problem) for problem in sorted(problems)] == [
        "site:1:1: there is no folder site/; `digest init DIR` shows what is in it",
        "site/authors.yml:1:1: there is no authors.yml; write an id, and under it name, role and about",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "1:1: there is no authors.yml; write an id, and under it name, role and about"),
        ("", "1:1: authors.yml is no mapping; write an id, and under it name, role and about"),
        ("- a\n", "1:1: authors.yml is no mapping; write an id, and under it name, role and about"),
        ("a: [\n", "2:1: broken YAML: a value is missing; write it, or close the brackets before"),
        (b"\xff", "1:1: the text is not UTF-8; save the file as UTF-8"),
        ("a: x\n", "1:4: expected a mapping of fields; write lines of the form `field: value`"),
        (f"{AUTHORS}  nam: x\n", "5:3: unknown field 'nam'; did you mean 'name'?"),
        (f"{AUTHORS}  url: http://a.org\n", "5:8: 'http://a.org' is not an https address; write https://host/path"),
        (AUTHORS.replace("editors", "Editors"), "2:3: 'Editors' is not a slug; use lower-case words joined by hyphens"),
        (f"{AUTHORS}editors: {{}}\n", "5:1: 'editors' is written twice; keep one of the two"),
    ],
)
def test_a_mistake_in_the_authors_has_its_place(tmp_path: Path, content: str | bytes | None, said: str):
    assert f"site/authors.yml:{said}" in problems_of(tmp_path, {"site/authors.yml": content})


def test_authors_that_are_a_link_are_not_read(tmp_path: Path):
    root = project(tmp_path, {"site/authors.yml": None})
    (tmp_path / "elsewhere.yml").write_text(AUTHORS, encoding="utf-8")
    (root / "site/authors.yml").symlink_to(tmp_path / "elsewhere.yml")
    assert read_library(root)[0].authors == {}


@settings(max_examples=60)
@example(text="---\n? [\n---\n")
@example(text="---\ntitle: 'x\n---\n")
@given(
    text=st.one_of(
        st.text(), st.text(st.sampled_from("-:\n ab[]{}&*!'\"#\t\ufeff\u2028é")).map(lambda text: f"---\n{text}\n---\n")
    )
)
def test_any_text_is_read_or_has_places_inside_it(text: str, tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.getbasetemp() / "any"
    data = text.encode("utf-8", "surrogatepass")
    for problem in read_library(project(root, {"site/about.md": data}))[1]:
        assert problem.path == "site/about.md"
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1


@settings(max_examples=50)
@given(data=st.binary())
def test_any_bytes_are_read_or_have_problems(data: bytes, tmp_path_factory: pytest.TempPathFactory):
    root = project(tmp_path_factory.getbasetemp() / "bytes", {"site/about.md": data, "site/authors.yml": data})
    library, problems = read_library(root)
    assert {"site/about.md", "site/authors.yml"} <= {problem.path for problem in problems} or library.pages
