"""Keeping: a share card is drawn once, for as long as it would look the same."""

from dataclasses import replace
from pathlib import Path

import pytest
from editions import FILES, small_edition

from digest.publish import keeping
from digest.publish.cards import Card, draw, planned_cards
from digest.publish.edition import Edition
from digest.publish.keeping import kept_cards
from digest.publish.lettering import Faces


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the cards that are drawn from here on."""
    titles: list[str] = []

    def note(card: Card, faces: Faces) -> bytes:
        titles.append(card.title)
        return draw(card, faces)

    monkeypatch.setattr(keeping, "draw", note)
    return titles


def test_every_card_is_a_file_with_the_bytes_that_are_drawn(edition: Edition, tmp_path: Path) -> None:
    faces = Faces(edition.templates.theme())
    files = kept_cards(edition, tmp_path / "cards")
    assert {address: file.read_bytes() for address, file in files.items()} == {
        address: draw(card, faces) for address, card in planned_cards(edition).items()
    }
    assert set((tmp_path / "cards").iterdir()) == set(files.values())


def test_what_was_drawn_is_not_drawn_again(edition: Edition, tmp_path: Path, drawn: list[str]) -> None:
    first = kept_cards(edition, tmp_path)
    assert len(drawn) == 7
    assert kept_cards(edition, tmp_path) == first
    assert len(drawn) == 7


def test_a_card_that_says_something_else_is_drawn_and_the_old_one_goes(tmp_path: Path, drawn: list[str]) -> None:
    kept_cards(small_edition(tmp_path / "one"), tmp_path / "cards")
    drawn.clear()
    dino = FILES["site/papers/dino.md"]
    title = next(line for line in dino.splitlines() if line.startswith("title:"))
    changed = small_edition(tmp_path / "two", {"site/papers/dino.md": dino.replace(title, "title: Another title")})
    files = kept_cards(changed, tmp_path / "cards")
    assert drawn == ["Another title"]
    assert set((tmp_path / "cards").iterdir()) == set(files.values())


def test_a_damaged_card_is_drawn_again(edition: Edition, tmp_path: Path, drawn: list[str]) -> None:
    files = kept_cards(edition, tmp_path)
    file = files["cards/home.png"]
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    drawn.clear()
    assert kept_cards(edition, tmp_path) == files
    assert drawn == [edition.newsletter.name]
    assert file.read_bytes() == whole


def test_another_font_and_another_pillow_draw_every_card_again(
    tmp_path: Path, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edition = small_edition(tmp_path / "newsletter")
    kept_cards(edition, tmp_path / "cards")
    own = tmp_path / "own" / "theme" / "assets" / "fonts"
    own.mkdir(parents=True)
    (own / "sans.woff2").write_bytes(edition.templates.theme()["assets/fonts/serif.woff2"].read_bytes())
    templates = replace(edition.templates, folders=(tmp_path / "own", *edition.templates.folders))
    drawn.clear()
    kept_cards(replace(edition, templates=templates), tmp_path / "cards")
    assert len(drawn) == 7
    monkeypatch.setattr(keeping.PIL, "__version__", "99.0")
    kept_cards(replace(edition, templates=templates), tmp_path / "cards")
    assert len(drawn) == 14
