"""Links of the built site: every one that leads inside it must lead to something, to the anchor it names too."""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from digest.library.problems import Problem

REFERENCE = re.compile(r"""<(?:a|link|img|script|source)\b[^>]*?\s(?:href|src)=(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
IDENTIFIER = re.compile(r"""\s(?:id|name)=(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
HIDDEN = re.compile(r"<(script|style|pre|template)\b(?![^>]*\ssrc=).*?</\1>", re.DOTALL)
ROOT = "https://site.invalid/"


def check_site(site: Path, address: str) -> list[Problem]:
    """Every link of the pages under `site` that leads nowhere inside it. `address` is where the site will stand."""
    problems: list[Problem] = []

    @lru_cache(maxsize=4096)
    def anchors(file: Path) -> frozenset[str]:
        found = IDENTIFIER.findall(file.read_text(encoding="utf-8"))
        return frozenset(unescape("".join(groups)) for groups in found)

    for file in sorted(site.rglob("*.html")):
        page = file.relative_to(site).as_posix()
        text = file.read_text(encoding="utf-8")
        base = ROOT + page.removesuffix("index.html")
        for offset, reference in references(text):
            target = inside(reference, base, address)
            if target is None:
                continue
            path, anchor = target
            found = _file(site, path)
            if found is None:
                what = f"'{reference}' leads nowhere"
            elif anchor and found.suffix == ".html" and anchor not in anchors(found):
                what = f"'{reference}' names an anchor that is not there"
            else:
                continue
            line = text.count("\n", 0, offset) + 1
            problems.append(Problem(f"build/site/{page}", line, 1, what, "mend the link where the page is written"))
    return problems


def references(html: str) -> Iterator[tuple[int, str]]:
    """Each address that a page's HTML refers to, with its offset; what scripts and code samples hold is left out."""
    blanked = HIDDEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), html)
    for match in REFERENCE.finditer(blanked):
        yield match.start(), unescape(match[1] or match[2] or match[3] or "")


def inside(reference: str, base: str, address: str) -> tuple[str, str] | None:
    """The path and anchor inside the site that a reference leads to, or None when it leads outside."""
    if reference.startswith(address):
        reference = ROOT + reference.removeprefix(address)
    elif reference.startswith("/") and not reference.startswith("//"):
        prefix = urlsplit(address).path
        reference = ROOT + (reference.removeprefix(prefix) if reference.startswith(prefix) else reference.lstrip("/"))
    whole = urljoin(base, reference)
    if not whole.startswith(ROOT):
        return None
    parts = urlsplit(whole)
    return unquote(parts.path.lstrip("/")), unquote(parts.fragment)


def _file(site: Path, path: str) -> Path | None:
    file = site / path
    if path == "" or path.endswith("/"):
        file = file / "index.html"
    return file if file.is_file() else None
