"""HTML: what an engine makes of the pages in `build/docs`. Of those that have not changed it is still there."""

import shutil
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from digest.publish.engines import Engine, Workplace
from digest.publish.searching import INDEX, Sections, joined, sections
from digest.publish.shelf import Shelf

OURS = ("sitemap.xml", "sitemap.xml.gz")
"""What engines make by themselves of the pages they know, which are not always all; our own stands in its place."""


@dataclass(frozen=True)
class Order:
    """What is wanted of an engine: all `pages` of `build/docs`, of which `changed` are other than they were.

    `before` are the pages there were when `html` was left. `stays` says that nothing which every page is made with has
    changed since; `warnings` are those the engine gave then.
    """

    pages: Sequence[str]
    changed: Set[str]
    before: Sequence[str]
    stays: bool
    warnings: Sequence[str]


def make_html(order: Order, html: Shelf, engine: Engine, workplace: Workplace) -> list[str]:
    """Brings `html` to what the engine makes of the pages, and returns the engine's warnings.

    It works in the folder of `workplace`, which goes afterwards.
    """
    todo = _todo(order, html)
    if todo and not engine.by_page:
        todo = list(order.pages)
    for page in order.pages:
        if page not in todo and html.has(html_file(page)):
            html.keep(html_file(page))
    if not todo:
        for name in _common(order, html):
            html.keep(name)
        _index(order, html, todo, html.folder / INDEX)
        return list(order.warnings)
    shutil.rmtree(workplace.folder, ignore_errors=True)
    try:
        warnings = engine.make(workplace, todo)
        _take(workplace.site, html)
        _index(order, html, todo, workplace.site / INDEX)
    finally:
        shutil.rmtree(workplace.folder, ignore_errors=True)
    return warnings


def html_file(page: str) -> str:
    """The file that an engine makes of a page's Markdown: `papers/dino/index.html` of `papers/dino.md`."""
    return f"{address(page)}index.html"


def address(page: str) -> str:
    """The address of the page whose Markdown file this is: `papers/dino/` of `papers/dino.md`."""
    name = page.removesuffix(".md")
    return name.removesuffix("index") if name == "index" or name.endswith("/index") else f"{name}/"


def _todo(order: Order, html: Shelf) -> list[str]:
    """The pages that have to be made: all of them when anything that they have in common is new or gone."""
    if not order.stays or not all(html.has(name) for name in _common(order, html)):
        return list(order.pages)
    return [page for page in order.pages if page in order.changed or not html.has(html_file(page))]


def _common(order: Order, html: Shelf) -> Iterable[str]:
    """What an engine left beside the pages: scripts, styles, the search index."""
    return html.left.keys() - set(map(html_file, order.before))


def _take(site: Path, html: Shelf) -> None:
    for file in sorted(site.rglob("*")):
        name = file.relative_to(site).as_posix()
        if file.is_file() and name not in (*OURS, INDEX):
            html.put(name, file)


def _index(order: Order, html: Shelf, todo: Sequence[str], file: Path) -> None:
    """Puts the search index together: what was made anew, and what the one before says of the other pages."""
    if not file.is_file():
        return
    there = {address(page) for page in order.pages}
    made = {address(page) for page in todo}
    new = file.read_bytes()
    said: dict[str, Sections] = {}
    if len(made) < len(there) and html.has(INDEX):
        said = {
            page: text for page, text in sections((html.folder / INDEX).read_bytes()).items() if page in there - made
        }
    if todo:
        said |= {page: text for page, text in sections(new).items() if page in made}
    html.put(INDEX, joined(new, said))
