import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from editions import FILES, small_edition
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from digest.publish.cards import (
    Card,
    card_address,
    card_alt,
    draw,
    home_card,
    item_card,
    mark_strengths,
    planned_cards,
    title_lines,
)
from digest.publish.edition import Edition
from digest.publish.lettering import Faces
from digest.publish.templates import project_templates

FACES = Faces(project_templates(Path("/nowhere")).theme())
PAPER, COURSE, PROJECT = (63, 63, 166), (10, 107, 102), (156, 67, 16)
GROUND, INK, SOFT = (251, 250, 246), (28, 27, 31), (92, 90, 99)
CARD = Card(
    title="A network that finds the object",
    takeaway="It outlines what it sees.",
    label="Paper",
    colour="#3f3fa6",
    day=date(2021, 5, 14),
    name="This Week in Machine Learning",
    note="14 May 2021",
    foot="Caron et al., ICCV 2021",
    host="news.example.org",
    band=("#3f3fa6",),
)


def picture(card: Card) -> Image.Image:
    return Image.open(io.BytesIO(draw(card, FACES))).convert("RGB")


def colours(image: Image.Image, box: tuple[int, int, int, int]) -> set[tuple[int, ...]]:
    """The colours that fill more than a thirtieth of a part of a picture."""
    part = image.crop(box)
    least = part.width * part.height / 30
    found = part.getcolors(1 << 20)
    assert found
    return {colour for count, colour in found if count > least}  # type: ignore[misc]


def inked(image: Image.Image, box: tuple[int, int, int, int]) -> tuple[int, int, int, int] | None:
    """The box around everything in a part of a picture that is not the ground, in the picture's own coordinates."""
    part = image.crop(box)
    ground = Image.new("RGB", part.size, GROUND)
    found = ImageChops.difference(part, ground).getbbox()
    return (found[0] + box[0], found[1] + box[1], found[2] + box[0], found[3] + box[1]) if found else None


def test_home_and_every_issue_and_entry_has_a_card(edition: Edition):
    made = {address: draw(card, FACES) for address, card in planned_cards(edition).items()}
    assert made.keys() == {
        *("cards/home.png", "cards/issues/2021-05-14.png", "cards/issues/2021-05-21.png", "cards/papers/dino.png"),
        *("cards/papers/vit.png", "cards/courses/mlops.png", "cards/projects/opyrator.png"),
    }
    for data in made.values():
        image = Image.open(io.BytesIO(data))
        assert (image.format, image.size, image.mode) == ("PNG", (1200, 630), "P")
        assert len(data) < 60_000
        assert image.info == {}
    assert planned_cards(edition)["cards/papers/dino.png"] == item_card(edition, edition.library.entries["papers/dino"])


def test_a_card_says_what_its_page_is_about(edition: Edition):
    plan = planned_cards(edition)
    assert plan["cards/issues/2021-05-14.png"] == Card(
        title="A network that finds the object",
        takeaway="One paper, one course, one project.",
        label="No. 1",
        colour="#3f3fa6",
        day=date(2021, 5, 14),
        name="This Week in Machine Learning",
        note="14 May 2021",
        foot="1 paper, 1 course, 1 project",
        host="news.example.org",
        band=("#3f3fa6", "#0a6b66", "#9c4310"),
    )
    assert plan["cards/issues/2021-05-21.png"].foot == "2 papers"
    assert plan["cards/courses/mlops.png"] == Card(
        title="Machine Learning Engineering for Production (MLOps)",
        takeaway="What happens after the notebook.",
        label="Course",
        colour="#0a6b66",
        day=date(2021, 5, 14),
        name="This Week in Machine Learning",
        note="14 May 2021",
        foot="Coursera",
        host="news.example.org",
        band=("#0a6b66",),
    )
    assert plan["cards/home.png"] == Card(
        title="This Week in Machine Learning",
        takeaway="One paper, one course, one project.",
        label="",
        colour="#3f3fa6",
        day=None,
        name="",
        host="news.example.org",
        band=("#3f3fa6", "#0a6b66", "#9c4310"),
    )


def test_a_card_is_told_in_words_too(edition: Edition):
    dino = edition.library.entries["papers/dino"]
    assert card_alt(edition, dino) == "Paper: Emerging Properties in Self-Supervised Vision Transformers"
    assert card_alt(edition, edition.issues[-1]) == "No. 1: A network that finds the object"
    assert card_alt(edition, None) == "This Week in Machine Learning: One paper, one course, one project."
    assert (card_address(dino), card_address(None)) == ("cards/papers/dino.png", "cards/home.png")


def test_an_address_that_is_a_placeholder_is_not_shown(tmp_path: Path):
    settings = FILES["mkdocs.yml"].replace("https://news.example.org/ml", "https://news.example/ml")
    edition = small_edition(tmp_path, {"mkdocs.yml": settings})
    assert home_card(edition).host == ""
    assert item_card(edition, edition.issues[0]).host == ""


def test_a_card_is_kept_by_what_it_says():
    assert CARD.key == replace(CARD).key
    assert len(CARD.key) == 64
    others = [replace(CARD, title="x"), replace(CARD, day=None), replace(CARD, band=()), replace(CARD, host="x")]
    assert len({card.key for card in (CARD, *others)}) == 5


def test_the_same_words_give_the_same_bytes():
    assert draw(CARD, FACES) == draw(CARD, Faces(FACES.files))


def test_the_mark_fills_the_day_of_publication():
    assert mark_strengths(date(2021, 5, 14)) == (0.2, 0.45, 0.3, 0.65, 1.0, 0.12, 0.12)
    assert mark_strengths(date(2021, 5, 10)) == (1.0, 0.12, 0.12, 0.2, 0.45, 0.3, 0.65)
    assert mark_strengths(None).index(1.0) == 4
    for day in range(10, 17):
        image = picture(replace(CARD, day=date(2021, 5, day)))
        filled = [index for index in range(7) if image.getpixel((MARK + index * 18 + 7, 70)) == PAPER]
        assert filled == [day - 10]


MARK = 80


def test_a_card_has_the_colours_of_the_look():
    image = picture(CARD)
    assert image.getpixel((5, 5)) == GROUND
    assert (image.getpixel((0, 112)), image.getpixel((1199, 113)), image.getpixel((600, 114))) == (INK, INK, GROUND)
    assert colours(image, (80, 155, 180, 182)) == {GROUND, PAPER}
    assert INK in colours(image, (80, 200, 1120, 400))
    assert SOFT in colours(image, (80, 555, 400, 590))
    assert PAPER not in colours(image, (80, 200, 1120, 600))
    assert (image.getpixel((0, 615)), image.getpixel((0, 616)), image.getpixel((1199, 629))) == (GROUND, PAPER, PAPER)


def test_an_issue_wears_the_colours_of_its_entries_at_its_foot():
    image = picture(replace(CARD, band=("#3f3fa6", "#0a6b66", "#9c4310")))
    row = [image.getpixel((x, 625)) for x in (0, 399, 400, 799, 800, 1199)]
    assert row == [PAPER, PAPER, COURSE, COURSE, PROJECT, PROJECT]
    many = picture(replace(CARD, band=("#3f3fa6", "#0a6b66") * 150))
    assert (many.getpixel((1, 625)), many.getpixel((5, 625))) == (PAPER, COURSE)
    assert picture(replace(CARD, band=())).getpixel((600, 625)) == GROUND


def test_everything_stands_in_its_place():
    image = picture(CARD)
    name = inked(image, (220, 40, 800, 110))
    assert name
    assert (name[0] - 224) in range(4)
    assert name[3] <= 90
    note = inked(image, (800, 40, 1200, 110))
    assert note
    assert note[2] in range(1116, 1123)
    label, title = inked(image, (0, 140, 1200, 190)), inked(image, (0, 200, 1200, 400))
    assert label
    assert title
    assert label[0] in range(80, 85)
    assert label[3] in range(178, 181)
    assert title[0] in range(76, 84)
    foot, host = inked(image, (0, 550, 600, 600)), inked(image, (600, 550, 1200, 600))
    assert foot
    assert host
    assert foot[0] in range(79, 84)
    assert host[2] in range(1115, 1122)


def test_a_card_without_a_label_begins_higher():
    box = (0, 130, 1200, 520)
    high, low = inked(picture(replace(CARD, label="")), box), inked(picture(CARD), (0, 190, 1200, 520))
    assert high
    assert low
    assert low[1] - high[1] == 40


def set_as(title: str, takeaway: str, label: str = "Paper") -> tuple[int, list[str]]:
    """The size in which a title is set over a takeaway, and its lines."""
    face, lines = title_lines(replace(CARD, title=title, takeaway=takeaway, label=label), FACES)
    return face.size, lines


def test_a_title_is_as_large_as_the_whole_takeaway_allows():
    one, two, three = "Short.", "word " * 16, "word " * 30
    title = "A network that finds the object without being told there is one"
    assert set_as("DINO", three) == (88, ["DINO"])
    assert set_as(title, one) == (72, ["A network that finds the object", "without being told there is one"])
    assert set_as(title, three) == set_as(title, two) == set_as(title, one)
    assert set_as(title, one, label="") == (
        88,
        ["A network that finds", "the object without", "being told there is one"],
    )
    assert set_as(title, two, label="")[0] == 72


def test_a_long_title_takes_room_from_the_takeaway_only_in_its_smallest_size():
    three = "word " * 30
    assert set_as("Word " * 22, three)[0] == 48
    assert len(set_as("Word " * 22, three)[1]) == 3
    size, lines = set_as("Word " * 32, three)
    assert (size, len(lines)) == (48, 4)
    size, lines = set_as("Word " * 90, three)
    assert (size, len(lines), lines[-1].endswith("Word…")) == (48, 4, True)


def test_a_word_too_long_for_a_line_makes_its_title_smaller_and_then_shorter():
    assert set_as("W" * 15, "Short.") == (72, ["W" * 15])
    size, lines = set_as("W" * 60, "Short.")
    assert (size, len(lines)) == (48, 1)
    assert lines[0].endswith("W…")


def test_text_beyond_its_room_is_cut_and_stays_inside():
    long = replace(CARD, title="Word " * 90, takeaway="more " * 90, name="Name " * 40, foot="foot " * 50)
    for card in (long, replace(long, title="W" * 300, takeaway="m" * 300, name="N" * 200, foot="f" * 300)):
        image = picture(card)
        assert inked(image, (1124, 0, 1200, 111)) is None
        assert inked(image, (1124, 120, 1200, 610)) is None
        assert inked(image, (0, 0, 76, 111)) is None
        assert inked(image, (0, 120, 76, 610)) is None
        assert inked(image, (0, 548, 1200, 556)) is None


@pytest.mark.parametrize("words", ["Łukasz Ęą", "中文 Жук", "🎉🎉", "e\u0301\u200d", "שלום", "\u202eabc", "a\nb"])
def test_no_letters_stop_a_card(words: str):
    card = replace(CARD, title=words, takeaway=words, name=words, label=words, foot=words, host=words, note=words)
    assert picture(card).size == (1200, 630)


@given(words=st.text(max_size=40))
@settings(max_examples=25, deadline=None)
def test_any_words_make_a_card(words: str):
    assert draw(replace(CARD, title=words, takeaway=words, foot=words), FACES).startswith(b"\x89PNG")


STRANGE = st.lists(
    st.sampled_from(
        ["\u202e", "\u200d", "\u0301", "\u2066", "🎉", "👩\u200d🔬", "שלום", "中文", "W" * 90, "fi", " ", "\n", "\x00"]
    )
    | st.text(max_size=8),
    max_size=60,
).map("".join)


@given(words=STRANGE, band=st.integers(0, 40))
@settings(max_examples=25, deadline=20_000)
def test_any_words_in_every_place_make_a_card_in_bounded_time(words: str, band: int):
    fields = ("title", "takeaway", "label", "name", "note", "foot", "host")
    card = replace(CARD, **dict.fromkeys(fields, words), band=("#3f3fa6", "#0a6b66", "#9c4310")[:3] * band)
    assert picture(card).size == (1200, 630)
