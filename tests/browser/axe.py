"""axe-core in a page: WCAG 2.2 AA and its best practices, at three widths, light and dark."""

from collections.abc import Iterable

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from .reading import Reader

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


def examine(reader: Reader, address: str, widths: Iterable[int] = WIDTHS) -> dict[str, list[str]]:
    """What axe finds on a page of any site, by width and scheme: {"320 px, dark": […]}."""
    tabs = {"light": reader.open(address), "dark": reader.open(address)}
    found: dict[str, list[str]] = {}
    for scheme, page in tabs.items():
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("getComputedStyle(document.body).colorScheme") == scheme
        page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    for width in widths:
        for scheme, page in tabs.items():
            page.set_viewport_size({"width": width, "height": 900})
            look(page, RULES_OF_COLOUR if scheme == "dark" else EVERY_RULE)
        found |= {f"{width} px, {scheme}": violations(page) for scheme, page in tabs.items()}
    return {where: what for where, what in found.items() if what}
