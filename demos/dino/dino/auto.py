"""The preset `auto`: settings chosen from the number and size of the images and the memory, each with its reason.

It chooses around the settings that are given otherwise: whoever sets the epochs gets warm-ups that fit into them. The
number of prototypes by the size of the set follows what users reported (issues 246 and 279 of the authors' code):
65,536 prototypes for a few thousand images keep the loss at ln K. On a CPU it is the recipe for photographs
(recipes/README.md), with as many epochs as see about as many images.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch

from dino.building import choose_precision
from dino.config import Config
from dino.data.faults import next_readable
from dino.data.images import Images
from dino.footprint import image_bytes, state_bytes
from dino.settings import with_values
from dino.threads import share_of_cores
from dino.validation import mistakes, stem_misfit

GIB = 2**30
PROTOTYPES = ((20_000, 1024), (50_000, 2048), (100_000, 4096), (200_000, 16384), (500_000, 32768))
SAMPLE = 16
LARGEST_STEP = 1024
"""Images per step over all processes: the largest of the paper's runs with few GPUs (Table 9)."""
USABLE = 0.8
"""Of the memory; the rest is for the system, the allocator's gaps and the images themselves."""
PROCESS = GIB * 3 // 4
"""What Python, PyTorch and a few decoded images take in a process."""
SIDE = 48
"""Of a global crop where there is no CUDA."""
SEEN = 450_000
"""Images that a run sees where there is no CUDA: an hour or two of two cores."""
GREY_MEAN, GREY_STD = 0.449, 0.226
"""The averages of ImageNet's over its three channels."""


@dataclass(frozen=True)
class Choice:
    """Some settings, and why they were chosen."""

    values: dict[str, Any]
    why: str


@dataclass(frozen=True)
class Facts:
    """What the choice depends on: images and their typical short side, the kind of device, its memory in bytes, and the
    processor cores; memory and cores are those that each of `processes` has for itself. `mixed` tells whether a GPU
    computes in 16 bits where nothing else is asked for."""

    count: int
    side: int
    device: str
    memory: int
    cores: int
    processes: int = 1
    mixed: bool = True


TYPICAL = Facts(count=1_000, side=500, device="cpu", memory=8 * GIB, cores=2)


def facts_of(images: Images, device: torch.device) -> Facts:
    """The facts, from a few images evenly apart and from this machine."""
    chosen = range(0, len(images), max(1, len(images) // SAMPLE))
    sides = [min(next_readable(images, index).image.size) for index in chosen]
    beside = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    memory = gpu_memory(device, alone=processes == 1) if device.type == "cuda" else machine_memory() // beside
    mixed = choose_precision("auto", device) is not None
    return Facts(len(images), int(median(sides)), device.type, memory, share_of_cores(), processes, mixed)


def gpu_memory(device: torch.device, *, alone: bool) -> int:
    """The bytes that are free; of several processes the whole, since all must choose the same."""
    free, whole = torch.cuda.mem_get_info(device)
    return free if alone else whole


def machine_memory(group: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """The bytes of memory that this machine, or the container on it, has."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 8 * GIB
    try:
        return min(whole, int(group.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit
        return whole


def choose(facts: Facts, given: Mapping[str, Any] | None = None) -> list[Choice]:
    """The settings for these facts around the given ones, with a line of reason for each group."""
    known = _sound(given or {})
    chosen = dict(known)
    choices = []
    for group in (_channels, _architecture, _crops, _prototypes, _batch, _schedule):
        choice = group(facts, chosen)
        own = {name: value for name, value in choice.values.items() if name not in known}
        if own:
            chosen |= own
            choices.append(Choice(own, choice.why))
    return choices


def merged(choices: Sequence[Choice]) -> dict[str, Any]:
    """All settings of the choices."""
    return {name: value for choice in choices for name, value in choice.values.items()}


def _sound(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given settings that can be by themselves; the others are refused when the whole is checked."""
    return {
        name: value
        for name, value in given.items()
        if name not in {mistake.name for mistake in mistakes(with_values(Config(), {name: value})) if not mistake.needs}
    }


def _fast(facts: Facts) -> bool:
    return facts.device == "cuda"


def _channels(_: Facts, chosen: Mapping[str, Any]) -> Choice:
    channels = chosen.get("channels", 3)
    if channels == 3:
        return Choice({}, "")
    return Choice(
        {"mean": (GREY_MEAN,), "std": (GREY_STD,)},
        f"one mean and deviation for {channels} channels, the average of ImageNet's; --mean and --std set your own",
    )


def _architecture(facts: Facts, chosen: Mapping[str, Any]) -> Choice:
    small = facts.side <= 80
    if not _fast(facts):
        return _small_architecture(facts, chosen)
    fitting = min(4 if facts.side <= 48 else 8 if small else 16, *_sides(chosen))
    patch = chosen.get("patch_size", fitting)
    if facts.count < 50_000 and small:
        return Choice({"backbone": "vit_tiny", "patch_size": patch}, f"vit_tiny/{patch}: few and small images")
    paper = {"backbone": "vit_small", "patch_size": patch}
    if room(facts, with_values(Config(), {**paper, **chosen})) < 16:
        why = f"vit_tiny/{patch}: {facts.memory / GIB:.1f} GiB of memory are not enough for the paper's vit_small"
        return Choice({"backbone": "vit_tiny", "patch_size": patch}, why)
    return Choice(paper, f"vit_small/{patch}: the paper's own choice")


def _small_architecture(facts: Facts, chosen: Mapping[str, Any]) -> Choice:
    patch = chosen.get("patch_size", min(8 if facts.side >= SIDE else 4, *_sides(chosen)))
    values = {"backbone": "vit:96x3x3", "patch_size": patch, "drop_path": 0.0}
    if not stem_misfit(chosen.get("backbone", values["backbone"]), patch):
        values["stem"] = "conv"
    return Choice(values, f"vit:96x3x3/{patch}: a small network, since there is no CUDA")


def _sides(chosen: Mapping[str, Any]) -> list[int]:
    """The sides of the crops that are given; a large one where none is."""
    return [min(chosen.get(name, (224, 224))) for name in ("global_size", "local_size")]


def _crops(facts: Facts, chosen: Mapping[str, Any]) -> Choice:
    """Crops of whole patches, as large as the images and the device allow; a local one has at least two by two."""
    patch, largest = chosen["patch_size"], 224 if _fast(facts) else SIDE
    side = max(patch, min(largest, max(16, facts.side)) // patch * patch)
    side = min(chosen.get("global_size", (side, side)))
    part = side * 96 // 224 if _fast(facts) else side // 2
    local = min(side, max(2 * patch, part // patch * patch))
    count = chosen.get("local_count", 8 if _fast(facts) else 2)
    values: dict[str, Any] = {"global_size": (side, side), "local_size": (local, local), "local_count": count}
    if count == 0:
        values["global_scale"] = (0.14, 1.0)
    elif not _fast(facts):
        values |= {"global_scale": (0.35, 1.0), "local_scale": (0.1, 0.35)}
    if not _fast(facts) and side >= SIDE:
        values |= {"blur_first": 0.5, "blur_second": 0.1, "blur_local": 0.2, "blur_radius": (0.1, 1.0)}
    elif side < 64:
        values |= {"blur_first": 0.0, "blur_second": 0.0, "blur_local": 0.0}
    else:
        values["blur_radius"] = (0.1, round(max(0.5, 2.0 * side / 224), 2))
    local_side = min(chosen.get("local_size", (local, local)))
    why = f"2 crops of {side} and {count} of {local_side}: the images' short side is about {facts.side}"
    return Choice(values, why + ("" if _fast(facts) else ", and there is no CUDA"))


def _prototypes(facts: Facts, chosen: Mapping[str, Any]) -> Choice:
    number = next((size for limit, size in PROTOTYPES if facts.count <= limit), 65536)
    number = chosen.get("out_dim", number if _fast(facts) else number // 2)
    head: dict[str, Any] = {"head_hidden": 2048, "norm_last_layer": False}
    if not _fast(facts):
        head = {"head_hidden": 256, "head_bottleneck": 128, "head_batch_norm": True}
    return Choice(
        {"out_dim": number, **head},
        f"{number:,} prototypes for {facts.count:,} images: many more would keep the loss at its start",
    )


def _batch(facts: Facts, chosen: Mapping[str, Any]) -> Choice:
    workers = min(facts.cores - 1, 16)
    if not _fast(facts):  # each loader takes a core from training, which needs nearly all of them
        workers = min(workers, facts.cores // 4, facts.memory // (2 * PROCESS) - 1)
    workers = max(0, chosen.get("workers", workers))
    config = with_values(Config(), {**chosen, "workers": workers})
    limits = (256 if _fast(facts) else 64, LARGEST_STEP // facts.processes, facts.count // (4 * facts.processes))
    batch = chosen.get("batch_size", power_of_two(min(*limits, room(facts, config))))
    cache = (256 if facts.count <= 50_000 else 0) if _fast(facts) else 64
    return Choice(
        {"batch_size": batch, "workers": workers, "cache": cache if facts.side > cache else 0},
        f"batches of {batch}, at about {_image_bytes(facts, config) / 2**20:.0f} MiB an image in "
        f"{facts.memory / GIB:.1f} GiB of memory; --workers {workers} for {facts.cores} cores",
    )


def room(facts: Facts, config: Config) -> int:
    """How many images a step can have in the memory; 0 where not even one fits."""
    beside = 0 if _fast(facts) else PROCESS * (1 + config.data.workers) + state_bytes(config)
    free = USABLE * facts.memory - state_bytes(config) - beside
    return max(0, int(free / _image_bytes(facts, config)))


def _image_bytes(facts: Facts, config: Config) -> int:
    asked = config.optim.precision
    return image_bytes(config, mixed=_fast(facts) and (facts.mixed if asked == "auto" else asked != "fp32"))


def power_of_two(number: int) -> int:
    """The largest power of two up to the number, at least 1."""
    return 1 << max(0, number.bit_length() - 1)


def _schedule(facts: Facts, chosen: Mapping[str, Any]) -> Choice:
    """The paper's shortest schedule on a GPU, longer for small sets; on a CPU what it can bear."""
    if _fast(facts):
        epochs = min(300, max(100, round(10_000_000 / facts.count)))
    else:
        epochs = min(300, max(10, round(SEEN / facts.count)))
    warmups = [chosen.get(name, 0) for name in ("warmup_epochs", "warmup_teacher_temp_epochs")]
    epochs = chosen.get("epochs", max(epochs, *warmups))
    rate = chosen.get("lr", 0.0005 if _fast(facts) else 0.006)
    share = min(1.0, max(0.0, (facts.count - 20_000) / (1_280_000 - 20_000)))
    momentum = chosen.get("momentum_teacher", round(0.99 + share * 0.006, 4))
    values = {
        "epochs": epochs,
        "warmup_epochs": max(1, epochs // 10 if _fast(facts) else epochs // 20),
        "momentum_teacher": momentum,
        "lr": rate,
        "min_lr": min(1e-6, rate),
    }
    if _fast(facts):
        values["warmup_teacher_temp_epochs"] = max(1, epochs // 4)
        values["teacher_temp"] = 0.07 if epochs >= 50 else 0.05
    else:
        values |= {"freeze_last_layer": 0, "knn_every": max(1, epochs // 12)}
    return Choice(
        values, f"{epochs} epochs with a teacher momentum of {momentum}: about {epochs * facts.count:,} images seen"
    )
