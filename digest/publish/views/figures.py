"""Figures and other running text of pages, as templates see them."""

from dataclasses import dataclass

from markupsafe import Markup

from digest.library.figures import FigureFile
from digest.library.models import Figure
from digest.library.prose import place, render_line

LICENSES = {
    "CC-BY-4.0": ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "CC-BY-SA-4.0": ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    "CC0-1.0": ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
}

TABLE_BOX = '<div class="table" role="group" tabindex="0" aria-label="Table">'


@dataclass(frozen=True)
class FigureView:
    src: str
    dark_src: str
    width: int
    height: int
    alt: str
    caption: Markup
    credit: str
    source: str
    license: str
    license_name: str
    license_url: str


def figure_view(figure: Figure, file: FigureFile, base: str) -> FigureView:
    """A figure of an entry, whose picture is `file`, for a page from which `base` leads to the root."""
    return FigureView(
        src=f"figures/{figure.file}",
        dark_src=f"figures/{figure.dark}" if figure.dark else "",
        width=file.width,
        height=file.height,
        alt=figure.alt,
        caption=line_markup(figure.caption, base),
        credit=figure.credit,
        source="" if figure.source == "own" else figure.source,
        license=figure.license,
        license_name=license_name(figure.license),
        license_url=license_url(figure.license),
    )


def license_name(identifier: str) -> str:
    """What a licence is called on a page: "CC BY 4.0"."""
    return LICENSES.get(identifier, (identifier, ""))[0]


def license_url(identifier: str) -> str:
    """Where a licence for pictures or words stands, or nothing when it is not one of those known here."""
    return LICENSES.get(identifier, ("", ""))[1]


def line_markup(text: str, base: str) -> Markup:
    """A line of Markdown as markup for a page from which `base` leads to the root."""
    return safe(place(render_line(text), base))


def prose_markup(html: str) -> Markup:
    """Placed prose as markup for a page: a table wider than its column scrolls in a box that a keyboard reaches."""
    return safe(html.replace("<table", f"{TABLE_BOX}<table").replace("</table>", "</table></div>"))


def safe(html: str) -> Markup:
    """HTML that came out of `prose.render`, which sanitises, marked as such for templates."""
    return Markup(html)  # noqa: S704
