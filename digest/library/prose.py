"""Prose: a body of Markdown as safe HTML for any page, with its headings, links, figures and words.

Links inside the site are kept as `digest:papers/dino/#anchor` and figures as `<digest-figure name="…">` until `place`
gives them the form that one page needs: the same prose stands on an entry's own page, in an issue and in a feed.
"""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape

import markdown
import nh3

WORDS_PER_MINUTE = 220

TAGS = {
    *(
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "cite",
        "code",
        "dd",
        "del",
        "div",
        "dl",
        "dt",
        "em",
        "h2",
        "h3",
        "h4",
        "h5",
    ),
    *(
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
    ),
    *("sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "var"),
}
ATTRIBUTES = {
    "*": {"id", "lang", "dir", "title"},
    "a": {"href", "class"},
    "code": {"class"},
    "div": {"class"},
    "img": {"src", "alt"},
    "li": {"value"},
    "ol": {"start"},
    "span": {"class"},
    "sup": {"class"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
}
FIGURE = re.compile(r'<p>\s*<img alt="[^"]*" src="figure:([^"]*)">\s*</p>')
LINK = re.compile(r'(<a [^>]*?href=")([^"]*)"')
HEADING = re.compile(r'<h([2-6])(?: id="([^"]*)")?[^>]*>(.*?)</h\1>', re.DOTALL)
HEADING_LINE = re.compile(r"(#{1,6})\s+\S")
FENCE = re.compile(r"\s*(```+|~~~+)")


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
    """A rendered body. `figures` are the ids placed in it, `pictures` the addresses of images that are no figures."""

    html: str
    headings: tuple[Heading, ...]
    references: tuple[Reference, ...]
    figures: tuple[str, ...]
    pictures: tuple[str, ...]
    words: int

    @property
    def minutes(self) -> int:
        """How long it takes to read, in whole minutes, at least one."""
        return reading_minutes(self.words)


def reading_minutes(words: int) -> int:
    """Whole minutes to read `words` words at 220 a minute, at least one."""
    return max(1, round(words / WORDS_PER_MINUTE))


@lru_cache(maxsize=8192)
def render(body: str, identifier: str = "") -> Prose:
    """The prose of a Markdown `body`, whose relative links start from the file `identifier` (such as `papers/dino`)."""
    html = nh3.clean(
        _converter().reset().convert(body),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"https", "http", "mailto", "figure"},
        link_rel=None,
        clean_content_tags={"script", "style"},
    )
    figures = tuple(unescape(name) for name in FIGURE.findall(html))
    html = FIGURE.sub(r'<digest-figure name="\1"></digest-figure>', html)
    references = tuple(_reference(unescape(href), body, identifier) for _, href in LINK.findall(html))
    html = LINK.sub(lambda match: f'{match[1]}{_inside(unescape(match[2]), identifier) or match[2]}"', html)
    pictures = tuple(unescape(source) for source in re.findall(r'<img [^>]*?src="([^"]*)"', html))
    return Prose(html, _headings(html, body), references, figures, pictures, len(plain(html).split()))


def render_line(text: str) -> str:
    """One line of Markdown as HTML without its paragraph, for captions and credits."""
    return render(text).html.strip().removeprefix("<p>").removesuffix("</p>")


def place(
    html: str, base: str, *, deeper: int = 0, anchor: str = "", figure: Callable[[str], str] = lambda _: ""
) -> str:
    """The HTML as one page shows it.

    `base` leads from that page to the site's root (`../../`, or the site's own address for feeds). Headings go `deeper`
    levels down, ids and the links to them get `anchor` in front, and `figure` gives the HTML of a figure by its id.
    """
    html = re.sub(r"<(/?)h([2-6])\b", lambda match: f"<{match[1]}h{min(6, int(match[2]) + deeper)}", html)
    if anchor:
        html = re.sub(r'(<[a-z][^>]*? id=")(?=[^"])', rf"\g<1>{anchor}-", html)
        html = re.sub(r'href="#(?=[^"])', f'href="#{anchor}-', html)
    html = re.sub(
        r'href="digest:([^"]*)"', lambda match: f'href="{base}{match[1]}"' if base + match[1] else 'href="./"', html
    )
    return re.sub(r'<digest-figure name="([^"]*)"></digest-figure>', lambda match: figure(unescape(match[1])), html)


def plain(html: str) -> str:
    """The text of some HTML, without its tags."""
    return unescape(re.sub(r"<[^>]*>", " ", html))


def slug(text: str) -> str:
    """An id for a heading: its words in lower case, joined by hyphens."""
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-")


@cache
def _converter() -> markdown.Markdown:
    return markdown.Markdown(
        extensions=["tables", "footnotes", "fenced_code", "codehilite", "toc", "sane_lists"],
        extension_configs={
            "codehilite": {"css_class": "highlight", "guess_lang": False},
            "toc": {"slugify": lambda text, _: slug(text)},
            "footnotes": {"BACKLINK_TEXT": "↩", "UNIQUE_IDS": False},
        },
        output_format="html",
    )


def _reference(href: str, body: str, identifier: str) -> Reference:
    offset = max(0, body.find(href))
    line = body.count("\n", 0, offset)
    return Reference(href, _inside(href, identifier), line, offset - (body.rfind("\n", 0, offset) + 1))


def _inside(href: str, identifier: str) -> str | None:
    """The `digest:` address of a relative link, or None for an outside one or one to the page itself."""
    if not href or href.startswith("#") or re.match(r"[a-z][a-z0-9+.-]*:|//", href, re.IGNORECASE):
        return None
    path, _, fragment = href.partition("#")
    target = posixpath.normpath(posixpath.join("/", posixpath.dirname(identifier), path)).lstrip("/")
    if target.endswith(".md"):
        target = target.removesuffix(".md").removesuffix("index")
        target = f"{target.rstrip('/')}/" if target else ""
    elif path.endswith("/") and target:
        target += "/"
    return f"digest:{target}" + (f"#{fragment}" if fragment else "")


def _headings(html: str, body: str) -> tuple[Heading, ...]:
    lines = _heading_lines(body)
    found = HEADING.findall(html)
    places = lines if len(lines) == len(found) else [0] * len(found)
    return tuple(
        Heading(int(level), " ".join(plain(inner).split()), identifier, line)
        for (level, identifier, inner), line in zip(found, places, strict=True)
    )


def _heading_lines(body: str) -> list[int]:
    lines, fence = [], ""
    for number, line in enumerate(body.split("\n")):
        if match := FENCE.match(line):
            fence = "" if fence and match[1].startswith(fence) else fence or match[1]
        elif not fence and HEADING_LINE.match(line):
            lines.append(number)
    return lines
