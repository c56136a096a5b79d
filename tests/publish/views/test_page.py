"""The page being made, as its template sees it."""

from digest.publish.views.page import KindView, PageView, YearView

PAGE = PageView("papers/dino/", "DINO", "A paper.", "paper")


def test_a_page_links_to_an_address() -> None:
    assert PAGE.to("feed.xml") == "../../feed.xml"


def test_a_page_links_to_anything_that_has_an_address() -> None:
    assert PAGE.to(YearView(2021, "archive/2021/", ())) == "../../archive/2021/"


def test_a_page_knows_its_place_title_description_and_kind() -> None:
    assert (PAGE.address, PAGE.title, PAGE.description, PAGE.kind) == ("papers/dino/", "DINO", "A paper.", "paper")


def test_a_kind_has_a_word_for_one_for_many_and_for_a_heading() -> None:
    kind = KindView("paper", "papers", "Papers")
    assert (kind.name, kind.plural, kind.label) == ("paper", "papers", "Papers")
