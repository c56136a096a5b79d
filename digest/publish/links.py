"""Links of the built site: every one that leads inside it must lead to something, to the anchor it names too."""

import re
from collections import Counter
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

from digest.library.problems import Problem

TAG = re.compile(r"""<([a-z][a-z0-9-]*)\s((?:[^"'>]+|"[^"]*"|'[^']*')*+)>""")
ATTRIBUTE = re.compile(r"""([^\s=]+)(?:=(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
HIDDEN = re.compile(r"<(?:!--.*?--|(script|style|pre|template)\b(?![^>]*\ssrc=).*?</\1)>", re.DOTALL)
PLAIN = re.compile(r"((?:\.\./)*)((?:\w[\w.-]*/)*(?:\w[\w.-]*)?)(?:#([\w-]*))?")
"""A relative link without anything that needs a second look; nearly all are, and `urljoin` takes ten times as long."""
ALWAYS_THERE = ("", "top")
"""Anchors that lead to the top of any page (HTML, section 7.4.2.3.3)."""


@dataclass(frozen=True)
class Target:
    """What a link leads to inside the site: a file's path, and an anchor in it."""

    path: str
    anchor: str


@dataclass(frozen=True)
class Marks:
    """What a page's HTML refers to, each with its offset, and the anchors it has."""

    references: tuple[tuple[int, str], ...]
    anchors: frozenset[str]


def check_site(site: Path, address: str) -> list[Problem]:
    """Every link of the pages under `site` that leads nowhere inside it, once for all the pages that have it.

    `address` is where the site will stand; it ends in a slash.
    """
    anchors: dict[str, frozenset[str]] = {}
    first: dict[Target, tuple[str, int, str]] = {}
    pages: Counter[Target] = Counter()
    for file in sorted(site.rglob("*.html")):
        page = file.relative_to(site).as_posix()
        found = marks(file.read_text(encoding="utf-8"))
        anchors[page] = found.anchors
        here: set[Target] = set()
        for offset, reference in found.references:
            if target := inside(reference, page, address):
                here.add(target)
                first.setdefault(target, (page, offset, reference))
        pages.update(here)
    problems: list[Problem] = []
    for target, place in first.items():
        if fault := _fault(site, target, anchors):
            problems.append(_problem(site, *place, fault, pages[target] - 1))
    return problems


def marks(html: str) -> Marks:
    """What a page refers to and the anchors it has; what scripts, comments and code samples hold is left out."""
    blanked = HIDDEN.sub(lambda match: " " * len(match[0]), html)
    references: list[tuple[int, str]] = []
    anchors: set[str] = set()
    for tag in TAG.finditer(blanked):
        for name, *values in ATTRIBUTE.findall(tag[2]):
            if name in ("href", "src", "poster"):
                references.append((tag.start(), unescape("".join(values))))
            elif name == "srcset":
                choices = unescape("".join(values)).split(",")
                references += [(tag.start(), choice.split()[0]) for choice in choices if choice.strip()]
            elif name == "id" or (name == "name" and tag[1] == "a"):
                anchors.add(unescape("".join(values)))
    return Marks(tuple(references), frozenset(anchors))


def inside(reference: str, page: str, address: str) -> Target | None:
    """What a reference on the page at the path `page` leads to in the site at `address`, or None when it leads out.

    Two slashes that no host follows are no way out: they are a path that was put together wrongly.
    """
    if plain := PLAIN.fullmatch(reference):
        folders, up = page.split("/")[:-1], len(plain[1]) // len("../")
        if plain[1] + plain[2] and up <= len(folders):
            return Target("/".join([*folders[: len(folders) - up], plain[2]]), plain[3] or "")
    try:
        whole = urlsplit(urljoin(address + quote(page), reference))
    except ValueError:
        return None
    home = urlsplit(address)
    if re.match(r"//(?![^/?#])", reference):
        return Target(reference, "")
    if (whole.scheme, whole.netloc) != (home.scheme, home.netloc) or not whole.path.startswith(home.path):
        return None
    return Target(unquote(whole.path.removeprefix(home.path)), unquote(whole.fragment))


def _fault(site: Path, target: Target, anchors: dict[str, frozenset[str]]) -> str | None:
    path = f"{target.path}index.html" if target.path == "" or target.path.endswith("/") else target.path
    if path.startswith("/") or not (site / path).is_file():
        return "leads nowhere"
    if target.anchor not in ALWAYS_THERE and target.anchor not in anchors.get(path, {target.anchor}):
        return "names an anchor that is not there"
    return None


def _problem(site: Path, page: str, offset: int, reference: str, fault: str, others: int) -> Problem:
    line = (site / page).read_text(encoding="utf-8").count("\n", 0, offset) + 1
    also = f", here and on {others} other {'page' if others == 1 else 'pages'}" if others else ""
    mend = "mend the link where the page is written"
    return Problem(f"build/site/{page}", line, 1, f"'{reference}' {fault}{also}", mend)
