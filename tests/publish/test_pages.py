"""Pages: each one a Markdown file whose front matter the theme reads and whose HTML an engine leaves as it is."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import markdown
import pytest
import yaml
from editions import FILES, sheets, small_edition
from hypothesis import example, given
from hypothesis import strategies as st

from digest.library.models import Issue, Page
from digest.library.reading import Library
from digest.publish.edition import Edition
from digest.publish.pages import Sheet, html_block, taken_addresses, write, yaml_text
from digest.publish.views.page import KindView


def sheet_at(edition: Edition, address: str) -> Sheet:
    return next(sheet for sheet in sheets(edition) if sheet.page.address == address)


def front_of(edition: Edition, address: str) -> dict[str, Any]:
    _, front, _ = write(edition, sheet_at(edition, address)).decode().split("---\n", 2)
    loaded = yaml.safe_load(front)
    assert isinstance(loaded, dict)
    return loaded


def head_of(edition: Edition, address: str) -> dict[str, Any]:
    head = front_of(edition, address)["digest"]
    assert isinstance(head, dict)
    return head


def titles(items: Any) -> list[str]:
    return [item.title for item in items]


def with_issues(edition: Edition, *issues: Issue) -> Edition:
    return replace(edition, library=replace(edition.library, issues=issues))


@pytest.fixture(scope="module")
def bare(edition: Edition) -> Edition:
    """A newsletter with nothing in it yet."""
    return replace(edition, library=Library())


def test_there_is_a_page_for_everything_home_first(edition: Edition) -> None:
    assert [(sheet.page.address, sheet.template) for sheet in sheets(edition)] == [
        ("", "pages/home.html"),
        ("issues/2021-05-21/", "pages/issue.html"),
        ("issues/2021-05-14/", "pages/issue.html"),
        ("papers/vit/", "pages/paper.html"),
        ("courses/mlops/", "pages/course.html"),
        ("papers/dino/", "pages/paper.html"),
        ("projects/opyrator/", "pages/project.html"),
        ("papers/", "pages/kind.html"),
        ("courses/", "pages/kind.html"),
        ("projects/", "pages/kind.html"),
        ("tags/", "pages/tags.html"),
        ("tags/production/", "pages/tag.html"),
        ("tags/self-supervision/", "pages/tag.html"),
        ("tags/tools/", "pages/tag.html"),
        ("tags/vision/", "pages/tag.html"),
        ("archive/", "pages/archive.html"),
        ("archive/2021/", "pages/year.html"),
        ("authors/", "pages/authors.html"),
        ("authors/philips/", "pages/author.html"),
        ("authors/guest/", "pages/author.html"),
        ("demos/", "pages/demos.html"),
        ("about/", "pages/page.html"),
    ]


def test_every_page_has_a_title_a_description_and_a_kind(edition: Edition) -> None:
    assert {
        sheet.page.address: (sheet.page.title, sheet.page.description, sheet.page.kind) for sheet in sheets(edition)
    } == {
        "": ("This Week in Machine Learning", "A weekly digest whose papers & projects can be run.", "home"),
        "issues/2021-05-21/": ("Patches & words <again>", "A picture is worth 16x16 words.", "issue"),
        "issues/2021-05-14/": ("A network that finds the object", "One paper, one course, one project.", "issue"),
        "papers/vit/": ("An Image is Worth 16x16 Words", "Patches are words.", "paper"),
        "courses/mlops/": (
            "Machine Learning Engineering for Production (MLOps)",
            "What happens after the notebook.",
            "course",
        ),
        "papers/dino/": (
            "Emerging Properties in Self-Supervised Vision Transformers",
            "A vision transformer trained without labels outlines what it sees.",
            "paper",
        ),
        "projects/opyrator/": (
            "Opyrator: a typed function becomes a service",
            "Write a function, get an API & a page.",
            "project",
        ),
        "papers/": ("Papers", "Every paper in This Week in Machine Learning, newest first.", "paper"),
        "courses/": ("Courses", "Every course in This Week in Machine Learning, newest first.", "course"),
        "projects/": ("Projects", "Every project in This Week in Machine Learning, newest first.", "project"),
        "tags/": ("Tags", "What the entries of This Week in Machine Learning are about.", "tags"),
        "tags/production/": ("production", "Entries about production, newest first.", "tag"),
        "tags/self-supervision/": ("self-supervision", "Entries about self-supervision, newest first.", "tag"),
        "tags/tools/": ("tools", "Entries about tools, newest first.", "tag"),
        "tags/vision/": ("vision", "Entries about vision, newest first.", "tag"),
        "archive/": ("Archive", "Every issue of This Week in Machine Learning, by year.", "archive"),
        "archive/2021/": ("2021", "The issues of 2021.", "year"),
        "authors/": ("Authors", "Who writes This Week in Machine Learning.", "authors"),
        "authors/philips/": ("Philips Kokoh Prasetyo", "Research engineer", "author"),
        "authors/guest/": ("Ada", "Guest", "author"),
        "demos/": ("Demos", "What can be run on your own machine, and what it measured.", "demos"),
        "about/": ("About", "Who makes this.", "about"),
    }


def test_issues_entries_and_written_pages_are_found_by_search_and_lists_are_not(edition: Edition) -> None:
    assert [sheet.page.address for sheet in sheets(edition) if sheet.searchable] == [
        "issues/2021-05-21/",
        "issues/2021-05-14/",
        "papers/vit/",
        "courses/mlops/",
        "papers/dino/",
        "projects/opyrator/",
        "about/",
    ]
    assert front_of(edition, "tags/")["search"] == {"exclude": True}
    assert "search" not in front_of(edition, "papers/dino/")


def test_home_shows_the_latest_issue_and_lists_the_ones_before(edition: Edition) -> None:
    context = sheet_at(edition, "").context
    assert context["issue"].title == "Patches & words <again>"
    assert titles(context["archive"]) == ["A network that finds the object"]


def test_home_shows_thirty_issues_and_leaves_the_others_to_the_archive(edition: Edition) -> None:
    issue = edition.issues[0]
    many = [issue.model_copy(update={"id": f"issues/{number}", "number": number}) for number in range(40, 0, -1)]
    archive = sheet_at(with_issues(edition, *many), "").context["archive"]
    assert [ref.number for ref in archive] == list(range(39, 10, -1))


def test_home_without_an_issue_says_so(bare: Edition) -> None:
    assert sheet_at(bare, "").context == {"issue": None, "archive": []}
    assert "The first issue is being written" in write(bare, sheet_at(bare, "")).decode()


def test_a_newsletter_with_nothing_in_it_has_its_lists_all_the_same(bare: Edition) -> None:
    made = {sheet.page.address: write(bare, sheet) for sheet in sheets(bare)}
    assert list(made) == ["", "papers/", "courses/", "projects/", "tags/", "archive/", "authors/", "demos/"]


def test_a_kind_lists_its_entries(edition: Edition) -> None:
    context = sheet_at(edition, "papers/").context
    assert context["kind"] == KindView("paper", "papers", "Papers")
    assert [ref.address for ref in context["entries"]] == ["papers/vit/", "papers/dino/"]


def test_tags_are_listed_with_how_many_entries_they_have(edition: Edition) -> None:
    tags = [(tag.name, tag.address, tag.count) for tag in sheet_at(edition, "tags/").context["tags"]]
    assert tags == [
        ("production", "tags/production/", 2),
        ("self-supervision", "tags/self-supervision/", 1),
        ("tools", "tags/tools/", 1),
        ("vision", "tags/vision/", 2),
    ]


def test_a_tag_lists_its_entries(edition: Edition) -> None:
    context = sheet_at(edition, "tags/vision/").context
    assert context["tag"].name == "vision"
    assert [ref.address for ref in context["entries"]] == ["papers/vit/", "papers/dino/"]


def test_the_archive_has_a_year_for_each_year_newest_first(edition: Edition) -> None:
    newest, oldest = edition.issues
    later = newest.model_copy(update={"id": "issues/2022-01-07", "date": date(2022, 1, 7)})
    three = with_issues(edition, later, newest, oldest)
    years = [(year.year, year.address, len(year.issues)) for year in sheet_at(three, "archive/").context["years"]]
    assert years == [(2022, "archive/2022/", 1), (2021, "archive/2021/", 2)]
    assert titles(sheet_at(three, "archive/2021/").context["year"].issues) == titles([newest, oldest])


def test_an_author_has_the_issues_they_wrote(edition: Edition) -> None:
    authors = sheet_at(edition, "authors/").context["authors"]
    assert [(author.name, titles(author.issues)) for author in authors] == [
        ("Philips Kokoh Prasetyo", ["A network that finds the object"]),
        ("Ada", ["Patches & words <again>"]),
    ]
    author = sheet_at(edition, "authors/guest/").context["author"]
    assert (author.name, titles(author.issues)) == ("Ada", ["Patches & words <again>"])


def test_the_demos_are_listed_with_their_entries(edition: Edition) -> None:
    (demo,) = sheet_at(edition, "demos/").context["demos"]
    assert (demo.name, titles(demo.entries)) == ("coin", ["Emerging Properties in Self-Supervised Vision Transformers"])


def test_the_captions_of_a_demo_s_figures_link_from_the_list(tmp_path: Path) -> None:
    small_edition(tmp_path)
    results = json.loads((tmp_path / "demos/coin/results/laptop.json").read_text())
    figure = {"file": "loss.svg", "caption": "See [us](about.md).", "alt": "A line", "license": "CC-BY-4.0"}
    files = {
        "demos/coin/results/laptop.json": json.dumps(results | {"figures": [figure]}),
        "demos/coin/results/loss.svg": FILES["site/figures/loss.svg"],
    }
    (demo,) = sheet_at(small_edition(tmp_path, files), "demos/").context["demos"]
    assert demo.runs[0].figures[0].caption == 'See <a href="../about/">us</a>.'


def test_a_written_page_has_its_words(edition: Edition) -> None:
    assert sheet_at(edition, "about/").context == {"html": "<p>We do.</p>"}


def test_the_page_on_subscribing_lists_the_feeds(tmp_path: Path) -> None:
    text = "---\ntitle: Subscribe\ntakeaway: How.\n---\nBack [home](index.md), or to [about](about.md).\n"
    sheet = sheet_at(small_edition(tmp_path, {"site/subscribe.md": text}), "subscribe/")
    assert sheet.template == "pages/subscribe.html"
    assert sheet.context["html"] == '<p>Back <a href="../">home</a>, or to <a href="../about/">about</a>.</p>'
    assert [feed.rss for feed in sheet.context["feeds"]][:2] == ["feed.xml", "papers/feed.xml"]


def test_the_front_matter_of_an_entry_is_what_the_theme_s_head_needs(edition: Edition) -> None:
    front = front_of(edition, "papers/dino/")
    head = front["digest"]
    jsonld = head.pop("jsonld")
    assert front["title"] == "Emerging Properties in Self-Supervised Vision Transformers"
    assert front["description"] == "A vision transformer trained without labels outlines what it sees."
    assert '"@type": "ScholarlyArticle"' in jsonld
    assert head == {
        "kind": "paper",
        "canonical": "https://news.example.org/ml/papers/dino/",
        "card": "https://news.example.org/ml/cards/papers/dino.png",
        "card_alt": "Paper: Emerging Properties in Self-Supervised Vision Transformers",
        "published": "2021-05-14",
        "modified": "2021-05-20",
        "weekday": 5,
        "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        "robots": "",
        "previous": "",
        "next": "../../papers/vit/",
        "feeds": [
            {
                "title": "This Week in Machine Learning: papers (RSS)",
                "type": "application/rss+xml",
                "href": "../../papers/feed.xml",
            },
            {
                "title": "This Week in Machine Learning: papers (Atom)",
                "type": "application/atom+xml",
                "href": "../../papers/atom.xml",
            },
            {
                "title": "This Week in Machine Learning: papers (JSON)",
                "type": "application/feed+json",
                "href": "../../papers/feed.json",
            },
        ],
    }


def test_the_front_matter_of_an_issue_leads_to_its_neighbours(edition: Edition) -> None:
    first, second = head_of(edition, "issues/2021-05-14/"), head_of(edition, "issues/2021-05-21/")
    assert (first["previous"], first["next"]) == ("", "../../issues/2021-05-21/")
    assert (second["previous"], second["next"]) == ("../../issues/2021-05-14/", "")


def test_an_issue_or_entry_that_was_not_updated_was_modified_when_it_came_out(edition: Edition) -> None:
    dates = {
        address: (head_of(edition, address)["published"], head_of(edition, address)["modified"])
        for address in ("issues/2021-05-14/", "issues/2021-05-21/", "papers/vit/")
    }
    assert dates == {
        "issues/2021-05-14/": ("2021-05-14", "2021-06-01"),
        "issues/2021-05-21/": ("2021-05-21", "2021-05-21"),
        "papers/vit/": ("2021-05-21", "2021-05-21"),
    }


def test_a_list_has_no_date_and_the_newsletter_s_card(edition: Edition) -> None:
    head = head_of(edition, "archive/")
    assert (head["published"], head["modified"]) == ("", "")
    assert (head["previous"], head["next"]) == ("", "")
    assert head["card"] == "https://news.example.org/ml/cards/home.png"
    assert head["canonical"] == "https://news.example.org/ml/archive/"


def test_every_page_says_what_it_is_as_json_ld(edition: Edition) -> None:
    for sheet in sheets(edition):
        assert sheet.jsonld.startswith('{"@context": "https://schema.org"'), sheet.page.address


@pytest.mark.parametrize(
    ("address", "feed"),
    [
        ("", "feed.xml"),
        ("issues/2021-05-14/", "../../feed.xml"),
        ("papers/", "../papers/feed.xml"),
        ("courses/mlops/", "../../courses/feed.xml"),
        ("projects/opyrator/", "../../projects/feed.xml"),
        ("tags/", "../feed.xml"),
        ("tags/vision/", "../../tags/vision/feed.xml"),
        ("about/", "../feed.xml"),
    ],
)
def test_a_page_names_the_feed_that_is_nearest(edition: Edition, address: str, feed: str) -> None:
    assert head_of(edition, address)["feeds"][0]["href"] == feed


def test_a_draft_is_kept_from_search_engines_and_a_published_issue_is_not(edition: Edition) -> None:
    draft = edition.issues[0].model_copy(update={"status": "draft"})
    mixed = with_issues(edition, draft, edition.issues[1])
    assert head_of(mixed, "issues/2021-05-21/")["robots"] == "noindex"
    assert head_of(mixed, "issues/2021-05-14/")["robots"] == ""


def test_a_page_is_front_matter_and_one_block_of_html(edition: Edition) -> None:
    text = write(edition, sheet_at(edition, "about/")).decode()
    assert text.startswith('---\ntitle: "About"\ndescription: "Who makes this."\ndigest: {"kind": "about", ')
    assert '"}]}\n---\n\n<div class="leaf">\n' in text
    assert text.endswith("</div>\n")


def test_the_template_sees_the_newsletter_and_the_page(tmp_path: Path) -> None:
    text = "{{ newsletter.name }} | {{ page.title }} | {{ page.to('feed.xml') }} | {{ html }}"
    edition = small_edition(tmp_path, {"templates/pages/page.html": text})
    written = write(edition, sheet_at(edition, "about/")).decode()
    assert written.endswith("---\n\nThis Week in Machine Learning | About | ../feed.xml | <p>We do.</p>\n")


texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    texts | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=5
)


@given(values)
@example("\x7f\x80\x85\x9f\u2028\u2029\ufeff\ufffe\uffff\U0001f600")
@example({"---": ": # & * !", "\n": "\t"})
def test_front_matter_is_read_back_as_it_was(value: object) -> None:
    text = yaml_text(value)
    assert "\n" not in text
    assert yaml.safe_load(f"key: {text}\n") == {"key": value}


class Text(HTMLParser):
    """The text of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.text += data


code_lines = st.lists(st.text(st.sampled_from('`~>\t -*#x"<&|:')).filter(lambda line: not line.isspace()), max_size=8)


@given(code_lines)
@example(["```python", "x", "```"])
@example(["~~~", "x", "~~~"])
@example(["> ```", "> x", "> ```"])
@example(["\tindented"])
def test_an_engine_leaves_a_page_s_html_as_it_is(lines: list[str]) -> None:
    text = "\n".join(["first", *lines, "last"])
    html = f"<div>\n<pre>{escape(text)}</pre>\n</div>"
    engine = markdown.Markdown(extensions=["toc", "tables", "fenced_code", "pymdownx.superfences", "attr_list"])
    assert Text(engine.convert(html_block(html))).text == f"\n{text}\n"


def test_html_without_fences_or_tabs_is_only_trimmed() -> None:
    assert html_block("\n<p>`a` ``b`` ~~c~~</p>\n") == "<p>`a` ``b`` ~~c~~</p>"


def test_a_fence_begins_with_a_character_by_its_number() -> None:
    html = "```\n~~~~\n> ```\n \t```\nx ```"
    assert html_block(html) == "&#96;``\n&#126;~~~\n> &#96;``\n \t&#96;``\nx ```"


def test_a_tab_is_kept_in_code_and_means_nothing_elsewhere() -> None:
    html = "<p\tid='a'>\t<pre>\n\ta\tb</pre>\t<pre\tid='b'>\t</pre>\t</p>"
    assert html_block(html) == "<p\tid='a'>\t<pre>\n&#9;a&#9;b</pre>\t<pre\tid='b'>&#9;</pre>\t</p>"


@pytest.mark.parametrize("name", ["papers", "courses", "projects", "tags", "archive", "authors", "demos"])
def test_a_page_in_the_place_of_a_list_is_a_problem(name: str) -> None:
    assert [str(problem) for problem in taken_addresses(pages_at(name))] == [
        f"site/{name}.md:1:1: '{name}/' is the address of a list that is made; rename the file"
    ]


def test_any_other_page_is_welcome() -> None:
    assert taken_addresses(pages_at("about", "archives")) == []


def pages_at(*names: str) -> Library:
    pages: Mapping[str, Page] = {
        name: Page(id=name, path=f"site/{name}.md", body="", body_line=1, title="T", takeaway="T") for name in names
    }
    return Library(pages=pages)
