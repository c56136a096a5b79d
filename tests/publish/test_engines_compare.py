"""Two engines, one tree: what MkDocs and Zensical make of the same folder is one site, but for what is listed here."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from comparing import (
    ASPECTS,
    Element,
    files,
    of_code,
    of_colophon,
    of_elements,
    of_headings,
    of_language,
    of_linked_data,
    of_masthead,
    of_metadata,
    of_relations,
    of_text,
    of_title,
    tree,
)
from projects import fingerprint, write_project

from digest.publish.build import build
from tests.browser.newsletters import copy_newsletter, fill

ROOT = Path(__file__).parents[2]
ENGINES = ("mkdocs", "zensical")

# Every known difference. The table in the README has a row for each; what is not compared below stands beside it.
DIFFERENCES = {
    "Scripts and style sheets": r"assets/(javascripts|stylesheets|images)/.*",
    "Search": r"search\.json|search/search_index\.json",
    "Theme files in Markdown": r"assets/fonts/README\.md",
    "Policy": "",
    "Skip link": "",
    "Last line of a page": "",
    "Bytes of a page": "",
    "Plugins and hooks": "",
    "Warnings": "",
}
OWN_FILES = re.compile("|".join(filter(None, DIFFERENCES.values())))


OLD = {"papers/dyno/index.html", "tags/playthings/index.html"}


@dataclass(frozen=True)
class Pair:
    """What both engines made of one newsletter, and the folders they worked in and beside, before and after."""

    address: str
    sites: dict[str, Path]
    docs: dict[str, dict[str, str]]
    words: list[dict[str, str]]

    def pages(self, engine: str) -> dict[str, Element]:
        """The pages that one of them made, by address; those at old addresses are ours."""
        found = {name: file for name, file in files(self.sites[engine]).items() if name.endswith(".html")}
        return {name: tree(file.read_text(encoding="utf-8")) for name, file in found.items() if name not in OLD}


def both(root: Path, address: str, target: Path) -> Pair:
    words = [fingerprint(root / "site")]
    docs: dict[str, dict[str, str]] = {}
    for engine in ENGINES:
        report = build(root, engine=engine)
        assert (report.engine, report.warnings) == (engine, [])
        shutil.copytree(report.site, target / engine)
        docs[engine] = fingerprint(root / "build" / "docs")
        words.append(fingerprint(root / "site"))
    return Pair(address, {engine: target / engine for engine in ENGINES}, docs, words)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A small newsletter with something of everything."""
    root = write_project(tmp_path_factory.mktemp("small"))
    return both(root, "https://news.example.org/ml/", tmp_path_factory.mktemp("sites"))


@pytest.fixture(scope="session")
def letter(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The newsletter of this repository, with toys."""
    address = "https://pages.example/letter/"
    root = fill(copy_newsletter(tmp_path_factory.mktemp("letter"), address))
    return both(root, address, tmp_path_factory.mktemp("sites"))


@pytest.fixture(scope="session", params=["small", "letter"])
def pair(request: pytest.FixtureRequest) -> Pair:
    found: Pair = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def pages(pair: Pair) -> dict[str, dict[str, Element]]:
    return {engine: pair.pages(engine) for engine in ENGINES}


def test_both_build_from_the_same_folder(pair: Pair) -> None:
    assert pair.docs["mkdocs"] == pair.docs["zensical"]


def test_neither_touches_the_words(pair: Pair) -> None:
    before, *after = pair.words
    assert after == [before, before]


def test_every_file_has_the_same_address_and_what_is_no_page_the_same_bytes(pair: Pair) -> None:
    sites = [files(pair.sites[engine]) for engine in ENGINES]
    ours = [{name: file for name, file in site.items() if not OWN_FILES.fullmatch(name)} for site in sites]
    assert ours[0].keys() == ours[1].keys()
    assert {"feed.xml", "atom.xml", "feed.json", "sitemap.xml", "404.html", "api/v1/index.json"} <= ours[0].keys()
    unequal = [name for name in ours[0] if ours[0][name].read_bytes() != ours[1][name].read_bytes()]
    assert [name for name in unequal if not name.endswith(".html") or name in OLD] == []


def test_both_lead_on_from_an_old_address_and_search_neither(small: Pair) -> None:
    for engine, index in zip(ENGINES, ("search/search_index.json", "search.json"), strict=True):
        page = (small.sites[engine] / "papers" / "dyno" / "index.html").read_text(encoding="utf-8")
        assert 'content="0; url=../../papers/dino/"' in page
        assert "papers/dyno" not in (small.sites[engine] / index).read_text(encoding="utf-8")


@pytest.mark.parametrize("aspect", ASPECTS, ids=lambda aspect: aspect.__name__)
def test_every_page_is_the_same(
    pair: Pair, pages: dict[str, dict[str, Element]], aspect: Callable[[Element, str], object]
) -> None:
    for name, page in pages["mkdocs"].items():
        url = pair.address + name
        assert aspect(pages["zensical"][name], url) == aspect(page, url), name


CHANGES = {
    of_language: ('lang="en"', 'lang="de"'),
    of_title: ("<title>", "<title>No "),
    of_metadata: ('name="robots" content="', 'name="robots" content="noindex,'),
    of_relations: ('type="application/atom+xml"', 'type="application/xml"'),
    of_linked_data: ('"@type":', '"@type": "Thing", "kind":'),
    of_headings: ('id="why-it-matters"', 'id="why"'),
    of_text: ("A vision transformer", "A transformer"),
    of_code: ("no heading", "no  heading"),
    of_elements: ('href="../../papers/vit/"', 'href="../papers/vit/"'),
    of_masthead: ('aria-current="page"', 'aria-current="true"'),
    of_colophon: ("feeds.opml", "feed.opml"),
}


@pytest.mark.parametrize("aspect", ASPECTS, ids=lambda aspect: aspect.__name__)
def test_a_page_that_differs_is_noticed(small: Pair, aspect: Callable[[Element, str], object]) -> None:
    name = "papers/index.html" if aspect is of_masthead else "papers/dino/index.html"
    page = (small.sites["mkdocs"] / name).read_text(encoding="utf-8")
    other = page.replace(*CHANGES[aspect])
    assert other != page
    assert aspect(tree(other), small.address + name) != aspect(tree(page), small.address + name)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_search_index_holds_the_pages_that_are_read_and_no_lists(pair: Pair, engine: str) -> None:
    name = {"mkdocs": "search/search_index.json", "zensical": "search.json"}[engine]
    index = (pair.sites[engine] / name).read_text(encoding="utf-8")
    assert '"location":"papers/dino/"' in index
    assert '"location":"tags/' not in index
    assert '"location":"archive/' not in index


def test_the_readme_lists_every_difference() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Two engines")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+?) +\|", section, re.MULTILINE)
    assert rows[1:] == list(DIFFERENCES)
