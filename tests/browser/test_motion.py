"""Motion: who asks for less gets none."""

from playwright.sync_api import expect

from .addresses import ISSUE
from .conftest import Meet, Opened
from .eyes import MOVES
from .reading import Site


def test_who_asks_for_less_motion_gets_none(opened: Opened) -> None:
    opened.page.emulate_media(reduced_motion="reduce")
    assert opened.page.evaluate(MOVES) == []


def test_who_asks_for_less_motion_gets_none_in_the_search_either(meet: Meet, letter: Site) -> None:
    page = meet(letter, reduced_motion="reduce").open(ISSUE)
    page.keyboard.press("/")
    page.locator(".search-query").press_sequentially("attention")
    expect(page.locator(".md-search-result__item").first).to_be_visible()
    assert page.evaluate(MOVES) == []


def test_motion_would_be_seen(meet: Meet, letter: Site) -> None:
    page = meet(letter, reduced_motion="no-preference").open(ISSUE)
    page.add_style_tag(content="h1::before { content: ''; transition: color .2s } h2 { animation: turn 1s }")
    moving = page.evaluate(MOVES)
    assert "HTML.js" in moving
    assert "H1.::before" in moving
    assert "H2." in moving
