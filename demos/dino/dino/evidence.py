"""Evidence: what a run learnt, judged and drawn, in the form in which a demo's page reads it (`metrics.json`)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from dino.controls.claims import MIDDLES, NEIGHBOURS, OBJECTS, Claim
from dino.controls.comparison import Score
from dino.errors import WorldError
from dino.page import Figure

METRICS, FIGURES = "metrics.json", "figures"
LICENCE = "CC-BY-4.0"
"""Of the pictures: their images are drawn by the demo."""
PAPER: Mapping[str, Mapping[str, Any]] = {
    NEIGHBOURS: {"value": 74.5, "where": "Table 2, ViT-S/16 on ImageNet"},
    OBJECTS: {"value": 45.9, "where": "Figure 4, ViT-S/16 on VOC 2012"},
}
"""What the paper found on photographs a thousand times as many, with a network fifty times as large."""


@dataclass(frozen=True)
class Evidence:
    """The claims, judged; what labels would have given, the network's twin beside it; and the figures."""

    claims: Sequence[Claim]
    supervised: Score
    figures: Sequence[Figure]
    command: str

    def write(self, folder: Path) -> None:
        """The folder's metrics.json and figures/*.png. Raises WorldError where the disk refuses."""
        try:
            (folder / FIGURES).mkdir(parents=True, exist_ok=True)
            for figure in self.figures:
                for picture in figure.pictures:
                    (folder / FIGURES / f"{picture.name}.png").write_bytes(picture.light)
            (folder / METRICS).write_text(json.dumps(self.measured(), indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise WorldError(f"{folder} cannot be written ({error.strerror}); make room or name another") from error

    def measured(self) -> dict[str, Any]:
        """What metrics.json holds."""
        figures = [
            {"file": f"{FIGURES}/{picture.name}.png", "caption": figure.caption, "alt": picture.alt, "license": LICENCE}
            for figure in self.figures
            for picture in figure.pictures
        ]
        return {"metrics": [self._metric(claim) for claim in self.claims], "figures": figures, "accelerator": None}

    def table(self) -> Table:
        """Each claim with its controls, and whether it held."""
        table = Table("", "%", "above, points", "95 % interval", title="What was learnt", title_justify="left")
        for claim in self.claims:
            verdict = "[green]held[/]" if claim.held else "[bold]did not hold[/]"
            table.add_section()
            table.add_row(f"[bold]{claim.sentence}[/] {verdict}", "", "", "")
            table.add_row(claim.measure, f"{claim.value:.1f}", "", _span(claim.interval))
            for margin in claim.margins:
                row = f"{margin.value:.1f}", f"{margin.difference:+.1f}", _span(margin.interval)
                table.add_row(f"  {margin.control}", *row)
            if (labels := self._with_labels(claim)) is not None:
                table.add_row("  with labels", f"{labels:.1f}", "", "")
        return table

    def _metric(self, claim: Claim) -> dict[str, Any]:
        controls = [{"name": margin.control, "value": margin.value} for margin in claim.margins]
        if (labels := self._with_labels(claim)) is not None:
            controls.append({"name": "with labels", "value": labels})
        name = f"{claim.measure}, beside the middle" if claim.sentence == MIDDLES else claim.measure
        metric = {
            "name": name,
            "value": claim.value,
            "interval": claim.interval,
            "unit": "%",
            "claim": claim.sentence,
            "held": claim.held,
            "command": self.command,
            "controls": controls,
        }
        return {**metric, "paper": PAPER[claim.sentence]} if claim.sentence in PAPER else metric

    def _with_labels(self, claim: Claim) -> float | None:
        """The same measure of the network that learnt with labels."""
        if claim.sentence == NEIGHBOURS:
            return self.supervised.knn
        return self.supervised.jaccard[0] if claim.sentence == OBJECTS and self.supervised.jaccard else None


def _span(interval: tuple[float, float]) -> str:
    return "{:.1f} to {:.1f}".format(*interval)
