"""What the folder of a run says of its past: the records of its log, its settings, and what it kept to be looked at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dino.errors import ContentError
from dino.journal import LOG, Value, read
from dino.snapshots import Snapshots
from dino.snapshots import read as read_snapshots

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """One field over the run: its name, its values, and the steps they belong to. At least one value is finite."""

    name: str
    steps: Numbers
    values: Numbers

    @property
    def first(self) -> float:
        return float(self.values[np.isfinite(self.values)][0])

    @property
    def last(self) -> float:
        return float(self.values[np.isfinite(self.values)][-1])


@dataclass(frozen=True)
class History:
    """The records of a run, by kind."""

    steps: Sequence[dict[str, Value]]
    knn: Sequence[dict[str, Value]]
    warnings: Sequence[dict[str, Value]]
    settings: str = ""
    kept: Snapshots = field(default_factory=lambda: Snapshots(np.zeros((0, 1, 1, 3), np.uint8), (), ()))

    def series(self, name: str, label: str = "", kind: str = "steps") -> Series | None:
        """One field over the steps; None where no record has a number for it."""
        records = [record for record in (self.steps if kind == "steps" else self.knn) if name in record]
        values = np.array([number(record[name]) for record in records])
        if not np.isfinite(values).any():
            return None
        return Series(label or name, np.array([number(record.get("step")) for record in records]), values)

    def last(self, name: str) -> float:
        """One field of the last step; no number where there is none."""
        return number(self.steps[-1].get(name)) if self.steps else math.nan


def gather(run: Path) -> History:
    """What the folder of a run says. Raises ContentError where it is none."""
    if not (run / LOG).is_file():
        fault = f"is no run: it has no {LOG}" if run.exists() else "is not there"
        raise ContentError(f"{run} {fault}; name the folder that `dino train` wrote (its --out)")
    records = read(run)
    settings = run / "config.toml"
    return History(
        steps=[record for record in records if record.get("kind") == "step"],
        knn=[record for record in records if record.get("kind") == "knn"],
        warnings=[record for record in records if record.get("kind") == "warning"],
        settings=settings.read_text(encoding="utf-8") if settings.is_file() else "",
        kept=read_snapshots(run),
    )


def number(value: Value) -> float:
    """The value of a field as a number; no number where it is none."""
    return float(value) if isinstance(value, int | float) else math.nan
