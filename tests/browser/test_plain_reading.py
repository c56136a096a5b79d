"""Without scripts: a page says and shows the same, and offers nothing that would need them."""

from playwright.sync_api import expect

from .addresses import PAPER
from .conftest import Meet, Opened
from .eyes import styled
from .reading import Site

TEXT = "() => document.body.innerText.replace(/\\s+/g, ' ')"
UNFOLD = "document.querySelectorAll('details').forEach(details => details.open = true)"
SEEN = "all => all.filter(one => one.checkVisibility({ visibilityProperty: true })).length"


def test_without_scripts_a_page_says_and_shows_the_same_and_has_no_button_that_would_do_nothing(
    meet: Meet, opened: Opened
) -> None:
    plain = meet(opened.site, java_script_enabled=False).open(opened.address)
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    opened.page.emulate_media(color_scheme="light")
    for page in (plain, opened.page):
        page.evaluate(UNFOLD)
    with styled(opened.page, ".scripted { display: none !important }"):
        assert plain.evaluate(TEXT) == opened.page.evaluate(TEXT)
        for what in ("img", "a", "table", ".figure"):
            assert plain.locator(what).evaluate_all(SEEN) == opened.page.locator(what).evaluate_all(SEEN), what
    assert len(plain.evaluate(TEXT)) > 300
    assert plain.locator("button").count() >= 5
    assert plain.locator("button, input, .search").evaluate_all(SEEN) == 0


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
