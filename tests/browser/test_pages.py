"""Every kind of page: that it loads without trouble, says what it is, fits a phone, and leads somewhere."""

import io
import json
from urllib.parse import urljoin, urlsplit

import feedparser
import pytest
from PIL import Image

from .addresses import ISSUE, PAGES, TOYS
from .conftest import Meet, Opened
from .reading import Reader, Site


@pytest.fixture(scope="module")
def answers() -> dict[str, int]:
    """The status of every address that has been asked for."""
    return {}


def test_it_loads_without_an_error_and_without_leaving_the_site(opened: Opened) -> None:
    assert (
        opened.page.evaluate("[...document.images].filter(image => image.complete && !image.naturalWidth).length") == 0
    )
    assert opened.reader.faults == []
    assert len(opened.reader.requests) > 3


def test_it_does_not_fetch_the_search_before_a_reader_asks(opened: Opened) -> None:
    assert [url for url in opened.reader.requests if "search" in url or "bundle" in url] == []
    assert opened.page.locator("#engine").count() == 1


def test_it_has_one_first_heading_that_is_seen(opened: Opened) -> None:
    headings = opened.page.locator("h1")
    assert headings.count() == 1
    assert headings.is_visible()
    assert headings.inner_text().strip()


def test_its_title_names_it_and_the_newsletter(opened: Opened) -> None:
    title = opened.page.title()
    assert title.endswith("This Week in Machine Learning")
    assert opened.address == "" or len(title) > len("– This Week in Machine Learning")


def test_it_describes_itself_in_a_sentence(opened: Opened) -> None:
    description = opened.page.locator("meta[name=description]").get_attribute("content")
    assert description
    assert description.strip() == description
    assert len(description) > 10


def test_it_says_where_it_stands(opened: Opened) -> None:
    if opened.name == "404":
        assert opened.page.locator("link[rel=canonical]").count() == 0
        return
    address = opened.site.address + opened.address
    assert opened.page.locator("link[rel=canonical]").get_attribute("href") == address
    assert opened.page.locator("meta[property='og:url']").get_attribute("content") == address


def test_what_search_engines_read_of_it_is_json(opened: Opened) -> None:
    scripts = opened.page.locator("script[type='application/ld+json']").all_text_contents()
    if opened.name == "404":
        assert scripts == []
        return
    assert len(scripts) == 1
    data = json.loads(scripts[0])
    assert data["@context"] == "https://schema.org"
    assert opened.site.address in scripts[0]


def test_its_card_is_a_picture_of_the_usual_size(opened: Opened) -> None:
    cards = opened.page.locator("meta[property='og:image']")
    if opened.name == "404":
        assert cards.count() == 0
        return
    card = opened.site.served(cards.get_attribute("content") or "")
    answer = opened.reader.context.request.get(card)
    assert answer.status == 200
    with Image.open(io.BytesIO(answer.body())) as picture:
        assert (picture.format, picture.size) == ("PNG", (1200, 630))
    assert opened.page.locator("meta[property='og:image:alt']").get_attribute("content")


def test_every_link_of_its_masthead_and_footer_leads_somewhere(opened: Opened, answers: dict[str, int]) -> None:
    links = opened.page.locator(".masthead a, .colophon a").evaluate_all("links => links.map(link => link.href)")
    inside = [link for link in links if link.startswith(opened.site.url)]
    assert len(inside) >= 15
    for link in set(inside) - answers.keys():
        answers[link] = opened.reader.context.request.get(link).status
    assert {link: answers[link] for link in inside if answers[link] != 200} == {}
    assert [link for link in set(links) - set(inside) if urlsplit(link).scheme != "https"] == []


def test_the_feeds_it_names_can_be_read(opened: Opened) -> None:
    links = opened.page.locator("link[rel=alternate]").evaluate_all(
        "links => links.map(link => [link.type, link.href])"
    )
    types = {kind for kind, _ in links}
    assert opened.name == "404" or types == {"application/rss+xml", "application/atom+xml", "application/feed+json"}
    for kind, address in links:
        assert address.startswith(opened.site.url)
        answer = opened.reader.context.request.get(address)
        assert answer.status == 200, address
        if kind == "application/feed+json":
            assert answer.json()["version"] == "https://jsonfeed.org/version/1.1"
            assert answer.json()["items"]
        else:
            feed = feedparser.parse(answer.body())
            assert feed.bozo == 0, feed.get("bozo_exception")
            assert feed.entries


def test_an_unknown_address_shows_a_page_with_its_styles_and_ways_out(meet: Meet, letter: Site) -> None:
    reader = meet(letter)
    page = reader.open("papers/no-such-paper/deep/down/")
    trouble, reader.faults[:] = list(reader.faults), []
    assert {fault for fault in trouble if "no-such-paper" not in fault} <= {
        "console error: Failed to load resource: the server responded with a status of 404 (Not Found)"
    }
    assert page.locator("h1").inner_text() == "There is no page here"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily").startswith('"Digest Display"')
    page.get_by_role("link", name="archive", exact=True).first.click()
    page.wait_for_url(letter.served("archive/"))


def test_neighbouring_issues_lead_to_each_other(meet: Meet, fuller: Site) -> None:
    page = meet(fuller).open(ISSUE)
    assert page.locator(".turn [rel=prev]").count() == 0
    page.locator(".turn [rel=next]").click()
    page.wait_for_url(fuller.served(TOYS["issue with demos"]))
    assert page.locator("h1").inner_text() == "Four toys"
    assert page.locator(".turn [rel=next]").count() == 0
    page.locator(".turn [rel=prev]").click()
    page.wait_for_url(fuller.served(ISSUE))


def test_neighbouring_papers_lead_to_each_other(meet: Meet, fuller: Site) -> None:
    page = meet(fuller).open(PAGES["paper"])
    page.locator(".turn a").first.click()
    page.wait_for_url("**/papers/toy-*/")
    onward = page.locator(".turn a").evaluate_all("links => links.map(link => link.href)")
    assert fuller.served(PAGES["paper"]) in onward


def test_what_an_issue_holds_leads_to_its_entries_and_they_lead_back(reader: Reader) -> None:
    page = reader.open(ISSUE)
    page.locator(".within a").first.click()
    assert page.url == urljoin(reader.site.served(ISSUE), "#dino")
    page.locator("#dino h2 a").click()
    page.wait_for_url(reader.site.served(PAGES["paper"]))
    page.locator(".mentions a").first.click()
    page.wait_for_url(reader.site.served(ISSUE))
