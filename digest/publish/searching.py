"""The search index: what Material's search reads, put together of what each page says."""

import json
from collections.abc import Mapping
from typing import Any

INDEX = "search/search_index.json"

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
