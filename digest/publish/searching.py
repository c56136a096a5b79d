"""The search index: what an engine's search reads, put together of what each page says, and safe to show."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

INDEX = "search/search_index.json"
"""Where MkDocs with Material puts it."""
INDEXES = (INDEX, "search.json")
"""That, and where Zensical does."""

Sections = list[dict[str, Any]]
"""What the index says of a page: its title and text, then those of each heading."""


def sections(index: bytes) -> dict[str, Sections]:
    """What an index says of each page, by the page's address."""
    pages: dict[str, Sections] = {}
    for section in json.loads(index)["docs"]:
        pages.setdefault(section["location"].partition("#")[0], []).append(section)
    return pages


def joined(index: bytes, pages: Mapping[str, Sections]) -> bytes:
    """An index like another, but of these pages, in the order of their addresses."""
    docs = [section for _, said in sorted(pages.items()) for section in said]
    return json.dumps(json.loads(index) | {"docs": docs}, sort_keys=True, separators=(",", ":")).encode()


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
