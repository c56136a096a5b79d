"""Search: the index that the engine made of the pages, mended where a reader's browser would take text for HTML."""

import json
from pathlib import Path

INDEXES = ("search/search_index.json", "search.json")
"""Where MkDocs with Material, and Zensical, put it."""


def mend_index(site: Path) -> None:
    """Makes the index under `site`, if there is one, safe to show."""
    for name in INDEXES:
        file = site / name
        if file.is_file():
            file.write_text(with_safe_titles(file.read_text(encoding="utf-8")), encoding="utf-8")


def with_safe_titles(index: str) -> str:
    """The index with no tag in the title of a page; the same when it has none.

    Both engines escape what they read on a page, but take the page's title from its front matter as it is, and their
    scripts put both into the results as HTML.
    """
    data = json.loads(index)
    for entry in data.get("docs") or data.get("items") or []:
        if "#" not in entry["location"]:
            entry["title"] = _text(entry["title"])
        if "path" in entry:
            entry["path"] = [_text(title) for title in entry["path"]]
    return json.dumps(data, separators=(",", ":"))


def _text(title: str) -> str:
    return title.replace("<", "&lt;").replace(">", "&gt;")
