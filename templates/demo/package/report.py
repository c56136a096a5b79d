"""What is measured, and what is claimed of it: the content of metrics.json."""

import json
import math
from pathlib import Path

from {{ package }}.estimate import circle, coverage, diamond, estimate_area
from {{ package }}.figure import points_svg

SEED = 20210514
SAMPLES = 200_000
POINTS = 600


def write_report(out: Path) -> None:
    """Write metrics.json and the figure into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "points.svg").write_text(points_svg(POINTS, SEED), encoding="utf-8")
    report = {"metrics": [_pi(), _coverage()], "figures": [_figure()]}
    (out / "metrics.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _pi() -> dict[str, object]:
    estimate, control = estimate_area(circle, SAMPLES, SEED), estimate_area(diamond, SAMPLES, SEED)
    return {
        "name": "area of the circle",
        "value": estimate.value,
        "interval": [estimate.low, estimate.high],
        "unit": "",
        "claim": f"The 95 % interval from {SAMPLES:,} points holds pi.",
        "held": estimate.holds(math.pi),
        "command": "{{ name }} reproduce",
        "controls": [{"name": "a diamond", "value": control.value, "interval": [control.low, control.high]}],
    }


def _coverage() -> dict[str, object]:
    percentage = coverage(samples=1000, repeats=200, seed=SEED)
    return {
        "name": "intervals that hold pi",
        "value": percentage,
        "unit": "%",
        "claim": "Of 200 such intervals, between 90 % and 99 % hold pi.",
        "held": 90 <= percentage <= 99,
        "command": "{{ name }} reproduce",
    }


def _figure() -> dict[str, str]:
    return {
        "file": "points.svg",
        "caption": f"{POINTS} random points. The share of them that falls into the circle is pi / 4.",
        "alt": "A square full of random points: dark ones fill the circle in it, light ones the four corners.",
        "license": "CC-BY-4.0",
    }
