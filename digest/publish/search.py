"""Search: the index that the engine made of the pages, mended where a reader's browser would take text for HTML."""

import json
from pathlib import Path

INDEX = Path("search", "search_index.json")


def mend_index(site: Path) -> None:
    """Makes the index under `site`, if there is one, safe to show."""
    file = site / INDEX
    if file.is_file():
        file.write_text(with_safe_titles(file.read_text(encoding="utf-8")), encoding="utf-8")


def with_safe_titles(index: str) -> str:
    """The index with no tag in the title of a page; the same when it has none.

    Material escapes what it reads on a page, but takes the page's title from its front matter as it is, and its script
    puts both into the results as HTML.
    """
    data = json.loads(index)
    for entry in data["docs"]:
        if "#" not in entry["location"]:
            entry["title"] = entry["title"].replace("<", "&lt;").replace(">", "&gt;")
    return json.dumps(data, separators=(",", ":"))
