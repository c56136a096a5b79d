"""Addresses: the way from one place of the site to another, and from anywhere to there."""

from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.publish.addresses import INDEXES, absolute, address_of, markdown_file, relative, to_root

SITE = "https://news.example.org/ml/"


@dataclass(frozen=True)
class Place:
    address: str


# Without a semicolon: urljoin, which these tests compare with, drops one that ends a path.
names = st.text(st.characters(exclude_characters="/#;", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..")
)
files = st.lists(names, min_size=1, max_size=4).map("/".join)
pages = st.one_of(st.just(""), files.map(lambda file: f"{file}/"))
targets = st.one_of(pages, files)
anchors = st.one_of(st.just(""), st.from_regex(r"#[a-z][a-z0-9-]*", fullmatch=True))


def test_an_address_is_its_own_address() -> None:
    assert address_of("papers/dino/") == "papers/dino/"


def test_the_address_of_a_thing_is_where_it_stands() -> None:
    assert address_of(Place("papers/dino/")) == "papers/dino/"


@pytest.mark.parametrize(
    ("page", "target", "link"),
    [
        ("", "papers/dino/", "papers/dino/"),
        ("", "", "./"),
        ("papers/", "", "../"),
        ("papers/dino/", "", "../../"),
        ("papers/dino/", "papers/vit/", "../../papers/vit/"),
        ("papers/dino/", "feed.xml", "../../feed.xml"),
        ("demos/", "demos/#dino", "../demos/#dino"),
        ("404.html", "about/", "about/"),
        ("", "figures/a b%.svg", "figures/a%20b%25.svg"),
        ("", "assets/what?.pdf", "assets/what%3F.pdf"),
        ("", "c:/x", "c%3A/x"),
        ("", "papers/Größe/", "papers/Gr%C3%B6%C3%9Fe/"),
    ],
)
def test_a_link_leads_from_a_page_to_a_target(page: str, target: str, link: str) -> None:
    assert relative(page, target) == link


def test_a_link_leads_to_a_thing_too() -> None:
    assert relative("papers/vit/", Place("papers/dino/")) == "../../papers/dino/"


def test_a_whole_address_begins_with_that_of_the_site() -> None:
    assert absolute(SITE, "papers/dino/cite.bib") == "https://news.example.org/ml/papers/dino/cite.bib"
    assert absolute(SITE, Place("demos/#a b")) == "https://news.example.org/ml/demos/#a%20b"
    assert absolute(SITE, "") == SITE


@given(pages, targets, anchors)
def test_following_a_relative_link_leads_where_the_whole_address_does(page: str, target: str, anchor: str) -> None:
    assert urljoin(absolute(SITE, page), relative(page, target + anchor)) == absolute(SITE, target + anchor)


@given(pages, targets, anchors)
def test_what_a_link_leads_to_is_the_target_as_it_was_written(page: str, target: str, anchor: str) -> None:
    parts = urlsplit(urljoin(absolute(SITE, page), relative(page, target + anchor)))
    assert unquote(parts.path) == f"/ml/{target}"
    assert parts.fragment == anchor.removeprefix("#")
    assert parts.query == ""


@pytest.mark.parametrize(
    ("page", "way"), [("", ""), ("papers/", "../"), ("papers/dino/", "../../"), ("papers/dino/cite.bib", "../../")]
)
def test_the_way_to_the_root_goes_up_once_a_slash(page: str, way: str) -> None:
    assert to_root(page) == way


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("", "index.md"),
        ("papers/", "papers/index.md"),
        ("courses/", "courses/index.md"),
        ("projects/", "projects/index.md"),
        ("tags/", "tags/index.md"),
        ("archive/", "archive/index.md"),
        ("authors/", "authors/index.md"),
        ("demos/", "demos/index.md"),
        ("papers/dino/", "papers/dino/index.md"),
        ("about/", "about/index.md"),
        ("archive/2021/", "archive/2021/index.md"),
    ],
)
def test_a_page_is_made_of_one_markdown_file(address: str, file: str) -> None:
    assert markdown_file(address) == file


def test_the_lists_are_home_the_kinds_tags_archive_authors_and_demos() -> None:
    assert sorted(INDEXES) == ["", "archive/", "authors/", "courses/", "demos/", "papers/", "projects/", "tags/"]
