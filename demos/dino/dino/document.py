"""A document of HTML that stands alone, for eyes and screen readers, light and dark: what pages are made of."""

import base64
from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #55555a; --paper: #ffffff; --line: #d4d4d0; --warn: #fff3dc; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #b4b4ba; --paper: #17171a; --line: #46464b; --warn: #3a2f16; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 80rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 0.5rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; margin: 0; }
dt { color: var(--soft); font-size: 0.875rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
figure { margin: 0; }
.grid { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.5rem; align-items: start; }
@media (min-width: 48rem) { .grid { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 2rem; } }
.grid img { width: 100%; height: auto; display: block; }
figcaption { color: var(--soft); max-width: 42rem; margin-bottom: 0.75rem; }
.warning { background: var(--warn); padding: 0.75rem 1rem; margin: 0.75rem 0; border-radius: 0.25rem; }
.warning p { margin: 0; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 0.25rem 1.25rem 0.25rem 0; border-bottom: 1px solid var(--line); }
pre { overflow-x: auto; font-size: 0.875rem; }
summary { cursor: pointer; }
:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
@media print { details { display: none; } }
"""


def document(title: str, parts: Iterable[str], style: str = "") -> str:
    """The whole document, its title as heading. Nothing in it is fetched from anywhere."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}{style}</style>",
            "<main>",
            f"<h1>{escape(title)}</h1>",
            *parts,
            "</main>",
            "</html>",
            "",
        ]
    )


def section(name: str, title: str, body: str) -> str:
    """A part with a heading, known by its name."""
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{escape(title)}</h2>\n{body}\n</section>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A few names and what they are."""
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f"<dl>{rows}</dl>"


def table(about: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that scrolls by itself where it is too wide. `rows` are of HTML, `about` and `head` of text."""
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{escape(about)}">'
        f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def data(picture: bytes, kind: str = "png") -> str:
    """The address of a picture that is in the document itself."""
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
