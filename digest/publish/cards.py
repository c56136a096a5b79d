"""Share cards: the picture of 1200 × 630 pixels that others show for a link to a page (https://ogp.me, `og:image`).

A card is drawn as three layers (ink, soft ink, the kind's colour) which become one picture with a palette: small files,
and the same bytes for the same words on the same machine.
"""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from PIL import Image, ImageChops, ImageColor, ImageDraw

from digest.library.models import AnyEntry, Issue
from digest.publish.edition import Edition
from digest.publish.lettering import Face, Faces, balanced, broken, clipped, fitted
from digest.publish.quantities import day as written_day
from digest.publish.views.references import byline

WIDTH, HEIGHT = 1200, 630
MARGIN, BAND = 80, 14
MEASURE = WIDTH - 2 * MARGIN
GROUND, INK, SOFT = "#fbfaf6", "#1c1b1f", "#5c5a63"
LEVELS = 32
WEEK = (0.2, 0.45, 0.3, 0.65, 1.0, 0.12, 0.12)
"""How strongly the mark's cells are filled, Monday first, when Friday is the day of publication."""
TITLE_SIZES = (88, 80, 72, 66, 60, 54, 48)
TITLE_LINES = 4
TITLE_TOP, TEXT_BOTTOM = 218, 536
TITLE_LEADING = 1.1
TEXT_SIZE, TEXT_LEADING, TEXT_LINES, TEXT_MEASURE = 33, 45, 3, MEASURE - 40
GAP = 22
DESIGN = 1
"""Counted up whenever a card is drawn in another way, so that kept cards are drawn again."""


@dataclass(frozen=True)
class Card:
    """What a card says. `band` are the colours along its foot, `day` the one that the mark fills."""

    title: str
    takeaway: str
    label: str
    colour: str
    day: date | None
    name: str
    note: str = ""
    foot: str = ""
    host: str = ""
    band: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The same for two cards exactly when they look the same: a name to keep a drawn card by."""
        return hashlib.sha256(repr((DESIGN, self)).encode()).hexdigest()


def planned_cards(edition: Edition) -> dict[str, Card]:
    """What the card at each address says: of home, of each issue and of each entry."""
    items: list[Issue | AnyEntry] = [*edition.issues, *edition.entries()]
    return {card_address(None): home_card(edition)} | {card_address(item): item_card(edition, item) for item in items}


def card_address(item: Issue | AnyEntry | None) -> str:
    """Where the card of an issue or entry stands in the site; of None, that of every other page."""
    return f"cards/{item.id}.png" if item else "cards/home.png"


def card_alt(edition: Edition, item: Issue | AnyEntry | None) -> str:
    """What a card says, for those who do not see it."""
    if item is None:
        return f"{edition.newsletter.name}: {edition.newsletter.tagline}"
    return f"{item_card(edition, item).label}: {item.title}"


def home_card(edition: Edition) -> Card:
    """The card of the newsletter itself."""
    newsletter, colours = edition.newsletter, edition.newsletter.colours
    band = (colours.paper.light, colours.course.light, colours.project.light)
    host = newsletter.host if newsletter.is_placed else ""
    return Card(newsletter.name, newsletter.tagline, "", band[0], None, "", host=host, band=band)


def item_card(edition: Edition, item: Issue | AnyEntry) -> Card:
    """The card of an issue or an entry."""
    newsletter = edition.newsletter
    colours = {kind: getattr(newsletter.colours, kind).light for kind in ("paper", "course", "project")}
    host = newsletter.host if newsletter.is_placed else ""
    if isinstance(item, Issue):
        band = tuple(colours[entry.kind] for entry in edition.entries_of(item))
        note, label, foot = written_day(item.date), f"No. {item.number}", _contents(edition, item)
        return Card(
            item.title, item.takeaway, label, colours["paper"], item.date, newsletter.name, note, foot, host, band
        )
    colour = colours[item.kind]
    note, label, foot = written_day(item.added), item.kind.capitalize(), byline(item)
    return Card(item.title, item.takeaway, label, colour, item.added, newsletter.name, note, foot, host, (colour,))


def draw(card: Card, faces: Faces) -> bytes:
    """The card as PNG. A letter that no face has is drawn as a box, and a pictograph is left out."""
    ink, soft, colour = (Image.new("L", (WIDTH, HEIGHT)) for _ in range(3))
    _draw_masthead(card, faces, ImageDraw.Draw(ink), ImageDraw.Draw(soft), ImageDraw.Draw(colour))
    bottom = _draw_title(card, faces, ImageDraw.Draw(ink), ImageDraw.Draw(colour))
    _draw_takeaway(card, faces, ImageDraw.Draw(ink), bottom)
    _draw_foot(card, faces, ImageDraw.Draw(soft))
    picture = _one_picture((ink, soft, colour), card)
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=6)
    return stream.getvalue()


def mark_strengths(day: date | None) -> tuple[float, ...]:
    """How strongly each of the mark's cells is filled, Monday first; the day of publication (None: a Friday) is 1."""
    filled = day.weekday() if day else 4
    return tuple(WEEK[(index - filled + 4) % 7] for index in range(7))


def _draw_masthead(
    card: Card, faces: Faces, ink: ImageDraw.ImageDraw, soft: ImageDraw.ImageDraw, colour: ImageDraw.ImageDraw
) -> None:
    for index, strength in enumerate(mark_strengths(card.day)):
        left = MARGIN + index * 18
        layer = colour if strength == 1 else ink
        layer.rectangle((left, 54, left + 13, 85), fill=round(255 * strength))
    name_left = MARGIN + 7 * 18 + 18
    note_width = faces.note(24).length(card.note)
    name = clipped(faces.heading(31), card.name, MEASURE - (name_left - MARGIN) - note_width - 40)
    faces.heading(31).write(ink, (name_left, 80), name)
    faces.note(24).write(soft, (WIDTH - MARGIN - note_width, 79), card.note)
    ink.rectangle((0, 112, WIDTH, 113), fill=255)


def _draw_title(card: Card, faces: Faces, ink: ImageDraw.ImageDraw, colour: ImageDraw.ImageDraw) -> int:
    """Draws label and title; gives the height at which they end."""
    faces.label(25).write(colour, (MARGIN, 178), card.label.upper())
    face, lines = title_lines(card, faces)
    first = _title_top(card) + round(face.size * 0.76)
    for index, line in enumerate(lines):
        face.write(ink, (MARGIN - 2, first + index * round(face.size * TITLE_LEADING)), line)
    return _title_bottom(card, face, lines)


def title_lines(card: Card, faces: Faces) -> tuple[Face, list[str]]:
    """The title in the largest size that leaves the takeaway room; cut short in the smallest when none does."""
    wanted = min(TEXT_LINES, len(broken(faces.text(TEXT_SIZE), card.takeaway, TEXT_MEASURE)))
    settings = [(faces.title(size), balanced(faces.title(size), card.title, MEASURE)) for size in TITLE_SIZES]
    for count in range(wanted, -1, -1):
        for face, lines in settings:
            fits = len(lines) <= TITLE_LINES and all(face.length(line) <= MEASURE for line in lines)
            if fits and _text_lines(_title_bottom(card, face, lines)) >= count:
                return face, lines
    return settings[-1][0], fitted(settings[-1][0], card.title, MEASURE, TITLE_LINES)


def _title_top(card: Card) -> int:
    return TITLE_TOP if card.label else TITLE_TOP - 40


def _title_bottom(card: Card, face: Face, lines: list[str]) -> int:
    return _title_top(card) + round(face.size * TITLE_LEADING) * len(lines)


def _text_lines(top: int) -> int:
    """How many lines of the takeaway there is room for under a title that ends at `top`."""
    return (TEXT_BOTTOM - top - GAP) // TEXT_LEADING


def _draw_takeaway(card: Card, faces: Faces, ink: ImageDraw.ImageDraw, top: int) -> None:
    face = faces.text(TEXT_SIZE)
    count = min(TEXT_LINES, _text_lines(top))
    for index, line in enumerate(fitted(face, card.takeaway, TEXT_MEASURE, count)):
        face.write(ink, (MARGIN, top + GAP + TEXT_SIZE + index * TEXT_LEADING), line)


def _draw_foot(card: Card, faces: Faces, soft: ImageDraw.ImageDraw) -> None:
    face = faces.note(24)
    host_width = face.length(card.host)
    face.write(soft, (MARGIN, 580), clipped(face, card.foot, MEASURE - host_width - 40))
    face.write(soft, (WIDTH - MARGIN - host_width, 580), card.host)


def _one_picture(layers: tuple[Image.Image, ...], card: Card) -> Image.Image:
    """The layers as one picture: each takes its own stretch of the palette, from the ground to its full colour."""
    picture = Image.new("L", (WIDTH, HEIGHT))
    palette: list[int] = []
    for index, (layer, colour) in enumerate(zip(layers, (INK, SOFT, card.colour), strict=True)):
        table = [0 if level < 4 else index * LEVELS + level * (LEVELS - 1) // 255 for level in range(256)]
        picture = ImageChops.lighter(picture, layer.point(table))
        palette += [channel for step in range(LEVELS) for channel in _mixed(colour, step / (LEVELS - 1))]
    shades = tuple(dict.fromkeys(card.band))
    pen = ImageDraw.Draw(picture)
    for shade, (left, right) in zip(card.band, _stretches(len(card.band)), strict=True):
        pen.rectangle((left, HEIGHT - BAND, right, HEIGHT), fill=3 * LEVELS + shades.index(shade))
    palette += [channel for shade in shades for channel in _mixed(shade, 1)]
    picture.putpalette(palette)
    return picture


def _stretches(count: int) -> Iterator[tuple[int, int]]:
    """The width of a card cut into `count` parts."""
    return ((WIDTH * index // count, WIDTH * (index + 1) // count - 1) for index in range(count))


def _mixed(colour: str, amount: float) -> tuple[int, ...]:
    ground, full = ImageColor.getrgb(GROUND), ImageColor.getrgb(colour)
    return tuple(round(from_ + (to - from_) * amount) for from_, to in zip(ground[:3], full[:3], strict=True))


def _contents(edition: Edition, issue: Issue) -> str:
    """What an issue holds: "1 paper, 1 course, 1 project"."""
    kinds = [entry.kind for entry in edition.entries_of(issue)]
    counts = {kind: kinds.count(kind) for kind in kinds}
    return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in counts.items())
