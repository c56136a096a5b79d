"""A step of DINO by each contender: this package, lightly, and the authors' code. Each is imported where it is built.

Of lightly it is the step of its own example, with timm's network of the same sizes; it clips no gradients, which ours
does. Of the authors it is `train_one_epoch` of their main_dino.py, patched for today: a file takes the place of the
environment where the processes meet, and the averaging of the numbers that it prints is left out, since here it would
come after every step. Without a GPU `Tensor.cuda` and `torch.cuda.synchronize` do nothing, and gloo stands in for NCCL.
"""

import argparse
import copy
import io
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from works import Work

Step = Callable[[list[Tensor]], object]
LR, WEIGHT_DECAY, MOMENTUM, CLIP, TEMPERATURE = 1e-4, 0.04, 0.996, 3.0, 0.04


def learner_of(work: Work, device: torch.device, **settings: Any) -> Any:
    """A learner of this package; settings by their names, over those of the work."""
    from dino.allocator import keep_freed_memory
    from dino.building import build_learner
    from dino.config import Config
    from dino.settings import with_values

    if device.type == "cpu":
        keep_freed_memory()
    values = {
        "backbone": f"vit:{work.dim}x{work.depth}x{work.heads}", "patch_size": work.patch, "drop_path": 0.0,
        "global_size": (work.global_size,) * 2, "local_size": (work.local_size,) * 2, "local_count": work.locals,
        "out_dim": work.out_dim, "precision": "fp32", "clip_grad": CLIP,
    }  # fmt: skip
    return build_learner(with_values(Config(), values | settings), device)


def rates() -> Any:
    """What the schedules say, the same at every step."""
    from dino.learner import Rates

    return Rates(LR, WEIGHT_DECAY, MOMENTUM, TEMPERATURE, frozen=False)


def ours(work: Work, device: torch.device, **settings: Any) -> Step:
    """A step of this package."""
    learner, steady = learner_of(work, device, **settings), rates()
    return lambda crops: learner.step(crops, steady, 1)


def ours_with_timm(work: Work, device: torch.device) -> Step:
    """A step of this package with timm's network."""
    from dino.optim import build_optimizer

    learner, steady, backbone = learner_of(work, device), rates(), timms(work).to(device)
    learner.student.backbone, learner.teacher.backbone = backbone, copy.deepcopy(backbone).requires_grad_(False)
    learner = replace(learner, optimizer=build_optimizer("adamw", learner.student))
    return lambda crops: learner.step(crops, steady, 1)


def lightly(work: Work, device: torch.device) -> Step:
    """The step of lightly's example for DINO, with timm's network and AdamW."""
    from lightly.loss import DINOLoss
    from lightly.models.modules import DINOProjectionHead
    from lightly.models.utils import deactivate_requires_grad, update_momentum

    student = timms(work).to(device)
    teacher = copy.deepcopy(student)
    shape = work.dim, 2048, 256, work.out_dim
    student_head = DINOProjectionHead(*shape, freeze_last_layer=-1, batch_norm=False).to(device)
    teacher_head = DINOProjectionHead(*shape, batch_norm=False).to(device)
    for module in (teacher, teacher_head):
        deactivate_requires_grad(module)
    criterion = DINOLoss(output_dim=work.out_dim, warmup_teacher_temp_epochs=1, teacher_temp=TEMPERATURE).to(device)
    learnt = [*student.parameters(), *student_head.parameters()]
    optimizer = torch.optim.AdamW(learnt, lr=LR, weight_decay=WEIGHT_DECAY)

    def step(crops: list[Tensor]) -> None:
        update_momentum(student, teacher, m=MOMENTUM)
        update_momentum(student_head, teacher_head, m=MOMENTUM)
        with torch.no_grad():
            aims = [teacher_head(teacher(crop)) for crop in crops[:2]]
        loss = criterion(aims, [student_head(student(crop)) for crop in crops], epoch=2)
        loss.backward()
        student_head.cancel_last_layer_gradients(current_epoch=2)
        optimizer.step()
        optimizer.zero_grad()
        float(loss.detach())

    return step


def authors(work: Work, device: torch.device, checkout: Path, *, half: bool = False) -> Step:
    """The authors' step, on one batch."""
    epoch = authors_epoch(work, device, checkout, half=half)
    return lambda crops: epoch([(crops, None)])


def authors_epoch(
    work: Work, device: torch.device, checkout: Path, *, half: bool = False
) -> Callable[[Iterable[Any]], None]:
    """`train_one_epoch` of the authors' main_dino.py over any (crops, labels); by their scaler in `half` precision."""
    sys.path.insert(0, str(checkout))
    import main_dino
    import utils
    import vision_transformer as networks

    if device.type == "cpu":
        torch.Tensor.cuda = lambda tensor, *_, **__: tensor  # type: ignore[method-assign, assignment]
        torch.cuda.synchronize = lambda *_: None  # type: ignore[assignment]
    utils.MetricLogger.synchronize_between_processes = lambda _: None
    meet_alone(device)
    student, teacher = (
        utils.MultiCropWrapper(
            networks.VisionTransformer(
                img_size=[work.global_size], patch_size=work.patch, embed_dim=work.dim, depth=work.depth,
                num_heads=work.heads, mlp_ratio=4, qkv_bias=True, norm_layer=partial(nn.LayerNorm, eps=1e-6),
            ),
            networks.DINOHead(work.dim, work.out_dim, use_bn=False, norm_last_layer=True),
        ).to(device)
        for _ in range(2)
    )  # fmt: skip
    teacher.load_state_dict(student.state_dict())
    teacher.requires_grad_(False)
    wrapped = nn.parallel.DistributedDataParallel(student)
    criterion = main_dino.DINOLoss(work.out_dim, len(work.sizes), TEMPERATURE, TEMPERATURE, 0, 1).to(device)
    optimizer = torch.optim.AdamW(utils.get_params_groups(wrapped))
    scaler = torch.amp.GradScaler(device.type) if half else None
    options = argparse.Namespace(epochs=1, clip_grad=CLIP, freeze_last_layer=0)

    def epoch(batches: Iterable[Any]) -> None:
        count = len(batches) if hasattr(batches, "__len__") else 1
        schedules = [LR] * count, [WEIGHT_DECAY] * count, [MOMENTUM] * count
        with redirect_stdout(io.StringIO()):
            main_dino.train_one_epoch(
                wrapped, teacher, teacher, criterion, batches, optimizer, *schedules, 0, scaler, options
            )

    return epoch


def meet_alone(device: torch.device) -> None:
    """A group of this process alone, which the authors' code cannot do without."""
    if not torch.distributed.is_initialized():
        file = Path(tempfile.gettempdir()) / f"meeting-{uuid.uuid4().hex}"
        store = torch.distributed.FileStore(str(file), 1)
        backend = "nccl" if device.type == "cuda" else "gloo"
        torch.distributed.init_process_group(backend, store=store, rank=0, world_size=1)


def timms(work: Work) -> nn.Module:
    """timm's vision transformer of the same sizes, for images of any size."""
    import timm

    network: nn.Module = timm.models.vision_transformer.VisionTransformer(
        img_size=work.global_size, patch_size=work.patch, embed_dim=work.dim, depth=work.depth, num_heads=work.heads,
        num_classes=0, global_pool="token", dynamic_img_size=True,
    )  # fmt: skip
    return network
