"""Links of the built site: every one that leads inside it must lead to something, to the anchor it names too."""

import re
from collections import Counter
from collections.abc import Iterable, Set
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


def check_site(site: Path, address: str, pages: Iterable[str] | None = None) -> list[Problem]:
    """Every link of the pages under `site` that leads nowhere inside it, once for all the pages that have it.

    `address` is where the site will stand; it ends in a slash. `pages` are the files to look at, by default all.
    """
    anchors = _Anchors(site)
    first: dict[Target, tuple[str, int, str]] = {}
    counted: Counter[Target] = Counter()
    for page in sorted(all_pages(site) if pages is None else pages):
        found = anchors.read(page)
        here: set[Target] = set()
        for offset, reference in found.references:
            if target := inside(reference, page, address):
                here.add(target)
                first.setdefault(target, (page, offset, reference))
        counted.update(here)
    problems: list[Problem] = []
    for target, place in first.items():
        if fault := _fault(site, target, anchors):
            problems.append(_problem(site, *place, fault, counted[target] - 1))
    return problems


def all_pages(site: Path) -> list[str]:
    """The path of every page under `site`."""
    return [file.relative_to(site).as_posix() for file in site.rglob("*.html")]


def suspects(site: Path, before: Path, changed: Set[str], gone: Set[str]) -> set[str]:
    """The pages of `site` whose links may lead nowhere, when all those of the site `before` led somewhere.

    `changed` are the pages that are not as they were, and `gone` the files of before that are no more. A page that has
    not changed is suspect when it holds the end of an address that is gone, or an anchor that is.
    """
    ends = {_end(name, site) for name in gone}
    for page in changed:
        if (before / page).is_file():
            old, new = (marks((folder / page).read_text(encoding="utf-8")).anchors for folder in (before, site))
            ends |= {f"#{anchor}" for anchor in old - new}
    if not ends:
        return set(changed)
    pages = set(all_pages(site))
    if any(quote(end, safe="#/") != end for end in ends):
        return pages
    holds = re.compile("|".join(map(re.escape, sorted(ends))).encode())
    return {page for page in pages if page in changed or holds.search((site / page).read_bytes())}


def _end(name: str, site: Path) -> str:
    """How every link to a file ends that is gone: its name, with its folder's where that has gone with it."""
    folder, _, last = name.removesuffix("index.html").rstrip("/").rpartition("/")
    end = f"{last}/" if name.endswith("index.html") else last
    return end if (site / folder).is_dir() else f"{folder.rpartition('/')[2]}/{end}"


class _Anchors:
    """The anchors of the pages under `site`, each read when it is asked for."""

    def __init__(self, site: Path) -> None:
        self._site = site
        self._known: dict[str, frozenset[str]] = {}

    def read(self, page: str) -> Marks:
        """What a page refers to; its anchors are known from then on."""
        found = marks((self._site / page).read_text(encoding="utf-8"))
        self._known[page] = found.anchors
        return found

    def has(self, page: str, anchor: str) -> bool:
        """Whether a page has an anchor. What is no page of HTML is not judged."""
        if not page.endswith(".html"):
            return True
        return anchor in (self._known.get(page) or self.read(page).anchors)


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


def _fault(site: Path, target: Target, anchors: _Anchors) -> str | None:
    path = f"{target.path}index.html" if target.path == "" or target.path.endswith("/") else target.path
    if path.startswith("/") or not (site / path).is_file():
        return "leads nowhere"
    if target.anchor not in ALWAYS_THERE and not anchors.has(path, target.anchor):
        return "names an anchor that is not there"
    return None


def _problem(site: Path, page: str, offset: int, reference: str, fault: str, others: int) -> Problem:
    line = (site / page).read_text(encoding="utf-8").count("\n", 0, offset) + 1
    also = f", here and on {others} other {'page' if others == 1 else 'pages'}" if others else ""
    mend = "mend the link where the page is written"
    return Problem(f"build/site/{page}", line, 1, f"'{reference}' {fault}{also}", mend)
