from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from digest.library.problems import WorldError
from digest.publish.lettering import Face, Faces, balanced, broken, clipped, drawable, fitted
from digest.publish.templates import project_templates

FACES = Faces(project_templates(Path("/nowhere")).theme())
TEXT = FACES.text(30)


def written(face: Face, text: str) -> tuple[int, int, int, int] | None:
    """The box that a text fills when it is written at (100, 100)."""
    picture = Image.new("L", (900, 200))
    face.write(ImageDraw.Draw(picture), (100, 100), text)
    return picture.getbbox()


@pytest.mark.parametrize("name", ["title", "heading", "text", "note", "label"])
def test_a_face_writes_as_wide_as_it_says(name: str):
    face: Face = getattr(FACES, name)(40)
    box = written(face, "A network finds it")
    assert box
    assert abs(box[0] - 100) <= 4
    assert abs(box[2] - 100 - face.length("A network finds it")) <= 6
    assert 60 <= box[1] < 75
    assert 100 <= box[3] <= 112


def test_a_face_is_opened_once_in_each_size():
    assert FACES.title(40) is FACES.title(40)
    assert FACES.title(40) is not FACES.title(41)
    assert (FACES.title(50).tracking, FACES.label(50).tracking) == (pytest.approx(-0.9), pytest.approx(3.5))
    assert FACES.text(50).tracking == 0


def test_tracking_moves_the_letters_apart():
    plain = Face(40, FACES.note(40).fonts)
    wide = Face(40, FACES.note(40).fonts, tracking=5.0)
    assert wide.length("abc") == pytest.approx(plain.length("abc") + 15)
    boxes = written(plain, "abc"), written(wide, "abc")
    assert boxes[0]
    assert boxes[1]
    assert abs(boxes[1][2] - boxes[0][2] - 10) <= 1


def test_words_are_set_one_after_the_other():
    box, first, second = written(TEXT, "one two"), written(TEXT, "one"), written(TEXT, "two")
    assert box
    assert first
    assert second
    offset = TEXT.length("one ")
    assert box[0] == first[0]
    assert abs(box[2] - (second[2] + offset)) <= 1
    assert TEXT.length("one two") == pytest.approx(TEXT.length("one") + TEXT.length(" ") + TEXT.length("two"))


def test_a_word_of_several_fonts_is_set_without_gap_or_overlap():
    for face in (TEXT, FACES.label(30)):
        box, first, last = written(face, "aŁb"), written(face, "a"), written(face, "b")
        assert box
        assert first
        assert last
        assert abs(box[2] - (last[2] + face.length("aŁ"))) <= 2
        assert face.length("aŁb") == pytest.approx(face.length("a") + face.length("Ł") + face.length("b"))


def test_the_space_between_words_is_that_of_the_face():
    box, narrow = written(TEXT, "m  m"), written(TEXT, "m m")
    assert box
    assert narrow
    assert abs(box[2] - narrow[2] - TEXT.length(" ")) <= 1


def test_a_letter_comes_from_the_first_font_that_has_it():
    face = FACES.text(40)
    assert [face.fonts.index(font) for font, _ in face._runs("aŁb")] == [0, 1, 0]
    assert [run for _, run in face._runs("aŁłb")] == ["a", "Łł", "b"]
    assert [(face.fonts.index(font), run) for font, run in face._runs("a中b c")] == [(0, "a中b c")]


def test_a_letter_that_no_font_has_is_a_box_and_all_of_them_the_same():
    assert written(TEXT, "中") == written(TEXT, "Ж")
    assert written(TEXT, "中") is not None


def test_what_cannot_be_lettered_is_left_out():
    assert drawable("a 🎉b\u200d\ufe0f\x07c\u0301\ud800") == "a bć"
    assert drawable("e\u0301\tx\u00a0y\u2028z") == "é x y z"
    assert drawable("α 中 – … “q” x\u0301") == "α 中 – … “q” x"


def test_an_absent_font_is_one_sentence(tmp_path: Path):
    bad = tmp_path / "serif.woff2"
    bad.write_bytes(b"no font")
    with pytest.raises(WorldError, match=r"^the font serif\.woff2 cannot be opened to draw cards \(.+\)$"):
        Faces({**FACES.files, "assets/fonts/serif.woff2": bad}).text(20)


def test_text_breaks_where_a_word_does_not_fit():
    width = TEXT.length("one two")
    assert broken(TEXT, "one two three", width) == ["one two", "three"]
    assert broken(TEXT, "one two three", width - 1) == ["one", "two", "three"]
    assert broken(TEXT, "  one \n two ", width) == ["one two"]
    assert broken(TEXT, "one extraordinarily", width) == ["one", "extraordinarily"]
    assert broken(TEXT, "", width) == []


def test_balanced_lines_are_of_about_one_length():
    width = TEXT.length("the quick brown fox jumps over")
    text = "the quick brown fox jumps over it"
    assert broken(TEXT, text, width) == ["the quick brown fox jumps over", "it"]
    assert balanced(TEXT, text, width) == ["the quick brown", "fox jumps over it"]
    assert balanced(TEXT, "one", width) == ["one"]
    assert balanced(TEXT, "", width) == []
    wide = TEXT.length("extraordinarily") / 2
    assert balanced(TEXT, "extraordinarily wide", wide) == ["extraordinarily", "wide"]


def test_what_does_not_fit_in_its_lines_ends_in_an_ellipsis():
    width = TEXT.length("one two three")
    assert fitted(TEXT, "one two three one two three", width, 2) == ["one two three", "one two three"]
    assert fitted(TEXT, "one two three one two three four", width, 2) == ["one two three", "one two…"]
    assert fitted(TEXT, "one, two extraordinarily", TEXT.length("one, two…"), 1) == ["one, two…"]
    assert fitted(TEXT, "one, two, three", TEXT.length("one,…") + 1, 1) == ["one…"]
    assert fitted(TEXT, "", width, 2) == []


def test_one_line_is_cut_where_it_must():
    width = TEXT.length("one two…")
    assert clipped(TEXT, "one two", width) == "one two"
    assert clipped(TEXT, "one two three", width) == "one two…"
    assert clipped(TEXT, "one two three", width - 1) == "one…"
    assert clipped(TEXT, "one, two", TEXT.length("one, t…")) == "one…"
    assert clipped(TEXT, "extraordinary", TEXT.length("extra…")) == "extra…"
    assert clipped(TEXT, " extraordinary", TEXT.length(" extra…")) == " extra…"
    assert clipped(TEXT, "one two three", 0) == "…"


WORDS = st.text(alphabet="abcdefghij klmŁ中 -", max_size=80)


@given(text=WORDS, width=st.integers(60, 500), count=st.integers(1, 4))
@settings(deadline=None)
def test_no_line_is_wider_than_its_measure(text: str, width: int, count: int):
    lines = fitted(TEXT, text, width, count)
    assert len(lines) <= count
    assert all(TEXT.length(line) <= width for line in lines)
    assert "".join(lines).replace("…", "").replace(" ", "") in text.replace(" ", "") or "…" in "".join(lines)


@given(text=WORDS, width=st.integers(60, 500))
@settings(deadline=None)
def test_balancing_loses_no_word_and_needs_no_more_lines(text: str, width: int):
    lines = balanced(TEXT, text, width)
    assert " ".join(lines) == " ".join(text.split())
    assert len(lines) == len(broken(TEXT, text, width))
