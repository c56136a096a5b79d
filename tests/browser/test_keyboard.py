"""The keyboard: it reaches everything, in the order of the page, and shows where it is."""

import io

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page, expect

from .addresses import ISSUE
from .conftest import Meet, Opened
from .eyes import FOCUS_UNSEEN, STOPS
from .reading import Reader, Site

WATCH = f"""() => {{
    window.stops = {STOPS}
    window.walked = []
    document.addEventListener("focusin", ({{ target }}) => walked.push(stops.indexOf(target)))
    document.querySelector(".skip").focus()
    return stops.length
}}"""

KINDS = (
    ".name",
    ".nav button",
    ".within a",
    ".prose a",
    ".links a",
    ".tools button",
    "summary",
    ".table",
    ".colophon a",
)


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


def test_tab_reaches_everything_in_the_order_of_the_page(opened: Opened) -> None:
    page = opened.page
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 900})
    expected = page.evaluate(WATCH)
    for _ in range(expected - 1):
        page.keyboard.press("Tab")
    assert page.evaluate("walked") == list(range(expected))
    assert expected > 25


def test_wherever_the_focus_is_it_is_seen(opened: Opened) -> None:
    page = opened.page
    page.emulate_media(reduced_motion="reduce")
    page.keyboard.press("Tab")
    unseen: dict[tuple[int, str], list[str]] = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            unseen[width, scheme] = page.evaluate(FOCUS_UNSEEN)
    page.emulate_media(color_scheme="light")
    assert {where: what for where, what in unseen.items() if what} == {}


@pytest.mark.parametrize(
    ("mistake", "fault"),
    [
        (".masthead a:focus-visible { outline: none }", "no outline"),
        (".sheet a { outline-color: #eee !important }", "a pale outline"),
        (".masthead { position: fixed; inset: 0; z-index: 9; background: #fff }", "behind"),
        (".sheet .text a { position: absolute; left: -999rem }", "out of sight"),
    ],
)
def test_a_focus_that_is_not_seen_would_be_found(meet: Meet, letter: Site, mistake: str, fault: str) -> None:
    page = meet(letter, reduced_motion="reduce").open(ISSUE)
    page.add_style_tag(content=mistake)
    page.keyboard.press("Tab")
    assert {found.partition(":")[0].partition(" <")[0] for found in page.evaluate(FOCUS_UNSEEN)} == {fault}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_has_the_focus_looks_different(meet: Meet, letter: Site, scheme: str) -> None:
    page = meet(letter, color_scheme=scheme, reduced_motion="reduce").open(ISSUE)
    page.keyboard.press("Tab")
    assert [kind for kind in KINDS if not looks_different(page, kind)] == []


def test_a_focus_that_changes_nothing_would_be_seen(meet: Meet, letter: Site) -> None:
    page = meet(letter, reduced_motion="reduce").open(ISSUE)
    page.add_style_tag(content=":focus-visible { outline: none !important }")
    page.keyboard.press("Tab")
    assert [kind for kind in KINDS if not looks_different(page, kind)] == list(KINDS)


def looks_different(page: Page, kind: str) -> bool:
    """Whether the focus changes at least a line of two pixels around an element: the area that 2.4.13 asks for."""
    element = page.locator(f"{kind} >> visible=true").first
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert box is not None
    left, top = max(box["x"] - 8, 0), max(box["y"] - 8, 0)
    around = {"x": left, "y": top, "width": box["width"] + 16, "height": box["height"] + 16}
    before = picture(page, around)
    element.focus()
    changed = ImageChops.difference(before, picture(page, around)).convert("L").point(lambda value: value > 40 and 255)
    return changed.histogram()[255] >= 4 * (box["width"] + box["height"])


def picture(page: Page, around: dict[str, float]) -> Image.Image:
    """What a part of the window looks like."""
    return Image.open(io.BytesIO(page.screenshot(clip=around))).convert("RGB")


def test_the_page_moves_under_a_key_no_element_took(reader: Reader) -> None:
    page = reader.open(ISSUE)
    page.keyboard.press("End")
    page.wait_for_function("scrollY > 1000")
