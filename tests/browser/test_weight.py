"""The first visit: what a page costs over the wire, and that nothing moves while it arrives."""

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import Route

from .addresses import ISSUE, PAPER
from .conftest import Meet
from .reading import Site
from .visiting import DESK, OBSERVE, PHONE, visit

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

STANDS_IN = "[...document.fonts].some(face => face.family.includes('Sans Stand-in') && face.status === 'loaded')"


@pytest.mark.parametrize(("window", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone, light", "desk, dark"])
@pytest.mark.parametrize("address", [ISSUE, "", PAPER], ids=["issue", "home", "paper"])
def test_a_first_visit_weighs_at_most_250_kb_and_nothing_moves(
    meet: Meet,
    letter: Site,
    scheme: str,
    window: dict[str, int],
    address: str,
    record_property: Callable[[str, object], None],
) -> None:
    seen = visit(meet(letter, new=True, color_scheme=scheme, viewport=window), address)
    record_property("bytes over the wire", seen.weight)
    record_property("largest paint, ms", seen.largest_paint)
    assert seen.weight <= 250_000, seen.bytes
    assert seen.bytes.keys() >= {"document", "stylesheet", "font", "script"}
    assert seen.shift < 0.05
    assert seen.largest_name
    assert seen.largest_paint > 0


def test_what_is_weighed_is_what_a_host_sends(letter: Site, meet: Meet) -> None:
    seen = visit(meet(letter, new=True), ISSUE)
    page = letter.file(letter.served(ISSUE)).read_bytes()
    packed = len(gzip.compress(page, 6))
    assert packed < seen.bytes["document"] < packed + 500
    assert len(page) > 2 * packed
    faces = sum(letter.file(url).stat().st_size for url in seen.urls if url.endswith(".woff2"))
    assert faces < seen.bytes["font"] < faces + 500 * len(seen.urls)


def test_a_face_is_a_subset_and_packed(letter: Site) -> None:
    faces = sorted((letter.folder / "assets" / "fonts").glob("*.woff2"))
    assert faces
    for face in faces:
        assert face.read_bytes()[:4] == b"wOF2"
        assert face.stat().st_size < 40_000


@pytest.mark.parametrize("window", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("address", [ISSUE, PAPER, "papers/"], ids=["issue", "paper", "papers"])
def test_nothing_moves_when_the_faces_arrive_late_nor_on_the_way_down(
    meet: Meet, letter: Site, window: dict[str, int], address: str
) -> None:
    reader = meet(letter, new=True, viewport=window, reduced_motion="reduce")
    held: list[Route] = []
    arrived = False
    reader.context.route("**/*.woff2", lambda route: route.continue_() if arrived else held.append(route))
    reader.context.add_init_script(OBSERVE)
    page = reader.context.new_page()
    page.goto(letter.served(address), wait_until="domcontentloaded")
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    assert held
    assert page.evaluate(STANDS_IN), (
        "there is no face as wide as Arial; install one (Debian: apt install fonts-liberation)"
    )
    arrived = True
    for route in held:
        route.continue_()
    page.evaluate("document.fonts.ready.then(() => true)")
    page.evaluate(SCROLL_DOWN)
    assert page.evaluate("[...document.fonts].filter(face => face.status === 'loaded').length") >= 3
    assert page.evaluate("innerHeight + scrollY >= document.documentElement.scrollHeight / 2")
    assert page.evaluate("window.shifted ?? 0") < 0.05


@pytest.mark.parametrize("window", [PHONE, DESK], ids=["phone", "desk"])
def test_a_shift_would_be_seen(meet: Meet, letter: Site, window: dict[str, int]) -> None:
    reader = meet(letter, new=True, viewport=window)
    reader.context.add_init_script(OBSERVE)
    page = reader.open(ISSUE)
    page.evaluate("document.querySelector('.sheet').insertAdjacentHTML('afterbegin', '<p style=\"height: 40vh\"></p>')")
    page.wait_for_function("window.shifted > 0.05")
