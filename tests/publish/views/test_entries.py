"""Entries as templates see them: on their own page, and whole in an issue."""

from datetime import date
from pathlib import Path

import pytest
from editions import FILES, small_edition
from markupsafe import Markup

from digest.library.models import LINK_LABELS, Link
from digest.publish.edition import Edition
from digest.publish.views.entries import (
    LINK_NAMES,
    CiteView,
    EntryView,
    FactView,
    LinkView,
    cite_view,
    entry_view,
)
from digest.publish.views.page import PageView
from digest.publish.views.references import entry_ref


def page(address: str) -> PageView:
    return PageView(address, "", "", "")


@pytest.fixture(scope="module")
def dino(edition: Edition) -> EntryView:
    """The paper on its own page."""
    return entry_view(edition, edition.library.entries["papers/dino"], page("papers/dino/"))


@pytest.fixture(scope="module")
def within(edition: Edition) -> EntryView:
    """The paper in an issue."""
    return entry_view(edition, edition.library.entries["papers/dino"], page("issues/2021-05-14/"), in_issue=True)


def test_an_entry_has_all_that_lists_show(edition: Edition, dino: EntryView) -> None:
    ref = entry_ref(edition, edition.library.entries["papers/dino"])
    shown = (dino.kind, dino.title, dino.takeaway, dino.address, dino.date, dino.tags, dino.byline)
    assert shown == (ref.kind, ref.title, ref.takeaway, ref.address, ref.date, ref.tags, ref.byline)


def test_links_stand_in_the_order_of_their_labels_with_host_and_note(dino: EntryView) -> None:
    assert dino.links == (
        LinkView("paper", "Paper", "https://arxiv.org/abs/2104.14294", "arxiv.org", ""),
        LinkView("github", "Code", "https://github.com/facebookresearch/dino", "github.com", "archived"),
    )


def test_a_host_is_shown_without_www(edition: Edition) -> None:
    entry = edition.library.entries["courses/mlops"]
    assert [link.host for link in entry_view(edition, entry, page("")).links] == ["coursera.org"]


def test_every_label_has_a_name_and_its_place(edition: Edition) -> None:
    links = {label: Link(url=f"https://{label}.example.org/") for label in reversed(LINK_LABELS)}
    entry = edition.library.entries["papers/vit"].model_copy(update={"links": links})
    assert [(link.label, link.text) for link in entry_view(edition, entry, page("")).links] == [
        ("paper", "Paper"),
        ("course", "Course"),
        ("github", "Code"),
        ("website", "Website"),
        ("docs", "Documentation"),
        ("blog", "Blog post"),
        ("video", "Video"),
        ("demo", "Playground"),
    ]
    assert tuple(LINK_NAMES) == LINK_LABELS


def test_the_facts_of_a_paper(dino: EntryView) -> None:
    assert dino.facts == (
        FactView("Authors", "Mathilde Caron, Hugo Touvron, Ishan Misra, Hervé Jégou, Armand Joulin"),
        FactView("Venue", "ICCV 2021"),
        FactView("Published", "29 April 2021"),
        FactView("arXiv", "2104.14294"),
        FactView("DOI", "10.1109/ICCV48922.2021.00951"),
    )


def test_the_facts_of_a_course(edition: Edition) -> None:
    entry = edition.library.entries["courses/mlops"].model_copy(update={"duration": "4 months", "price": "$49"})
    assert entry_view(edition, entry, page("")).facts == (
        FactView("Provider", "Coursera"),
        FactView("Instructors", "Andrew Ng, Robert Crowe"),
        FactView("Level", "Advanced"),
        FactView("Duration", "4 months"),
        FactView("Price", "$49"),
    )


def test_the_facts_of_a_project(edition: Edition) -> None:
    assert entry_view(edition, edition.library.entries["projects/opyrator"], page("")).facts == (
        FactView("Language", "Python"),
        FactView("Licence", "MIT"),
    )


def test_a_fact_that_is_not_known_is_left_out(edition: Edition) -> None:
    labels = [fact.label for fact in entry_view(edition, edition.library.entries["papers/vit"], page("")).facts]
    assert labels == ["Authors", "Venue", "Published", "arXiv"]


def test_a_figure_that_the_body_places_is_in_it_and_any_other_leads(dino: EntryView) -> None:
    assert [figure.src for figure in dino.lead] == ["figures/loss.svg"]
    assert '<img src="../../figures/patches.svg" alt="A grid" width="400" height="300"' in dino.html
    assert "loss.svg" not in dino.html


def test_a_caption_s_links_start_from_the_page_too(dino: EntryView, within: EntryView) -> None:
    assert 'href="../../about/"' in dino.lead[0].caption
    assert 'href="../../about/"' in within.lead[0].caption


def test_on_its_own_page_an_entry_s_headings_and_anchors_are_as_written(dino: EntryView) -> None:
    assert '<h2 id="what-it-is">What it is</h2>' in dino.html
    assert '<a href="#why-it-matters">why</a>' in dino.html
    assert '<a href="../../papers/vit/">ViT</a>' in dino.html


def test_in_an_issue_headings_go_one_deeper_and_anchors_carry_the_entry_s_name(within: EntryView) -> None:
    assert '<h3 id="dino-what-it-is">What it is</h3>' in within.html
    assert '<a href="#dino-why-it-matters">why</a>' in within.html


def test_links_on_the_home_page_start_there(edition: Edition) -> None:
    home = entry_view(edition, edition.library.entries["papers/dino"], page(""), in_issue=True)
    assert '<a href="papers/vit/">ViT</a>' in home.html
    assert 'src="figures/patches.svg"' in home.html


def test_an_entry_s_html_is_markup(dino: EntryView) -> None:
    assert isinstance(dino.html, Markup)


def test_an_entry_knows_its_length_and_when_it_was_updated(edition: Edition, dino: EntryView) -> None:
    assert (dino.minutes, dino.updated) == (1, date(2021, 5, 20))
    assert entry_view(edition, edition.library.entries["papers/vit"], page("")).updated is None


def test_an_entry_takes_as_long_as_its_words(tmp_path: Path) -> None:
    vit = FILES["site/papers/vit.md"].replace("Patches.\n", "word " * 650 + "\n")
    edition = small_edition(tmp_path, {"site/papers/vit.md": vit})
    assert entry_view(edition, edition.library.entries["papers/vit"], page("")).minutes == 3


def test_an_entry_names_every_issue_that_holds_it_newest_first(dino: EntryView) -> None:
    assert [issue.number for issue in dino.mentions] == [2, 1]


def test_an_entry_has_its_neighbours_of_the_same_kind(edition: Edition, dino: EntryView) -> None:
    vit = entry_view(edition, edition.library.entries["papers/vit"], page(""))
    assert dino.previous is None
    assert dino.next == entry_ref(edition, edition.library.entries["papers/vit"])
    assert vit.previous == entry_ref(edition, edition.library.entries["papers/dino"])
    assert vit.next is None


def test_a_paper_shows_its_demo_and_others_have_none(edition: Edition, dino: EntryView) -> None:
    assert dino.demo
    assert dino.demo.name == "coin"
    for name in ("papers/vit", "courses/mlops", "projects/opyrator"):
        assert entry_view(edition, edition.library.entries[name], page("")).demo is None


def test_a_project_may_have_a_demo_too(edition: Edition) -> None:
    entry = edition.library.entries["projects/opyrator"].model_copy(update={"demo": "coin"})
    demo = entry_view(edition, entry, page("")).demo
    assert demo
    assert demo.name == "coin"


def test_an_entry_has_its_citation_its_source_and_its_anchor(dino: EntryView) -> None:
    assert dino.cite.bibtex.startswith("@inproceedings{caron2021dino,\n")
    assert (dino.cite.bib, dino.cite.csl) == ("papers/dino/cite.bib", "papers/dino/cite.json")
    assert dino.source == "papers/dino/source.txt"
    assert dino.anchor == "dino"


def test_an_issue_is_cited_the_same_way(edition: Edition) -> None:
    cite = cite_view(edition, edition.issues[1])
    assert cite == CiteView(cite.bibtex, "issues/2021-05-14/cite.bib", "issues/2021-05-14/cite.json")
    assert "A network that finds the object" in cite.bibtex
