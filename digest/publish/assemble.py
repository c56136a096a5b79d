"""Assembling: every file that goes out beside the engine's HTML, as a function of the edition alone."""

from collections.abc import Mapping
from pathlib import Path

from digest.library.models import Figure
from digest.publish.addresses import markdown_file
from digest.publish.api import api
from digest.publish.citation import citations
from digest.publish.edition import Edition
from digest.publish.feeds import feeds
from digest.publish.moved import moved
from digest.publish.pages import sheets, write
from digest.publish.signposts import signposts
from digest.publish.source import sources


def assemble(edition: Edition) -> dict[str, bytes]:
    """The files that are made, by their path: Markdown pages for the engine, and what is served as it is.

    Share cards, which take longer than all of them together, are made apart (`keeping.kept_cards`).
    """
    pages = tuple(sheets(edition))
    made = {
        **{markdown_file(sheet.page.address): write(edition, sheet) for sheet in pages},
        **citations(edition),
        **sources(edition),
        **feeds(edition),
        **signposts(edition, [sheet.page.address for sheet in pages]),
        **api(edition),
        "assets/colours.css": colours(edition),
    }
    return made | moved(edition, made)


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
