"""Proofreading: what is wrong in the prose of a library."""

from pathlib import Path

import pytest

from tests.library.project import AUTHORS, COURSE, ISSUE, PAGE, PAPER, SECTIONS, problems_of, replaced, with_body

BODY = 20
"""The line of the paper's file that its body begins on."""
FIGURE_MEND = (
    "put the file in site/figures/, describe it under `figures:`, and write ![](figure:ID) on a line of its own"
)


def of_paper(root: Path, body: str) -> list[str]:
    """What is wrong in the small project when the paper has this body."""
    return [
        problem.removeprefix("site/papers/a.md:")
        for problem in problems_of(root, {"site/papers/a.md": with_body(PAPER, body)})
    ]


def of_page(root: Path, text: str) -> list[str]:
    """What is wrong when a page says this; its text begins on the seventh line."""
    page = with_body(PAGE, f"## Us\n\n{text}\n")
    return [problem.removeprefix("site/about.md:") for problem in problems_of(root, {"site/about.md": page})]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            replaced(SECTIONS, "## Try it\n\nTry.\n", ""),
            [f"{BODY}:1: the section 'Try it' is missing; write ## What it is, ## Why it matters, ## Try it"],
        ),
        (
            "",
            [
                f"{BODY}:1: the section '{name}' is missing; write ## What it is, ## Why it matters, ## Try it"
                for name in ("Try it", "What it is", "Why it matters")
            ],
        ),
        (
            replaced(SECTIONS, "## Try it", "## Try It"),
            [
                f"{BODY}:1: the section 'Try it' is missing; write ## What it is, ## Why it matters, ## Try it",
                f"{BODY + 8}:1: 'Try It' is no section of an entry; did you mean 'Try it'?",
            ],
        ),
        (
            SECTIONS + "\n## More\n\n## Extra\n",
            [
                f"{BODY + 12}:1: 'More' is no section of an entry; known are Try it, What it is, Why it matters",
                f"{BODY + 14}:1: 'Extra' is no section of an entry; known are Try it, What it is, Why it matters",
            ],
        ),
        (
            SECTIONS + "\n## Try it\n",
            [f"{BODY + 12}:1: the section 'Try it' stands twice; keep one of them"],
        ),
        (
            "## What it is\n\n## Try it\n\n## Why it matters\n",
            [f"{BODY + 2}:1: the section 'Try it' is out of order; write ## What it is, ## Why it matters, ## Try it"],
        ),
        (SECTIONS + "\n### More\n", []),
    ],
)
def test_an_entry_has_the_newsletters_sections_in_their_order(tmp_path: Path, body: str, said: list[str]):
    assert of_paper(tmp_path, body) == said


def test_pages_have_whatever_sections_they_like(tmp_path: Path):
    assert of_page(tmp_path, "## Them\n\n### Both") == []


def test_headings_skip_no_level(tmp_path: Path):
    assert of_page(tmp_path, "#### Deep\n\n##### Deeper\n\n## Up\n\n#### Again") == [
        "7:1: 'Deep' skips a level of headings; write it with ###",
        "13:1: 'Again' skips a level of headings; write it with ###",
    ]


def test_the_first_heading_is_of_the_second_level(tmp_path: Path):
    assert problems_of(tmp_path, {"site/about.md": with_body(PAGE, "### Us\n")}) == [
        "site/about.md:5:1: 'Us' skips a level of headings; write it with ##"
    ]


@pytest.mark.parametrize(("text", "line"), [("# One", 7), ("x\n\nOne\n===", 10), ("<h1>One</h1>", 7)])
def test_a_body_has_no_heading_of_the_first_level(tmp_path: Path, text: str, line: int):
    assert of_page(tmp_path, text) == [
        f"{line}:1: a body has no heading of the first level; the title is that; begin with ##"
    ]


def test_a_comment_in_code_is_no_heading(tmp_path: Path):
    assert of_page(tmp_path, "```sh\n# install\n```") == []


def test_a_heading_has_text(tmp_path: Path):
    assert of_page(tmp_path, "<h3></h3>") == ["7:1: a heading has no text; write it, or remove the line"]


def test_a_figure_that_an_entry_does_not_have_names_the_nearest(tmp_path: Path):
    assert of_paper(tmp_path, f"{SECTIONS}\n![](figure:shap)\n\n![](figure:shape)\n") == [
        f"{BODY + 12}:5: there is no figure 'shap' above; did you mean 'shape'?"
    ]


def test_a_figure_is_placed_once(tmp_path: Path):
    assert of_paper(tmp_path, f"{SECTIONS}\n![](figure:shape)\n\n![](figure:shape)\n") == [
        f"{BODY + 14}:5: the figure 'shape' stands twice; keep one of them"
    ]


def test_only_entries_have_figures(tmp_path: Path):
    assert of_page(tmp_path, "![](figure:shape)") == ["7:5: only entries have figures; move it to an entry"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("![A](a.png)", f"7:6: 'a.png' is no figure; {FIGURE_MEND}"),
        ("See ![](figure:shape).", f"7:9: 'figure:shape' is no figure; {FIGURE_MEND}"),
        ("x\n\n![]( )", f"9:1: a picture has no address; {FIGURE_MEND}"),
    ],
)
def test_a_picture_that_is_no_figure_is_told_how_to_become_one(tmp_path: Path, text: str, said: str):
    assert of_page(tmp_path, text) == [said]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<script>alert(1)</script>", "7:1: '<script>' is not allowed here; remove it"),
        ("x <iframe src='https://a.org'></iframe>", "7:3: '<iframe>' is not allowed here; remove it"),
        ("x\n\n<p onclick='a()'>y</p>", "9:4: 'onclick' is not allowed on <p>; remove it"),
        ("[a](javascript:alert(1))", "7:5: a link cannot begin with 'javascript:'; write https://host/path"),
        ("`<script>` and <script></script>", "7:16: '<script>' is not allowed here; remove it"),
    ],
)
def test_html_that_would_be_dropped_is_a_problem(tmp_path: Path, text: str, said: str):
    assert of_page(tmp_path, text) == [said]


def test_code_may_show_any_html(tmp_path: Path):
    assert of_page(tmp_path, "`<script>`\n\n```html\n<p onclick='a'>\n```") == []


def test_an_id_names_one_thing(tmp_path: Path):
    assert of_page(tmp_path, 'x\n\n<span id="us">y</span>') == ["9:7: '#us' is the id of 2 things; rename all but one"]


@pytest.mark.parametrize(
    "link",
    [
        "papers/a.md",
        "papers/a.md#what-it-is",
        "/papers/a.md",
        "papers/a/",
        "issues/2021-05-14.md#a",
        "issues/2021-05-14.md#a-what-it-is",
        "#us",
        "#",
        "#note",
        "index.md",
        "papers/index.md",
        "courses/",
        "tags/vision/",
        "tags/",
        "archive/2021/",
        "authors/editors/",
        "demos/",
        "figures/shape.svg",
        "assets/a.pdf",
        "assets/deep/b.pdf",
        "feed.xml",
        "papers/a/cite.bib",
        "https://a.org/",
        "mailto:me@a.org",
        "broken.md",
        "#%C3%BCber",
    ],
)
def test_a_link_that_leads_somewhere_is_well(tmp_path: Path, link: str):
    page = with_body(PAGE, f'## Us\n\n[x]({link}) <span id="note">y</span>\n\n## Über\n')
    problems = problems_of(
        tmp_path,
        {"site/about.md": page, "site/assets/a.pdf": "x", "site/assets/deep/b.pdf": "x", "site/broken.md": "x"},
    )
    assert [problem for problem in problems if not problem.startswith("site/broken.md")] == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("papers/aa.md", "'papers/aa.md' does not exist; did you mean 'papers/a'?"),
        ("papers/aa/", "'papers/aa.md' does not exist; did you mean 'papers/a'?"),
        ("papers/a", "'papers/a' does not exist; write papers/a.md"),
        ("papers/aa", "'papers/aa' does not exist; did you mean 'papers/a'?"),
        ("papers/a.md#what-it", "there is no '#what-it' in site/papers/a.md; did you mean 'what-it-is'?"),
        (
            "issues/2021-05-14.md#c-try-it",
            "there is no '#c-try-it' in site/issues/2021-05-14.md; did you mean 'b-try-it'?",
        ),
        ("#them", "there is no '#them' in site/about.md; known are us"),
        ("issues/", "'issues.md' does not exist; did you mean 'issues/2021-05-14'?"),
        (
            "tags/visoin/",
            "'tags/visoin.md' does not exist; known are about, courses/b, issues/2021-05-14, papers/a, projects/c",
        ),
        (
            "archive/2020/",
            "'archive/2020.md' does not exist; known are about, courses/b, issues/2021-05-14, papers/a, projects/c",
        ),
        ("figures/shap.svg", "there is no site/figures/shap.svg; did you mean 'shape.svg'?"),
        ("assets/a.pdf", "there is no site/assets/a.pdf; there is none yet"),
        ("http://a.org/", "'http://a.org/' is not an https address; write https://host/path"),
        ("https://me:pw@a.org/", "the address is given with credentials; remove what stands before the @"),
        ("https://a.org/?utm_source=x", "the address carries the tracking parameter 'utm_source'; remove it"),
        ("//a.org/", "'//a.org/' is not an https address; write https://host/path"),
    ],
)
def test_a_link_that_leads_nowhere_is_told_at_its_place(tmp_path: Path, link: str, said: str):
    assert of_page(tmp_path, f"x\n\n> [x]({link})") == [f"9:7: {said}"]


def test_a_link_without_an_address_leads_nowhere(tmp_path: Path):
    assert of_page(tmp_path, "x\n\n> [x]()") == ["9:5: the link leads nowhere; write its address"]


def test_every_link_of_a_line_is_told(tmp_path: Path):
    assert of_page(tmp_path, "[a](b.md) [a](b.md)") == [
        "7:5: 'b.md' does not exist; did you mean 'courses/b'?",
        "7:15: 'b.md' does not exist; did you mean 'courses/b'?",
    ]


def test_an_entry_links_as_its_file_lies(tmp_path: Path):
    assert of_paper(tmp_path, f"{SECTIONS}\n[b](../courses/b.md) [c](courses/b.md)\n") == [
        f"{BODY + 12}:26: 'papers/courses/b.md' does not exist; did you mean 'courses/b'?"
    ]


def test_footnotes_lead_to_one_another(tmp_path: Path):
    assert of_page(tmp_path, "x[^1]\n\n[^1]: y") == []


def test_a_closing_is_read_by_itself_on_its_own_line(tmp_path: Path):
    text = replaced(ISSUE, "Hello.", "Hello [x][1].\n\n## Up").replace("Goodbye.", "#### Down\n\n[1]: about.md\n")
    assert problems_of(tmp_path, {"site/issues/2021-05-14.md": text}) == [
        "site/issues/2021-05-14.md:18:1: 'Down' skips a level of headings; write it with ##"
    ]


def test_a_greeting_may_lead_to_its_entries(tmp_path: Path):
    text = replaced(ISSUE, "Hello.", "Hello: [a](#a), [what](#a-what-it-is), [no](#b-try).")
    assert problems_of(tmp_path, {"site/issues/2021-05-14.md": text}) == [
        "site/issues/2021-05-14.md:12:45: there is no '#b-try' in site/issues/2021-05-14.md; did you mean 'b-try-it'?"
    ]


def test_both_parts_of_an_issue_have_anchors(tmp_path: Path):
    text = replaced(ISSUE, "Hello.", "[down](#down)\n\n## Up").replace("Goodbye.", "[up](#up)\n\n## Down\n")
    about = with_body(PAGE, "[x](issues/2021-05-14.md#up) [y](issues/2021-05-14.md#down)\n")
    assert problems_of(tmp_path, {"site/issues/2021-05-14.md": text, "site/about.md": about}) == []


def test_a_greeting_is_read_though_an_entry_cannot_be(tmp_path: Path):
    text = replaced(ISSUE, "Hello.", "Hello: [b](#b), [no](#b-try).")
    problems = problems_of(tmp_path, {"site/issues/2021-05-14.md": text, "site/papers/a.md": "x"})
    assert problems[0] == (
        "site/issues/2021-05-14.md:12:22: there is no '#b-try' in site/issues/2021-05-14.md; did you mean 'b-try-it'?"
    )
    assert [problem.partition(":")[0] for problem in problems[1:]] == ["site/papers/a.md"]


def test_lists_too_deep_are_one_problem_and_no_crash(tmp_path: Path, too_deep: str):
    page = with_body(PAGE, too_deep)
    text = replaced(ISSUE, "Hello.", "[a](../about.md) [b](../about.md#c)")
    assert problems_of(tmp_path, {"site/about.md": page, "site/issues/2021-05-14.md": text}) == [
        "site/about.md:5:1: lists or quotes stand too deep in one another; flatten them",
        "site/issues/2021-05-14.md:12:22: there is no '#c' in site/about.md; there is none yet",
    ]


def test_captions_credits_and_what_is_said_of_authors_are_read_too(tmp_path: Path):
    changes: dict[str, str | bytes | None] = {
        "site/papers/a.md": replaced(PAPER, "caption: A shape.", "caption: See [x](course/b.md) <u>"),
        "site/issues/2021-05-14.md": replaced(ISSUE, "status:", "credit: By [x](http://a.org)\nstatus:"),
        "site/authors.yml": replaced(AUTHORS, "[about](about.md)", "[about](#us)"),
    }
    assert problems_of(tmp_path, changes) == [
        "site/authors.yml:4:10: '#us' leads nowhere from here; write the file before it, such as about.md",
        "site/issues/2021-05-14.md:10:9: 'http://a.org' is not an https address; write https://host/path",
        "site/papers/a.md:14:14: '<u>' is not allowed here; remove it",
        "site/papers/a.md:14:14: 'course/b.md' does not exist; did you mean 'courses/b'?",
    ]


def test_a_course_may_say_nothing_of_figures(tmp_path: Path):
    assert problems_of(tmp_path, {"site/courses/b.md": COURSE}) == []
