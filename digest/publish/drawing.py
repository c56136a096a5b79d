"""Drawing: share cards, in a process for every core when there are many to draw."""

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import PIL

from digest.publish.cards import Card, draw
from digest.publish.engines import cores
from digest.publish.inputs import name_of
from digest.publish.lettering import Faces

WORTH_A_PROCESS = 60
"""How many cards take longer to draw than another process to start."""


def drawn_with(theme: Mapping[str, Path]) -> str:
    """A name for what cards are drawn with: Pillow, and the theme's fonts."""
    fonts = (file.read_bytes().hex() for name, file in sorted(theme.items()) if name.endswith(".woff2"))
    return name_of([PIL.__version__, *fonts])


def drawings(cards: Sequence[Card], theme: Mapping[str, Path]) -> Iterator[bytes]:
    """The pictures of some cards, in their order."""
    processes = min(cores(), math.ceil(len(cards) / WORTH_A_PROCESS))
    if processes < 2:
        yield from draw_all(cards, theme)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        stretches = [cards[start : start + WORTH_A_PROCESS] for start in range(0, len(cards), WORTH_A_PROCESS)]
        for pictures in pool.map(draw_all, stretches, [theme] * len(stretches)):
            yield from pictures


def draw_all(cards: Sequence[Card], theme: Mapping[str, Path]) -> list[bytes]:
    """The pictures of some cards, drawn in this process."""
    faces = Faces(theme)
    return [draw(card, faces) for card in cards]
