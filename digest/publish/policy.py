"""The Content-Security-Policy of a page (https://www.w3.org/TR/CSP3/): it runs and loads its own site's files alone.

The engine writes scripts into a page that differ with where it stands, so that each page lists the hashes of its own.
"""

import hashlib
import re
from base64 import b64encode
from functools import lru_cache
from pathlib import Path

from digest.publish.searching import mend_index

META = '<meta http-equiv="Content-Security-Policy" content="'
ALWAYS = "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
LOADED = "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'"
HEAD = re.compile(r"<head(?:\s[^>]*)?>(?:\s*<meta\s+charset[^>]*>)?", re.IGNORECASE)
ELEMENT = re.compile(
    r"""<(?:!--.*?-->|(script|style)\b((?:[^"'>]|"[^"]*"|'[^']*')*+)>(.*?)</\1\b)""", re.DOTALL | re.IGNORECASE
)
SOURCE = re.compile(r"\ssrc\s*=", re.IGNORECASE)
TYPE = re.compile(r"""\stype\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]*))""", re.IGNORECASE)
RUNS = re.compile(r"|module|importmap|speculationrules|(?:text|application)/(?:x-)?(?:java|ecma|live|j)script.*")
"""The types of scripts that a browser runs, or that tell it what to run; any other is data, which no policy judges."""
WORDS = (' id="__skip"', '<footer class="colophon"')
"""Between the first and the last of these the theme puts what curators write. No script belongs there."""

DIALOG = '<button type="button" class="md-search__button"'
"""Zensical's search, whose script makes a style sheet and draws icons of its own while it runs."""


def protect(site: Path) -> None:
    """Gives every page under `site` its policy, and makes what search shows of it safe."""
    mend_index(site)
    for file in sorted(site.rglob("*.html")):
        html = file.read_bytes().decode()
        changed = with_policy(html)
        if changed != html:
            file.write_bytes(changed.encode())


def with_policy(html: str) -> str:
    """The page with its policy in a meta element, as early in its head as one can stand; the same when it has one.

    Scripts and styles of the theme are listed by their SHA-256. One that stands among a curator's words is not, so
    that nothing runs there even if it came past every other guard.
    """
    head = HEAD.search(html)
    if not head:
        return html
    before, after = html[: head.end()], html[head.end() :]
    begun = f"{META}{ALWAYS}; "
    if after.startswith(begun):
        after = after[after.index('">', len(begun)) + len('">') :]
    scripts, styles = _hashes(before + after)
    pictures = ["'self'"]
    if DIALOG in html:
        styles, pictures = ["'self'", "'unsafe-inline'"], ["'self'", "data:"]
    runs, looks, shows = " ".join(scripts), " ".join(styles), " ".join(pictures)
    policy = f"{ALWAYS}; script-src {runs}; style-src {looks}; img-src {shows}; {LOADED}"
    return f'{before}{META}{policy}">{after}'


def _hashes(html: str) -> tuple[list[str], list[str]]:
    """What a page may run and be styled by, each as CSP lists it: its own site, and what the theme wrote into it."""
    first, last = html.find(WORDS[0]), html.rfind(WORDS[1])
    allowed = {"script": ["'self'"], "style": ["'self'"]}
    for element in ELEMENT.finditer(html):
        name, attributes, text = element.groups()
        if not name or 0 <= first < element.start() < last:
            continue
        if name.lower() == "script" and (SOURCE.search(attributes) or not _runs(attributes)):
            continue
        allowed[name.lower()].append(_hash(text))
    return list(dict.fromkeys(allowed["script"])), list(dict.fromkeys(allowed["style"]))


def _runs(attributes: str) -> bool:
    kind = TYPE.search(attributes)
    return not kind or bool(RUNS.fullmatch("".join(filter(None, kind.groups())).strip().lower()))


@lru_cache(maxsize=512)
def _hash(text: str) -> str:
    """A text as CSP lists it. A browser counts a line end as one line feed, however it was written."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'sha256-{b64encode(hashlib.sha256(lines.encode()).digest()).decode()}'"
