"""The page of a run's report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from dino.document import data, document, facts, section, table
from dino.journal import Value


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
    told: Sequence[tuple[str, str]],
    warnings: Sequence[Mapping[str, Value]],
    knn: Sequence[Mapping[str, Value]],
    figures: Sequence[Figure],
    settings: str,
) -> str:
    """The whole document."""
    parts = [facts(told)]
    if warnings:
        parts.append(section("warnings", "Warnings", "".join(map(_warning, warnings))))
    parts += [section(figure.name, figure.title, _figure(figure)) for figure in figures]
    if knn:
        parts.append(section("evaluations", "k-NN, every evaluation", _table(knn)))
    if settings:
        words = f"<details><summary>config.toml</summary><pre tabindex=0>{escape(settings)}</pre></details>"
        parts.append(section("settings", "Settings", words))
    return document(f"{run}: a DINO run", parts)


def _warning(record: Mapping[str, Value]) -> str:
    what, remedy = escape(str(record.get("what", ""))), escape(str(record.get("remedy", "")))
    return f'<div class="warning"><p>Step {record.get("step")}. {what}</p><p>Remedy: {remedy}.</p></div>'


def _figure(figure: Figure) -> str:
    pictures = "\n".join(map(_picture, figure.pictures))
    return f'<figure><figcaption>{escape(figure.caption)}</figcaption>\n<div class="grid">{pictures}</div></figure>'


def _picture(picture: Picture) -> str:
    width, height = _size(picture.light)
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{data(picture.dark)}">'
        f'<img src="{data(picture.light)}" alt="{escape(picture.alt)}" width="{width // 2}" height="{height // 2}">'
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
    rows = [[_cell(record.get(name)) for name in shown] for record in knn]
    return table("Evaluations", list(shown.values()), rows)


def _cell(value: Value) -> str:
    return "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def _size(png: bytes) -> tuple[int, int]:
    """Width and height, from the first chunk of the file."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
