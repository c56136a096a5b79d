"""Prose: a body of Markdown as safe HTML for any page, with its headings, links, figures and words.

Links inside the site are kept as `digest:papers/dino/#anchor` and figures as `<digest-figure name="…">` until `place`
gives them the form that one page needs: the same prose stands on an entry's own page, in an issue and in a feed.
"""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape, unescape
from urllib.parse import quote

import markdown

from digest.library.markup import INLINE, TAGS, Refusal, clean, refusals
from digest.library.memory import Memory
from digest.library.spots import Finder, without_code

WORDS_PER_MINUTE = 220
ATTRIBUTE_LIST = r'((?: [a-z]+="[^"]*")*)'
TAG = re.compile(rf"<(/?)([a-z][a-z0-9-]*){ATTRIBUTE_LIST}>")
"""A tag as the sanitiser writes it, which escapes `<` in text and quotes in attributes: nothing else looks like one."""
FIGURE = re.compile(r'<p>\s*<img(?: alt="[^"]*")? src="figure:([^"]*)"(?: alt="[^"]*")?>\s*</p>')
PLACED_FIGURE = re.compile(r'<digest-figure name="([^"]*)"></digest-figure>')
HEADING = re.compile(rf"<h([2-6]){ATTRIBUTE_LIST}>(.*?)</h\1>", re.DOTALL)
ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
BRACKET = re.compile(r"[\[\]()<>]|\n[ \t]*\n")
CLOSED_BY = {"]": "[", ")": "(", ">": "<"}
DEEPEST = 100
IN_PATH = "/%!$&'()*+,;=@~"
IN_FRAGMENT = f"{IN_PATH}:?"


class ProseError(ValueError):
    """A body that cannot be rendered, because lists, quotes or brackets stand too deep in one another."""


@dataclass(frozen=True)
class Heading:
    """A heading of a body: its level as written (2 to 6), its text, its id, and its line within the body from 0."""

    level: int
    text: str
    id: str
    line: int


@dataclass(frozen=True)
class Reference:
    """A link as written in a body, with its place there (both from 0). `target` is an address of the site, or None."""

    written: str
    target: str | None
    line: int
    column: int


@dataclass(frozen=True)
class Prose:
    """A rendered body.

    `figures` are the ids placed in it, `pictures` the addresses of images that are no figures, `anchors` all ids in
    order, `refused` the HTML that was dropped.
    """

    html: str
    headings: tuple[Heading, ...]
    references: tuple[Reference, ...]
    figures: tuple[str, ...]
    pictures: tuple[str, ...]
    anchors: tuple[str, ...]
    refused: tuple[Refusal, ...]
    words: int

    @property
    def minutes(self) -> int:
        """How long it takes to read, in whole minutes, at least one."""
        return reading_minutes(self.words)


def reading_minutes(words: int) -> int:
    """Whole minutes to read `words` words at 220 a minute, at least one."""
    return max(1, round(words / WORDS_PER_MINUTE))


def render(body: str, identifier: str = "") -> Prose:
    """The prose of a Markdown `body`, whose relative links start from the file `identifier` (such as `papers/dino`).

    Raises ProseError when it nests too deeply to be read.
    """
    known = memory.recall((body, identifier))
    return known if known is not None else memory.remember((body, identifier), _rendered(body, identifier))


memory: Memory[tuple[str, str], Prose] = Memory()
"""What was rendered: of a body, and the file it stands in."""


def _rendered(body: str, identifier: str) -> Prose:
    if _is_tangled(body):
        raise ProseError("brackets stand too deep in one another")
    try:
        made = _converter().reset().convert(body)
    except RecursionError:
        _converter.cache_clear()  # it still believes to be inside the list that it gave up on
        raise ProseError("lists or quotes stand too deep in one another") from None
    html = clean(made)
    figures = tuple(unescape(name) for name in FIGURE.findall(html))
    html = FIGURE.sub(r'<digest-figure name="\1"></digest-figure>', html)
    return _prose(html, made, TAGS, Finder(body), identifier, figures)


def _is_tangled(body: str) -> bool:
    """Whether so many brackets of a paragraph stay open that Markdown would look for the end of each for minutes."""
    open_now = dict.fromkeys("[(<", 0)
    for mark in BRACKET.findall(without_code(body)):
        if mark in open_now:
            open_now[mark] += 1
            if open_now[mark] > DEEPEST:
                return True
        elif mark in CLOSED_BY:
            open_now[CLOSED_BY[mark]] = max(0, open_now[CLOSED_BY[mark]] - 1)
        else:
            open_now = dict.fromkeys("[(<", 0)
    return False


def render_line(text: str) -> str:
    """One line of Markdown as HTML without its paragraph, for captions and credits. Its links start from `site/`."""
    return line_prose(text).html


@lru_cache(maxsize=8192)
def line_prose(text: str) -> Prose:
    """The prose of one line of Markdown, whatever it begins with: no list, no heading, no picture."""
    made = _line_converter().reset().convert(text)
    html = clean(made, INLINE).strip()
    return _prose(html, made, INLINE | {"p"}, Finder(text), "", ())


def place(
    html: str, base: str, *, deeper: int = 0, anchor: str = "", figure: Callable[[str], str] = lambda _: ""
) -> str:
    """The HTML as one page shows it.

    `base` leads from that page to the site's root (`../../`, or the site's own address for feeds). Headings go `deeper`
    levels down, ids and the links to them get `anchor` in front, and `figure` gives the HTML of a figure by its id.
    """

    def attribute(name: str, value: str) -> str:
        if name == "id" and anchor and value:
            return f"{anchor}-{value}"
        if name != "href":
            return value
        if value.startswith("#") and len(value) > 1 and anchor:
            return f"#{anchor}-{value[1:]}"
        return (escape(base) + value.removeprefix("digest:") or "./") if value.startswith("digest:") else value

    placed = _changed(html, attribute, deeper)
    return PLACED_FIGURE.sub(lambda match: figure(unescape(match[1])), placed)


def plain(html: str) -> str:
    """The text of some HTML, without its tags."""
    return unescape(TAG.sub(lambda match: "" if match[2] in INLINE - {"br"} else " ", html))


def slug(text: str) -> str:
    """An id for a heading: its words in lower case, joined by hyphens."""
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-") or "section"


def _prose(html: str, made: str, tags: set[str], finder: Finder, identifier: str, figures: tuple[str, ...]) -> Prose:
    """The prose whose clean HTML is `html`, and was `made` of what `finder` finds things in."""
    return Prose(
        html=_changed(html, lambda name, value: _portable(name, value, identifier)),
        headings=_headings(html, finder),
        references=tuple(_reference(href, finder, identifier) for href in _values(html, "a", "href")),
        figures=figures,
        pictures=tuple(_values(html, "img", "src")),
        anchors=tuple(_values(html, "", "id")),
        refused=refusals(made, tags),
        words=len(plain(html).split()),
    )


@cache
def _converter() -> markdown.Markdown:
    return markdown.Markdown(
        extensions=["tables", "footnotes", "fenced_code", "codehilite", "toc", "sane_lists"],
        extension_configs={
            "codehilite": {"css_class": "highlight", "guess_lang": False},
            "footnotes": {"BACKLINK_TEXT": "↩", "UNIQUE_IDS": False},
            "tables": {"use_align_attribute": True},
            "toc": {"slugify": lambda text, _: slug(text), "marker": ""},
        },
        output_format="html",
    )


@cache
def _line_converter() -> markdown.Markdown:
    """Reads a text as one paragraph, whatever it begins with."""
    converter = markdown.Markdown(output_format="html")
    converter.preprocessors.deregister("html_block")
    for name in ("indent", "code", "hashheader", "setextheader", "hr", "olist", "ulist", "quote", "reference"):
        converter.parser.blockprocessors.deregister(name)
    return converter


def _changed(html: str, change: Callable[[str, str], str], deeper: int = 0) -> str:
    """The HTML with what `change` makes of each attribute's name and value (both as written), headings deeper."""

    def tag(match: re.Match[str]) -> str:
        slash, name, attributes = match.groups()
        if deeper and re.fullmatch("h[2-6]", name):
            name = f"h{min(6, int(name[1]) + deeper)}"
        changed = ATTRIBUTE.sub(lambda found: f' {found[1]}="{change(found[1], found[2])}"', attributes)
        return f"<{slash}{name}{changed}>"

    return TAG.sub(tag, html)


def _values(html: str, tag: str, attribute: str) -> list[str]:
    """The values of an attribute of every tag of that name (any, when empty), unescaped and in order."""
    return [
        unescape(value)
        for match in TAG.finditer(html)
        if not tag or match[2] == tag
        for name, value in ATTRIBUTE.findall(match[3])
        if name == attribute
    ]


def _portable(name: str, value: str, identifier: str) -> str:
    """The value of an attribute (as written in HTML) with a relative link turned into a `digest:` address."""
    inside = _inside(unescape(value), identifier) if name == "href" else None
    return value if inside is None else escape(inside)


def _reference(href: str, finder: Finder, identifier: str) -> Reference:
    written = "|".join(re.escape(form) for form in dict.fromkeys((href, escape(href, quote=False))))
    spot = finder.find(rf"(?<![\w/.?=&-])(?:{written})(?![^\s()<>\"'\]])" if href else r"\]\(\s*\)")
    return Reference(href, _inside(href, identifier), spot.line, spot.column)


def _inside(href: str, identifier: str) -> str | None:
    """The `digest:` address of a relative link, or None for an outside one or one to the page itself.

    It is percent-encoded, its colons too: a page shows it relative to itself, where `javascript:` would be a scheme.
    """
    if not href or href.startswith("#") or re.match(r"[a-z][a-z0-9+.-]*:|//", href, re.IGNORECASE):
        return None
    path, _, fragment = href.partition("#")
    target = posixpath.normpath(posixpath.join("/", posixpath.dirname(identifier), path)).lstrip("/")
    if target.endswith(".md"):
        target = f"{target.removesuffix('.md')}/"
        target = target.removesuffix("index/") if target == "index/" or target.endswith("/index/") else target
    elif path.endswith("/") and target:
        target += "/"
    address = quote(target, safe=IN_PATH)
    return f"digest:{address}#{quote(fragment, safe=IN_FRAGMENT)}" if fragment else f"digest:{address}"


def _headings(html: str, finder: Finder) -> tuple[Heading, ...]:
    found = [
        (int(level), " ".join(plain(inner).split()), unescape(dict(ATTRIBUTE.findall(attributes)).get("id", "")))
        for level, attributes, inner in HEADING.findall(html)
    ]
    lines = finder.heading_lines([text for _, text, _ in found])
    return tuple(Heading(*heading, line) for heading, line in zip(found, lines, strict=True))
