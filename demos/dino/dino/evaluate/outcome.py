"""What an evaluation found: numbers, each with its interval, as a table for people and as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.table import Table

Asked = str | int | float | bool | Sequence[int]


@dataclass(frozen=True)
class Metric:
    """One number, and between which values it would lie had other images been drawn (`bootstrap`)."""

    name: str
    value: float
    interval: tuple[float, float] | None = None
    unit: str = "%"


@dataclass(frozen=True)
class Outcome:
    """All that one evaluation found of one network, and what it was asked: images, size, settings."""

    evaluation: str
    network: str
    asked: Mapping[str, Asked]
    metrics: Sequence[Metric]

    def as_json(self) -> str:
        """One object, indented."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)

    def as_table(self) -> Table:
        """A line for each number."""
        table = Table("", "", "95 % interval", title=f"{self.evaluation} of {self.network}", title_justify="left")
        for metric in self.metrics:
            interval = "{:.2f} to {:.2f}".format(*metric.interval) if metric.interval else ""
            table.add_row(metric.name, f"{metric.value:.2f} {metric.unit}", interval)
        return table
