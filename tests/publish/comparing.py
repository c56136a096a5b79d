"""What a reader and a machine find in a built site, so that two of them can be held against each other.

Pages are read the way a browser does: entities are resolved, white space collapses, and links lead to whole addresses.
"""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

VOID = {"meta", "link", "img", "input", "br", "hr", "source", "path", "rect", "circle", "wbr", "col"}


@dataclass
class Element:
    """An element of a page, with the elements and the text inside it in their order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list["Element | str"] = field(default_factory=list)

    def all(self, *tags: str) -> list["Element"]:
        """Every element under it with one of the tags (any without), in the order of the page."""
        found: list[Element] = []
        for child in self.inside:
            if isinstance(child, Element):
                found += [child] if child.tag in tags or not tags else []
                found += child.all(*tags)
        return found

    def one(self, name: str, value: str) -> "Element":
        """The element under it that has the word `value` in an attribute."""
        (found,) = [element for element in self.all() if value in element.attributes.get(name, "").split()]
        return found

    @property
    def raw(self) -> str:
        """All its text, as it is written."""
        return "".join(child if isinstance(child, str) else child.raw for child in self.inside)

    @property
    def text(self) -> str:
        """All its text, as it is read."""
        return " ".join(self.raw.split())


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("")]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attributes})
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self.open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def tree(html: str) -> Element:
    """A page as a tree of elements."""
    reader = _Tree()
    reader.feed(html)
    reader.close()
    return reader.open[0]


def of_language(page: Element, url: str) -> object:  # noqa: ARG001 - one form for all aspects
    return [html.attributes["lang"] for html in page.all("html")]


def of_title(page: Element, url: str) -> object:  # noqa: ARG001
    (head,) = page.all("head")
    return [title.text for title in head.all("title")]


def of_metadata(page: Element, url: str) -> object:  # noqa: ARG001
    """Description, robots, Open Graph, and whatever else a `meta` says, but for the policy, which differs."""
    found = [meta.attributes for meta in page.all("meta")]
    return [meta for meta in found if meta.get("http-equiv") != "Content-Security-Policy"]


def of_relations(page: Element, url: str) -> object:
    """Canonical address, feeds, neighbours, icon and fonts: every `link` but the engine's own style sheets."""
    links = [link.attributes | {"href": urljoin(url, link.attributes["href"])} for link in page.all("link")]
    return [link for link in links if "/assets/stylesheets/" not in link["href"]]


def of_linked_data(page: Element, url: str) -> object:  # noqa: ARG001
    found = [script.raw for script in page.all("script") if script.attributes.get("type") == "application/ld+json"]
    return [json.loads(text) for text in found]


def of_headings(page: Element, url: str) -> object:  # noqa: ARG001
    return [(each.tag, each.attributes.get("id"), each.text) for each in page.all("h1", "h2", "h3", "h4", "h5", "h6")]


def of_text(page: Element, url: str) -> object:  # noqa: ARG001
    return page.one("class", "sheet").text


def of_code(page: Element, url: str) -> object:  # noqa: ARG001
    """Code keeps its white space."""
    return [pre.raw for pre in page.one("class", "sheet").all("pre")]


def of_elements(page: Element, url: str) -> object:
    """Everything in the main content, whatever it is, in order, with where it leads and all that it says of itself."""
    places = ("href", "src", "data-copy-from")
    return [
        (
            element.tag,
            {name: urljoin(url, value) if name in places else value for name, value in element.attributes.items()},
        )
        for element in page.one("class", "sheet").all()
    ]


def of_masthead(page: Element, url: str) -> object:
    return _around(page.one("class", "masthead"), url)


def of_colophon(page: Element, url: str) -> object:
    """The foot of the page, but for the engine's name, which is a link."""
    links = _around(page.one("class", "colophon"), url)
    return [link for link in links if link[0] not in ENGINE_NAMES]


ENGINE_NAMES = {"Material for MkDocs", "Zensical"}


def _around(part: Element, url: str) -> list[tuple[str, str, str | None]]:
    """The links and buttons of a part, without what the search's own dialog has."""
    searching = [element for dialog in part.all("div") for element in dialog.all() if _is_search(dialog)]
    return [
        (each.text, urljoin(url, each.attributes.get("href", "")), each.attributes.get("aria-current"))
        for each in part.all("a", "button")
        if not any(each is element for element in searching)
    ]


def _is_search(element: Element) -> bool:
    return element.attributes.get("data-md-component") == "search"


ASPECTS = (
    of_language,
    of_title,
    of_metadata,
    of_relations,
    of_linked_data,
    of_headings,
    of_text,
    of_code,
    of_elements,
    of_masthead,
    of_colophon,
)


def files(site: Path) -> dict[str, Path]:
    """Every file of a site, by its address."""
    return {file.relative_to(site).as_posix(): file for file in sorted(site.rglob("*")) if file.is_file()}
