"""Every setting of a run, with the authors' default and their advice (main_dino.py; paper section 3.2 and appendix).

A setting has one name: it is the key in a TOML file's section and, with hyphens, the flag. `authors` is the authors'
name where theirs differs. A setting that is `free` may change when a run goes on: it changes no number of the result.
"""

from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal

Pair = tuple[float, float]
Pixels = tuple[int, int]


def setting(default: Any, describe: str, *, authors: str = "", free: bool = False) -> Any:
    """A field of a section: its default, its help, the authors' name for it, whether it may change on resume."""
    return field(default=default, metadata={"help": describe, "authors": authors, "free": free})


@dataclass(frozen=True)
class Data:
    """The images, before they are cropped."""

    channels: int = setting(3, "channels of an image: 1 grey, 2 grey with alpha, 3 colour, 4 colour with alpha")
    mean: tuple[float, ...] = setting(
        (0.485, 0.456, 0.406), "mean of each channel, here ImageNet's; one for all channels will do"
    )
    std: tuple[float, ...] = setting((0.229, 0.224, 0.225), "standard deviation of each channel, likewise")
    unreadable_limit: int = setting(100, "how many unreadable images are skipped before the run stops", free=True)
    cache: int = setting(0, "decode every image once and keep it, its short side this many pixels; 0 = no cache")
    workers: int = setting(10, "processes that load images, beside each that trains", authors="num_workers", free=True)


@dataclass(frozen=True)
class Model:
    """The backbone, the same for student and teacher."""

    backbone: str = setting(
        "vit_small",
        "vit_tiny, vit_small, vit_base, vit_large, vit:DIMxDEPTHxHEADS, timm:NAME or torchvision:NAME",
        authors="arch",
    )
    patch_size: int = setting(16, "side of a patch; smaller is better and slower. Below 16, avoid fp16")
    drop_path: float = setting(0.1, "stochastic depth of the student", authors="drop_path_rate")
    registers: int = setting(0, "extra tokens (Darcet et al. 2024); the paper has none")
    stem: Literal["patch", "conv"] = setting(
        "patch",
        "how the own vit_* make patches: patch, by one projection, or conv, by overlapping convolutions (Xiao et al. "
        "2021), which learn from few images; the paper has patch",
    )
    init_from: str = setting(
        "", "start from these weights: a file of the authors, timm's or safetensors, or a run; empty = at random"
    )


@dataclass(frozen=True)
class Projection:
    """The head over the backbone."""

    out_dim: int = setting(65536, "number of prototypes. Large works well on large data; with less, try 1024 to 8192")
    norm_last_layer: bool = setting(
        True, "keep the prototypes' norm at one: steadier. The authors set false for ViT-S and true for ViT-B"
    )
    head_layers: int = setting(3, "layers of the head's MLP, 2 or more with hidden ones between")
    head_hidden: int = setting(2048, "width of the hidden layers")
    head_bottleneck: int = setting(256, "width of the normalised bottleneck")
    head_batch_norm: bool = setting(False, "batch normalization in the head", authors="use_bn_in_head")


@dataclass(frozen=True)
class Loss:
    """Sharpening and centering."""

    student_temp: float = setting(0.1, "temperature of the student")
    warmup_teacher_temp: float = setting(0.04, "first temperature of the teacher. Lower it when the loss does not fall")
    teacher_temp: float = setting(0.04, "temperature of the teacher after its warm-up. Above 0.07 is unstable")
    warmup_teacher_temp_epochs: int = setting(0, "epochs of that warm-up; the authors' long runs use 30")
    center_momentum: float = setting(0.9, "momentum of the center")
    sinkhorn: int = setting(0, "iterations of Sinkhorn-Knopp (SwAV) instead of the center; 0 = the paper's centering")
    koleo: float = setting(0.0, "weight of the KoLeo loss (DINOv2 uses 0.1); 0 = the paper's loss")


@dataclass(frozen=True)
class Crops:
    """Multi-crop: two global views and some local ones."""

    global_size: Pixels = setting((224, 224), "height x width of a global view, like 224 or 224x160")
    global_scale: Pair = setting(
        (0.4, 1.0),
        "share of the image that a global view covers; 0.14 1.0 without local views",
        authors="global_crops_scale",
    )
    local_count: int = setting(8, "local views per image; 0 = none", authors="local_crops_number")
    local_size: Pixels = setting((96, 96), "height x width of a local view")
    local_scale: Pair = setting((0.05, 0.4), "share of the image that a local view covers", authors="local_crops_scale")


@dataclass(frozen=True)
class Augment:
    """What happens to a crop. The first global view is always blurred, the second alone solarized."""

    flip: float = setting(0.5, "probability of the mirror image")
    jitter: float = setting(0.8, "probability of the colour jitter")
    brightness: float = setting(0.4, "strength of its brightness")
    contrast: float = setting(0.4, "strength of its contrast")
    saturation: float = setting(0.2, "strength of its saturation")
    hue: float = setting(0.1, "strength of its hue, at most 0.5")
    grey: float = setting(0.2, "probability of grey")
    blur_first: float = setting(1.0, "probability of blur for the first global view")
    blur_second: float = setting(0.1, "probability of blur for the second global view")
    blur_local: float = setting(0.5, "probability of blur for a local view")
    blur_radius: Pair = setting((0.1, 2.0), "smallest and largest radius of the blur in pixels")
    solarize: float = setting(0.2, "probability of solarization for the second global view")
    solarize_threshold: int = setting(128, "values from this on are inverted")
    augmentation: Literal["fast", "pil"] = setting(
        "fast", "who makes the views that are drawn: fast, the same but for rounding, or pil, Pillow as the authors did"
    )


@dataclass(frozen=True)
class Optim:
    """The optimizer and the schedules."""

    epochs: int = setting(100, "passes over the images")
    batch_size: int = setting(64, "images per step of each process", authors="batch_size_per_gpu")
    accumulate: int = setting(
        1,
        "parts in which a step is computed, each with a part of the batch's memory. The same but for rounding; batch "
        "normalization and KoLeo see a part alone, and Sinkhorn-Knopp cannot",
    )
    optimizer: Literal["adamw", "sgd", "lars"] = setting(
        "adamw", "adamw for transformers; sgd or lars for convolutions"
    )
    lr: float = setting(0.0005, "highest rate for 256 images per step; it is scaled to the real number")
    min_lr: float = setting(1e-6, "rate at the end, not scaled")
    warmup_epochs: int = setting(10, "epochs in which the rate rises from 0")
    weight_decay: float = setting(0.04, "decay at the start")
    weight_decay_end: float = setting(0.4, "decay at the end; larger works for ViTs")
    clip_grad: float = setting(3.0, "longest gradient of one parameter; 0 = unclipped. 0.3 to 1 for larger models")
    momentum_teacher: float = setting(0.996, "momentum of the teacher, rising to 1; 0.9995 for a batch of 256")
    freeze_last_layer: int = setting(1, "epochs in which the prototypes do not learn; raise it when the loss stalls")
    sgd_momentum: float = setting(0.9, "momentum of sgd and lars")
    lars_eta: float = setting(0.001, "trust coefficient of lars")
    computation: Literal["fast", "plain"] = setting(
        "fast",
        "how a step is computed: fast, the same but for rounding, or plain, as the paper writes it; plain in any case "
        "with --shard or --activation-checkpointing",
    )
    compile: bool = setting(
        True,
        "on a GPU and with --computation fast, let PyTorch compile the blocks and the views, where it can: a fifth to "
        "a third faster on an H200, after half a minute",
    )
    precision: Literal["auto", "fp32", "bf16", "fp16"] = setting(
        "auto",
        "auto is bf16 on a GPU that has it, else fp32. The authors used fp16, and fp32 where it was unstable",
        authors="use_fp16",
    )
    seed: int = setting(0, "every random number of the run follows from it; 0 to 9999999")


@dataclass(frozen=True)
class Keep:
    """What a run writes and measures beside training."""

    device: str = setting("auto", "cpu, cuda, mps or auto", free=True)
    threads: int = setting(0, "threads that compute on a CPU; 0 = one for each core that no loader takes", free=True)
    activation_checkpointing: bool = setting(
        False,
        "compute each block's forward pass again in the backward pass: a third slower, much less memory",
        free=True,
    )
    shard: bool = setting(
        False, "keep of weights, gradients and optimizer a share in each process, for vit_large and up", free=True
    )
    save_every: int = setting(0, "steps between checkpoints; 0 = every epoch", free=True)
    keep: int = setting(2, "newest checkpoints kept", free=True)
    keep_every: int = setting(
        20, "epochs between checkpoints that are kept for good; 0 = none", authors="saveckp_freq", free=True
    )
    log_every: int = setting(10, "steps between log lines", free=True)
    knn_every: int = setting(1, "epochs between k-NN evaluations where images have classes; 0 = none", free=True)
    knn_k: int = setting(20, "neighbours that choose the best teacher", free=True)
    knn_limit: int = setting(10000, "most images used in one evaluation", free=True)
    knn_images: str = setting(
        "", "another set with the same class folders to test on; empty = a fifth of the images", free=True
    )
    snapshot_every: int = setting(
        1, "epochs between pictures of crops and attention for dino report; 0 = none", free=True
    )
    snapshot_images: int = setting(6, "how many images are pictured", free=True)
    stop_on_collapse: bool = setting(False, "stop when the collapse monitor is sure", free=True)
    requeue: bool = setting(False, "on SLURM's SIGUSR1 or SIGTERM, queue the job again after saving", free=True)
    tensorboard: bool = setting(False, "also log to TensorBoard", free=True)
    wandb: bool = setting(False, "also log to Weights & Biases, offline", free=True)


@dataclass(frozen=True)
class Config:
    """The whole of a run's settings. Names are unique over all sections."""

    data: Data = Data()
    model: Model = Model()
    head: Projection = Projection()
    loss: Loss = Loss()
    crops: Crops = Crops()
    augment: Augment = Augment()
    optim: Optim = Optim()
    keep: Keep = Keep()


@dataclass(frozen=True)
class Setting:
    """One setting as files and flags know it."""

    section: str
    field: Field[Any]

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def help(self) -> str:
        about = str(self.field.metadata["help"])
        return f"{about} [authors: {self.authors}]" if self.authors else about

    @property
    def authors(self) -> str:
        return str(self.field.metadata["authors"])

    @property
    def free(self) -> bool:
        return bool(self.field.metadata["free"])

    def of(self, config: Config) -> Any:
        return getattr(getattr(config, self.section), self.name)


def settings_of(kind: type[Config] = Config) -> Iterator[Setting]:
    """Every setting, section by section."""
    for section in fields(kind):
        for inner in fields(section.default):  # type: ignore[arg-type]
            yield Setting(section.name, inner)


SETTINGS = {setting.name: setting for setting in settings_of()}
