"""The keyboard: it reaches everything, in the order of the page, and shows where it is."""

import pytest
from playwright.sync_api import Page, expect

from .addresses import ISSUE
from .conftest import Meet
from .reading import Reader, Site, until

# Everything that the Tab key should stop at, counted with the same eyes that a reader has.
STOPS = """() => [...document.querySelectorAll("a[href], button, summary, input, [tabindex]")].filter(element =>
    element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })
    && !element.closest("details:not([open]) > :not(summary)")).length"""
HERE = """() => {
    const element = document.activeElement
    if (element === document.body) return null
    if (!element.dataset.stop) element.dataset.stop = window.stops = (window.stops ?? 0) + 1
    const style = getComputedStyle(element)
    const box = element.getBoundingClientRect()
    return {
        stop: Number(element.dataset.stop),
        html: element.outerHTML.slice(0, 120),
        outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
        inside: box.width > 0 && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight,
    }
}"""


def test_the_first_stop_is_a_link_past_the_masthead(reader: Reader) -> None:
    page = reader.open(ISSUE)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the text")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.sheet') !== null")


def test_the_link_past_the_masthead_is_out_of_sight_until_it_is_reached(reader: Reader) -> None:
    expect(reader.open(ISSUE).get_by_role("link", name="Skip to the text")).not_to_be_in_viewport()


def walk(page: Page) -> list[dict[str, object]]:
    """Every stop of the Tab key, from the top of the page to its end."""
    stops: list[dict[str, object]] = []
    while len(stops) < 500:
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here is None or here["stop"] <= len(stops):
            return stops
        stops.append(here)
    raise AssertionError("the Tab key does not come to an end")


@pytest.mark.parametrize("width", [320, 1280])
def test_tab_reaches_everything_and_shows_it(meet: Meet, fuller: Site, width: int) -> None:
    page = meet(fuller, viewport={"width": width, "height": 900}, reduced_motion="reduce").open("papers/toy-failed/")
    expected = page.evaluate(STOPS)
    stops = walk(page)
    assert len(stops) == expected
    assert expected > 30
    assert [stop["html"] for stop in stops if stop["outline"] < 2] == []
    assert [stop["html"] for stop in stops if not stop["inside"]] == []


def test_the_page_moves_under_a_key_no_element_took(reader: Reader) -> None:
    page = reader.open(ISSUE)
    page.keyboard.press("End")
    until(page, "scrollY > 1000")
