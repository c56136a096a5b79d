"""Assembling: every file that goes out beside the engine's HTML, as a function of the edition alone.

Files come in batches: those made of the same things, which a build makes anew only when what they show has changed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from digest.library.models import ENTRY_FOLDERS, AnyEntry, Figure, Issue
from digest.publish import pages
from digest.publish.addresses import markdown_file
from digest.publish.api import api
from digest.publish.citation import citations
from digest.publish.edition import Edition
from digest.publish.feeds import LENGTH, contents, feed_places, feeds
from digest.publish.marks import Marks
from digest.publish.moved import moved, moves, title_of
from digest.publish.pages import Sheet, write
from digest.publish.signposts import signposts
from digest.publish.source import sources


@dataclass(frozen=True)
class Batch:
    """Files that are made together, by their path. `shows` is the mark of what they are made of."""

    name: str
    shows: str
    make: Callable[[], dict[str, bytes]]


def assemble(edition: Edition, base: str = "") -> Iterator[Batch]:
    """The batches of files that are made: Markdown pages for the engine, and what is served as it is.

    `base` names what they are made with: templates and tools. Share cards, which take longer than all of them together,
    are made apart (`drawing`).
    """
    marks = Marks(edition, base)
    shown = [*_pages(edition, marks)]
    yield from shown
    yield from _feeds(edition, marks)
    addresses = [batch.name for batch in shown]
    yield Batch("signposts", marks.of(marks.everything, *addresses), partial(signposts, edition, addresses))
    yield Batch("api", marks.of(marks.everything, *edition.tags), partial(api, edition, None))
    for old, new in moves(edition).items():
        yield Batch(f"{old}/", marks.of(old, new, title_of(edition, new)), partial(moved, edition, old, new))
    yield Batch("colours", marks.of(), lambda: {"assets/colours.css": colours(edition)})


def _pages(edition: Edition, marks: Marks) -> Iterator[Batch]:
    """A batch for every page, named after its address: the page, and what stands beside it."""
    batch = partial(_page, edition)
    latest = [marks.of_issue(issue) for issue in edition.issues[:1]]
    yield batch("", marks.of(*latest, marks.of_list(edition.issues)), pages.home)
    for issue in edition.issues:
        yield _item(edition, issue, marks.of_issue(issue), partial(pages.issue, edition, issue))
    for entry in edition.entries():
        yield _item(edition, entry, marks.of_entry(entry), partial(pages.entry, edition, entry))
    for folder, model in ENTRY_FOLDERS.items():
        yield batch(f"{folder}/", marks.of_list(edition.entries(model.kind)), pages.kind, model.kind, folder)
    yield batch("tags/", marks.everything, pages.tags)
    for tag, entries in edition.tags.items():
        yield batch(f"tags/{tag}/", marks.of_list(entries), pages.tag, tag)
    yield batch("archive/", marks.of_list(edition.issues), pages.archive)
    for year, issues in edition.years.items():
        yield batch(f"archive/{year}/", marks.of_list(issues), pages.year, year)
    yield batch("authors/", marks.of_list(edition.issues), pages.authors)
    for author in edition.library.authors.values():
        yield batch(author.address, marks.of_list(edition.by_author(author)), pages.author, author)
    yield batch("demos/", marks.of(*map(marks.demo, edition.library.demos.values())), pages.demos)
    for written in edition.library.pages.values():
        shows = marks.of(written.model_dump_json(), *edition.tags)
        yield batch(written.address, shows, pages.written, written)


def _feeds(edition: Edition, marks: Marks) -> Iterator[Batch]:
    for place in feed_places(edition):
        items = contents(edition, place)
        yield Batch(f"{place}feed.xml", marks.of_feed(items[:LENGTH]), partial(feeds, edition, place))


def _page(edition: Edition, address: str, shows: str, sheet: Callable[..., Sheet], *things: object) -> Batch:
    return Batch(address, shows, lambda: {markdown_file(address): write(edition, sheet(edition, *things))})


def _item(edition: Edition, item: AnyEntry | Issue, shows: str, sheet: Callable[[], Sheet]) -> Batch:
    """The batch of an issue or an entry: its page, its citations, its Markdown and its file of the API."""

    def make() -> dict[str, bytes]:
        page = {markdown_file(item.address): write(edition, sheet())}
        return page | citations(edition, item) | sources(edition, item) | api(edition, item)

    return Batch(item.address, shows, make)


def colours(edition: Edition) -> bytes:
    """The style sheet that gives the kinds of entries the newsletter's colours."""
    return edition.templates.render("pages/colours.css", {"newsletter": edition.newsletter}).encode()


def copied(edition: Edition) -> Mapping[str, Path]:
    """The files that go out as they are, by their path: assets, what the demos drew, and the figures of the entries.

    A figure that only a draft shows stays with it.
    """
    library = edition.library
    shown = {name for entry in edition.entries() for figure in entry.figures.values() for name in _files(figure)}
    figures = {f"figures/{name}": library.figures[name].file for name in sorted(shown)}
    drawn = {address: figure.file for address, figure in library.demo_figures.items()}
    assets = {f"assets/{name}": file for name, file in library.assets.items()}
    return {**figures, **drawn, **assets}


def _files(figure: Figure) -> tuple[str, ...]:
    return (figure.file, figure.dark) if figure.dark else (figure.file,)
