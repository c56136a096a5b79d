"""`python recipes/turn.py RUN… --out FOLDER`: what was learnt in worlds between the two, as a table and as a picture.

Each run learnt from `drawn:BACKGROUND`. At 0 the ground is the same in all pictures but for chance, at 1 each has a
brightness, a tint and a clutter of its own, which two crops of a picture share as they share its class.
"""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dino.drawings import DARK, LIGHT, Panel, curve
from dino.errors import ContentError, DinoError
from dino.history import Series
from dino.journal import read
from dino.settings import resolve
from dino.settings_file import file_source

WORLD = re.compile(r"drawn:([\d.]*)(?:/\w+)?")
ALONG = "background: how far each picture's ground is its own"


@dataclass(frozen=True)
class Learnt:
    """k-NN and the Jaccard index, both in percent, before the first step and after the last, in one world."""

    background: float
    knn: tuple[float, float]
    jaccard: tuple[float, float]


def main() -> None:
    arguments = _arguments()
    runs = sorted((learnt(run) for run in arguments.runs), key=lambda run: run.background)
    print(table(runs))  # noqa: T201
    for theme, name in ((LIGHT, "turn.png"), (DARK, "turn-dark.png")):
        (arguments.out / name).write_bytes(curve(panel(runs), theme))


def table(runs: Sequence[Learnt]) -> str:
    """Markdown, a line for each world."""
    lines = ["| background | k-NN | Jaccard |", "|---|---|---|"]
    for run in runs:
        knn, jaccard = (" → ".join(f"{value:.1f}" for value in pair) for pair in (run.knn, run.jaccard))
        lines.append(f"| {run.background:g} | {knn} | {jaccard} |")
    return "\n".join(lines)


def panel(runs: Sequence[Learnt]) -> Panel:
    """The picture: both measures over the worlds, trained and untrained."""
    places = np.array([run.background for run in runs])
    series = [
        Series(name, places, np.array(values))
        for name, values in (
            ("k-NN", [run.knn[1] for run in runs]),
            ("Jaccard", [run.jaccard[1] for run in runs]),
            ("k-NN, untrained", [run.knn[0] for run in runs]),
            ("Jaccard, untrained", [run.jaccard[0] for run in runs]),
        )
    ]
    return Panel("turn", "k-NN and Jaccard index, in percent", series, zero=True, marked=True, along=ALONG)


def learnt(run: Path) -> Learnt:
    """What the log of a run tells."""
    asked = resolve(file_source(run / "config.toml")).config.keep.knn_images
    found = WORLD.fullmatch(asked)
    records = [record for record in read(run) if record["kind"] == "knn"]
    if not found or len(records) < 2 or "jaccard" not in records[-1]:
        raise ContentError(f"{run} is no run on drawn pictures that was measured twice; name others")
    first, last = records[0], records[-1]
    return Learnt(float(found[1] or 0), (first["top1"], last["top1"]), (first["jaccard"], last["jaccard"]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="the folder of a run")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the pictures go")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except DinoError as error:
        raise SystemExit(f"turn: {error}") from None
