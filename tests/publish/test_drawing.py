"""Drawing: share cards come in their order, whoever draws them."""

from pathlib import Path

import pytest
from editions import small_edition

from digest.publish import drawing
from digest.publish.cards import draw, planned_cards
from digest.publish.drawing import drawings, drawn_with
from digest.publish.edition import Edition
from digest.publish.lettering import Faces


def test_every_card_is_drawn_in_its_order(edition: Edition) -> None:
    theme = edition.templates.theme()
    cards = list(planned_cards(edition).values())
    assert list(drawings(cards, theme)) == [draw(card, Faces(theme)) for card in cards]


def test_several_processes_draw_the_same(edition: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    theme = edition.templates.theme()
    cards = list(planned_cards(edition).values())
    alone = list(drawings(cards, theme))
    monkeypatch.setattr(drawing, "WORTH_A_PROCESS", 2)
    monkeypatch.setattr(drawing, "cores", lambda: 2)
    assert list(drawings(cards, theme)) == alone


def test_no_card_is_nothing_to_draw(edition: Edition) -> None:
    assert list(drawings([], edition.templates.theme())) == []


def test_another_font_or_another_pillow_draws_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theme = small_edition(tmp_path).templates.theme()
    before = drawn_with(theme)
    swapped = theme | {"assets/fonts/sans.woff2": theme["assets/fonts/serif.woff2"]}
    assert drawn_with(theme) == before != drawn_with(swapped)
    monkeypatch.setattr(drawing.PIL, "__version__", "99.0")
    assert drawn_with(theme) != before
