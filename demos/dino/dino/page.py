"""The page of a report: HTML that stands alone, for eyes and for screen readers, in light and in dark."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from dino.journal import Value

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
dd { margin: 0; font-variant-numeric: tabular-nums; }
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


@dataclass(frozen=True)
class Picture:
    """One PNG in two themes, and what it shows in words."""

    name: str
    alt: str
    light: bytes
    dark: bytes


@dataclass(frozen=True)
class Figure:
    """Pictures that belong together, with their title and what to see in them."""

    name: str
    title: str
    caption: str
    pictures: Sequence[Picture]


def page(
    run: str,
    facts: Sequence[tuple[str, str]],
    warnings: Sequence[Mapping[str, Value]],
    knn: Sequence[Mapping[str, Value]],
    figures: Sequence[Figure],
    settings: str,
) -> str:
    """The whole document. Nothing in it is fetched from anywhere."""
    parts = [f"<h1>{escape(run)}: a DINO run</h1>", _facts(facts)]
    if warnings:
        parts.append(_section("warnings", "Warnings", "".join(map(_warning, warnings))))
    parts += [_section(figure.name, figure.title, _figure(figure)) for figure in figures]
    if knn:
        parts.append(_section("evaluations", "k-NN, every evaluation", _table(knn)))
    if settings:
        words = f"<details><summary>config.toml</summary><pre tabindex=0>{escape(settings)}</pre></details>"
        parts.append(_section("settings", "Settings", words))
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(run)}: a DINO run</title>",
            f"<style>{STYLE}</style>",
            "<main>",
            *parts,
            "</main>",
            "</html>",
            "",
        ]
    )


def _section(name: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{escape(title)}</h2>\n{body}\n</section>'


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return f"<dl>{rows}</dl>"


def _warning(record: Mapping[str, Value]) -> str:
    what, remedy = escape(str(record.get("what", ""))), escape(str(record.get("remedy", "")))
    return f'<div class="warning"><p>Step {record.get("step")}. {what}</p><p>Remedy: {remedy}.</p></div>'


def _figure(figure: Figure) -> str:
    pictures = "\n".join(map(_picture, figure.pictures))
    return f'<figure><figcaption>{escape(figure.caption)}</figcaption>\n<div class="grid">{pictures}</div></figure>'


def _picture(picture: Picture) -> str:
    width, height = _size(picture.light)
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{_data(picture.dark)}">'
        f'<img src="{_data(picture.light)}" alt="{escape(picture.alt)}" width="{width // 2}" height="{height // 2}">'
        "</picture>"
    )


def _table(knn: Sequence[Mapping[str, Value]]) -> str:
    names = {
        "step": "Step",
        "epoch": "Epoch",
        "k": "k",
        "top1": "Top-1, %",
        "top5": "Top-5, %",
        "jaccard": "Jaccard, %",
    }
    shown = {name: title for name, title in names.items() if any(name in record for record in knn)}
    head = "".join(f'<th scope="col">{title}</th>' for title in shown.values())
    rows = "".join(f"<tr>{''.join(f'<td>{_cell(record.get(name))}</td>' for name in shown)}</tr>" for record in knn)
    return (
        '<div class="table" tabindex="0" role="region" aria-label="Evaluations">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(value: Value) -> str:
    return "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def _data(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _size(png: bytes) -> tuple[int, int]:
    """Width and height, from the first chunk of the file."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
