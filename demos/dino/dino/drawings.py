"""The pictures of a report, drawn with matplotlib in a light and a dark theme, the same bytes every time.

Lines differ in dash as well as in colour (Okabe and Ito's, told apart by colour-blind eyes). The vitals are those of
the paper's figure 7; the attention maps follow its figures 1 and 4.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dino.history import Numbers, Series

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
POINTS = 400  # a curve has no more; each is the mean of its steps
DPI = 200
SHOWN = 5  # snapshots of attention, the first and the last among them
ROOM = 1.08  # of the axis to the highest value, so that no line lies on its edge
WIDTH, HEIGHT = 4.5, 2.7
"""Of a plot, in inches: a phone shows its labels at about 10 pixels."""
GAP, LABEL, LABELLED, ROUNDING = 0.08, 0.21, 0.6, 1e-6
"""Inches between cells, of a label's height, of the width that a label needs at least."""


@dataclass(frozen=True)
class Theme:
    """Ink, paper, and the colours of lines in order."""

    name: str
    ink: str
    faint: str
    paper: str
    lines: tuple[str, ...]


LIGHT = Theme("light", "#1b1b1b", "#d4d4d0", "#ffffff", ("#0072b2", "#b34700", "#007a5a", "#8f3f78"))
DARK = Theme("dark", "#ececec", "#46464b", "#17171a", ("#6db9ee", "#ffa860", "#4fcca3", "#e7a0cd"))
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))


@dataclass(frozen=True)
class Panel:
    """One plot of some lines; `level` is a line across with a name, `zero` starts the upright axis there."""

    name: str
    title: str
    series: Sequence[Series]
    level: tuple[str, float] | None = None
    zero: bool = False
    marked: bool = False
    """Every point has a dot: few measurements rather than many steps."""
    along: str = "step"


@dataclass(frozen=True)
class Cell:
    """One picture of a mosaic: its label, its pixels or its map of weights, and how many inches a pixel has."""

    name: str
    pixels: Pixels
    scale: float

    @classmethod
    def across(cls, name: str, pixels: Pixels, parts: int, longest: int = 0) -> "Cell":
        """A cell of which `parts` fill a row, where its longer side, or the `longest` of some, is as long as it may."""
        side = (WIDTH - GAP * (parts - 1)) / parts
        return cls(name, pixels, side / (longest or max(pixels.shape[:2])))

    @property
    def height(self) -> float:
        return float(self.pixels.shape[0] * self.scale)

    @property
    def width(self) -> float:
        return float(self.pixels.shape[1] * self.scale)


def curve(panel: Panel, theme: Theme) -> bytes:
    """A PNG of one plot."""
    with _styled(theme):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        plot(figure.add_subplot(), panel, theme)
        return _png(figure)


def mosaic(cells: Sequence[Cell], theme: Theme) -> bytes:
    """A PNG of the cells, row by row, each under its label."""
    places, height = places_of(cells)
    with _styled(theme):
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((0, 0, 1, 1))
        for cell, (left, top) in zip(cells, places, strict=True):
            axes.text(left, top + 0.7 * LABEL, cell.name, fontsize=9)
            across = (left, left + cell.width, top + LABEL + cell.height, top + LABEL)
            axes.imshow(cell.pixels, cmap="inferno", interpolation="nearest", extent=across)
        axes.set(xlim=(0, WIDTH), ylim=(height, 0), aspect="auto")
        axes.set_axis_off()
        return _png(figure)


def shown(count: int) -> list[int]:
    """Which of so many snapshots are drawn: at most SHOWN, evenly over the run, the first and the last among them."""
    return sorted({round(index) for index in np.linspace(0, count - 1, min(SHOWN, count))}) if count else []


def thinned(steps: Numbers, values: Numbers, points: int = POINTS) -> tuple[Numbers, Numbers]:
    """The means of both over at most `points` runs of neighbours; a run without any number stays a gap."""
    if len(steps) <= points:
        return steps, values
    parts = np.array_split(np.arange(len(steps)), points)
    means = [float(np.mean(finite)) if len(finite := values[p][np.isfinite(values[p])]) else np.nan for p in parts]
    return np.array([steps[part].mean() for part in parts]), np.array(means)


def plot(axes: Axes, panel: Panel, theme: Theme) -> None:
    """Draws the panel into the axes: no line on their upper edge, whole numbers for steps."""
    axes.set_title(panel.title, loc="left", fontsize=10.5)
    for index, series in enumerate(panel.series):
        steps, values = thinned(series.steps, series.values)
        alone = panel.marked or len(steps) == 1
        style: Mapping[str, Any] = {"marker": "o", "markersize": 3.5} if alone else {}
        axes.plot(steps, values, label=series.name, color=theme.lines[index % 4], linestyle=DASHES[index % 4], **style)
    if panel.level is not None:
        name, level = panel.level
        axes.axhline(level, color=theme.ink, linewidth=0.8, linestyle=(0, (2, 2)), label=name)
    if len(panel.series) > 1 or panel.level is not None:
        axes.legend(fontsize=9, frameon=False, loc="best")
    lowest, highest = 0.0 if panel.zero else axes.get_ylim()[0], _highest(panel)
    if panel.zero or panel.level:
        axes.set_ylim(lowest, lowest + ROOM * (highest - lowest) if highest > lowest else lowest + 1)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=panel.along == "step"))
    axes.set_xlabel(panel.along)


def _highest(panel: Panel) -> float:
    """The highest value of a plot, its level included."""
    values = [float(np.nanmax(series.values)) for series in panel.series]
    return max([*values, panel.level[1]] if panel.level else values)


def places_of(cells: Sequence[Cell]) -> tuple[list[tuple[float, float]], float]:
    """Left and top of every cell, in inches, and the height of all: a row is as high as its highest."""
    places: list[tuple[float, float]] = []
    left = top = highest = 0.0
    for cell in cells:
        if left and left + cell.width > WIDTH + ROUNDING:
            left, top, highest = 0.0, top + highest + LABEL + GAP, 0.0
        places.append((left, top))
        left += max(cell.width, LABELLED) + GAP
        highest = max(highest, cell.height)
    return places, top + highest + LABEL


@contextmanager
def _styled(theme: Theme) -> Iterator[None]:
    style: Any = {
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color"), theme.ink),
        **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), theme.paper),
        "figure.dpi": DPI,
        "axes.edgecolor": theme.faint,
        "grid.color": theme.faint,
        "grid.linewidth": 0.5,
        "axes.grid": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "lines.linewidth": 1.5,
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "axes.formatter.useoffset": False,
    }
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever matplotlibrc the user has
        mpl.rcParams.update(style)
        yield


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True})
    return file.getvalue()
