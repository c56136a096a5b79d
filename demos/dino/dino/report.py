"""`dino report RUN`: what happened in a run, as one HTML file that needs nothing else, and its pictures as PNGs.

Curves of the loss against ln K and of k-NN (paper section 4.1), the vitals of collapse (figure 7), the schedules, the
speed, the crops as the network sees them (section 3.1), and attention growing over training (figures 1 and 4). The same
run gives the same bytes. Every picture has a text that says what it shows, in numbers.
"""

import importlib.util
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dino.errors import WorldError
from dino.journal import Value, read
from dino.page import Picture, page
from dino.snapshots import Snapshots
from dino.snapshots import read as read_snapshots

if TYPE_CHECKING:
    from dino.drawings import Panel, Series, Theme

PAGE, PICTURES = "report.html", "report"


@dataclass(frozen=True)
class History:
    """The records of a run, by kind."""

    steps: Sequence[dict[str, Value]]
    knn: Sequence[dict[str, Value]]
    warnings: Sequence[dict[str, Value]]
    settings: str = ""
    kept: Snapshots = field(default_factory=lambda: Snapshots(np.zeros((0, 1, 1, 3), np.uint8), (), ()))

    def series(self, name: str, label: str = "", kind: str = "steps") -> "Series | None":
        """One field over the steps; None where no record has a number for it."""
        from dino.drawings import Series

        records = [record for record in (self.steps if kind == "steps" else self.knn) if name in record]
        values = np.array([_number(record[name]) for record in records])
        if not np.isfinite(values).any():
            return None
        return Series(label or name, np.array([_number(record.get("step")) for record in records]), values)


def report(run: Path) -> Path:
    """Writes RUN/report.html and RUN/report/*.png; returns the page.

    Raises ContentError where the folder is no run, WorldError where matplotlib is missing or the disk refuses.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise WorldError("a report needs matplotlib: run `pip install matplotlib`")
    history = gather(run)
    pictures = draw(history)
    try:
        (run / PICTURES).mkdir(exist_ok=True)
        for picture in pictures:
            (run / PICTURES / f"{picture.name}.png").write_bytes(picture.light)
            (run / PICTURES / f"{picture.name}-dark.png").write_bytes(picture.dark)
        text = page(run.resolve().name, facts(history), history.warnings, history.knn, pictures, history.settings)
        (run / PAGE).write_text(text, encoding="utf-8")
    except OSError as error:
        raise WorldError(f"the report cannot be written to {run} ({error.strerror}); make room or unlock it") from error
    return run / PAGE


def gather(run: Path) -> History:
    """What the folder of a run says. Raises ContentError where it is none."""
    records = read(run)
    settings = run / "config.toml"
    return History(
        steps=[record for record in records if record.get("kind") == "step"],
        knn=[record for record in records if record.get("kind") == "knn"],
        warnings=[record for record in records if record.get("kind") == "warning"],
        settings=settings.read_text(encoding="utf-8") if settings.is_file() else "",
        kept=read_snapshots(run),
    )


def facts(history: History) -> list[tuple[str, str]]:
    """The few numbers that come first."""
    found: list[tuple[str, str]] = []
    if history.steps:
        last = history.steps[-1]
        found.append(("Steps", f"{_number(last.get('step')):.0f}, {_number(last.get('epoch')):.4g} epochs"))
    if loss := history.series("loss"):
        ln_k = _number(history.steps[-1].get("ln_k"))
        of = f" (ln K is {ln_k:.3f})" if math.isfinite(ln_k) else ""
        found.append(("Loss", f"{_first(loss):.3f} to {_last(loss):.3f}{of}"))
    if knn := history.series("top1", kind="knn"):
        best = int(np.nanargmax(knn.values))
        found.append(("k-NN, best", f"{knn.values[best]:.1f} % at step {knn.steps[best]:.0f}"))
        found.append(("k-NN, last", f"{_last(knn):.1f} % (k = {history.knn[-1].get('k')})"))
    if speed := history.series("images_per_second"):
        found.append(("Images per second", f"{np.nanmedian(speed.values):.4g} (median)"))
    if memory := history.series("memory"):
        found.append(("Memory, peak", f"{np.nanmax(memory.values) / 2**30:.2f} GiB"))
    found.append(("Warnings", str(len(history.warnings)) if history.warnings else "none"))
    return found


def draw(history: History) -> list[Picture]:
    """The pictures for which the run has something to show."""
    from dino.drawings import attention, crops, curves, heads

    pictures = []
    for name, title, caption, panels in _plots(history):
        there = [panel for panel in panels if panel.series]
        if there:
            alt = " ".join(_told(panel) for panel in there)
            pictures.append(_both(name, title, caption, alt, lambda theme, there=there: curves(there, theme)))  # type: ignore[misc]
    kept = history.kept
    if len(kept.images) and kept.crops:
        caption = "One row per image: the image, then each crop at one scale. The teacher sees the global crops only."
        shapes = ", ".join(sorted({f"{c.shape[1]} × {c.shape[2]}" for c in kept.crops}, reverse=True))
        alt = f"{len(kept.images)} images, each beside its {len(kept.crops)} crops of {shapes} pixels."
        pictures.append(
            _both("crops", "Crops as the network sees them", caption, alt, lambda theme: crops(kept, theme))
        )
    if len(kept.images) and kept.attention:
        caption = (
            "Attention of the class token in the last block, mean over heads, bright is more; for the same images."
        )
        title = "Attention growing over training"
        pictures.append(_both("attention", title, caption, _looked(kept), lambda theme: attention(kept, theme)))
        last = kept.attention[-1]
        alt = f"{last.maps.shape[1]} attention maps for each of {last.maps.shape[0]} images, at step {last.step}."
        pictures.append(
            _both("heads", "Attention, head by head", "The last snapshot.", alt, lambda theme: heads(kept, theme))
        )
    return pictures


def _plots(history: History) -> list[tuple[str, str, str, list["Panel"]]]:
    """Name, title, caption and panels of every plot."""
    from dino.drawings import Panel

    def panel(
        title: str, *fields: tuple[str, str], kind: str = "steps", level: bool = False, zero: bool = False
    ) -> Panel:
        series = [found for name, label in fields if (found := history.series(name, label, kind))]
        ln_k = _number(history.steps[-1].get("ln_k")) if history.steps else math.nan
        across = ("ln K, a uniform output", ln_k) if level and math.isfinite(ln_k) else None
        return Panel(title, series, across, zero=zero, marked=kind == "knn")

    k = history.knn[-1].get("k") if history.knn else 20
    entropies = (("teacher_entropy", "teacher"), ("student_entropy", "student"), ("marginal_entropy", "marginal"))
    return [
        ("learning", "Learning", "The loss against that of a uniform output, and k-NN with the teacher's features.", [
            panel("Loss", ("loss", "loss"), level=True),
            panel(f"k-NN, top-1 in percent (k = {k})", ("top1", "k-NN"), kind="knn"),
        ]),
        ("vitals", "Vitals of collapse", "A uniform collapse takes the teacher's entropy to ln K; a collapse onto one "
         "dimension takes the marginal entropy to 0; both take the divergence to 0 (paper, figure 7).", [
            panel("Entropies, in nats", *entropies, level=True, zero=True),
            panel("KL of teacher and student, in nats", ("kl", "KL"), zero=True),
            panel("Center: norm, and lag in spreads", ("center_norm", "norm"), ("center_lag", "lag"), zero=True),
            panel("Effective rank of the features", ("feature_rank", "rank"), zero=True),
        ]),
        ("schedules", "Schedules", "What the schedules set at each step.", [
            panel("Learning rate", ("lr", "learning rate"), zero=True),
            panel("Weight decay", ("wd", "weight decay"), zero=True),
            panel("Momentum of the teacher", ("momentum", "momentum")),
            panel("Temperature of the teacher", ("teacher_temp", "temperature"), zero=True),
        ]),
        ("speed", "Speed", "Images per second over all processes, and seconds of a step spent waiting for data.", [
            panel("Images per second", ("images_per_second", "images per second"), zero=True),
            panel("Waiting for data, seconds", ("data_wait", "waiting"), zero=True),
        ]),
    ]  # fmt: skip


def _both(name: str, title: str, caption: str, alt: str, drawn: Callable[["Theme"], bytes]) -> Picture:
    from dino.drawings import DARK, LIGHT

    return Picture(name, title, caption, alt, drawn(LIGHT), drawn(DARK))


def _told(panel: "Panel") -> str:
    """The plot in words: where each line starts and ends, and its extremes."""
    lines = [
        f"{series.name} from {_first(series):.4g} to {_last(series):.4g}, "
        f"between {np.nanmin(series.values):.4g} and {np.nanmax(series.values):.4g}"
        for series in panel.series
    ]
    across = f"; {panel.level[0]}: {panel.level[1]:.4g}" if panel.level else ""
    return f"{panel.title}: {'; '.join(lines)}{across}."


def _looked(kept: Snapshots) -> str:
    """Attention in words: how much of it the brightest fifth of the patches has, first and last."""

    def share(index: int) -> float:
        maps = kept.attention[index].maps.mean(1).reshape(len(kept.images), -1).astype(np.float64)
        top = np.sort(maps, axis=1)[:, -max(1, maps.shape[1] // 5) :].sum() / maps.sum()
        return float(100 * top)

    first, last = kept.attention[0], kept.attention[-1]
    return (
        f"Attention maps of {len(kept.images)} images at {len(kept.attention)} moments. The brightest fifth of the "
        f"patches has {share(0):.0f} percent of the attention at step {first.step} and {share(-1):.0f} percent at step "
        f"{last.step}."
    )


def _first(series: "Series") -> float:
    return float(series.values[np.isfinite(series.values)][0])


def _last(series: "Series") -> float:
    return float(series.values[np.isfinite(series.values)][-1])


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
