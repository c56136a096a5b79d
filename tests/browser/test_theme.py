"""The two themes: the system's choice is honoured, the reader's own is kept, and pictures follow."""

import pytest
from playwright.sync_api import Page, expect

from .addresses import ISSUE, PAPER
from .conftest import Meet
from .reading import Site, until

LIGHT = "rgb(251, 250, 246)"
DARK = "rgb(20, 21, 25)"


def ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def pictures(page: Page) -> tuple[list[str], list[str]]:
    """The pictures of each theme that are seen now, by their file names."""
    seen = """pictures => pictures.filter(picture => picture.checkVisibility())
        .map(picture => picture.getAttribute("src").split("/").pop())"""
    light = page.locator("img.when-light").evaluate_all(seen)
    dark = page.locator("img.when-dark").evaluate_all(seen)
    return light, dark


@pytest.mark.parametrize(("scheme", "colour"), [("light", LIGHT), ("dark", DARK)])
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_systems_scheme_is_honoured(meet: Meet, letter: Site, scheme: str, colour: str, scripts: bool) -> None:
    page = meet(letter, color_scheme=scheme, java_script_enabled=scripts).open(PAPER)
    assert ground(page) == colour
    light, dark = pictures(page)
    assert bool(light) == (scheme == "light")
    assert bool(dark) == (scheme == "dark")


def test_the_page_follows_the_system_while_it_is_read(meet: Meet, letter: Site) -> None:
    page = meet(letter, new=True).open(PAPER)
    page.emulate_media(color_scheme="dark")
    assert ground(page) == DARK
    expect(page.locator(".theme-switch")).to_have_attribute("aria-pressed", "true")


def test_the_switch_turns_the_page_and_its_pictures_dark(meet: Meet, letter: Site) -> None:
    page = meet(letter, new=True).open(PAPER)
    switch = page.locator(".theme-switch")
    expect(switch).to_have_attribute("aria-pressed", "false")
    light, none = pictures(page)
    assert "image-as-patches.svg" in light
    assert none == []
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    assert ground(page) == DARK
    none, dark = pictures(page)
    assert none == []
    assert dark == [name.replace(".svg", "-dark.svg") for name in light]


def test_the_readers_choice_is_kept_on_the_next_visit_and_page(meet: Meet, letter: Site) -> None:
    reader = meet(letter, new=True)
    page = reader.open(PAPER)
    page.locator(".theme-switch").click()
    page.reload()
    assert ground(page) == DARK
    expect(page.locator(".theme-switch")).to_have_attribute("aria-pressed", "true")
    assert ground(reader.open(ISSUE)) == DARK


def test_the_readers_choice_wins_over_the_system(meet: Meet, letter: Site) -> None:
    page = meet(letter, new=True, color_scheme="dark").open(PAPER)
    page.locator(".theme-switch").click()
    assert ground(page) == LIGHT
    page.reload()
    assert ground(page) == LIGHT
    page.emulate_media(color_scheme="light")
    page.emulate_media(color_scheme="dark")
    assert ground(page) == LIGHT


def test_the_choice_is_there_before_the_first_paint(meet: Meet, letter: Site) -> None:
    reader = meet(letter, new=True)
    page = reader.open(PAPER)
    page.locator(".theme-switch").click()
    reader.context.add_init_script("""requestAnimationFrame(function look() {
        if (!document.querySelector(".masthead")) return requestAnimationFrame(look)
        window.firstGround = getComputedStyle(document.body).backgroundColor
    })""")
    # Another tab may be told of the choice a moment later: browsers keep storage in a process of its own.
    page.reload()
    until(page, "window.firstGround")
    assert page.evaluate("window.firstGround") == DARK


def test_a_phone_has_a_switch_in_the_footer(meet: Meet, letter: Site) -> None:
    page = meet(letter, new=True, viewport={"width": 320, "height": 640}).open(PAPER)
    page.locator(".colophon [data-theme-switch]").click()
    assert ground(page) == DARK
