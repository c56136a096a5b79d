"""`dino parity DIR`: the golden values of the authors' code, recomputed by the code that trains, and compared."""

import argparse
import json
import math
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from dino.errors import ContentError, WorldError
from dino.parity import SIZES, Difference, compare

TITLES = {
    "meta.json": "which parameters are decayed",
    "backbone.npz": "vision transformer",
    "head.npz": "projection head",
    "loss.npz": "loss, its gradient and the center",
    "schedules.npz": "schedules",
    "train_adamw.npz": "a run with AdamW",
    "train_sgd.npz": "a run with SGD",
    "train_adamw_normlast_noclip.npz": "a run with AdamW, fixed norm, unclipped",
    "train_lars.npz": "a run with LARS",
    "knn.npz": "k-NN accuracy",
    "label_propagation.npz": "label propagation",
    "retrieval.json": "image retrieval",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder of golden files, like tests/parity")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="also write metrics.json there")
    parser.epilog = "example: dino parity tests/parity"


def run(arguments: argparse.Namespace) -> int:
    if not (arguments.folder / SIZES).is_file():
        fault = f"has no {SIZES}" if arguments.folder.is_dir() else "is no folder"
        raise ContentError(f"{arguments.folder} {fault}; name the folder tests/parity of this package's source")
    torch.set_num_threads(1)  # the networks are so small that several only wait for each other
    differences = compare(arguments.folder)
    Console().print(_table(differences))
    if arguments.out:
        _write(arguments.out, differences)
    return 0 if all(difference.held for difference in differences) else 1


def _table(differences: Sequence[Difference]) -> Table:
    table = Table("file", "quantity", "largest difference", "tolerance", "")
    for difference in differences:
        verdict = "[green]held[/]" if difference.held else "[bold red]broken[/]"
        values = (f"{difference.largest:.2g}", f"{difference.tolerance:g}")
        table.add_row(difference.file, difference.quantity, *values, verdict)
    return table


def _write(folder: Path, differences: Sequence[Difference]) -> None:
    """One metric per golden file: the quantity that came closest to its tolerance, in parts of that tolerance."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"metrics": metrics(differences), "figures": [], "accelerator": None}, indent=2)
        (folder / "metrics.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise WorldError(f"{folder}/metrics.json cannot be written: {error.strerror}") from error


def metrics(differences: Sequence[Difference]) -> list[dict[str, object]]:
    """The largest difference as a share of what is allowed: of all, claimed to stay below 1, then by golden file."""
    groups = groupby(differences, key=lambda difference: difference.file)
    largest = {TITLES[file]: max(map(_share, parts)) for file, parts in groups}
    claimed = {
        "claim": "Every quantity is equal to the authors' within the tolerance.",
        "held": all(difference.held for difference in differences),
    }
    return [
        _metric("largest difference from the authors' code", max(largest.values())) | claimed,
        *(_metric(title, share) for title, share in largest.items()),
    ]


def _metric(name: str, share: float) -> dict[str, object]:
    return {"name": name, "value": share, "unit": "of the tolerance", "command": "dino parity tests/parity"}


def _share(difference: Difference) -> float:
    if difference.held and not difference.tolerance:
        return 0.0
    share = difference.largest / difference.tolerance if difference.tolerance else difference.largest + 1
    return round(share, 3) if math.isfinite(share) else 1e9
