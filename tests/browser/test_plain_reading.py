"""Without scripts, on paper, with larger spacing: nothing that matters is lost."""

import pytest
from playwright.sync_api import expect

from .addresses import ISSUE, PAGES, PAPER
from .conftest import Meet
from .reading import Reader, Site, restyle

# WCAG 2.2, success criterion 1.4.12.
SPACING = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }"""
CUT_OFF = """() => [...document.querySelectorAll(".sheet *, .masthead *, .colophon *")].filter(element => {
    const style = getComputedStyle(element)
    if (style.overflowX === "visible" || style.position === "absolute" || !element.checkVisibility()) return false
    return element.scrollWidth > element.clientWidth + 1 && style.overflowX !== "auto"
}).map(element => element.outerHTML.slice(0, 120))"""
TEXT = "() => document.body.innerText.replace(/\\s+/g, ' ')"


@pytest.mark.parametrize("name", ["issue", "paper", "subscribe"])
def test_without_scripts_a_page_says_the_same(meet: Meet, letter: Site, name: str) -> None:
    scripted = meet(letter).open(PAGES[name])
    restyle(scripted, ".scripted { display: none !important }")
    plain = meet(letter, java_script_enabled=False).open(PAGES[name])
    assert plain.evaluate(TEXT) == scripted.evaluate(TEXT)
    assert len(plain.evaluate(TEXT)) > 500


def test_without_scripts_there_is_no_button_that_would_do_nothing(meet: Meet, letter: Site) -> None:
    page = meet(letter, java_script_enabled=False).open(ISSUE)
    assert page.locator("button").count() > 5
    assert page.locator("button").evaluate_all("all => all.filter(one => one.checkVisibility()).length") == 0


def test_without_scripts_the_citation_opens_and_its_files_are_linked(meet: Meet, letter: Site) -> None:
    page = meet(letter, java_script_enabled=False).open(PAPER)
    expect(page.locator("#entry-bibtex")).to_be_hidden()
    page.get_by_text("Cite", exact=True).click()
    expect(page.locator("#entry-bibtex")).to_contain_text("@")
    expect(page.get_by_role("link", name="BibTeX file")).to_be_visible()


def test_without_scripts_a_demos_numbers_are_seen(meet: Meet, fuller: Site) -> None:
    page = meet(fuller, java_script_enabled=False).open("papers/toy-passed/")
    expect(page.locator(".metrics")).to_contain_text("89.7")
    page.get_by_text("How these numbers were made").click()
    expect(page.get_by_text("python toy.py knn --out out/knn")).to_be_visible()


def test_paper_does_not_show_what_only_a_screen_can_use(meet: Meet, fuller: Site) -> None:
    page = meet(fuller).open(ISSUE)
    page.emulate_media(media="print")
    for selector in (".nav", ".search", ".skip", ".tools", ".turn", ".colophon nav", "button"):
        found = page.locator(selector)
        assert found.count() > 0, selector
        seen = found.evaluate_all("all => all.filter(one => one.checkVisibility({ visibilityProperty: true })).length")
        assert seen == 0, selector


@pytest.mark.parametrize("name", ["issue", "paper"])
def test_paper_shows_every_word_of_the_text(reader: Reader, name: str) -> None:
    page = reader.open(PAGES[name])
    words = page.locator(".prose").all_inner_texts()
    page.emulate_media(media="print")
    assert page.locator(".prose").all_inner_texts() == words
    expect(page.locator("h1")).to_be_visible()


def test_paper_is_white_with_the_light_pictures_whatever_the_theme(meet: Meet, letter: Site) -> None:
    page = meet(letter, new=True).open(PAPER)
    page.locator(".theme-switch").click()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("img.when-dark").evaluate_all("all => all.some(one => one.checkVisibility())") is False
    assert page.locator("img.when-light").evaluate_all("all => all.every(one => one.checkVisibility())") is True


def test_paper_says_where_a_link_leads(reader: Reader) -> None:
    page = reader.open(PAPER)
    page.emulate_media(media="print")
    written = page.locator(".links a").first.evaluate("link => getComputedStyle(link, '::after').content")
    assert "https://arxiv.org/abs/2104.14294" in written


def test_paper_shows_how_a_demos_numbers_were_made(meet: Meet, fuller: Site) -> None:
    page = meet(fuller).open("papers/toy-passed/")
    expect(page.get_by_text("python toy.py knn --out out/knn")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.get_by_text("python toy.py knn --out out/knn")).to_be_visible()


@pytest.mark.parametrize("name", ["home", "paper", "subscribe"])
def test_wider_spacing_of_text_cuts_nothing_off(reader: Reader, name: str) -> None:
    page = reader.open(PAGES[name])
    restyle(page, SPACING)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == []


def test_who_asks_for_less_motion_gets_no_smooth_scrolling(meet: Meet, letter: Site) -> None:
    page = meet(letter, reduced_motion="reduce").open(ISSUE)
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
