"""The first visit: what an issue costs over the wire, and that nothing moves while it arrives."""

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import Route

from .addresses import ISSUE
from .conftest import Meet
from .reading import Site, restyle, until

PACKED = (".woff2", ".png", ".jpg", ".webp")
SHIFTS = """new PerformanceObserver(list => {
    for (const { hadRecentInput, value } of list.getEntries())
        if (!hadRecentInput) window.shifted = (window.shifted ?? 0) + value
}).observe({ type: "layout-shift", buffered: true })"""

# A picture far below is not fetched before it is near, so only those in sight are waited for.
SCROLL_DOWN = """async () => {
    const inSight = image => {
        const box = image.getBoundingClientRect()
        return image.checkVisibility() && box.bottom > 0 && box.top < innerHeight
    }
    for (let top = 0; top < document.body.scrollHeight; top += innerHeight / 2) {
        scrollTo(0, top)
        await Promise.all([...document.images].filter(inSight).map(image => image.decode()))
        await new Promise(requestAnimationFrame)
    }
}"""


def weight(file: Path) -> int:
    """The bytes of a file as a static host sends it: gzipped, unless it is packed already."""
    data = file.read_bytes()
    return len(data) if file.suffix in PACKED else len(gzip.compress(data, 6))


@pytest.mark.parametrize(
    ("size", "scheme"), [((390, 844), "light"), ((1280, 900), "dark")], ids=["phone, light", "desk, dark"]
)
def test_an_issue_weighs_at_most_250_kb(meet: Meet, letter: Site, scheme: str, size: tuple[int, int]) -> None:
    reader = meet(letter, new=True, color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    reader.open(ISSUE).wait_for_load_state("networkidle")
    weights = {url: weight(letter.file(url)) for url in reader.requests if not url.startswith("data:")}
    assert any(url.endswith(".woff2") for url in weights)
    assert any(url.endswith(".css") for url in weights)
    assert sum(weights.values()) <= 250_000, weights


@pytest.mark.parametrize("size", [(390, 844), (1280, 900)], ids=["phone", "desk"])
def test_nothing_moves_when_the_faces_arrive_late_nor_on_the_way_down(
    meet: Meet, letter: Site, size: tuple[int, int]
) -> None:
    reader = meet(letter, new=True, viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    held: list[Route] = []
    arrived = False
    reader.context.route("**/*.woff2", lambda route: route.continue_() if arrived else held.append(route))
    reader.context.add_init_script(SHIFTS)
    page = reader.context.new_page()
    page.goto(letter.served(ISSUE), wait_until="domcontentloaded")
    until(page, "performance.getEntriesByName('first-contentful-paint').length")
    assert held
    arrived = True
    for route in held:
        route.continue_()
    page.evaluate("document.fonts.ready.then(() => true)")
    page.evaluate(SCROLL_DOWN)
    assert page.evaluate("[...document.fonts].filter(face => face.status === 'loaded').length") >= 3
    assert page.evaluate("scrollY") > 1000
    assert page.evaluate("window.shifted ?? 0") < 0.05


@pytest.mark.parametrize("size", [(390, 844), (1280, 900)], ids=["phone", "desk"])
def test_a_shift_would_be_seen(meet: Meet, letter: Site, size: tuple[int, int]) -> None:
    reader = meet(letter, new=True, viewport={"width": size[0], "height": size[1]})
    reader.context.add_init_script(SHIFTS)
    page = reader.open(ISSUE)
    restyle(page, ".sheet { padding-top: 40vh }")
    until(page, "window.shifted > 0.05")
