"""`dino report RUN`: what happened in a run, as one HTML file that needs nothing else, and its pictures as PNGs.

The facts come first, then the warnings, then the figures. The same run gives the same bytes.
"""

import importlib.util
import math
from pathlib import Path

import numpy as np

from dino.errors import WorldError
from dino.history import History, gather
from dino.monitor import Monitor
from dino.page import page

PAGE, PICTURES = "report.html", "report"


def report(run: Path) -> Path:
    """Writes RUN/report.html and RUN/report/*.png; returns the page.

    Raises ContentError where the folder is no run, WorldError where matplotlib is missing or the disk refuses.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise WorldError("a report needs matplotlib: run `pip install matplotlib`")
    from dino.figures import draw

    history = gather(run)
    figures = draw(history)
    try:
        (run / PICTURES).mkdir(exist_ok=True)
        for picture in (picture for figure in figures for picture in figure.pictures):
            (run / PICTURES / f"{picture.name}.png").write_bytes(picture.light)
            (run / PICTURES / f"{picture.name}-dark.png").write_bytes(picture.dark)
        text = page(run.resolve().name, facts(history), history.warnings, history.knn, figures, history.settings)
        (run / PAGE).write_text(text, encoding="utf-8")
    except OSError as error:
        raise WorldError(f"the report cannot be written to {run} ({error.strerror}); make room or unlock it") from error
    return run / PAGE


def facts(history: History) -> list[tuple[str, str]]:
    """The few numbers that come first."""
    found: list[tuple[str, str]] = []
    if history.steps:
        found.append(("Steps", f"{history.last('step'):.0f}, {history.last('epoch'):.4g} epochs"))
    if loss := history.series("loss"):
        ln_k = history.last("ln_k")
        of = f" (ln K is {ln_k:.3f})" if math.isfinite(ln_k) else ""
        found.append(("Loss", f"{loss.first:.3f} to {loss.last:.3f}{of}"))
    if knn := history.series("top1", kind="knn"):
        best = int(np.nanargmax(knn.values))
        found.append(("k-NN, best", f"{knn.values[best]:.1f} % at step {knn.steps[best]:.0f}"))
        found.append(("k-NN, last", f"{knn.last:.1f} % (k = {history.knn[-1].get('k')})"))
    if speed := history.series("images_per_second"):
        found.append(("Images per second", f"{np.nanmedian(speed.values):.4g} (median)"))
    if memory := history.series("memory"):
        found.append(("Memory, peak", f"{np.nanmax(memory.values) / 2**30:.2f} GiB"))
    return [*found, ("Warnings", _warnings(history))]


def _warnings(history: History) -> str:
    """How many there are; of none, whether the run was long enough for one."""
    if history.warnings:
        return str(len(history.warnings))
    monitor = Monitor(out_dim=2)
    earliest = monitor.grace + monitor.due[0] - 1
    if history.last("step") >= earliest:
        return "none"
    return f"none yet: a collapse can be told from step {earliest} on"
