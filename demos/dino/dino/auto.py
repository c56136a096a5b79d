"""The preset `auto`: settings chosen from the number and size of the images and the memory, each with its reason.

The number of prototypes by the size of the set follows what users reported (issues 246 and 279 of the authors' code):
65,536 prototypes for a few thousand images keep the loss at ln K.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch

from dino.data.faults import next_readable
from dino.data.images import Images

GIB = 2**30
PROTOTYPES = ((20_000, 1024), (50_000, 2048), (100_000, 4096), (200_000, 16384), (500_000, 32768))
SAMPLE = 16


@dataclass(frozen=True)
class Choice:
    """Some settings, and why they were chosen."""

    values: dict[str, Any]
    why: str


@dataclass(frozen=True)
class Facts:
    """What the choice depends on: images and their typical short side, the kind of device and its memory in bytes."""

    count: int
    side: int
    device: str
    memory: int
    cores: int


def facts_of(images: Images, device: torch.device) -> Facts:
    """The facts, from a few images evenly apart and from this machine."""
    chosen = range(0, len(images), max(1, len(images) // SAMPLE))
    sides = [min(next_readable(images, index).image.size) for index in chosen]
    if device.type == "cuda":
        memory = torch.cuda.get_device_properties(device).total_memory
    else:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 8 * GIB
    return Facts(len(images), int(median(sides)), device.type, memory, os.cpu_count() or 1)


def choose(facts: Facts) -> list[Choice]:
    """The settings for these facts, with a line of reason for each group."""
    fast = facts.device == "cuda"
    return [
        _architecture(facts, fast),
        _crops(facts, fast),
        _prototypes(facts),
        _batch(facts, fast),
        _schedule(facts, fast),
    ]


def merged(choices: Sequence[Choice]) -> dict[str, Any]:
    """All settings of the choices."""
    return {name: value for choice in choices for name, value in choice.values.items()}


def _architecture(facts: Facts, fast: bool) -> Choice:
    patch = 4 if facts.side <= 48 else 8 if facts.side <= 80 and fast else 16
    if not fast:
        return Choice(
            {"backbone": "vit_tiny", "patch_size": patch, "drop_path": 0.0},
            f"vit_tiny with patches of {patch}: the smallest of the family, since there is no GPU",
        )
    if facts.count < 50_000 and facts.side <= 80:
        return Choice({"backbone": "vit_tiny", "patch_size": patch}, f"vit_tiny/{patch}: few and small images")
    return Choice({"backbone": "vit_small", "patch_size": patch}, f"vit_small/{patch}: the paper's own choice")


def _crops(facts: Facts, fast: bool) -> Choice:
    largest = 224 if fast else 64
    side = min(largest, max(16, facts.side))
    unit = 4 if facts.side <= 48 else 16
    side, local = max(unit, side // unit * unit), max(unit, round(side * 96 / 224) // unit * unit)
    values: dict[str, Any] = {"global_size": (side, side), "local_size": (local, local)}
    values["local_count"] = 8 if fast else 4
    if side < 64:
        values |= {"blur_first": 0.0, "blur_second": 0.0, "blur_local": 0.0}
    else:
        largest_radius = round(max(0.5, 2.0 * side / 224), 2)
        values["blur_radius"] = (0.1, largest_radius)
    why = f"2 crops of {side} and {values['local_count']} of {local}: the images' short side is about {facts.side}"
    return Choice(values, why + ("" if fast else ", and a CPU must see them"))


def _prototypes(facts: Facts) -> Choice:
    number = next((size for limit, size in PROTOTYPES if facts.count <= limit), 65536)
    hidden = 512 if facts.device == "cpu" and number <= 1024 else 2048
    return Choice(
        {"out_dim": number, "head_hidden": hidden, "norm_last_layer": False},
        f"{number:,} prototypes for {facts.count:,} images: more of them would keep the loss at its start",
    )


def _batch(facts: Facts, fast: bool) -> Choice:
    if fast:
        room = 2 ** max(4, int(facts.memory / GIB * 4).bit_length() - 1)
        batch = min(256, room)
    else:
        batch = 32 if facts.memory > 3 * GIB else 16
    batch = max(1, min(batch, facts.count // 4 or 1))
    workers = max(0, min(facts.cores - 1, 16))
    return Choice(
        {
            "batch_size": batch,
            "workers": workers,
            "cache": 256 if fast and facts.count <= 50_000 else 96 if not fast else 0,
        },
        f"batches of {batch} for {facts.memory / GIB:.0f} GiB of memory, {workers} loaders for {facts.cores} cores",
    )


def _schedule(facts: Facts, fast: bool) -> Choice:
    """Enough epochs within the device's patience; the more images, the slower the teacher."""
    seen = 3_000_000 if fast else 30_000
    epochs = min(300, max(10, round(seen / max(1, facts.count))))
    share = min(1.0, max(0.0, (facts.count - 20_000) / (1_280_000 - 20_000)))
    momentum = round(0.99 + share * 0.006, 4)
    values = {
        "epochs": epochs,
        "warmup_epochs": max(1, epochs // 10),
        "warmup_teacher_temp_epochs": max(1, epochs // 4),
        "teacher_temp": 0.07 if epochs >= 50 else 0.05,
        "momentum_teacher": momentum,
        "lr": 0.0005 if fast else 0.004,
    }
    return Choice(
        values, f"{epochs} epochs with a teacher momentum of {momentum}: about {epochs * facts.count:,} images seen"
    )
