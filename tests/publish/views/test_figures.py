"""Figures and running text as templates see them."""

from pathlib import Path

import pytest
from markupsafe import Markup

from digest.library.figures import FigureFile
from digest.library.models import Figure
from digest.publish.views.figures import (
    FigureView,
    figure_view,
    license_name,
    license_url,
    line_markup,
    prose_markup,
    safe,
)

FILE = FigureFile("loss.svg", Path("loss.svg"), 600, 200)
FIGURE = Figure(
    file="loss.svg",
    dark="loss-dark.svg",
    alt="A falling line",
    caption="The *loss*, see [about](about.md).",
    credit="Us",
    source="own",
    license="CC-BY-4.0",
)


def test_a_figure_has_its_pictures_its_size_and_its_papers() -> None:
    assert figure_view(FIGURE, FILE, "../../") == FigureView(
        src="figures/loss.svg",
        dark_src="figures/loss-dark.svg",
        width=600,
        height=200,
        alt="A falling line",
        caption=safe('The <em>loss</em>, see <a href="../../about/">about</a>.'),
        credit="Us",
        source="",
        license="CC-BY-4.0",
        license_name="CC BY 4.0",
        license_url="https://creativecommons.org/licenses/by/4.0/",
    )


def test_a_figure_from_elsewhere_says_where_and_has_no_dark_picture_unless_it_is_given_one() -> None:
    figure = FIGURE.model_copy(update={"dark": None, "source": "https://example.org/patches", "license": "MIT"})
    view = figure_view(figure, FILE, "")
    assert (view.dark_src, view.source) == ("", "https://example.org/patches")
    assert (view.license, view.license_name, view.license_url) == ("MIT", "MIT", "")


@pytest.mark.parametrize(
    ("identifier", "name", "url"),
    [
        ("CC-BY-4.0", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("CC-BY-SA-4.0", "CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
        ("CC0-1.0", "CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("MIT", "MIT", ""),
    ],
)
def test_a_licence_for_words_and_pictures_has_a_name_and_a_place(identifier: str, name: str, url: str) -> None:
    assert (license_name(identifier), license_url(identifier)) == (name, url)


def test_a_line_is_markup_whose_links_start_from_the_page() -> None:
    markup = line_markup("By **us**, [about](about.md) <script>x</script>", "../")
    assert markup == 'By <strong>us</strong>, <a href="../about/">about</a>'
    assert isinstance(markup, Markup)


def test_a_table_of_running_text_stands_in_a_box_that_a_keyboard_reaches() -> None:
    html = "<p>One</p>\n<table>\n<tbody></tbody>\n</table>\n<p>Two</p>"
    box = '<div class="table" role="group" tabindex="0" aria-label="Table">'
    assert prose_markup(html) == safe(f"<p>One</p>\n{box}<table>\n<tbody></tbody>\n</table></div>\n<p>Two</p>")


def test_every_table_of_running_text_has_its_box() -> None:
    assert prose_markup("<table></table><table></table>").count("</table></div>") == 2
    assert prose_markup("<table></table><table></table>").count('<div class="table"') == 2
