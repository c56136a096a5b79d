"""Fuzzing by hand, since it takes minutes and Atheris: what reads and writes a stranger's words (docs/security.md).

    python tests/fuzz/fuzz.py front-matter|sanitiser|feeds|cards [CORPUS] [-max_total_time=150]

An input that breaks a promise is written to `crash-…` in the current folder; given as the last argument it runs again.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp

import atheris
import html5lib

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "publish")]

with atheris.instrument_imports(include=["digest", "markdown"]):
    from digest.library.markup import clean
    from digest.library.models import Course, Issue, Paper, Project
    from digest.library.prose import ProseError, place, render, render_line
    from digest.library.reading import split
    from digest.library.validating import validate
    from digest.library.yaml import load
    from digest.publish.cards import HEIGHT, WIDTH, draw
    from digest.publish.feeds import feeds, legal

from xml.etree import ElementTree

from editions import small_edition
from PIL import Image
from test_cards import CARD, FACES

from digest.publish.edition import Edition
from tests.library.strangers import harmful

LONGEST = 4000
ROOT = Path(__file__).parents[2]
ITEMS = {"feed.xml": "channel/item/title", "papers/feed.xml": "channel/item/title"}


def words(data: bytes) -> str:
    """Any text that a file could hold."""
    return data[:LONGEST].decode("utf-8", "replace")


def front_matter(data: bytes) -> None:
    """Every file is read, or says where it is wrong, inside itself."""
    text = words(data)
    parts = split(f"---\n{text}")
    front = parts[0] if parts else text
    document, problems = load(front, "a.md", first_line=2)
    lines = front.split("\n")
    for model in (Paper, Course, Project, Issue):
        extra = {"id": "papers/a", "path": "a.md", "body": "", "body_line": 1}
        problems = problems + validate(model, document, extra)[1]
    for found in [*document.values.values(), *document.keys.values(), *problems]:
        assert 2 <= found.line < 2 + len(lines), found
        assert 1 <= found.column <= len(lines[found.line - 2]) + 1, found


def sanitiser(data: bytes) -> None:
    """Nothing that could run comes through, and what is clean stays as it is."""
    text = words(data)
    cleaned = clean(text)
    assert clean(cleaned) == cleaned, cleaned
    assert harmful(cleaned) == []
    assert as_a_browser(cleaned) == []
    try:
        prose = render(text, "papers/a")
    except ProseError:
        return
    for base in ("../../", "https://letter.example/"):
        assert harmful(place(prose.html, base, deeper=1, anchor="a", figure=lambda _: "<figure></figure>")) == []
    assert harmful(render_line(text)) == []
    assert as_a_browser(prose.html) == []


def as_a_browser(html: str) -> list[str]:
    """What a browser's own way of reading HTML makes of some that is clean, and should not."""
    tree = html5lib.parseFragment(html, container="div")
    return harmful(
        html5lib.serialize(tree, quote_attr_values="always", omit_optional_tags=False, alphabetical_attributes=True)
    )


def feed_writers(data: bytes) -> None:
    """Every feed is XML, and its titles are what was written."""
    text = " ".join(words(data).split())
    changed = {"title": text, "takeaway": text, "body": text}
    entries = {name: entry.model_copy(update=changed) for name, entry in EDITION.library.entries.items()}
    issues = tuple(issue.model_copy(update=changed) for issue in EDITION.library.issues)
    library = replace(EDITION.library, entries=entries, issues=issues)
    try:
        files = feeds(Edition(library, EDITION.newsletter, EDITION.templates))
    except ProseError:
        return
    for name, path in ITEMS.items():
        title = ElementTree.fromstring(files[name]).findtext(path) or ""  # noqa: S314 - our own, and the point
        assert title.endswith(legal(text)), (title, text)
    for name in files:
        if name.endswith(".xml"):
            ElementTree.fromstring(files[name])  # noqa: S314


def cards(data: bytes) -> None:
    """Every card is a picture of its size."""
    text = words(data)
    half = len(text) // 2
    card = replace(CARD, title=text[:half], takeaway=text[half:], foot=text, name=text[half:], label=text[:20])
    with Image.open(BytesIO(draw(card, FACES))) as picture:
        assert picture.size == (WIDTH, HEIGHT)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "front-matter": front_matter,
    "sanitiser": sanitiser,
    "feeds": feed_writers,
    "cards": cards,
}

if __name__ == "__main__":
    EDITION = small_edition(Path(mkdtemp()))
    target = TARGETS[sys.argv.pop(1)]
    seeds = Path(mkdtemp())
    tokens = Path(__file__).with_name("tokens.dict")
    for number, file in enumerate([*ROOT.glob("site/*/*.md"), *ROOT.glob("site/*.md")]):
        (seeds / str(number)).write_bytes(file.read_bytes()[:LONGEST])
    options = [f"-max_len={LONGEST}", "-rss_limit_mb=4096", "-timeout=20", "-len_control=0", f"-dict={tokens}"]
    arguments = sys.argv if any(Path(word).is_file() for word in sys.argv[1:]) else [*sys.argv, str(seeds)]
    atheris.Setup([*arguments, *options], target)
    atheris.Fuzz()
