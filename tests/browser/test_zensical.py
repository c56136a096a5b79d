"""What Zensical makes reads as well: axe-core finds nothing that is ours, and search waits until it is asked for."""

import pytest
from playwright.sync_api import Locator, Page, expect

from .addresses import ISSUE, MOVED, PAGES, TOYS
from .axe import WIDTHS, examine, look, violations
from .conftest import Meet
from .reading import Reader, Site

EVERY_PAGE = PAGES | TOYS
# What axe finds that is Zensical's: in its search dialog, the grey in which the light theme says where a result stands
# (3.3 to 1). The dialog is in a shadow root, which no style of ours enters.
ZENSICALS_OWN = {"light": {("color-contrast", "path > li")}, "dark": set[tuple[str, str]]()}
# With both engines a page has the same elements and text (tests/publish/test_engines_compare.py) in the same places and
# colours (below), and test_accessibility.py looks at every width; what may differ is the frame, so these stand for all.
AT_EVERY_WIDTH = ("home", "issue with demos", "404")


@pytest.fixture
def reader(meet: Meet, zensical: Site) -> Reader:
    return meet(zensical)


def searching(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search")


@pytest.mark.parametrize("name", EVERY_PAGE, ids=lambda name: name.replace(" ", "-"))
def test_axe_finds_nothing(reader: Reader, name: str) -> None:
    address = EVERY_PAGE[name]
    widths = WIDTHS if name in AT_EVERY_WIDTH else WIDTHS[:1]
    assert examine(reader, address, widths) == {}


# The last line of a page names the engine, and may be longer. Faces and pictures are waited for.
LOOKS = """async () => {
    await new Promise(requestAnimationFrame)
    await document.fonts.ready
    for (const image of document.images) image.loading = "eager"
    await Promise.all([...document.images].filter(image => image.checkVisibility()).map(image => image.decode()))
    return [".skip", ".masthead", ".masthead *", ".sheet", ".sheet *", ".colophon-row", ".colophon-row *"]
        .flatMap(selector => [...document.querySelectorAll(selector)])
        .filter(element => !element.closest("[data-md-component=search]"))
        .map(element => {
            const { x, y, width, height } = element.getBoundingClientRect()
            const { color, backgroundColor, fontFamily, fontSize, visibility } = getComputedStyle(element)
            const box = [element.tagName, x, y, width, height].join(" ")
            return [box, color, backgroundColor, fontFamily, fontSize, visibility].join(" ")
        })
}"""


@pytest.mark.parametrize("name", EVERY_PAGE, ids=lambda name: name.replace(" ", "-"))
def test_every_page_looks_as_it_does_with_mkdocs(meet: Meet, fuller: Site, zensical: Site, name: str) -> None:
    one, other = (meet(site).open(EVERY_PAGE[name]) for site in (fuller, zensical))
    for width, scheme in ((320, "light"), (768, "light"), (1280, "dark")):
        for page in (one, other):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
        looks: list[str] = one.evaluate(LOOKS)
        assert [pair for pair in zip(looks, other.evaluate(LOOKS), strict=True) if pair[0] != pair[1]] == []
        assert len(looks) > 30


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_in_the_open_search_what_is_zensicals(meet: Meet, zensical: Site, scheme: str) -> None:
    page = meet(zensical, color_scheme=scheme, reduced_motion="reduce").open()
    page.keyboard.press("/")
    searching(page).press_sequentially("attention")
    expect(page.get_by_role("option").first).to_be_visible()
    look(page)
    words = [what.partition(": ")[0].partition(" at ") for what in violations(page)]
    found = {(rule, selector.partition("results")[2].lstrip("-0123456789")) for rule, _, selector in words}
    assert found == ZENSICALS_OWN[scheme]


def test_neither_its_script_nor_its_index_is_fetched_before_search_is_opened(meet: Meet, zensical: Site) -> None:
    reader = meet(zensical, new=True)
    page = reader.open(ISSUE)
    page.wait_for_load_state("networkidle")
    assert [url for url in reader.requests if "search" in url or "bundle" in url] == []
    page.keyboard.press("/")
    expect(searching(page)).to_be_visible()
    assert [url for url in reader.requests if url.endswith("/search.json")] != []


def test_a_click_in_the_masthead_opens_search_and_escape_gives_the_focus_back(reader: Reader) -> None:
    page = reader.open(ISSUE)
    opener = page.locator(".masthead [data-search-open]")
    opener.click()
    expect(searching(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(searching(page)).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.parametrize("key", ["/", "s", "f"])
def test_a_key_opens_search_and_is_a_letter_in_it(reader: Reader, key: str) -> None:
    page = reader.open(ISSUE)
    page.keyboard.press(key)
    expect(searching(page)).to_be_focused()
    page.keyboard.press(key)
    expect(searching(page)).to_have_value(key)


@pytest.mark.parametrize("address", ["", ISSUE, "404.html"])
def test_search_finds_a_word_and_leads_to_it(reader: Reader, address: str) -> None:
    page = reader.open(address)
    page.keyboard.press("/")
    searching(page).press_sequentially("uncharacteristically")
    page.get_by_role("option").first.click()
    page.wait_for_url("**/onward/*/*/*")
    assert "uncharacteristically" in page.locator(".sheet").inner_text()


@pytest.mark.parametrize("name", ["fuller", "onward"])
def test_an_old_address_leads_on_with_either_engine(meet: Meet, sites: dict[str, Site], name: str) -> None:
    page = meet(sites[name]).open()
    page.goto(sites[name].served(MOVED))
    page.wait_for_url("**/tags/toys/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("toys")
