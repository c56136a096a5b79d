import pytest
from editions import of_each
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.publish.edition import Edition
from digest.publish.source import entry_markdown, entry_source, freed, issue_source, sources

SITE = "https://news.example.org/ml/"
PAGE = f"{SITE}papers/dino/"


def test_an_entry_stands_on_its_own(edition: Edition, golden):
    golden("dino.source.txt", entry_source(edition, edition.library.entries["papers/dino"]))
    golden("mlops.source.txt", entry_source(edition, edition.library.entries["courses/mlops"]))


def test_an_issue_stands_on_its_own_with_every_entry(edition: Edition, golden):
    golden("issue.source.txt", issue_source(edition, edition.issues[-1]))


def test_each_issue_and_entry_has_its_source_beside_its_page(edition: Edition):
    made = of_each(edition, sources)
    assert made.keys() == {
        *("issues/2021-05-14/source.txt", "issues/2021-05-21/source.txt", "papers/dino/source.txt"),
        *("papers/vit/source.txt", "courses/mlops/source.txt", "projects/opyrator/source.txt"),
    }
    assert made["papers/vit/source.txt"] == entry_source(edition, edition.library.entries["papers/vit"]).encode()
    assert made["issues/2021-05-21/source.txt"] == issue_source(edition, edition.issues[0]).encode()


def test_a_figure_is_an_image_with_its_caption_credit_and_licence(edition: Edition):
    text = entry_source(edition, edition.library.entries["papers/dino"])
    assert (
        f"![A falling line \\[loss\\]]({SITE}figures/loss.svg)\n\n"
        f"The loss, see [about]({SITE}about/). Drawn by the demo; CC BY 4.0.\n\n## What it is"
    ) in text
    assert (
        f"![A grid]({SITE}figures/patches.svg)\n\nSixteen patches. [Ada & Co](https://example.org/patches); MIT.\n\n"
    ) in text
    assert "dark" not in text
    assert "figure:" not in text


def test_an_issue_ends_with_who_wrote_it_and_under_what_licence(edition: Edition):
    assert issue_source(edition, edition.issues[0]).endswith(
        f"\n\n---\n\nThis Week in Machine Learning, No. 2, 21 May 2021, by Ada. <{SITE}issues/2021-05-21/> CC BY 4.0.\n"
    )
    nobody = edition.issues[0].model_copy(update={"author": "nobody"})
    assert f"No. 2, 21 May 2021. <{SITE}" in issue_source(edition, nobody)


def test_a_link_within_an_issue_leads_to_its_page(edition: Edition):
    issue = edition.issues[0].model_copy(
        update={"body": "See [ViT](#vit).<!-- closing -->And [DINO](#dino).", "credit": "For [it](#vit)."}
    )
    text = issue_source(edition, issue)
    page = f"{SITE}issues/2021-05-21/"
    assert f"See [ViT]({page}#vit)." in text
    assert f"\n\nAnd [DINO]({page}#dino).\n\nFor [it]({page}#vit).\n\n---" in text


def test_an_empty_closing_leaves_no_gap(edition: Edition):
    text = issue_source(edition, edition.issues[0])
    assert "\n\n\n" not in text
    assert "Back again.\n\n## An Image is Worth 16x16 Words\n\n> Patches are words.\n" in text


def test_the_headings_of_an_entry_go_down_as_far_as_there_are_levels(edition: Edition):
    entry = edition.library.entries["papers/vit"].model_copy(update={"body": "## a\n##### b\n\n###### c\n#d\n"})
    assert entry_markdown(edition, entry, deeper=1) == "### a\n###### b\n\n###### c\n#d"
    assert entry_markdown(edition, entry, deeper=2) == "#### a\n###### b\n\n###### c\n#d"
    assert entry_markdown(edition, entry) == "## a\n##### b\n\n###### c\n#d"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("[a](vit.md)", f"[a]({SITE}papers/vit/)"),
        ("[a]( <vit.md> )", f"[a]( <{SITE}papers/vit/> )"),
        ('[a](../about.md "Title")', f'[a]({SITE}about/ "Title")'),
        ("[a](vit.md#x) [b](#y)", f"[a]({SITE}papers/vit/#x) [b]({PAGE}#y)"),
        ("[a][b]\n\n[b]: vit.md", f"[a][b]\n\n[b]: {SITE}papers/vit/"),
        ("[a](https://example.org/)", "[a](https://example.org/)"),
        ("[a](mailto:a@example.org)", "[a](mailto:a@example.org)"),
        ("[a](vit.md) `[a](vit.md)`", f"[a]({SITE}papers/vit/) `[a](vit.md)`"),
        ("[a](vit.md)\n\n``x ` [a](vit.md)``", f"[a]({SITE}papers/vit/)\n\n``x ` [a](vit.md)``"),
        ("```\n[a](vit.md)\n## x\n```\n[a](vit.md)", f"```\n[a](vit.md)\n## x\n```\n[a]({SITE}papers/vit/)"),
        ("~~~\n## x\n~~~\n\n## y", "~~~\n## x\n~~~\n\n### y"),
        ("```\n## never closed", "```\n## never closed"),
        ("![](figure:loss)", "<loss>"),
        ("`![](figure:loss)`", "`![](figure:loss)`"),
    ],
)
def test_links_lead_to_the_site_from_anywhere_and_code_stays(written: str, wanted: str):
    assert freed(written, "papers/dino", SITE, PAGE, lambda name: f"<{name}>", 1) == wanted


@given(st.text(alphabet="ab `~#[]()!<>:\n", max_size=60))
@settings(deadline=None)
def test_text_without_links_or_headings_is_left_as_it_is(text: str):
    plain = text.replace("#", "a").replace("](", "] (").replace("]:", "] :")
    assert freed(plain, "papers/dino", SITE, PAGE, deeper=1) == plain.strip()
