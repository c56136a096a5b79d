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

from dino.snapshots import Snapshots

Numbers = npt.NDArray[np.float64]
POINTS = 400  # a curve has no more; each is the mean of its steps
DPI = 160
SHOWN = 5  # snapshots of attention side by side, the first and the last among them


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
class Series:
    """One line: its name, its values, and the steps they belong to."""

    name: str
    steps: Numbers
    values: Numbers


@dataclass(frozen=True)
class Panel:
    """One plot of some lines; `level` is a line across with a name, `zero` starts the axis there."""

    title: str
    series: Sequence[Series]
    level: tuple[str, float] | None = None
    zero: bool = False
    marked: bool = False
    """Every point has a dot: few measurements rather than many steps."""


def curves(panels: Sequence[Panel], theme: Theme, columns: int = 2) -> bytes:
    """A PNG of the panels, two to a row."""
    rows = -(-len(panels) // columns)
    with _styled(theme):
        figure = Figure(figsize=(4.9 * min(columns, len(panels)), 2.8 * rows), layout="constrained")
        for index, panel in enumerate(panels):
            _draw(figure.add_subplot(rows, min(columns, len(panels)), index + 1), panel, theme)
        return _png(figure)


def crops(kept: Snapshots, theme: Theme) -> bytes:
    """A PNG with one row per image: the whole image, then its crops at one scale."""
    count, columns = len(kept.images), 1 + len(kept.crops)
    with _styled(theme):
        figure = Figure(figsize=(1.15 * columns, 1.25 * count + 0.3), layout="constrained")
        tallest = max([kept.images.shape[1], *(crop.shape[1] for crop in kept.crops)])
        for row in range(count):
            for column, pictures in enumerate([kept.images, *kept.crops]):
                axes = _blank(figure, count, columns, row * columns + column + 1)
                axes.imshow(_padded(pictures[row], tallest, theme), interpolation="nearest")
                if row == 0:
                    is_global = pictures.shape[1:3] == kept.crops[0].shape[1:3]
                    name = "image" if column == 0 else f"{'global' if is_global else 'local'} {column}"
                    axes.set_title(name, fontsize=8)
        return _png(figure)


def attention(kept: Snapshots, theme: Theme) -> bytes:
    """A PNG with one row per image: the image, then the class token's attention (mean over heads) as training goes."""
    chosen = shown(kept)
    count, columns = len(kept.images), 1 + len(chosen)
    with _styled(theme):
        figure = Figure(figsize=(1.6 * columns, 1.7 * count + 0.3), layout="constrained")
        for row in range(count):
            axes = _blank(figure, count, columns, row * columns + 1)
            axes.imshow(kept.images[row])
            if row == 0:
                axes.set_title("image", fontsize=9)
            for column, index in enumerate(chosen, 2):
                axes = _blank(figure, count, columns, row * columns + column)
                snapshot = kept.attention[index]
                axes.imshow(snapshot.maps[row].mean(0), cmap="inferno", interpolation="nearest")
                if row == 0:
                    axes.set_title(f"epoch {snapshot.epoch:.4g}\nstep {snapshot.step}", fontsize=9)
        return _png(figure)


def heads(kept: Snapshots, theme: Theme) -> bytes:
    """A PNG with one row per image: the last snapshot's attention, head by head (the paper's figure 1 and 3)."""
    last = kept.attention[-1].maps
    count, columns = last.shape[0], 1 + last.shape[1]
    with _styled(theme):
        figure = Figure(figsize=(1.3 * columns, 1.4 * count + 0.3), layout="constrained")
        for row in range(count):
            for column in range(columns):
                axes = _blank(figure, count, columns, row * columns + column + 1)
                if column == 0:
                    axes.imshow(kept.images[row])
                else:
                    axes.imshow(last[row, column - 1], cmap="inferno", interpolation="nearest")
                if row == 0:
                    axes.set_title("image" if column == 0 else f"head {column}", fontsize=8)
        return _png(figure)


def shown(kept: Snapshots) -> list[int]:
    """Which snapshots are drawn: at most SHOWN, evenly over the run, the first and the last among them."""
    count = len(kept.attention)
    return sorted({round(index) for index in np.linspace(0, count - 1, min(SHOWN, count))}) if count else []


def thinned(steps: Numbers, values: Numbers, points: int = POINTS) -> tuple[Numbers, Numbers]:
    """The means of both over at most `points` runs of neighbours; a run without any number stays a gap."""
    if len(steps) <= points:
        return steps, values
    parts = np.array_split(np.arange(len(steps)), points)
    means = [float(np.mean(finite)) if len(finite := values[p][np.isfinite(values[p])]) else np.nan for p in parts]
    return np.array([steps[part].mean() for part in parts]), np.array(means)


def _draw(axes: Axes, panel: Panel, theme: Theme) -> None:
    axes.set_title(panel.title, loc="left", fontsize=10)
    for index, series in enumerate(panel.series):
        steps, values = thinned(series.steps, series.values)
        alone = panel.marked or len(steps) == 1
        style: Mapping[str, Any] = {"marker": "o", "markersize": 3.5} if alone else {}
        axes.plot(steps, values, label=series.name, color=theme.lines[index % 4], linestyle=DASHES[index % 4], **style)
    if panel.level is not None:
        name, level = panel.level
        axes.axhline(level, color=theme.ink, linewidth=0.8, linestyle=(0, (2, 2)), label=name)
    if len(panel.series) > 1 or panel.level is not None:
        axes.legend(fontsize=8, frameon=False, loc="best")
    if panel.zero:
        axes.set_ylim(bottom=0)
    axes.set_xlabel("step", fontsize=8)


def _blank(figure: Figure, rows: int, columns: int, index: int) -> Axes:
    axes: Axes = figure.add_subplot(rows, columns, index)
    axes.set_axis_off()
    return axes


def _padded(picture: npt.NDArray[np.uint8], side: int, theme: Theme) -> npt.NDArray[np.uint8]:
    """The picture in the middle of a square, so that small crops look small."""
    ground = [int(theme.paper[place : place + 2], 16) for place in (1, 3, 5)]
    height, width = picture.shape[:2]
    canvas = np.empty((max(side, height), max(side, width), 3), np.uint8)
    canvas[:] = ground
    top, left = (canvas.shape[0] - height) // 2, (canvas.shape[1] - width) // 2
    canvas[top : top + height, left : left + width] = picture
    return canvas


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
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
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
