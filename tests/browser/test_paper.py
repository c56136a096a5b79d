"""On paper: clean pages, white whatever the theme, with where links lead, and nothing cut in two or left behind."""

import pytest
from playwright.sync_api import Page, expect

from .addresses import ISSUE, PAGES, PAPER
from .conftest import Meet, Opened
from .eyes import (
    CUT_APART,
    CUT_OFF,
    LEFT_BEHIND,
    ONTO_PAPER,
    OVERLAPS,
    PAGES_OF_PAPER,
    PAPER_HEIGHT,
    PAPER_WIDTH,
    STICKS_OUT,
    styled,
)
from .reading import Reader, Site

ONLY_ON_SCREEN = ".nav, .search, .skip, .tools, .turn, .follow, .colophon-row, button"
SEEN = (
    "all => all.filter(one => one.checkVisibility({ visibilityProperty: true })).map(one => one.outerHTML.slice(0, 80))"
)


def print_out(page: Page) -> None:
    """Shows the page as it is printed from a dark screen."""
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": PAPER_WIDTH, "height": 900})


def put_back(page: Page) -> None:
    """Shows it again on a light screen."""
    page.emulate_media(media="screen", color_scheme="light")


def test_paper_does_not_show_what_only_a_screen_can_use(opened: Opened) -> None:
    print_out(opened.page)
    assert opened.page.locator(ONLY_ON_SCREEN).count() > 5
    assert opened.page.locator(ONLY_ON_SCREEN).evaluate_all(SEEN) == []
    put_back(opened.page)


def test_paper_is_white_on_every_page(opened: Opened) -> None:
    print_out(opened.page)
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 27, 31)"
    assert opened.page.locator("img.when-dark").evaluate_all(SEEN) == []
    put_back(opened.page)


def test_paper_is_wide_enough(opened: Opened) -> None:
    print_out(opened.page)
    assert opened.page.evaluate(STICKS_OUT) == []
    assert opened.page.evaluate(CUT_OFF) == []
    put_back(opened.page)


def test_no_page_of_paper_cuts_anything_in_two(opened: Opened) -> None:
    print_out(opened.page)
    with styled(opened.page, ONTO_PAPER):
        assert opened.page.evaluate(PAGES_OF_PAPER) >= 1
        assert opened.page.evaluate(OVERLAPS) == []
        assert opened.page.evaluate(CUT_APART) == []
        assert opened.page.evaluate(LEFT_BEHIND) == []
    put_back(opened.page)


@pytest.mark.parametrize(
    ("mistake", "fault"),
    [
        (".prose p + p { margin-top: -1.5em !important }", OVERLAPS),
        (".links, .figure, table, tr, li { break-inside: auto !important } .figure img { height: 700px }", CUT_APART),
        ("h1, h2, h3 { break-after: column !important }", LEFT_BEHIND),
    ],
    ids=["overlaps", "cut apart", "left behind"],
)
def test_what_paper_spoils_would_be_seen(reader: Reader, mistake: str, fault: str) -> None:
    page = reader.open(ISSUE)
    print_out(page)
    with styled(page, ONTO_PAPER):
        assert page.evaluate(PAGES_OF_PAPER) > 4
        assert page.evaluate(fault) == []
        with styled(page, mistake):
            assert page.evaluate(fault) != []


def test_an_issue_prints_on_as_many_pages_as_it_fills(reader: Reader) -> None:
    page = reader.open(ISSUE)
    printed = page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), "15mm"))
    assert printed.startswith(b"%PDF-")
    print_out(page)
    filled = page.evaluate("document.documentElement.scrollHeight") / PAPER_HEIGHT
    put_back(page)
    assert filled <= printed.count(b"/Type /Page\n") <= 1.5 * filled, "pages are left half empty"


@pytest.mark.parametrize("name", ["issue", "paper"])
def test_paper_shows_every_word_of_the_text(reader: Reader, name: str) -> None:
    page = reader.open(PAGES[name])
    words = page.locator(".prose").all_inner_texts()
    page.emulate_media(media="print")
    assert page.locator(".prose").all_inner_texts() == words
    expect(page.locator("h1")).to_be_visible()


def test_paper_is_white_with_the_light_pictures_whatever_the_theme(meet: Meet, letter: Site) -> None:
    page = meet(letter, new=True).open(PAPER)
    page.locator(".theme-switch").click()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("img.when-dark").evaluate_all("all => all.some(one => one.checkVisibility())") is False
    assert page.locator("img.when-light").evaluate_all("all => all.every(one => one.checkVisibility())") is True


def test_paper_says_where_a_link_leads(reader: Reader) -> None:
    page = reader.open(PAPER)
    page.emulate_media(media="print")
    written = page.locator(".links a").first.evaluate("link => getComputedStyle(link, '::after').content")
    assert "https://arxiv.org/abs/2104.14294" in written


def test_paper_shows_how_a_demos_numbers_were_made(meet: Meet, fuller: Site) -> None:
    page = meet(fuller).open("papers/toy-passed/")
    expect(page.get_by_text("python toy.py knn --out out/knn")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.get_by_text("python toy.py knn --out out/knn")).to_be_visible()
