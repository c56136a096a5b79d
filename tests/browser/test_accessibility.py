"""axe-core finds nothing on any kind of page, at three widths, light and dark."""

import pytest
from playwright.sync_api import expect

from .addresses import MOVED
from .axe import RULES_OF_COLOUR, examine, look, violations
from .conftest import Meet, Opened
from .reading import Site, restyle


def test_axe_finds_nothing(opened: Opened) -> None:
    assert examine(opened.reader, opened.address) == {}


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
    page.evaluate("document.querySelector('.sheet').innerHTML = '<p>pale</p><img src=\"assets/mark.svg\">'")
    restyle(page, ".sheet p { opacity: .3 }")
    look(page, RULES_OF_COLOUR)
    assert {what.partition(" ")[0] for what in violations(page)} == {"color-contrast", "image-alt"}
