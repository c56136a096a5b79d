"""The HTML that may stand in a body: everything else is dropped, and said to be."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

import nh3

INLINE = set(re.findall(r"\w+", "a abbr b br cite code del em i ins kbd mark q s samp small span strong sub sup var"))
TAGS = INLINE | set(
    re.findall(
        r"\w+",
        "blockquote dd div dl dt h2 h3 h4 h5 h6 hr img li ol p pre table tbody td tfoot th thead tr ul",
    )
)
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
SCHEMES = {"https", "http", "mailto", "figure"}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """HTML that is dropped: what and how to mend it, and a pattern that finds it in the Markdown it came from."""

    what: str
    mend: str
    pattern: str


def clean(html: str, tags: set[str] = TAGS) -> str:
    """The HTML with nothing in it that is not allowed. Its attributes have `&`, `<`, `>` and `"` escaped."""
    return nh3.clean(
        html,
        tags=tags,
        attributes={tag: names for tag, names in ATTRIBUTES.items() if tag in tags or tag == "*"},
        url_schemes=SCHEMES,
        link_rel=None,
        clean_content_tags={"script", "style"},
    )


def refusals(html: str, tags: set[str] = TAGS) -> tuple[Refusal, ...]:
    """What `clean` would drop of some HTML, apart from comments, in its order."""
    reader = _Reader(tags)
    try:
        reader.feed(html)
        reader.close()
    except AssertionError:
        # html.parser gives up in this way on a declaration such as `<![x`.
        reader.refuse("'<![' is no HTML", "write &lt;![ for it", re.escape("<!["))
    return tuple(reader.found)


class _Reader(HTMLParser):
    def __init__(self, tags: set[str]) -> None:
        super().__init__()
        self.tags = tags
        self.found: list[Refusal] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        opening = rf"<{re.escape(tag)}\b"
        if tag == "h1":
            what = "a body has no heading of the first level"
            self.refuse(what, "the title is that; begin with ##", r"^[ >]*# |^[ >]*=+[ \t]*$|<h1\b")
        elif tag not in self.tags:
            self.refuse(f"'<{tag}>' is not allowed here", "remove it", opening)
        else:
            for name, value in attrs:
                self.attribute(tag, name, value or "")

    def attribute(self, tag: str, name: str, value: str) -> None:
        if name not in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()):
            self.refuse(f"'{name}' is not allowed on <{tag}>", "remove it", rf"\b{re.escape(name)}\b")
        elif name in ("href", "src"):
            scheme = SCHEME.match(re.sub(r"[\x00-\x20]", "", value))
            if scheme and scheme[1].casefold() not in SCHEMES:
                what = f"a link cannot begin with '{scheme[1]}:'"
                self.refuse(what, "write https://host/path", re.escape(scheme[1]) + ":")

    def refuse(self, what: str, mend: str, pattern: str) -> None:
        self.found.append(Refusal(what, mend, pattern))
