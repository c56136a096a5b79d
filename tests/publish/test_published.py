"""Published addresses: all that a build makes for others to hold, and a complaint when some of it would be lost."""

from dataclasses import replace
from pathlib import Path

import pytest
from editions import FILES, assembled, small_edition

from digest.publish.edition import Edition
from digest.publish.published import check_published, published_addresses, published_list, record_published

VIT = "site/papers/vit.md"


def losses(root: Path, edition: Edition, *lines: str) -> list[str]:
    (root / "published.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    public = replace(edition, library=edition.library.published())
    return [str(problem) for problem in check_published(root, public, edition.library)]


@pytest.mark.parametrize("moved", ["", "tags/sight: tags/vision\nold: papers\n"])
def test_they_are_what_is_assembled_but_for_what_pages_are_dressed_in(tmp_path: Path, moved: str) -> None:
    edition = small_edition(tmp_path, {"site/moved.yml": moved} if moved else {})
    made = {name for name in assembled(edition) if not name.startswith("assets/")}
    addresses = {name.removesuffix("index.md").removesuffix("index.html") for name in made}
    assert published_addresses(edition) == addresses


def test_the_list_is_sorted_and_begins_with_what_it_is(edition: Edition) -> None:
    head, home, *rest = published_list(edition).splitlines()
    assert head.startswith("# Every address that was published. ")
    assert home == "./"
    assert rest == sorted(rest)
    assert {"papers/dino/", "papers/dyno/", "papers/dino/cite.bib", "feed.xml", "tags/vision/atom.xml"} <= {*rest}


def test_what_was_recorded_is_not_lost(tmp_path: Path) -> None:
    edition = small_edition(tmp_path)
    record_published(tmp_path, edition)
    assert (tmp_path / "published.txt").read_text(encoding="utf-8") == published_list(edition)
    assert check_published(tmp_path, edition, edition.library) == []


def test_without_a_list_nothing_can_be_lost(tmp_path: Path) -> None:
    edition = small_edition(tmp_path)
    assert check_published(tmp_path, edition, edition.library) == []


def test_an_entry_that_was_renamed_without_a_word_is_missed_once(tmp_path: Path) -> None:
    edition = small_edition(tmp_path)
    assert losses(tmp_path, edition, "papers/dinos/", "papers/dinos/cite.bib", "api/v1/papers/dinos.json") == [
        "published.txt:1:1: 'papers/dinos/' was published and would be gone; "
        "write `redirect_from: [papers/dinos]` in the file that took its place, "
        "or `papers/dinos: …` in site/moved.yml"
    ]


def test_one_that_says_so_is_not_missed(tmp_path: Path) -> None:
    edition = small_edition(tmp_path)
    assert losses(tmp_path, edition, "papers/dyno/", "papers/dyno/cite.bib", "api/v1/papers/dyno.json") == []


@pytest.mark.parametrize("name", ["tags/sight", "authors/ada", "archive/2020"])
def test_what_has_no_file_is_sent_on_in_moved_yml(tmp_path: Path, name: str) -> None:
    said = f"published.txt:2:1: '{name}/' was published and would be gone; "
    mend = f"write where to go instead in site/moved.yml: `{name}: …`"
    assert losses(tmp_path, small_edition(tmp_path), "./", f"{name}/", f"{name}/feed.xml") == [said + mend]


def test_what_became_a_draft_again_is_missed(tmp_path: Path) -> None:
    issue = FILES["site/issues/2021-05-21.md"].replace("published", "draft")
    edition = small_edition(tmp_path, {"site/issues/2021-05-21.md": issue})
    assert losses(tmp_path, edition, "issues/2021-05-21/", "papers/vit/", "papers/vit/source.txt", "papers/dino/") == [
        "published.txt:1:1: 'issues/2021-05-21/' was published and is only in a draft now; publish it again",
        "published.txt:2:1: 'papers/vit/' was published and is only in a draft now; publish it again",
    ]


def test_a_file_that_no_page_explains_is_missed_by_itself(tmp_path: Path) -> None:
    edition = small_edition(tmp_path)
    assert losses(tmp_path, edition, "feed.rdf", "papers/dino/cite.ris", "papers/dino/") == [
        "published.txt:1:1: 'feed.rdf' was published and would be gone; remove the line if nobody holds it",
        "published.txt:2:1: 'papers/dino/cite.ris' was published and would be gone; remove the line if nobody holds it",
    ]


def test_a_picture_that_somebody_listed_is_kept_too(tmp_path: Path) -> None:
    edition = small_edition(tmp_path)
    assert losses(tmp_path, edition, "figures/loss.svg", "figures/lost.svg") == [
        "published.txt:2:1: 'figures/lost.svg' was published and would be gone; remove the line if nobody holds it"
    ]


def test_a_line_that_is_no_address_is_a_mistake(tmp_path: Path) -> None:
    said = "published.txt:1:1: '/about/' is no address; write it as papers/dino/"
    assert losses(tmp_path, small_edition(tmp_path), "/about/") == [said]
