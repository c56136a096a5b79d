"""axe-core finds nothing on any kind of page, at three widths, light and dark: WCAG 2.2 AA and its best practices."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from .conftest import Meet, Opened
from .reading import Site

EVERY_RULE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What another colour scheme can change: contrast, and which of two pictures is shown.
RULES_OF_COLOUR = ["color-contrast", "link-in-text-block", "image-alt", "svg-img-alt"]
WIDTHS = (320, 768, 1280)
RUN = """async runOnly => {
    const { violations } = await axe.run({ runOnly, resultTypes: ["violations"], preload: false })
    return violations.flatMap(({ id, nodes }) => nodes.map(node => `${id} at ${node.target}: ${node.failureSummary}`))
}"""


def violations(page: Page, only: list[str] = EVERY_RULE) -> list[str]:
    """What axe finds on the page as it is, by the rules or tags of rules in `only`."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN, only)
    return found


def test_axe_finds_nothing(opened: Opened) -> None:
    page = opened.page
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    found: dict[tuple[int, str], list[str]] = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="light")
        found[width, "light"] = violations(page)
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
        found[width, "dark"] = violations(page, RULES_OF_COLOUR)
    page.emulate_media(color_scheme="light")
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_open_search(meet: Meet, letter: Site, scheme: str) -> None:
    page = meet(letter, color_scheme=scheme, reduced_motion="reduce").open()
    page.keyboard.press("/")
    page.locator(".search-query").press_sequentially("attention")
    expect(page.locator(".md-search-result__item").first).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_would_find_what_is_wrong(meet: Meet, letter: Site, scheme: str) -> None:
    page = meet(letter, color_scheme=scheme).open()
    page.evaluate(
        "document.querySelector('.sheet').innerHTML = '<p style=\"opacity:.3\">pale</p><img src=\"assets/mark.svg\">'"
    )
    assert {what.partition(" ")[0] for what in violations(page, RULES_OF_COLOUR)} == {"color-contrast", "image-alt"}
