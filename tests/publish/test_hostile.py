"""A hostile newsletter: whatever was pasted into it, nothing runs, loads or leads astray in anything that goes out.

The first test has it refused, with every mistake in its place. The others build it with the proofreader asleep, so that
what they find is what the sanitiser and the templates do by themselves.
"""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import feedparser
import pytest

from digest.library.problems import ContentError
from digest.publish import build as room
from digest.publish.build import build, read_edition
from digest.publish.cards import draw, planned_cards
from digest.publish.lettering import Faces
from digest.publish.policy import with_policy
from tests.hostile import EVERYTHING, MARK, PAYLOADS, WORD, write_hostile
from tests.library.strangers import harmful, scheme_of

ADDRESS = "https://letter.example/"
ATOM = "{http://www.w3.org/2005/Atom}"
THEME_SCRIPTS = re.compile(r"__md_scope=new URL\(|var palette=__md_get\(")
SCRIPT_FILES = re.compile(r"(?:\.\./|\./|/)*assets/(?:digest|javascripts/bundle\.[0-9a-f]+\.min)\.js")
NEVER = {"iframe", "object", "embed", "base", "math", "video", "audio", "source", "noscript", "style", "marquee", "x"}
FORMS = {"name": "search", "class": "search-form", "role": "search"}
FIGURES = frozenset({"figure", "figcaption", "width", "height"})
"""What the templates of feeds write around a body."""
LEADING = {"href", "src", "srcset", "action", "formaction", "data", "poster", "background", "ping", "xlink:href"}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_hostile(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def site(hostile: Path) -> Iterator[Path]:
    """The site of the hostile newsletter, built with nobody looking at its words and links."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "check_library", lambda *_: [])
        patch.setattr(room, "check_site", lambda *_: [])
        patch.setattr(room, "planned_cards", lambda *_: {})
        yield build(hostile).site


class Page(HTMLParser):
    """A page as a list of its tags, its scripts, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag == "script":
            self.scripts.append((attributes, ""))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script" and self.scripts and self.scripts[-1][1] == "":
            self.scripts[-1] = (self.scripts[-1][0], data)
        else:
            self.text += data


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    found = {file.relative_to(site).as_posix(): Page(file.read_text(encoding="utf-8")) for file in site.rglob("*.html")}
    assert len(found) > 4 * len(PAYLOADS)
    return found


def test_what_would_be_dropped_is_refused_in_one_sentence_with_its_place(hostile: Path) -> None:
    with pytest.raises(ContentError) as caught:
        build(hostile)
    for problem in caught.value.problems:
        assert str(problem).isprintable()
        line = (hostile / problem.path).read_text(encoding="utf-8").split("\n")[problem.line - 1]
        assert problem.column <= len(line) + 1
    named = {problem.path for problem in caught.value.problems}
    harmless = (
        "handler-in-attribute handler-backtick cdata link-title jinja jinja-escape percent bidi entities xml astral"
    )
    refused = PAYLOADS.keys() - {*harmless.split(), "markdown-link-break"}
    assert {f"site/papers/{name}.md" for name in refused} <= named


def test_no_page_has_a_script_but_the_theme_s(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        for attributes, text in page.scripts:
            kind = attributes.get("type", "")
            if "src" in attributes:
                assert SCRIPT_FILES.fullmatch(attributes["src"]), name
            elif kind in ("application/ld+json", "application/json"):
                json.loads(text)
            else:
                assert attributes == {}, name
                assert THEME_SCRIPTS.match(text), name


def test_no_page_has_a_handler_a_style_or_an_element_that_loads(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert not NEVER & {tag for tag, _ in page.tags}, name
        for tag, attributes in page.tags:
            assert not [key for key in attributes if key.startswith("on") or key in ("style", "srcdoc")], (name, tag)
            if tag == "form":
                assert attributes == FORMS, name
            if tag == "meta" and "http-equiv" in attributes:
                assert attributes["http-equiv"] == "Content-Security-Policy"
                assert "script-src 'self' 'sha256-" in attributes["content"]


def test_no_address_on_a_page_is_anything_but_an_address(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        for tag, attributes in page.tags:
            for key in LEADING & attributes.keys():
                scheme = scheme_of(attributes[key])
                assert scheme in ("", "https", "mailto"), (name, tag, attributes[key])
                if tag != "a" and attributes[key].startswith(("https:", "//")):
                    assert (tag, attributes.get("rel")) in {("link", "canonical"), ("img", None)}, (name, attributes)


def test_every_payload_can_be_read_on_its_page_as_it_was_written(pages: dict[str, Page]) -> None:
    for name, payload in PAYLOADS.items():
        for kind in ("papers", "courses", "projects"):
            text = " ".join(pages[f"{kind}/{name}/index.html"].text.split())
            assert text.count(" ".join(payload.split())) >= 4, (kind, name)


def test_template_syntax_is_text_everywhere(site: Path) -> None:
    found = 0
    for file in site.rglob("*"):
        if file.is_file() and file.suffix in (".html", ".xml", ".json", ".txt", ".bib", ".opml", ".css"):
            text = file.read_text(encoding="utf-8")
            assert "11111103" not in text, file
            found += MARK in text
    assert found > 20


def test_every_page_s_policy_is_its_own(site: Path) -> None:
    for file in site.rglob("*.html"):
        html = file.read_text(encoding="utf-8")
        assert with_policy(html) == html
        assert [tag for tag, attributes in Page(html).tags if "http-equiv" in attributes] == ["meta"]


def test_json_ld_says_the_title_as_it_was_written(pages: dict[str, Page]) -> None:
    for name, payload in PAYLOADS.items():
        (data,) = [
            json.loads(text)
            for attributes, text in pages[f"papers/{name}/index.html"].scripts
            if attributes.get("type") == "application/ld+json"
        ]
        titles = [node.get("headline") or node.get("name") for node in data["@graph"]]
        assert " ".join(f"{payload} {WORD} {name}".split()) in titles


def feed_files(site: Path) -> list[Path]:
    return sorted([*site.rglob("feed.xml"), *site.rglob("atom.xml")])


def test_feeds_are_xml_whose_words_are_harmless_and_whose_titles_are_as_written(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedparser, "SANITIZE_HTML", 0)
    monkeypatch.setattr(feedparser, "RESOLVE_RELATIVE_URIS", 0)
    titles = {" ".join(f"{payload} {WORD} {name}".split()) for name, payload in PAYLOADS.items()}
    assert len(feed_files(site)) == 10
    for file in feed_files(site):
        ElementTree.fromstring(file.read_bytes())  # noqa: S314 - our own
        feed = feedparser.parse(file.read_bytes())
        assert feed.bozo == 0
        assert len(feed.entries) == 20
        for entry in feed.entries:
            assert harmful(entry.content[0].value, FIGURES) == []
            assert entry.link.startswith(ADDRESS)
        if file.parent.name != "site" and file.name == "atom.xml":
            tree = ElementTree.parse(file)  # noqa: S314
            assert {entry.findtext(f"{ATOM}title") for entry in tree.iter(f"{ATOM}entry")} <= titles


def test_json_feeds_and_the_api_hold_harmless_html(site: Path) -> None:
    files = [*site.rglob("feed.json"), *(site / "api").rglob("*.json")]
    assert len(files) > 4 * len(PAYLOADS)
    found = 0
    for file in files:
        for html in html_of(json.loads(file.read_text(encoding="utf-8"))):
            found += 1
            assert harmful(html, FIGURES) == [], file
    assert found > 4 * len(PAYLOADS)


def html_of(value: Any) -> Iterator[str]:
    """Every text of some JSON that calls itself HTML."""
    if isinstance(value, list):
        for item in value:
            yield from html_of(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("html", "content_html", "greeting", "closing") and isinstance(item, str):
                yield item
            yield from html_of(item)


def test_the_search_index_holds_harmless_html(site: Path) -> None:
    docs = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))["docs"]
    assert len(docs) > 4 * len(PAYLOADS)
    for entry in docs:
        assert harmful(entry["title"]) == []
        assert harmful(entry["text"]) == []


def test_the_lists_for_machines_lead_to_this_site_alone(site: Path) -> None:
    opml = ElementTree.parse(site / "feeds.opml")  # noqa: S314
    for outline in opml.iter("outline"):
        assert outline.attrib["xmlUrl"].startswith(ADDRESS)
        assert outline.attrib["htmlUrl"].startswith(ADDRESS)
    sitemap = ElementTree.parse(site / "sitemap.xml")  # noqa: S314
    assert all(str(place.text).startswith(ADDRESS) for place in sitemap.iter("{*}loc"))
    for line in (site / "llms.txt").read_text(encoding="utf-8").splitlines():
        assert re.match(r"#{1,2} |> |- \[(?:\\.|[^\]\\])*\]\(https://letter\.example/[^)]*\)|\S|$", line)


def test_every_payload_makes_a_card_and_the_file_holds_nothing_but_the_picture(hostile: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "check_library", lambda *_: [])
        edition = read_edition(hostile, drafts=False)
    faces = Faces(edition.templates.theme())
    cards = planned_cards(edition)
    for name in PAYLOADS:
        data = draw(cards[f"cards/papers/{name}.png"], faces)
        assert data.startswith(b"\x89PNG")
        assert re.findall(rb"(?:tEXt|zTXt|iTXt|eXIf)", data) == []


def test_the_newsletter_s_own_name_is_text_too(pages: dict[str, Page]) -> None:
    name = " ".join(EVERYTHING[1500:3000].split())
    assert name in " ".join(pages["index.html"].text.split())
    assert " ".join(EVERYTHING[3000:4500].split()) in " ".join(pages["404.html"].text.split())
