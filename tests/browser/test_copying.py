"""Buttons that copy: what lands on the clipboard, and that it is said."""

import pytest
from playwright.sync_api import Page, expect

from .addresses import ISSUE, PAPER
from .conftest import Meet
from .reading import Reader, Site


def let_copy(reader: Reader) -> Reader:
    reader.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return reader


def copied(page: Page, button: str) -> str:
    """What is on the clipboard once the button of that name has said that it copied."""
    found = page.get_by_role("button", name=button, exact=True)
    found.click()
    expect(page.locator("[aria-live=polite].said")).to_have_text("Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


@pytest.fixture
def paper(reader: Reader) -> Page:
    """A paper's page, whose buttons may write to the clipboard."""
    return let_copy(reader).open(PAPER)


def test_the_permalink_is_copied_as_the_published_address(paper: Page, letter: Site) -> None:
    assert copied(paper, "Copy the address of this paper") == letter.address + PAPER


def test_the_entry_is_copied_as_markdown(paper: Page, letter: Site) -> None:
    text = copied(paper, "Copy this paper as Markdown")
    assert text == letter.file(letter.served(f"{PAPER}source.txt")).read_text(encoding="utf-8")
    assert "## What it is" in text


def test_the_citation_is_copied_as_bibtex(paper: Page, letter: Site) -> None:
    paper.get_by_text("Cite", exact=True).click()
    text = copied(paper, "Copy the BibTeX of this paper")
    assert text == letter.file(letter.served(f"{PAPER}cite.bib")).read_text(encoding="utf-8").strip()
    assert text.startswith("@")


def test_an_issue_is_copied_as_markdown_whole(reader: Reader, letter: Site) -> None:
    page = let_copy(reader).open(ISSUE)
    text = copied(page, "Copy this issue as Markdown")
    assert text == letter.file(letter.served(f"{ISSUE}source.txt")).read_text(encoding="utf-8")


def test_a_demos_command_is_copied_without_its_prompt(meet: Meet, fuller: Site) -> None:
    page = let_copy(meet(fuller)).open("papers/toy-passed/")
    assert copied(page, "Copy the command: From a clone") == "digest demo run toy-passed"


def test_a_demos_command_without_a_clone_is_copied_as_its_two_lines(meet: Meet, fuller: Site) -> None:
    page = let_copy(meet(fuller)).open("papers/toy-passed/")
    install, run = copied(page, "Copy the command: Without one").splitlines()
    assert install.startswith('pip install "git+https://')
    assert install.endswith('#subdirectory=demos/toy-passed"')
    assert run == "python toy.py"


def test_the_button_says_so_and_then_offers_to_copy_again(meet: Meet, letter: Site) -> None:
    paper = let_copy(meet(letter, new=True)).open(PAPER)
    button = paper.get_by_role("button", name="Copy the address of this paper")
    paper.clock.install()
    button.click()
    expect(button).to_have_text("Copied")
    paper.clock.run_for(3000)
    expect(button).to_have_text("Copy")
    expect(paper.locator(".said")).to_be_empty()


def test_a_copy_that_the_browser_refuses_is_said_too(reader: Reader) -> None:
    page = reader.open(PAPER)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')) }")
    page.get_by_role("button", name="Copy the address of this paper").click()
    expect(page.locator(".said")).to_have_text("Not copied")
