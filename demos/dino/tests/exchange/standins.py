"""Stand-ins for the authors' released weights, which cannot be had here.

Files with the keys, shapes and pickled Namespace of the published code (facebookresearch/dino 7c446df). The small
network's tensors were computed by that code: they are those of the golden file `tests/parity/backbone.npz`, with the
outputs it gave. The sizes of the released ViT-S/16 are filled with noise.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

PARITY = Path(__file__).parents[1] / "parity"
META = json.loads((PARITY / "meta.json").read_text())


def golden(file: str) -> dict[str, Tensor]:
    with np.load(PARITY / file) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays}


def authors_args(**changed: Any) -> argparse.Namespace:
    """The Namespace of their main_dino.py with its defaults."""
    values: dict[str, Any] = {
        "arch": "vit_small",
        "patch_size": META["patch"],
        "out_dim": META["out_dim"],
        "norm_last_layer": True,
        "momentum_teacher": 0.996,
        "use_bn_in_head": False,
        "warmup_teacher_temp": 0.04,
        "teacher_temp": 0.04,
        "warmup_teacher_temp_epochs": 0,
        "use_fp16": True,
        "weight_decay": 0.04,
        "weight_decay_end": 0.4,
        "clip_grad": 3.0,
        "batch_size_per_gpu": 64,
        "epochs": 100,
        "freeze_last_layer": 1,
        "lr": 0.0005,
        "warmup_epochs": 10,
        "min_lr": 1e-06,
        "optimizer": "adamw",
        "drop_path_rate": 0.1,
        "global_crops_scale": (0.4, 1.0),
        "local_crops_number": 8,
        "local_crops_scale": (0.05, 0.4),
        "data_path": "/data/train",
        "output_dir": ".",
        "saveckp_freq": 20,
        "seed": 0,
        "num_workers": 10,
        "dist_url": "env://",
        "local_rank": 0,
        "rank": 0,
        "world_size": 8,
        "gpu": 0,
    }
    return argparse.Namespace(**{**values, **changed})


def use(module: Any, *words: str) -> int:
    """The command in the module with these words."""
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(words)))


def printed_use(card: str) -> dict[str, Any]:
    """Runs the Python in a card as it stands; the names it leaves."""
    names: dict[str, Any] = {}
    exec(card.split("```python\n")[1].split("```")[0], names)  # noqa: S102 - the card's own words
    return names


class Malicious:
    """Pickled, it makes a folder when it is opened by a careless reader."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (self.command,)
