"""From a configuration to what learns: both networks, the loss, the optimizer, the precision, the schedules."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from dino import distributed
from dino.backbones import build_backbone, recompute_activations
from dino.config import Config
from dino.errors import CommandError
from dino.exchange.files import read
from dino.exchange.first import start_from
from dino.fast.compiling import compiles
from dino.fast.path import fast
from dino.head import Head
from dino.learner import Learner, Rates
from dino.loss import DinoLoss
from dino.optim import build_optimizer
from dino.schedules import Cosine, Warmup
from dino.sharding import shard
from dino.sight import SightPath, plain
from dino.teacher import MultiCropNet, start_teacher


def build_learner(config: Config, device: torch.device, *, fresh: bool = True) -> Learner:
    """Student and teacher with the same first weights, on the device: those of the seed, or of `init_from`'s file.

    A run that goes on has its own weights and is not `fresh`: that file is not needed any more.
    """
    torch.manual_seed(config.optim.seed)
    student = build_network(config, drop_path=config.model.drop_path)
    teacher = build_network(config)
    if config.model.init_from and fresh:
        start_from(student, read(Path(config.model.init_from).expanduser()))
    student.to(device)
    teacher.to(device)
    distributed.synchronize_batch_norm(student)
    distributed.synchronize_batch_norm(teacher)
    start_teacher(teacher, student)
    if config.keep.activation_checkpointing:
        recompute_activations(student.backbone, config.model.backbone)
    if config.keep.shard and distributed.world() > 1:
        shard(student, device)
        shard(teacher, device)
    precision = choose_precision(config.optim.precision, device)
    return Learner(
        student,
        teacher,
        DinoLoss(
            config.head.out_dim,
            student_temp=config.loss.student_temp,
            center_momentum=config.loss.center_momentum,
            sinkhorn=config.loss.sinkhorn,
        ).to(device),
        build_optimizer(config.optim.optimizer, student, config.optim.sgd_momentum, config.optim.lars_eta),
        clip=config.optim.clip_grad,
        koleo_weight=config.loss.koleo,
        precision=precision,
        scaler=torch.amp.GradScaler(device.type) if precision == torch.float16 else None,
        path=choose_path(config, device),
        accumulate=config.optim.accumulate,
    )


def choose_path(config: Config, device: torch.device) -> SightPath:
    """The path that was asked for; the plain one where blocks must be called whole, to be gathered or made again."""
    whole = config.keep.shard or config.keep.activation_checkpointing
    if whole or config.optim.computation == "plain":
        return plain
    compiled = device.type == "cuda" and config.optim.compile and compiles(device)
    return partial(fast, compiled=True) if compiled else fast


def build_network(config: Config, *, drop_path: float = 0.0) -> MultiCropNet:
    """A backbone and its head, on the CPU."""
    backbone = build_backbone(config, drop_path=drop_path)
    head = Head(
        backbone.dim,
        config.head.out_dim,
        hidden=config.head.head_hidden,
        bottleneck=config.head.head_bottleneck,
        layers=config.head.head_layers,
        batch_norm=config.head.head_batch_norm,
        fixed_norm=config.head.norm_last_layer,
    )
    return MultiCropNet(backbone, head)


def choose_device(name: str) -> torch.device:
    """The device by its name; `auto` is a GPU where there is one, then Apple's, then the CPU."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(kind for kind, there in present.items() if there)
    if not present.get(name.partition(":")[0], False):
        raise CommandError(f"there is no device {name!r} here; write one of auto, cpu, cuda, mps")
    if name == "cuda":
        torch.cuda.set_device(distributed.local_rank())
        return torch.device("cuda", distributed.local_rank())
    return torch.device(name)


def choose_precision(name: str, device: torch.device) -> torch.dtype | None:
    """The type of autocast, or None for float32. `auto` is bfloat16 on a GPU that has it."""
    if name == "auto":
        return torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else None
    return {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}[name]


@dataclass(frozen=True)
class Plan:
    """The schedules of a run: what holds at each of its `total` steps, of which `steps` make an epoch."""

    config: Config
    steps: int
    images_per_step: int

    @property
    def total(self) -> int:
        return self.steps * self.config.optim.epochs

    def at(self, step: int) -> Rates:
        """Rate, decay, momentum and temperature of the step, counted from 0 over the whole run."""
        optim, loss, epoch = self.config.optim, self.config.loss, step // self.steps
        lr = Cosine(optim.lr * self.images_per_step / 256, optim.min_lr, self.total, optim.warmup_epochs * self.steps)
        temperature = Warmup(loss.warmup_teacher_temp, loss.teacher_temp, loss.warmup_teacher_temp_epochs)
        return Rates(
            lr=lr.at(step),
            weight_decay=Cosine(optim.weight_decay, optim.weight_decay_end, self.total).at(step),
            momentum=Cosine(optim.momentum_teacher, 1.0, self.total).at(step),
            teacher_temp=temperature.at(epoch),
            frozen=epoch < optim.freeze_last_layer,
        )
