"""The demo box: what it says in each state of a demo."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import Meet
from .reading import Site, new_reader


@pytest.fixture(scope="module")
def demos(browser: Browser, fuller: Site) -> Iterator[Page]:
    """The page of every demo, with one in each state on it."""
    reader = new_reader(browser, fuller)
    yield reader.open("demos/")
    reader.context.close()


def box(page: Page, state: str) -> Locator:
    return page.locator(f"#toy-{state} .demo")


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("passed", "passed 24 Nov 2026"),
        ("failed", "failed 24 Nov 2026"),
        ("changed", "changed since 24 Nov 2026"),
        ("not-run", "not run yet"),
    ],
)
def test_it_says_its_state_and_when(demos: Page, state: str, says: str) -> None:
    expect(box(demos, state).locator(".status")).to_have_text(says)


def test_states_are_told_apart_by_more_than_colour(demos: Page) -> None:
    marks = {
        box(demos, state)
        .locator(".status")
        .evaluate(
            "status => { const { backgroundColor, backgroundImage, rotate, transform } = "
            "getComputedStyle(status, '::before'); "
            "return [backgroundColor === 'rgba(0, 0, 0, 0)', backgroundImage !== 'none', transform !== 'none'].join() }"
        )
        for state in ("passed", "failed", "changed", "not-run")
    }
    assert len(marks) == 4


def test_a_reader_who_chose_a_few_colours_can_tell_the_states_apart(meet: Meet, fuller: Site) -> None:
    page = meet(fuller, new=True, forced_colors="active").open("demos/")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    marks = {
        box(page, state)
        .locator(".status")
        .evaluate(
            "status => { const { backgroundColor, backgroundImage, color, transform } = "
            "getComputedStyle(status, '::before'); "
            "return [backgroundColor === color, backgroundImage !== 'none', transform !== 'none'].join() }"
        )
        for state in ("passed", "failed", "changed", "not-run")
    }
    assert len(marks) == 4


def test_a_demo_that_passed_shows_its_numbers_beside_the_papers(demos: Page) -> None:
    row = box(demos, "passed").locator(".metrics tbody tr").first
    assert row.locator("th").inner_text() == "k-NN accuracy of a toy, %"
    assert [cell.split("\n") for cell in row.locator("td").all_inner_texts()] == [
        ["41.2"],
        ["88"],
        ["89.7", "88.1–91.2"],
        ["78.3", "Table 2"],
    ]


def test_a_claim_that_did_not_hold_is_shown_as_such(demos: Page) -> None:
    claims = box(demos, "passed").locator(".claims li")
    assert [" ".join(claim.split()) for claim in claims.all_inner_texts()] == [
        "Held The toy is better than its untrained twin.",
        "Did not hold The loss is nothing.",
    ]


def test_a_demo_that_failed_shows_at_once_what_failed(demos: Page) -> None:
    failed = box(demos, "failed").locator(".check-failed")
    expect(failed).to_be_visible()
    expect(failed).to_contain_text("results")
    expect(failed).to_contain_text("python toy.py out")


def test_a_demo_that_passed_keeps_how_until_it_is_asked(demos: Page) -> None:
    made = box(demos, "passed").locator(".provenance dl")
    expect(made).to_be_hidden()
    box(demos, "passed").locator("summary").click()
    expect(made).to_contain_text("python toy.py knn --out out/knn")
    expect(made).to_contain_text("0123456")


def test_a_demo_whose_source_changed_says_which_commit_its_numbers_are_of(demos: Page) -> None:
    expect(box(demos, "changed").locator(".changed")).to_contain_text("0123456")
    assert box(demos, "passed").locator(".changed").count() == 0


def test_a_demo_that_was_not_run_shows_its_command_and_no_number(demos: Page) -> None:
    expect(box(demos, "not-run")).to_contain_text("digest demo run toy-not-run")
    expect(box(demos, "not-run")).to_contain_text("No numbers yet")
    assert box(demos, "not-run").locator(".metrics").count() == 0


def test_a_papers_links_lead_to_its_demo_on_the_same_page(meet: Meet, fuller: Site) -> None:
    page = meet(fuller, reduced_motion="reduce").open("papers/toy-passed/")
    page.get_by_role("link", name="Run it").click()
    expect(page.locator(".demo")).to_be_in_viewport()


def test_on_a_phone_every_number_keeps_the_name_of_its_column(meet: Meet, fuller: Site) -> None:
    page = meet(fuller, viewport={"width": 320, "height": 900}).open("papers/toy-passed/")
    heads = page.locator(".metrics thead th:not(:first-child)")
    cells = page.locator(".metrics tbody tr").first.locator("td")
    for head, cell in zip(heads.all(), cells.all(), strict=True):
        above, below = head.bounding_box(), cell.bounding_box()
        assert above is not None
        assert below is not None
        assert abs(above["x"] - below["x"]) < 1
