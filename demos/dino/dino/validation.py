"""A configuration checked as a whole: every mistake is named at once, each with its mend."""

from collections.abc import Callable, Iterator

from dino.config import SETTINGS, Config
from dino.optim import OPTIMIZERS

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
PROBABILITIES = ("flip", "jitter", "grey", "blur_first", "blur_second", "blur_local", "solarize", "drop_path")
POSITIVE = (
    "channels", "patch_size", "out_dim", "head_layers", "head_hidden", "head_bottleneck", "student_temp",
    "warmup_teacher_temp", "teacher_temp", "epochs", "batch_size", "keep", "log_every", "knn_k", "knn_limit",
    "snapshot_images",
)  # fmt: skip
NOT_NEGATIVE = (
    "unreadable_limit", "cache", "workers", "registers", "warmup_teacher_temp_epochs", "sinkhorn", "koleo",
    "local_count", "lr", "min_lr", "warmup_epochs", "weight_decay", "weight_decay_end", "clip_grad",
    "freeze_last_layer", "save_every", "keep_every", "knn_every", "snapshot_every", "brightness", "contrast", "saturation", "seed",
)  # fmt: skip
BELOW_ONE = ("center_momentum", "momentum_teacher", "sgd_momentum", "drop_path")


def mistakes(config: Config) -> list[str]:
    """Every mistake in the configuration, a sentence each; none when it can be trained."""
    return [*_ranges(config), *_shapes(config), *_schedules(config)]


def _ranges(config: Config) -> Iterator[str]:
    def each(names: tuple[str, ...], right: Callable[[float], bool], rule: str) -> Iterator[str]:
        for name in names:
            value = SETTINGS[name].of(config)
            if not right(value):
                yield f"{name} is {value}; it must be {rule}"

    yield from each(PROBABILITIES, lambda value: 0 <= value <= 1, "between 0 and 1")
    yield from each(POSITIVE, lambda value: value > 0, "above 0")
    yield from each(NOT_NEGATIVE, lambda value: value >= 0, "0 or more")
    yield from each(BELOW_ONE, lambda value: 0 <= value < 1, "0 or more and below 1")
    yield from each(("hue",), lambda value: 0 <= value <= 0.5, "between 0 and 0.5")
    for name, choices in (("optimizer", OPTIMIZERS), ("precision", PRECISIONS)):
        if SETTINGS[name].of(config) not in choices:
            yield f"{name} is {SETTINGS[name].of(config)!r}; write one of {', '.join(choices)}"


def _shapes(config: Config) -> Iterator[str]:
    data, model, crops = config.data, config.model, config.crops
    for name, values in (("mean", data.mean), ("std", data.std)):
        if len(values) not in (1, data.channels):
            yield f"{name} has {len(values)} values for {data.channels} channels; write one, or one per channel"
    if any(value <= 0 for value in data.std):
        yield f"std is {data.std}; every value must be above 0"
    for name, (low, high) in (("global_scale", crops.global_scale), ("local_scale", crops.local_scale)):
        if not 0 < low <= high <= 1:
            yield f"{name} is {low} to {high}; write two shares above 0 and up to 1, the smaller first"
    if not 0 <= config.augment.blur_radius[0] <= config.augment.blur_radius[1]:
        yield "blur_radius must be two radii, the smaller first"
    sizes = [("global_size", crops.global_size)] + ([("local_size", crops.local_size)] if crops.local_count else [])
    for name, (height, width) in sizes:
        if min(height, width) < 1:
            yield f"{name} is {height}x{width}; it needs at least one pixel"
        elif is_own(model.backbone) and min(height, width) < model.patch_size:
            yield f"{name} is {height}x{width}, smaller than one patch of {model.patch_size}; enlarge it"
    if config.head.head_batch_norm and config.optim.batch_size * (2 + crops.local_count) < 2:
        yield "head_batch_norm needs more than one crop in a batch"
    if model.registers and not is_own(model.backbone):
        yield f"registers belong to the own vit_*; {model.backbone} has its own tokens"


def is_own(backbone: str) -> bool:
    """Whether the backbone is the package's own vision transformer."""
    return not backbone.startswith(("timm:", "torchvision:"))


def _schedules(config: Config) -> Iterator[str]:
    optim, loss = config.optim, config.loss
    for name, warmup in (
        ("warmup_epochs", optim.warmup_epochs),
        ("warmup_teacher_temp_epochs", loss.warmup_teacher_temp_epochs),
    ):
        if warmup > optim.epochs:
            yield f"{name} is {warmup}, more than the {optim.epochs} epochs; lower it"
    if optim.min_lr > optim.lr:
        yield f"min_lr is {optim.min_lr}, above lr, which is {optim.lr}; lower it"
