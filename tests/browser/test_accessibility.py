"""axe-core finds nothing on any kind of page, at three widths, light and dark: WCAG 2.2 AA and its best practices."""

from collections.abc import Iterable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from .addresses import MOVED
from .conftest import Meet, Opened
from .reading import Site

EVERY_RULE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What another colour scheme can change: contrast, and which of two pictures is shown.
RULES_OF_COLOUR = ["color-contrast", "link-in-text-block", "image-alt", "svg-img-alt"]
WIDTHS = (320, 768, 1280)
START = """only => {
    window.found = axe.run({ runOnly: only, resultTypes: ["violations"], preload: false }).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(node => `${id} at ${node.target}: ${node.failureSummary}`)))
}"""


def look(page: Page, only: list[str] = EVERY_RULE) -> None:
    """Starts axe on the page as it is, by the rules or tags of rules in `only`."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    page.evaluate(START, only)


def violations(page: Page) -> list[str]:
    """What axe found, once it is done."""
    found: list[str] = page.evaluate("window.found")
    return found


def test_axe_finds_nothing(opened: Opened) -> None:
    assert found_anywhere(opened.page, opened.reader.open(opened.address)) == {}


def found_anywhere(light: Page, dark: Page, widths: Iterable[int] = WIDTHS) -> dict[tuple[int, str], list[str]]:
    """What axe finds in a page that is open twice, at some widths, light and dark."""
    dark.emulate_media(color_scheme="dark")
    assert dark.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    tabs = {"light": light, "dark": dark}
    found: dict[tuple[int, str], list[str]] = {}
    for page in tabs.values():
        page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    for width in widths:
        for scheme, page in tabs.items():
            page.set_viewport_size({"width": width, "height": 900})
            look(page, RULES_OF_COLOUR if scheme == "dark" else EVERY_RULE)
        found |= {(width, scheme): violations(page) for scheme, page in tabs.items()}
    return {where: what for where, what in found.items() if what}


@pytest.mark.parametrize("name", ["fuller", "onward"])
def test_axe_finds_nothing_in_a_page_that_leads_on(meet: Meet, sites: dict[str, Site], name: str) -> None:
    reader = meet(sites[name], new=True)
    page = reader.open()
    # An answer without content leaves the browser where it is.
    page.route("**/tags/toys/", lambda route: route.fulfill(status=204))
    page.goto(reader.site.served(MOVED))
    look(page)
    assert page.title().startswith("toys – ")
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "0; url=../../tags/toys/"
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_open_search(meet: Meet, letter: Site, scheme: str) -> None:
    page = meet(letter, color_scheme=scheme, reduced_motion="reduce").open()
    page.keyboard.press("/")
    page.locator(".search-query").press_sequentially("attention")
    expect(page.locator(".md-search-result__item").first).to_be_visible()
    look(page)
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_would_find_what_is_wrong(meet: Meet, letter: Site, scheme: str) -> None:
    page = meet(letter, color_scheme=scheme).open()
    page.evaluate(
        "document.querySelector('.sheet').innerHTML = '<p style=\"opacity:.3\">pale</p><img src=\"assets/mark.svg\">'"
    )
    look(page, RULES_OF_COLOUR)
    assert {what.partition(" ")[0] for what in violations(page)} == {"color-contrast", "image-alt"}
