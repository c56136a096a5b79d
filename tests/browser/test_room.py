"""Room: a page that is narrow, zoomed, in larger letters or spaced loses nothing. WCAG 2.2, 1.4.4, 1.4.10, 1.4.12."""

import pytest
from playwright.sync_api import Page, expect

from .addresses import PAPER
from .conftest import Meet, Opened
from .eyes import CUT_OFF, OVERLAPS, SMALL_TARGETS, STICKS_OUT, styled
from .reading import Reader, Site

# Success criterion 1.4.12, whole.
SPACING = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }"""
TWICE = "html { font-size: 200% !important; }"
UNFOLD = "document.querySelectorAll('details').forEach(details => details.open = true)"


def lost(page: Page, width: int, height: int = 900) -> dict[str, list[str]]:
    """What a window of that size does not show as it should, by what is wrong with it."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(UNFOLD)
    found = {
        "sticks out": page.evaluate(STICKS_OUT),
        "cut off": page.evaluate(CUT_OFF),
        "one over the other": page.evaluate(OVERLAPS),
        "scrolls sideways": page.evaluate("document.documentElement.scrollWidth > innerWidth ? [scrollX] : []"),
    }
    return {what: where for what, where in found.items() if where}


# A window of 1280 by 900 at 100, 200 and 400 %; and a tablet's.
@pytest.mark.parametrize("size", [(1280, 900), (768, 1024), (640, 450), (320, 225)], ids=lambda size: f"{size[0]}")
def test_a_narrow_or_zoomed_window_loses_nothing(opened: Opened, size: tuple[int, int]) -> None:
    assert lost(opened.page, *size) == {}


def test_wider_spacing_of_text_loses_nothing(opened: Opened) -> None:
    with styled(opened.page, SPACING):
        assert lost(opened.page, 1280) == {}
        assert lost(opened.page, 320) == {}


def test_letters_of_twice_the_size_lose_nothing(opened: Opened) -> None:
    with styled(opened.page, TWICE):
        assert lost(opened.page, 1280) == {}


def test_targets_are_large_enough_or_far_enough_apart(opened: Opened) -> None:
    for width in (320, 1280):
        opened.page.set_viewport_size({"width": width, "height": 900})
        opened.page.evaluate(UNFOLD)
        assert opened.page.evaluate(SMALL_TARGETS) == [], width


@pytest.mark.parametrize(
    ("mistake", "found"),
    [
        (".sheet h1 { width: 140vw }", "sticks out"),
        (".sheet h1 { white-space: nowrap; overflow: hidden }", "cut off"),
        (".sheet h1 { height: 1rem; overflow-y: hidden }", "cut off"),
        (".sheet h1 { height: 1rem }", "one over the other"),
        ("html { overflow-x: auto !important } .sheet { width: 200vw }", "scrolls sideways"),
    ],
)
def test_a_loss_would_be_seen(reader: Reader, mistake: str, found: str) -> None:
    page = reader.open(PAPER)
    with styled(page, mistake):
        assert found in lost(page, 320)


def test_small_targets_that_crowd_each_other_would_be_seen_and_lone_ones_are_allowed(reader: Reader) -> None:
    page = reader.open(PAPER)
    small = '<button type="button" class="small" style="width: 16px; height: 16px">a</button>'
    page.evaluate("html => { document.querySelector('.sheet').innerHTML = html }", f"<p>{small}</p>")
    assert page.evaluate(SMALL_TARGETS) == []
    page.evaluate(
        "html => { document.querySelector('.sheet').innerHTML = html }", f"<p style='font-size: 0'>{small}{small}</p>"
    )
    assert len(page.evaluate(SMALL_TARGETS)) == 2
    page.evaluate("document.querySelector('.small + .small').style.marginLeft = '8px'")
    assert page.evaluate(SMALL_TARGETS) == []


def test_at_400_percent_search_shows_its_results_and_its_ways_out(meet: Meet, letter: Site) -> None:
    page = meet(letter, viewport={"width": 320, "height": 225}).open(PAPER)
    page.keyboard.press("/")
    page.locator(".search-query").fill("attention")
    link = page.locator(".md-search-result__link").first
    link.scroll_into_view_if_needed()
    expect(link).to_be_in_viewport()
    expect(page.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    assert page.evaluate(STICKS_OUT) == []
    assert page.evaluate(SMALL_TARGETS) == []
