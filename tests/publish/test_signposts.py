import re
from datetime import date
from xml.etree import ElementTree

import pytest

from digest.library.reading import Library
from digest.publish.edition import Edition
from digest.publish.signposts import changed, signposts

SITE = "https://news.example.org/ml/"
ADDRESSES = ("", "papers/", "papers/dino/", "issues/2021-05-14/", "tags/vision/", "about/")
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def tree(data: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(data)  # noqa: S314 - what we wrote ourselves


@pytest.fixture(scope="module")
def files(edition: Edition) -> dict[str, bytes]:
    return signposts(edition, ADDRESSES)


def test_there_are_four_signposts(files: dict[str, bytes], golden):
    assert files.keys() == {"sitemap.xml", "robots.txt", "llms.txt", "feeds.opml"}
    for name, data in files.items():
        golden(name, data)


def test_the_map_has_every_page_and_when_it_changed(files: dict[str, bytes]):
    urls = tree(files["sitemap.xml"]).findall(f"{MAP}url")
    assert [(url.findtext(f"{MAP}loc"), url.findtext(f"{MAP}lastmod")) for url in urls] == [
        (SITE, "2021-06-01"),
        (f"{SITE}papers/", "2021-05-21"),
        (f"{SITE}papers/dino/", "2021-05-20"),
        (f"{SITE}issues/2021-05-14/", "2021-06-01"),
        (f"{SITE}tags/vision/", "2021-05-21"),
        (f"{SITE}about/", None),
    ]


@pytest.mark.parametrize(
    ("address", "day"),
    [
        ("courses/", date(2021, 5, 14)),
        ("tags/", date(2021, 5, 21)),
        ("tags/tools/", date(2021, 5, 14)),
        ("archive/", date(2021, 6, 1)),
        ("archive/2021/", date(2021, 6, 1)),
        ("archive/2020/", None),
        ("authors/", date(2021, 6, 1)),
        ("authors/guest/", date(2021, 5, 21)),
        ("authors/philips/", date(2021, 6, 1)),
        ("papers/vit/", date(2021, 5, 21)),
        ("issues/2021-05-21/", date(2021, 5, 21)),
        ("demos/", None),
    ],
)
def test_a_page_changed_when_the_newest_of_what_it_shows_did(edition: Edition, address: str, day: date | None):
    assert changed(edition, address) == day


def test_robots_are_shown_the_map(files: dict[str, bytes]):
    assert files["robots.txt"].decode() == f"User-agent: *\nAllow: /\n\nSitemap: {SITE}sitemap.xml\n"


def test_models_are_given_plain_text_by_the_rules_of_llms_txt(files: dict[str, bytes]):
    lines = files["llms.txt"].decode().split("\n")
    assert lines[:3] == [
        "# This Week in Machine Learning",
        "",
        "> A weekly digest whose papers & projects can be run.",
    ]
    assert [line for line in lines if line.startswith("#")][1:] == [
        *("## Issues", "## Papers", "## Courses", "## Projects", "## Feeds", "## Optional"),
    ]
    pointers = [line for line in lines if line.startswith("- ")]
    assert all(re.fullmatch(r"- \[.+\]\(https://\S+\): .+", line) for line in pointers)
    assert (
        f"- [No. 2: Patches & words <again>]({SITE}issues/2021-05-21/source.txt): A picture is worth 16x16 words."
        in lines
    )
    assert len(pointers) == 2 + 2 + 1 + 1 + 4 + 1


def test_brackets_in_a_title_do_not_break_its_link(edition: Edition):
    issue = edition.issues[0].model_copy(update={"title": "[x] \\ y"})
    library = Library(issues=(issue,))
    made = signposts(Edition(library, edition.newsletter, edition.templates), [])["llms.txt"].decode()
    assert "- [No. 2: \\[x\\] \\\\ y](" in made
    assert "## Papers" not in made


def test_all_feeds_can_be_subscribed_to_at_once(files: dict[str, bytes]):
    opml = tree(files["feeds.opml"])
    assert (opml.tag, opml.get("version")) == ("opml", "2.0")
    assert opml.findtext("head/title") == "This Week in Machine Learning"
    assert opml.findtext("head/dateModified") == "Tue, 01 Jun 2021 00:00:00 +0000"
    outlines = opml.findall("body/outline")
    assert len(outlines) == 8
    assert outlines[-1].attrib == {
        "type": "rss",
        "text": "This Week in Machine Learning: vision",
        "title": "This Week in Machine Learning: vision",
        "xmlUrl": f"{SITE}tags/vision/feed.xml",
        "htmlUrl": f"{SITE}tags/vision/",
    }
    assert outlines[0].get("htmlUrl") == SITE


def test_an_empty_newsletter_has_signposts_too(edition: Edition):
    made = signposts(Edition(Library(), edition.newsletter, edition.templates), [""])
    assert tree(made["feeds.opml"]).findtext("head/dateModified") == "Fri, 01 Jan 2021 00:00:00 +0000"
    assert tree(made["sitemap.xml"]).findtext(f"{MAP}url/{MAP}loc") == SITE
