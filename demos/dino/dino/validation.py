"""A configuration checked as a whole: every mistake is named at once, each with its mend."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args, get_type_hints

from dino.config import SETTINGS, Augment, Config, Model, Optim, Pair, Pixels

OWN = ("vit_tiny", "vit_small", "vit_base", "vit_large")
WRITTEN_OUT = re.compile(r"vit:([1-9]\d*)x([1-9]\d*)x([1-9]\d*)")
OTHERS = ("vit:DIMxDEPTHxHEADS", "timm:NAME", "torchvision:NAME")
LIBRARIES = ("timm:", "torchvision:")
DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
CHOICES = {
    name: get_args(get_type_hints(section)[name])
    for section, name in (
        (Optim, "optimizer"),
        (Model, "stem"),
        (Optim, "computation"),
        (Optim, "precision"),
        (Augment, "augmentation"),
    )
}


@dataclass(frozen=True)
class Mistake:
    """A setting that cannot be, and what is wrong with it.

    `needs` are other settings: where one of them is wrong, this one cannot be judged.
    """

    name: str
    says: str
    needs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.says}"


@dataclass(frozen=True)
class Range:
    """What each number of some settings must be."""

    must: str
    right: Callable[[float], bool]
    names: tuple[str, ...]


RANGES = (
    Range(
        "1 or more",
        lambda value: value >= 1,
        (
            "patch_size", "out_dim", "head_layers", "head_hidden", "head_bottleneck", "epochs", "batch_size",
            "accumulate", "keep", "log_every", "knn_k", "knn_limit", "snapshot_images", "global_size", "local_size",
        ),
    ),
    Range(
        "above 0",
        lambda value: value > 0,
        ("student_temp", "warmup_teacher_temp", "teacher_temp", "std", "lars_eta"),
    ),
    Range(
        "0 or more",
        lambda value: value >= 0,
        (
            "unreadable_limit", "cache", "workers", "threads", "registers", "warmup_teacher_temp_epochs", "sinkhorn",
            "koleo", "local_count", "lr", "min_lr", "warmup_epochs", "weight_decay", "weight_decay_end", "clip_grad",
            "freeze_last_layer", "save_every", "keep_every", "knn_every", "snapshot_every", "brightness", "contrast",
            "saturation", "blur_radius",
        ),
    ),
    Range(
        "between 0 and 1",
        lambda value: 0 <= value <= 1,
        ("flip", "jitter", "grey", "blur_first", "blur_second", "blur_local", "solarize"),
    ),
    Range("above 0 and up to 1", lambda value: 0 < value <= 1, ("global_scale", "local_scale")),
    Range(
        "0 or more and below 1",
        lambda value: 0 <= value < 1,
        ("momentum_teacher", "center_momentum", "sgd_momentum", "drop_path"),
    ),
    Range("between 0 and 0.5", lambda value: 0 <= value <= 0.5, ("hue",)),
    Range("between 1 and 4", lambda value: 1 <= value <= 4, ("channels",)),
    Range("between 0 and 256", lambda value: 0 <= value <= 256, ("solarize_threshold",)),
    Range("between 0 and 9999999", lambda value: 0 <= value < 10**7, ("seed",)),
    Range("finite", lambda _: True, ("mean",)),
)  # fmt: skip


def mistakes(config: Config) -> list[Mistake]:
    """Every mistake in the configuration, one for a setting; none when it can be trained."""
    found: dict[str, Mistake] = {}
    for mistake in (
        *_ranges(config),
        *_words(config),
        *_pairs(config),
        *_shapes(config),
        *_schedules(config),
        *_machines(config),
    ):
        if mistake.name not in found and not any(name in found for name in mistake.needs):
            found[mistake.name] = mistake
    return [found[name] for name in SETTINGS if name in found]


def notes(config: Config) -> Iterator[str]:
    """What is allowed, as it is in the authors' code, and yet seldom meant; a sentence for each."""
    patch = config.model.patch_size
    if not is_own(config.model.backbone):
        return
    for name, size in _sizes(config).items():
        rest = (size[0] % patch, size[1] % patch)
        if any(rest):
            whole = f"{size[0] - rest[0]}x{size[1] - rest[1]}"
            yield (
                f"{name} is {size[0]}x{size[1]}, of which patches of {patch} leave the last {rest[0]} rows and "
                f"{rest[1]} columns unseen; {whole} has none left over"
            )


def is_own(backbone: str) -> bool:
    """Whether the backbone is the package's own vision transformer."""
    return not backbone.startswith(LIBRARIES)


def stem_misfit(backbone: str, patch_size: int) -> str:
    """The setting that a stem of convolutions, which halve an image, cannot go with; "" where it can."""
    if not is_own(backbone):
        return "backbone"
    return "" if patch_size > 1 and patch_size.bit_count() == 1 else "patch_size"


def _ranges(config: Config) -> Iterator[Mistake]:
    for allowed in RANGES:
        for name in allowed.names:
            value = SETTINGS[name].of(config)
            numbers = value if isinstance(value, tuple) else (value,)
            finite = all(map(math.isfinite, numbers))
            if not finite or not all(map(allowed.right, numbers)):
                subject = "every number" if isinstance(value, tuple) else "it"
                yield Mistake(name, f"is {_shown(value)}; {subject} must be {allowed.must if finite else 'finite'}")


def _words(config: Config) -> Iterator[Mistake]:
    model, keep = config.model, config.keep
    for name, choices in CHOICES.items():
        if SETTINGS[name].of(config) not in choices:
            yield Mistake(name, _unknown(SETTINGS[name].of(config), choices))
    if not DEVICE.fullmatch(keep.device):
        yield Mistake("device", f"is {keep.device!r}; write auto, cpu, cuda, cuda:1 or mps")
    written = WRITTEN_OUT.fullmatch(model.backbone)
    if written and int(written[1]) % int(written[3]):
        yield Mistake("backbone", f"is {model.backbone}: {written[3]} heads do not divide {written[1]} dimensions")
    elif not written and model.backbone not in OWN and not _of_library(model.backbone):
        yield Mistake("backbone", _unknown(model.backbone, (*OWN, *OTHERS)))
    if "://" in model.init_from:
        yield Mistake("init_from", f"is {model.init_from!r}; download the file and write its path")
    if "\0" in model.init_from:
        yield Mistake("init_from", f"is {model.init_from!r}; write the path of a file or of a run")


def _unknown(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, 1)
    return f"is {word!r}; " + (f"did you mean {near[0]}?" if near else f"write one of {', '.join(known)}")


def _of_library(backbone: str) -> bool:
    library, _, name = backbone.partition(":")
    return f"{library}:" in LIBRARIES and bool(name.strip())


def _pairs(config: Config) -> Iterator[Mistake]:
    pairs: dict[str, Pair] = {
        "global_scale": config.crops.global_scale,
        "local_scale": config.crops.local_scale,
        "blur_radius": config.augment.blur_radius,
    }
    for name, (low, high) in pairs.items():
        if low > high:
            yield Mistake(name, f"is {_shown((low, high))}; write the smaller number first")


def _shapes(config: Config) -> Iterator[Mistake]:
    data, model = config.data, config.model
    for name, values in (("mean", data.mean), ("std", data.std)):
        if len(values) not in (1, data.channels):
            channels = "1 channel" if data.channels == 1 else f"{data.channels} channels"
            says = f"has {len(values)} values for images of {channels}; write one, or one per channel"
            yield Mistake(name, says, ("channels",))
    for name, size in _sizes(config).items():
        if is_own(model.backbone) and min(size) < model.patch_size:
            says = f"is {size[0]}x{size[1]}, smaller than one patch of {model.patch_size}; enlarge it"
            yield Mistake(name, says, ("patch_size", "backbone", "local_count"))
    if model.registers and not is_own(model.backbone):
        yield Mistake("registers", f"belong to the own vit_*; {model.backbone} has its own tokens", ("backbone",))
    misfit = stem_misfit(model.backbone, model.patch_size) if model.stem == "conv" else ""
    if misfit == "backbone":
        yield Mistake("stem", f"belongs to the own vit_*; {model.backbone} makes its patches itself", ("backbone",))
    if misfit == "patch_size":
        says = f"halves an image again and again, which makes no patch of {model.patch_size}; take 2, 4, 8, 16 or 32"
        yield Mistake("stem", says, ("patch_size",))


def _sizes(config: Config) -> dict[str, Pixels]:
    """The sizes of the views that there are."""
    crops = config.crops
    return {"global_size": crops.global_size} | ({"local_size": crops.local_size} if crops.local_count else {})


def _schedules(config: Config) -> Iterator[Mistake]:
    optim, loss = config.optim, config.loss
    warmups = {
        "warmup_epochs": optim.warmup_epochs,
        "warmup_teacher_temp_epochs": loss.warmup_teacher_temp_epochs,
    }
    for name, warmup in warmups.items():
        if warmup > optim.epochs:
            epochs = f"the {optim.epochs} epochs" if optim.epochs > 1 else "the one epoch"
            flag = "--" + name.replace("_", "-")
            yield Mistake(name, f"is {warmup}, more than {epochs}; lower {flag} or raise --epochs", ("epochs",))
    if optim.min_lr > optim.lr:
        yield Mistake("min_lr", f"is {optim.min_lr}, above lr, which is {optim.lr}; lower it", ("lr",))


def _machines(config: Config) -> Iterator[Mistake]:
    optim, keep = config.optim, config.keep
    if optim.accumulate >= 1 and optim.batch_size % optim.accumulate:
        says = f"is {optim.accumulate}, which does not divide the batch of {optim.batch_size}; change one of them"
        yield Mistake("accumulate", says, ("batch_size",))
    if optim.accumulate > 1 and config.loss.sinkhorn:
        says = f"is {optim.accumulate}, but Sinkhorn-Knopp needs the whole batch at once; set one of them aside"
        yield Mistake("accumulate", says, ("sinkhorn",))
    if keep.activation_checkpointing and config.model.backbone.startswith("torchvision:"):
        yield Mistake("activation_checkpointing", "is for the own vit_* and timm's models; leave it out", ("backbone",))
    if keep.shard and not is_own(config.model.backbone):
        yield Mistake("shard", f"is for the own vit_*; {config.model.backbone} cannot be sharded", ("backbone",))
    if keep.shard and optim.precision == "fp16":
        yield Mistake("shard", "does not go with fp16; write bf16 or fp32", ("precision",))


def _shown(value: Any) -> str:
    """A value as one would write it: a pair as its two numbers."""
    return " ".join(str(number) for number in value) if isinstance(value, tuple) else str(value)
