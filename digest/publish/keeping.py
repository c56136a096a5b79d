"""Keeping: share cards drawn once and used again, for as long as they would look the same."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import PIL

from digest.publish.cards import draw, planned_cards
from digest.publish.edition import Edition
from digest.publish.folders import put
from digest.publish.lettering import Faces


def kept_cards(edition: Edition, folder: Path) -> dict[str, Path]:
    """Every share card as a file of `folder`, by its address in the site; only those that are not there are drawn.

    A file is named after what its card says, what draws it, and its own bytes, so that one that was damaged is drawn
    again. Files of cards that nobody shows any more go.
    """
    theme = edition.templates.theme()
    faces, tools = Faces(theme), _tools(theme)
    kept = {file.name.partition(".")[0]: file for file in sorted(folder.glob("*.png")) if _is_whole(file)}
    cards: dict[str, Path] = {}
    for address, card in planned_cards(edition).items():
        name = _hash(f"{card.key} {tools}".encode())
        if name not in kept:
            data = draw(card, faces)
            kept[name] = folder / f"{name}.{_hash(data)}.png"
            put(kept[name], data)
        cards[address] = kept[name]
    for file in set(folder.iterdir()) - set(cards.values()):
        file.unlink()
    return cards


def _tools(theme: Mapping[str, Path]) -> str:
    """What a card is drawn with: the version of Pillow, and the theme's fonts."""
    fonts = [file.read_bytes() for name, file in sorted(theme.items()) if name.endswith(".woff2")]
    return " ".join([PIL.__version__, *map(_hash, fonts)])


def _is_whole(file: Path) -> bool:
    return file.name.endswith(f".{_hash(file.read_bytes())}.png")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
