"""Search: opened from the masthead or by a key, it finds words, leads to them, and gives the focus back."""

import pytest
from playwright.sync_api import Locator, Page, expect

from .addresses import ISSUE, PAPER
from .conftest import Meet
from .reading import Reader, Site


def opener(page: Page) -> Locator:
    return page.locator(".masthead [data-search-open]")


def search(page: Page, words: str) -> Locator:
    """The results for `words`, typed into the search that is open."""
    page.locator(".search-query").press_sequentially(words)
    results = page.locator(".md-search-result__item")
    expect(results.first).to_be_visible()
    return results


def test_a_click_in_the_masthead_opens_it_ready_to_type(reader: Reader) -> None:
    page = reader.open()
    expect(page.get_by_role("dialog", name="Search")).to_be_hidden()
    opener(page).click()
    expect(page.get_by_role("dialog", name="Search")).to_be_visible()
    expect(page.locator(".search-query")).to_be_focused()


@pytest.mark.parametrize("key", ["/", "s", "f"])
def test_a_key_opens_it_ready_to_type(reader: Reader, key: str) -> None:
    page = reader.open(PAPER)
    page.keyboard.press(key)
    expect(page.get_by_role("dialog", name="Search")).to_be_visible()
    expect(page.locator(".search-query")).to_be_focused()
    expect(page.locator(".search-query")).to_have_value("")


def test_words_that_come_without_a_key_are_searched_for(reader: Reader) -> None:
    page = reader.open(PAPER)
    page.keyboard.press("/")
    page.locator(".search-query").press_sequentially("zyzzyva")
    expect(page.locator(".search-results [role=status]")).to_have_text("No matching documents")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text("attention")
    expect(page.locator(".md-search-result__link").first).to_be_visible()


def test_a_key_pressed_with_control_stays_the_browsers(reader: Reader) -> None:
    page = reader.open()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("dialog", name="Search")).to_be_hidden()


@pytest.mark.parametrize("address", ["", PAPER, "404.html"])
def test_it_finds_attention_and_leads_to_a_page_that_holds_the_word(reader: Reader, address: str) -> None:
    page = reader.open(address)
    opener(page).click()
    search(page, "attention").first.locator("a").first.click()
    page.wait_for_url(lambda url: url != reader.site.served(address))
    assert page.url.startswith(reader.site.url)
    assert "attention" in page.locator(".sheet").inner_text().lower()


def test_the_arrow_keys_choose_a_result_and_enter_follows_it(reader: Reader) -> None:
    page = reader.open()
    page.keyboard.press("/")
    address = search(page, "opyrator").first.locator("a").first.evaluate("link => link.href")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".md-search-result__link").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(address)
    assert "opyrator" in page.locator(".sheet").inner_text().lower()


def test_it_finds_what_only_the_last_issue_holds(meet: Meet, fuller: Site) -> None:
    page = meet(fuller).open()
    page.keyboard.press("/")
    search(page, "uncharacteristically").first.locator("a").first.click()
    page.wait_for_url("**/fuller/*/*/*")
    assert "uncharacteristically" in page.locator(".sheet").inner_text()


def test_it_says_when_there_is_nothing(reader: Reader) -> None:
    page = reader.open()
    page.keyboard.press("/")
    page.locator(".search-query").press_sequentially("zyzzyva")
    expect(page.locator(".search-results [role=status]")).to_have_text("No matching documents")


def test_escape_closes_it_and_the_focus_is_where_it_was(reader: Reader) -> None:
    page = reader.open(ISSUE)
    opener(page).focus()
    page.keyboard.press("Enter")
    search(page, "attention")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Search")).to_be_hidden()
    expect(opener(page)).to_be_focused()


def test_its_close_button_closes_it_and_the_focus_is_where_it_was(reader: Reader) -> None:
    page = reader.open(ISSUE)
    opener(page).click()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog", name="Search")).to_be_hidden()
    expect(opener(page)).to_be_focused()


def test_its_clear_button_empties_it(reader: Reader) -> None:
    page = reader.open()
    page.keyboard.press("/")
    search(page, "attention")
    # The engine takes note of where the focus is a millisecond after it moved; no finger is faster.
    page.get_by_role("button", name="Clear").click(delay=20)
    expect(page.locator(".search-query")).to_have_value("")
    expect(page.locator(".md-search-result__item")).to_have_count(0)


def test_a_phone_has_it_too(meet: Meet, letter: Site) -> None:
    page = meet(letter, viewport={"width": 320, "height": 640}).open(PAPER)
    opener(page).click()
    search(page, "attention")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_neither_its_script_nor_its_index_is_fetched_before_it_is_opened(meet: Meet, letter: Site) -> None:
    reader = meet(letter, new=True)
    page = reader.open(ISSUE)
    page.wait_for_load_state("networkidle")
    assert [url for url in reader.requests if "search" in url or "bundle" in url] == []
    page.keyboard.press("/")
    search(page, "attention")
    assert [url for url in reader.requests if url.endswith("search/search_index.json")] != []
