"""The figures of a report: what is drawn of a run, and a text for every picture that says what it shows, in numbers.

Curves of the loss against ln K and of k-NN (paper section 4.1), the vitals of collapse (figure 7), the schedules, the
speed, the crops as the network sees them (section 3.1), and attention growing over training (figures 1 and 4). Every
picture is as wide as a phone: the page lays them out.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from dino.drawings import DARK, LIGHT, Cell, Panel, Theme, curve, mosaic, shown
from dino.history import History
from dino.page import Figure, Picture
from dino.snapshots import Array, Snapshots

THIRD = 3


def draw(history: History) -> list[Figure]:
    """The figures for which the run has something to show."""
    figures = []
    for name, title, caption, panels in _plots(history):
        pictures = [
            _both(f"{name}-{panel.name}", _told(panel), lambda theme, panel=panel: curve(panel, theme))  # type: ignore[misc]
            for panel in panels
            if panel.series
        ]
        if pictures:
            figures.append(Figure(name, title, caption, pictures))
    return [*figures, *_looks(history.kept)]


def _plots(history: History) -> list[tuple[str, str, str, list[Panel]]]:
    """Name, title, caption and panels of every figure of curves."""

    def panel(
        name: str, title: str, *fields: tuple[str, str], kind: str = "steps", level: bool = False, zero: bool = False
    ) -> Panel:
        series = [found for field, label in fields if (found := history.series(field, label, kind))]
        ln_k = history.last("ln_k")
        across = ("ln K, a uniform output", ln_k) if level and math.isfinite(ln_k) else None
        return Panel(name, title, series, across, zero=zero, marked=kind == "knn")

    k = history.knn[-1].get("k") if history.knn else 20
    entropies = (("teacher_entropy", "teacher"), ("student_entropy", "student"), ("marginal_entropy", "marginal"))
    center = (("center_norm", "norm"), ("center_lag", "lag"))
    return [
        ("learning", "Learning", "The loss against that of a uniform output, and k-NN with the teacher's features.", [
            panel("loss", "Loss", ("loss", "loss"), level=True),
            panel("knn", f"k-NN, top-1 in percent (k = {k})", ("top1", "k-NN"), kind="knn"),
        ]),
        ("covering", "What attention covers", "The Jaccard index of masks that hold 60 % of a head's attention and of "
         "exact ones: for the best head of each image, and for the head that is best over all (paper, figure 4).", [
            panel("jaccard", "Jaccard index in percent", ("jaccard", "best of each image"),
                  ("jaccard_single", "best over all"), kind="knn"),
        ]),
        ("vitals", "Vitals of collapse", "A uniform collapse takes the teacher's entropy to ln K; a collapse onto one "
         "dimension takes the marginal entropy to 0; both take the divergence to 0 (paper, figure 7).", [
            panel("entropies", "Entropies, in nats", *entropies, level=True, zero=True),
            panel("divergence", "KL of teacher and student, in nats", ("kl", "KL"), zero=True),
            panel("center", "Center: norm, and lag in spreads", *center, zero=True),
            panel("rank", "Effective rank of the features", ("feature_rank", "rank"), zero=True),
        ]),
        ("schedules", "Schedules", "What the schedules set at each step.", [
            panel("rate", "Learning rate", ("lr", "learning rate"), zero=True),
            panel("decay", "Weight decay", ("wd", "weight decay"), zero=True),
            panel("momentum", "Momentum of the teacher", ("momentum", "momentum")),
            panel("temperature", "Temperature of the teacher", ("teacher_temp", "temperature"), zero=True),
        ]),
        ("speed", "Speed", "Images per second over all processes, and seconds of a step spent waiting for data.", [
            panel("images", "Images per second", ("images_per_second", "images per second"), zero=True),
            panel("waiting", "Waiting for data, seconds", ("data_wait", "waiting"), zero=True),
        ]),
    ]  # fmt: skip


def _looks(kept: Snapshots) -> Iterator[Figure]:
    """The figures of the images that the run kept: a picture for each image."""
    count = len(kept.images)
    if count and kept.crops:
        caption = "The image, then its crops, these all at one scale. The teacher sees the global crops only."
        yield Figure("crops", "Crops as the network sees them", caption, [_crops(kept, row) for row in range(count)])
    if count and kept.attention:
        caption = (
            "Attention of the class token in the last block, mean over heads, bright is more; for the same images."
        )
        grown = [_attention(kept, row) for row in range(count)]
        yield Figure("attention", "Attention growing over training", caption, grown)
        heads = [_heads(kept, row) for row in range(count)]
        yield Figure("heads", "Attention, head by head", "The last snapshot.", heads)


def _crops(kept: Snapshots, row: int) -> Picture:
    widest = max(kept.crops[0].shape[1:3])
    cells = [_image(kept, row, THIRD)]
    for number, crop in enumerate(kept.crops, 1):
        kind = "global" if crop.shape[1:3] == kept.crops[0].shape[1:3] else "local"
        cells.append(Cell.across(f"{kind} {number}", crop[row], THIRD, widest))
    shapes = ", ".join(sorted({f"{crop.shape[1]} × {crop.shape[2]}" for crop in kept.crops}, reverse=True))
    told = f"Image {row + 1} beside its {len(kept.crops)} crops of {shapes} pixels."
    return _both(f"crops-{row + 1}", told, lambda theme: mosaic(cells, theme))


def _attention(kept: Snapshots, row: int) -> Picture:
    looks = [kept.attention[index] for index in shown(len(kept.attention))]
    cells = [_image(kept, row, THIRD)]
    cells += [Cell.across(f"epoch {look.epoch:.4g}", look.maps[row].mean(0), THIRD) for look in looks]
    first, last = looks[0], looks[-1]
    told = (
        f"Attention in image {row + 1} at {len(kept.attention)} moments. The brightest fifth of the patches has "
        f"{_share(first.maps[row]):.0f} percent of it at step {first.step} and {_share(last.maps[row]):.0f} percent at "
        f"step {last.step}."
    )
    return _both(f"attention-{row + 1}", told, lambda theme: mosaic(cells, theme))


def _heads(kept: Snapshots, row: int) -> Picture:
    """The last snapshot's attention in one image, head by head (the paper's figures 1 and 3)."""
    last = kept.attention[-1]
    heads = last.maps.shape[1]
    parts = 1 + heads if heads < 5 else 4
    cells = [_image(kept, row, parts)]
    cells += [Cell.across(f"head {head}", weights, parts) for head, weights in enumerate(last.maps[row], 1)]
    told = f"The {heads} attention maps of image {row + 1} at step {last.step}."
    return _both(f"heads-{row + 1}", told, lambda theme: mosaic(cells, theme))


def _image(kept: Snapshots, row: int, parts: int) -> Cell:
    return Cell.across("image", kept.images[row], parts)


def _share(maps: Array) -> float:
    """The percentage of the attention, mean over heads, that the brightest fifth of the patches has."""
    weights = np.sort(maps.mean(0).astype(np.float64), axis=None)
    return float(100 * weights[-max(1, len(weights) // 5) :].sum() / weights.sum())


def _both(name: str, alt: str, drawn: Callable[[Theme], bytes]) -> Picture:
    return Picture(name, alt, drawn(LIGHT), drawn(DARK))


def _told(panel: Panel) -> str:
    """The plot in words: where each line starts and ends, and its extremes."""
    lines = [
        f"{series.name} from {series.first:.4g} to {series.last:.4g}, "
        f"between {np.nanmin(series.values):.4g} and {np.nanmax(series.values):.4g}"
        for series in panel.series
    ]
    across = f"; {panel.level[0]}: {panel.level[1]:.4g}" if panel.level else ""
    return f"{panel.title}: {'; '.join(lines)}{across}."
