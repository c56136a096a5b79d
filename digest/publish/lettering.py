"""Lettering: faces that letter a picture, and text broken into lines that fit it."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from PIL import ImageDraw, ImageFont, features

from digest.library.problems import WorldError

Cut = tuple[str, int | None]
"""A font file of the theme and the weight it is set to, which is None where the file has but one."""
ELLIPSIS = "…"
ABSENT = "\U0010fffe"
"""A character that no font has: what is drawn for it is drawn for every letter that a font lacks."""
SHAPING = ["-liga", "-clig"] if features.check("raqm") else None
"""Letters stay apart, so that each has a place of its own; without the library that shapes text none is needed."""


@dataclass(frozen=True)
class Face:
    """A face in one size (in pixels) and weight: letters come from the first of its fonts that has them."""

    size: int
    fonts: tuple[ImageFont.FreeTypeFont, ...]
    tracking: float = 0.0
    _homes: dict[str, int] = field(default_factory=dict, repr=False, compare=False)
    _lengths: dict[str, float] = field(default_factory=dict, repr=False, compare=False)

    def length(self, text: str) -> float:
        """How wide a text is, in pixels, taken word by word."""
        words = text.split(" ")
        return sum(self._word_length(word) for word in words) + self._word_length(" ") * (len(words) - 1)

    def write(self, pen: ImageDraw.ImageDraw, place: tuple[float, float], text: str) -> None:
        """Writes a text whose baseline begins at `place`."""
        left, baseline = place
        for word in text.split(" "):
            self._write_word(pen, left, baseline, word)
            left += self._word_length(word) + self._word_length(" ")

    def _write_word(self, pen: ImageDraw.ImageDraw, left: float, baseline: float, word: str) -> None:
        for font, run in self._runs(word):
            for index, part in enumerate(run) if self.tracking else [(0, run)]:
                start = _length(font, run[: index + 1]) - _length(font, part) if index else 0.0
                place = (left + start + index * self.tracking, baseline)
                pen.text(place, part, fill=255, font=font, anchor="ls", features=SHAPING)
            left += _length(font, run) + self.tracking * len(run)

    def _word_length(self, word: str) -> float:
        if word not in self._lengths:
            runs = self._runs(word)
            self._lengths[word] = sum(_length(font, run) + self.tracking * len(run) for font, run in runs)
        return self._lengths[word]

    def _runs(self, text: str) -> list[tuple[ImageFont.FreeTypeFont, str]]:
        """The text in stretches that one font letters."""
        runs: list[tuple[int, str]] = []
        for letter in drawable(text):
            home = self._home(letter)
            if runs and runs[-1][0] == home:
                runs[-1] = (home, runs[-1][1] + letter)
            else:
                runs.append((home, letter))
        return [(self.fonts[home], run) for home, run in runs]

    def _home(self, letter: str) -> int:
        if letter not in self._homes:
            having = (index for index in range(len(self.fonts)) if self._has(index, letter))
            self._homes[letter] = next(having, 0)
        return self._homes[letter]

    def _has(self, index: int, letter: str) -> bool:
        return letter == " " or bytes(self.fonts[index].getmask(letter)) != self._absent[index]

    @cached_property
    def _absent(self) -> tuple[bytes, ...]:
        return tuple(bytes(font.getmask(ABSENT)) for font in self.fonts)


@dataclass(frozen=True)
class Faces:
    """The faces of a card, made of the theme's `files` (by their path inside it) when first asked for."""

    files: Mapping[str, Path]
    _opened: dict[tuple[Cut, int], Face] = field(default_factory=dict, repr=False, compare=False)

    def title(self, size: int) -> Face:
        """The display face of titles, set a little tight."""
        return self._face(("serif-display", None), ("serif-ext", 640), size, -0.018)

    def heading(self, size: int) -> Face:
        """The strong text face."""
        return self._face(("serif", 640), ("serif-ext", 640), size, -0.01)

    def text(self, size: int) -> Face:
        """The text face."""
        return self._face(("serif", 400), ("serif-ext", 400), size, 0.0)

    def note(self, size: int) -> Face:
        """The face of dates and names around the text."""
        return self._face(("sans", 500), ("sans-ext", 500), size, 0.0)

    def label(self, size: int) -> Face:
        """The face of labels in capitals, set wide."""
        return self._face(("sans", 600), ("sans-ext", 600), size, 0.07)

    def _face(self, cut: Cut, fallback: Cut, size: int, tracking: float) -> Face:
        key = (cut, size)
        if key not in self._opened:
            fonts = (_open(self.files, cut, size), _open(self.files, fallback, size))
            self._opened[key] = Face(size, fonts, tracking * size)
        return self._opened[key]


def drawable(text: str) -> str:
    """What of a text can be lettered: pictographs, marks on nothing and what no one sees are left out."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        letter if not letter.isspace() else " "
        for letter in composed
        if letter.isspace() or unicodedata.category(letter) not in ("So", "Sk", "Mn", "Cc", "Cf", "Cs", "Co", "Cn")
    )


def broken(face: Face, text: str, width: float) -> list[str]:
    """The text in lines no wider than `width`; a word that is wider has a line of its own."""
    lines: list[str] = []
    for word in text.split():
        if lines and face.length(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def balanced(face: Face, text: str, width: float) -> list[str]:
    """The text in as few lines as `width` allows, all of about one length."""
    lines = broken(face, text, width)
    narrow, wide = width / 3, width
    while wide - narrow > 8:
        middle = (narrow + wide) / 2
        if len(broken(face, text, middle)) > len(lines):
            narrow = middle
        else:
            wide = middle
    closer = broken(face, text, wide)
    return closer if all(face.length(line) <= width for line in closer) else lines


def fitted(face: Face, text: str, width: float, count: int) -> list[str]:
    """The text in at most `count` lines that fit `width`; what does not fit is cut off with an ellipsis."""
    lines = broken(face, text, width)
    if len(lines) > count:
        lines[count - 1] = _shortened(face, " ".join(lines[count - 1 : count + 1]), width)
    return [clipped(face, line, width) for line in lines[:count]]


def clipped(face: Face, text: str, width: float) -> str:
    """One line of text, cut off with an ellipsis where it is wider than `width`."""
    return text if face.length(text) <= width else _shortened(face, text, width)


def _shortened(face: Face, text: str, width: float) -> str:
    """As many words of a text as fit `width` with an ellipsis after them, or letters when not one word does."""
    short, long = 0, len(text)
    while short < long:
        middle = (short + long + 1) // 2
        if face.length(_cut(text, middle)) <= width:
            short = middle
        else:
            long = middle - 1
    inside_a_word = text[short : short + 1].strip() and " " in text[:short].strip()
    return _cut(text, text.rindex(" ", 0, short) if inside_a_word else short)


def _cut(text: str, length: int) -> str:
    return text[:length].rstrip(" ,.;:–—-") + ELLIPSIS


def _length(font: ImageFont.FreeTypeFont, text: str) -> float:
    return font.getlength(text, features=SHAPING)


def _open(files: Mapping[str, Path], cut: Cut, size: int) -> ImageFont.FreeTypeFont:
    name, weight = cut
    file = files[f"assets/fonts/{name}.woff2"]
    try:
        font = ImageFont.truetype(file, size)
        if weight:
            font.set_variation_by_axes([weight])
    except OSError as error:
        raise WorldError(f"the font {file.name} cannot be opened to draw cards ({error})") from None
    return font
