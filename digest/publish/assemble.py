"""Assembling: every file that goes out beside the engine's HTML, as a function of the edition alone.

Files come in batches: those made of the same things, which a build makes anew only when what they show has changed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from digest.library.models import ENTRY_FOLDERS, AnyEntry, Figure, Issue
from digest.publish import pages
from digest.publish.addresses import markdown_file
from digest.publish.api import api
from digest.publish.citation import citations
from digest.publish.edition import Edition
from digest.publish.feeds import LENGTH, feeds
from digest.publish.marks import Marks
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
    are made apart (`keeping.kept_cards`).
    """
    marks = Marks(edition, base)
    shown = [*_pages(edition, marks)]
    yield from shown
    addresses = [batch.name for batch in shown]
    yield Batch("signposts", marks.of(marks.everything, *addresses), partial(signposts, edition, addresses))
    yield Batch("api", marks.everything, partial(api, edition, None))
    yield Batch("colours", marks.of(), lambda: {"assets/colours.css": colours(edition)})


def _pages(edition: Edition, marks: Marks) -> Iterator[Batch]:
    """A batch for every page, named after its address: the page, and what stands beside it."""
    batch = partial(_batch, edition)
    latest = [marks.of_issue(issue) for issue in edition.issues[:1]]
    yield batch("", marks.of(*latest, *edition.issues), partial(pages.home, edition), partial(feeds, edition, ""))
    for issue in edition.issues:
        yield batch(
            issue.address, marks.of_issue(issue), partial(pages.issue, edition, issue), *_beside(edition, issue)
        )
    for entry in edition.entries():
        yield batch(
            entry.address, marks.of_entry(entry), partial(pages.entry, edition, entry), *_beside(edition, entry)
        )
    for folder, model in ENTRY_FOLDERS.items():
        sheet = partial(pages.kind, edition, model.kind, folder)
        yield _followed(edition, marks, f"{folder}/", edition.entries(model.kind), sheet)
    yield batch("tags/", marks.everything, partial(pages.tags, edition))
    for tag, entries in edition.tags.items():
        yield _followed(edition, marks, f"tags/{tag}/", entries, partial(pages.tag, edition, tag))
    yield batch("archive/", marks.of(*edition.issues), partial(pages.archive, edition))
    for year, issues in edition.years.items():
        yield batch(f"archive/{year}/", marks.of(*issues), partial(pages.year, edition, year))
    yield batch("authors/", marks.of(*edition.issues), partial(pages.authors, edition))
    for author in edition.library.authors.values():
        yield batch(author.address, marks.of(*edition.by_author(author)), partial(pages.author, edition, author))
    ran = map(marks.demo, edition.library.demos.values())
    yield batch("demos/", marks.of(*ran), partial(pages.demos, edition))
    for written in edition.library.pages.values():
        shows = marks.of(written.model_dump_json(), *edition.tags)
        yield batch(written.address, shows, partial(pages.written, edition, written))


def _followed(
    edition: Edition, marks: Marks, address: str, entries: Sequence[AnyEntry], sheet: Callable[[], Sheet]
) -> Batch:
    """The batch of a list that has feeds: in them the first entries stand whole, with who wrote the issue around."""
    around = (issue for entry in entries[:LENGTH] for issue in edition.mentions(entry))
    return _batch(edition, address, marks.of(*entries, *around), sheet, partial(feeds, edition, address))


def _beside(edition: Edition, item: AnyEntry | Issue) -> Iterable[Callable[[], dict[str, bytes]]]:
    return (partial(make, edition, item) for make in (citations, sources, api))


def _batch(
    edition: Edition, address: str, shows: str, sheet: Callable[[], Sheet], *beside: Callable[[], dict[str, bytes]]
) -> Batch:
    def make() -> dict[str, bytes]:
        files = {markdown_file(address): write(edition, sheet())}
        for more in beside:
            files |= more()
        return files

    return Batch(address, shows, make)


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
