import io
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest
from editions import FILES, all_feeds, small_edition, write_results
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from digest.library.reading import Library, read_library
from digest.library.text import UNSEEN
from digest.publish.edition import Edition
from digest.publish.feeds import (
    FeedGroup,
    FeedLink,
    feed_groups,
    feed_links,
    feed_places,
    legal,
    rfc822,
    rfc3339,
)
from tests.library.strangers import harmful

SITE = "https://news.example.org/ml/"
ATOM = "{http://www.w3.org/2005/Atom}"
RFC822 = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} 00:00:00 \+0000"
RFC3339 = r"\d{4}-\d\d-\d\dT00:00:00Z"
PLACES = (
    "",
    "papers/",
    "courses/",
    "projects/",
    "tags/production/",
    "tags/self-supervision/",
    "tags/tools/",
    "tags/vision/",
)


@pytest.fixture(scope="module")
def files(edition: Edition) -> dict[str, bytes]:
    return all_feeds(edition)


def tree(data: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(data)  # noqa: S314 - what we wrote ourselves


def parsed(data: bytes) -> feedparser.FeedParserDict:
    found = feedparser.parse(io.BytesIO(data), sanitize_html=False)
    assert (found.bozo, found.get("bozo_exception")) == (False, None)
    return found


def test_the_issues_stand_in_three_formats_at_the_root(files: dict[str, bytes], golden):
    golden("feed.xml", files["feed.xml"])
    golden("atom.xml", files["atom.xml"])
    golden("feed.json", files["feed.json"])


def test_each_kind_and_each_tag_has_its_own(files: dict[str, bytes], golden):
    assert files.keys() == {f"{place}{name}" for place in PLACES for name in ("feed.xml", "atom.xml", "feed.json")}
    golden("papers.feed.xml", files["papers/feed.xml"])
    golden("vision.feed.json", files["tags/vision/feed.json"])


@pytest.mark.parametrize("name", ["feed.xml", "atom.xml"])
def test_a_reader_finds_titles_ids_dates_and_words(files: dict[str, bytes], name: str):
    found = parsed(files[name])
    assert found.version == {"feed.xml": "rss20", "atom.xml": "atom10"}[name]
    assert (found.feed.title, found.feed.link) == ("This Week in Machine Learning", SITE)
    assert found.feed.subtitle == "A weekly digest whose papers & projects can be run."
    assert found.encoding == "utf-8"
    newest, first = found.entries
    assert newest.title == "No. 2: Patches & words <again>"
    assert (newest.id, newest.link) == (
        "tag:news.example.org,2021:issues/2021-05-21",
        f"{SITE}issues/2021-05-21/",
    )
    assert (first.author, newest.author) == ("Philips Kokoh Prasetyo", "Ada")
    assert (first.published_parsed[:6], first.updated_parsed[:6]) == ((2021, 5, 14, 0, 0, 0), (2021, 6, 1, 0, 0, 0))
    assert [tag.term for tag in first.tags] == ["vision", "self-supervision", "production", "tools"]
    assert first.summary == "One paper, one course, one project."
    words = first.content[0].value
    assert words.startswith(f'<p>Hello! Begin with <a href="{SITE}papers/dino/#why-it-matters">DINO</a>.</p>')


def test_an_issue_is_there_whole(files: dict[str, bytes]):
    words = json.loads(files["feed.json"])["items"][1]["content_html"]
    order = [
        "Hello!",
        f'<h2>Paper: <a href="{SITE}papers/dino/">Emerging Properties',
        "<strong>A vision transformer trained without labels outlines what it sees.</strong>",
        '<a href="https://arxiv.org/abs/2104.14294">Paper</a> · '
        '<a href="https://github.com/facebookresearch/dino">Code</a> (archived)</p>',
        f'<img src="{SITE}figures/loss.svg" alt="A falling line [loss]" width="600" height="200">',
        f'<figcaption>The loss, see <a href="{SITE}about/">about</a>. Drawn by the demo; '
        '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>.</figcaption>',
        '<h3 id="dino-what-it-is">What it is</h3>',
        f'<a href="{SITE}issues/2021-05-14/#dino-why-it-matters">why</a>',
        f'<a href="{SITE}papers/vit/">ViT</a>',
        f'<img src="{SITE}figures/patches.svg" alt="A grid" width="400" height="300">',
        '<figcaption>Sixteen patches. <a href="https://example.org/patches">Ada &amp; Co</a>; MIT.</figcaption>',
        "Its demo passed on 24 November 2026.",
        "<h2>Course: ",
        "<h2>Project: ",
        "See you",
        'Thanks to <a href="https://example.org/nabil">Nabil</a>',
        f'Philips Kokoh Prasetyo, Research engineer. <a href="{SITE}issues/2021-05-14/">No. 1 on the web</a>',
    ]
    places = [words.find(part) for part in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)


def test_nothing_in_the_words_leads_nowhere_or_shows_the_dark_picture(files: dict[str, bytes]):
    for address, data in files.items():
        if address.endswith(".json"):
            for item in json.loads(data)["items"]:
                addresses = re.findall(r'(?:href|src)="([^"]*)"', item["content_html"])
                assert all(found.startswith("https://") for found in addresses), addresses
                assert "dark" not in item["content_html"]
                assert "digest-figure" not in item["content_html"]


def test_an_entry_is_there_whole_with_the_headings_of_its_own_page(files: dict[str, bytes]):
    vit, dino = json.loads(files["papers/feed.json"])["items"]
    assert (vit["id"], vit["title"]) == ("tag:news.example.org,2021:papers/vit", "An Image is Worth 16x16 Words")
    assert '<h2 id="what-it-is">What it is</h2>' in dino["content_html"]
    assert f'<a href="{SITE}papers/dino/#why-it-matters">why</a>' in dino["content_html"]
    assert (dino["date_published"], dino["date_modified"]) == ("2021-05-14T00:00:00Z", "2021-05-20T00:00:00Z")
    assert (dino["url"], dino["image"]) == (f"{SITE}papers/dino/", f"{SITE}cards/papers/dino.png")


def test_an_entry_keeps_the_id_it_had_before_it_was_renamed(files: dict[str, bytes]):
    ids = [item["id"] for item in json.loads(files["papers/feed.json"])["items"]]
    assert ids == ["tag:news.example.org,2021:papers/vit", "tag:news.example.org,2021:papers/dyno"]


def test_a_link_within_an_issue_leads_to_its_page(edition: Edition):
    issue = edition.issues[0].model_copy(update={"body": "See [ViT](#vit).<!-- closing -->And [DINO](#dino)."})
    library = replace(edition.library, issues=(issue,))
    found = all_feeds(Edition(library, edition.newsletter, edition.templates))
    words = json.loads(found["feed.json"])["items"][0]["content_html"]
    assert f'<p>See <a href="{SITE}issues/2021-05-21/#vit">ViT</a>.</p>' in words
    assert f'<p>And <a href="{SITE}issues/2021-05-21/#dino">DINO</a>.</p>' in words


def test_an_entry_is_by_whoever_wrote_the_first_issue_it_stood_in(files: dict[str, bytes]):
    authors = [item["authors"] for item in json.loads(files["papers/feed.json"])["items"]]
    assert authors == [[{"name": "Ada"}], [{"name": "Philips Kokoh Prasetyo"}]]


def test_an_entry_in_no_issue_yet_is_by_the_newsletter(tmp_path: Path):
    loose = (
        FILES["site/papers/vit.md"]
        .replace("added: 2021-05-21", "added: 2021-06-21")
        .replace("2010.11929", "2010.11930")
    )
    loose = loose.replace("https://example.org/vit", "https://example.org/loose")
    found = all_feeds(small_edition(tmp_path, {"site/papers/loose.md": loose}))
    assert json.loads(found["papers/feed.json"])["items"][0]["authors"] == [{"name": "This Week in Machine Learning"}]


def test_rss_keeps_the_rules_of_rss(files: dict[str, bytes]):
    for place in PLACES:
        channel = tree(files[f"{place}feed.xml"]).find("channel")
        assert channel is not None
        assert all(channel.findtext(name) for name in ("title", "link", "description", "language"))
        assert re.fullmatch(RFC822, channel.findtext("lastBuildDate") or "")
        self_link = channel.find(f"{ATOM}link")
        assert self_link is not None
        assert self_link.attrib == {"rel": "self", "type": "application/rss+xml", "href": f"{SITE}{place}feed.xml"}
        assert channel.findtext("link") == f"{SITE}{place}"
        items = channel.findall("item")
        assert items
        assert len({item.findtext("guid") for item in items}) == len(items)
        for item in items:
            assert item.find("guid").attrib == {"isPermaLink": "false"}  # type: ignore[union-attr]
            assert re.fullmatch(RFC822, item.findtext("pubDate") or "")
            assert item.find("author") is None
            assert item.findtext("{http://purl.org/dc/elements/1.1/}creator")


def test_atom_keeps_the_rules_of_rfc_4287(files: dict[str, bytes]):
    ids = set()
    for place in PLACES:
        feed = tree(files[f"{place}atom.xml"])
        assert feed.tag == f"{ATOM}feed"
        parts = [feed, *feed.findall(f"{ATOM}entry")]
        ids.add(feed.findtext(f"{ATOM}id"))
        for part in parts:
            for name in ("id", "title", "updated"):
                assert len(part.findall(f"{ATOM}{name}")) == 1
            assert re.fullmatch(RFC3339, part.findtext(f"{ATOM}updated") or "")
            assert re.fullmatch(r"tag:news\.example\.org,2021:[a-z0-9/-]+", part.findtext(f"{ATOM}id") or "")
            assert part.findtext(f"{ATOM}author/{ATOM}name")
        own = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
        assert own == {"self": f"{SITE}{place}atom.xml", "alternate": f"{SITE}{place}"}
        assert all(entry.find(f"{ATOM}content").get("type") == "html" for entry in parts[1:])  # type: ignore[union-attr]
        assert feed.findtext(f"{ATOM}rights") == "CC BY 4.0"
        assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert len(ids) == len(PLACES)


def test_json_keeps_the_rules_of_json_feed(files: dict[str, bytes]):
    for place in PLACES:
        feed = json.loads(files[f"{place}feed.json"])
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert (feed["home_page_url"], feed["feed_url"]) == (f"{SITE}{place}", f"{SITE}{place}feed.json")
        assert (feed["language"], feed["authors"]) == ("en", [{"name": "This Week in Machine Learning"}])
        assert len({item["id"] for item in feed["items"]}) == len(feed["items"])
        for item in feed["items"]:
            assert isinstance(item["id"], str)
            assert item["content_html"]
            assert re.fullmatch(RFC3339, item["date_published"])
            assert re.fullmatch(RFC3339, item["date_modified"])
        assert files[f"{place}feed.json"].endswith(b"}\n")


def test_a_feed_is_as_new_as_its_newest_change(files: dict[str, bytes]):
    updated = {place: parsed(files[f"{place}atom.xml"]).feed.updated for place in ("", "papers/", "courses/")}
    assert updated == {
        "": "2021-06-01T00:00:00Z",
        "papers/": "2021-05-21T00:00:00Z",
        "courses/": "2021-05-14T00:00:00Z",
    }
    assert parsed(files["feed.xml"]).feed.updated == "Tue, 01 Jun 2021 00:00:00 +0000"


def test_a_newsletter_with_nothing_in_it_has_feeds_from_its_first_year(edition: Edition):
    files = all_feeds(Edition(Library(), edition.newsletter, edition.templates))
    assert files.keys() == {f"{place}{name}" for place in PLACES[:4] for name in ("feed.xml", "atom.xml", "feed.json")}
    found = parsed(files["atom.xml"])
    assert (found.feed.updated, found.entries) == ("2021-01-01T00:00:00Z", [])


def test_a_feed_has_the_twenty_newest(edition: Edition):
    issue = edition.issues[-1]
    many = [issue.model_copy(update={"id": f"issues/{n}", "date": date(2020, 1, n)}) for n in range(25, 0, -1)]
    found = all_feeds(Edition(replace(edition.library, issues=tuple(many)), edition.newsletter, edition.templates))
    ids = [item["id"].rpartition("/")[2] for item in json.loads(found["feed.json"])["items"]]
    assert ids == [str(n) for n in range(25, 5, -1)]


def test_what_a_demo_last_did_is_said(tmp_path: Path):
    def said(**changes: object) -> str:
        edition = small_edition(tmp_path)
        if changes:
            write_results(tmp_path, **changes)  # type: ignore[arg-type]
        else:
            (tmp_path / "demos/coin/results/laptop.json").unlink()
        words = json.loads(all_feeds(reread(edition, tmp_path))["papers/feed.json"])["items"][1]["content_html"]
        found = re.search(r"<p>(Its demo [^<]*)<a", words)
        assert found
        return found[1].strip()

    assert said() == "Its demo has not been run yet."
    assert said(date="2026-11-02T23:00:00+00:00") == "Its demo passed on 2 November 2026."
    assert said(date="2026-11-03T23:00:00+00:00", passed=False) == "Its demo failed on 3 November 2026."
    old = f"sha256:{'0' * 64}"
    assert (
        said(date="2026-11-04T23:00:00+00:00", source=old)
        == "Its demo has changed since it was run on 4 November 2026."
    )
    write_results(tmp_path, "2026-12-01T00:00:00+00:00", source=old, name="h100")
    assert said(date="2026-11-05T00:00:00+00:00") == "Its demo passed on 5 November 2026."


def reread(edition: Edition, root: Path) -> Edition:
    return Edition(read_library(root)[0], edition.newsletter, edition.templates)


def test_a_page_names_its_feeds(edition: Edition):
    assert feed_links(edition, "tags/vision/") == (
        FeedLink("This Week in Machine Learning: vision (RSS)", "application/rss+xml", "tags/vision/feed.xml"),
        FeedLink("This Week in Machine Learning: vision (Atom)", "application/atom+xml", "tags/vision/atom.xml"),
        FeedLink("This Week in Machine Learning: vision (JSON)", "application/feed+json", "tags/vision/feed.json"),
    )
    assert feed_links(edition)[0] == FeedLink("This Week in Machine Learning (RSS)", "application/rss+xml", "feed.xml")


def test_all_feeds_are_listed_for_subscribers(edition: Edition):
    groups = feed_groups(edition)
    assert feed_places(edition) == PLACES
    assert groups[0] == FeedGroup("This Week in Machine Learning", "feed.xml", "atom.xml", "feed.json")
    assert groups[1] == FeedGroup(
        "This Week in Machine Learning: papers", "papers/feed.xml", "papers/atom.xml", "papers/feed.json"
    )
    assert [group.rss for group in groups] == [f"{place}feed.xml" for place in PLACES]


def test_days_are_written_as_each_format_wants_them():
    assert rfc822(date(2021, 5, 4)) == "Tue, 04 May 2021 00:00:00 +0000"
    assert rfc3339(date(2021, 5, 4)) == "2021-05-04T00:00:00Z"


def test_what_xml_has_no_place_for_is_left_out():
    assert legal("a\x00b\x0bc\x1f\ufffe\uffff\ud800d\t\n\r é 🎉\ue000\ufffd") == "abcd\t\n\r é 🎉\ue000\ufffd"


HOSTILE = (
    st.lists(
        st.sampled_from(
            ["]]>", "&", "&amp;", "<script>alert(1)</script>", "<!--", '"', "'", "\x00", "\x0b", "\ufffe", "</title>"]
        )
        | st.text(max_size=5),
        min_size=1,
        max_size=6,
    )
    .map(lambda parts: " ".join(" ".join(parts).split()))
    .filter(str.strip)
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    return small_edition(tmp_path_factory.mktemp("plain"))


@given(title=HOSTILE, takeaway=HOSTILE, body=HOSTILE)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_words_break_a_feed(plain: Edition, title: str, takeaway: str, body: str):
    changed = {"title": title, "takeaway": takeaway, "body": body}
    entries = {name: entry.model_copy(update=changed) for name, entry in plain.library.entries.items()}
    issues = tuple(issue.model_copy(update=changed) for issue in plain.issues)
    library = replace(plain.library, entries=entries, issues=issues)
    files = all_feeds(Edition(library, plain.newsletter, plain.templates))
    for address in ("feed.xml", "papers/feed.xml"):
        channel = tree(files[address]).find("channel")
        assert channel is not None
        item = channel.find("item")
        assert item is not None
        assert legal(title).strip() in (item.findtext("title") or "")
        assert legal(takeaway) == item.findtext("description")
        assert "<script" not in (item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") or "")
    for address in ("atom.xml", "papers/atom.xml"):
        entry = tree(files[address]).find(f"{ATOM}entry")
        assert entry is not None
        assert legal(takeaway) == entry.findtext(f"{ATOM}summary")
    assert json.loads(files["papers/feed.json"])["items"][0]["title"] == legal(title)


FIGURES = frozenset({"figure", "figcaption", "width", "height", "rel"})
"""What the templates of feeds write around a body."""


def as_written(text: str) -> str:
    """A text without its blanks, which feedparser trims in its own way."""
    return "".join(text.split())


SEEN = HOSTILE.map(lambda text: re.sub("[\x80-\xff]", "", UNSEEN.sub("", text))).filter(as_written)
"""What a file can hold, without the letters that feedparser takes for UTF-8 which somebody encoded twice."""


@given(title=SEEN, takeaway=SEEN)
@settings(
    max_examples=20,
    phases=(Phase.generate,),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_reader_reads_the_words_back_as_they_were_written(plain: Edition, title: str, takeaway: str):
    issues = tuple(issue.model_copy(update={"title": title, "takeaway": takeaway}) for issue in plain.issues)
    files = all_feeds(Edition(replace(plain.library, issues=issues), plain.newsletter, plain.templates))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feedparser, "SANITIZE_HTML", 0)
        for name in ("feed.xml", "atom.xml"):
            feed = feedparser.parse(files[name])
            assert feed.bozo == 0
            assert len(feed.entries) == len(issues)
            assert all(harmful(entry.content[0].value, FIGURES) == [] for entry in feed.entries)
        for entry in feedparser.parse(files["atom.xml"]).entries:
            assert as_written(entry.title).endswith(as_written(legal(title)))
            assert as_written(entry.summary) == as_written(legal(takeaway))
