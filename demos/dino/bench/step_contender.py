"""One contender of `bench/step.py`, in whatever environment has what it needs: a step of DINO whenever it is asked.

python bench/step_contender.py NAME DIM DEPTH HEADS PATCH GLOBAL LOCAL LOCALS BATCH OUT_DIM [--threads 1] [--authors DIR]
"""  # noqa: E501

import argparse
import copy
import io
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn
from turns import contend

Step = Callable[[list[Tensor]], object]
NUMBERS = ("dim", "depth", "heads", "patch", "global_size", "local_size", "local_count", "batch", "out_dim")
LR, WEIGHT_DECAY, MOMENTUM, CLIP, TEMPERATURE = 1e-4, 0.04, 0.996, 3.0, 0.04


def main() -> int:
    """Takes turns with the others until its input ends."""
    work = _options()
    warnings.simplefilter("ignore")
    torch.set_num_threads(work.threads)
    torch.manual_seed(0)
    step = CONTENDERS[work.name](work)
    sizes = [work.global_size] * 2 + [work.local_size] * work.local_count
    crops = [torch.randn(work.batch, 3, size, size) for size in sizes]

    def one_pass() -> int:
        step([crop.clone() for crop in crops])
        return int(work.batch)

    contend(one_pass, time.process_time if work.threads == 1 else time.perf_counter)
    return 0


def ours(
    work: argparse.Namespace, computation: str = "fast", precision: str = "fp32", backbone: nn.Module | None = None
) -> Step:
    """A step of this package."""
    from dino.allocator import keep_freed_memory
    from dino.building import build_learner
    from dino.config import Config
    from dino.learner import Rates
    from dino.optim import build_optimizer
    from dino.settings import with_values

    values = {
        "backbone": f"vit:{work.dim}x{work.depth}x{work.heads}", "patch_size": work.patch, "drop_path": 0.0,
        "global_size": (work.global_size,) * 2, "local_size": (work.local_size,) * 2, "local_count": work.local_count,
        "out_dim": work.out_dim, "computation": computation, "precision": precision, "clip_grad": CLIP,
    }  # fmt: skip
    keep_freed_memory()
    learner = build_learner(with_values(Config(), values), torch.device("cpu"))
    if backbone:
        learner.student.backbone, learner.teacher.backbone = backbone, copy.deepcopy(backbone).requires_grad_(False)
        learner = replace(learner, optimizer=build_optimizer("adamw", learner.student))
    rates = Rates(LR, WEIGHT_DECAY, MOMENTUM, TEMPERATURE, frozen=False)
    return lambda crops: learner.step(crops, rates, 1)


def lightly(work: argparse.Namespace) -> Step:
    """The step of lightly's example for DINO, with timm's network and AdamW."""
    from lightly.loss import DINOLoss
    from lightly.models.modules import DINOProjectionHead
    from lightly.models.utils import deactivate_requires_grad, update_momentum

    student_backbone = timms(work)
    teacher_backbone = copy.deepcopy(student_backbone)
    student_head = DINOProjectionHead(work.dim, 2048, 256, work.out_dim, freeze_last_layer=-1, batch_norm=False)
    teacher_head = DINOProjectionHead(work.dim, 2048, 256, work.out_dim, batch_norm=False)
    for module in (teacher_backbone, teacher_head):
        deactivate_requires_grad(module)
    criterion = DINOLoss(output_dim=work.out_dim, warmup_teacher_temp_epochs=1, teacher_temp=TEMPERATURE)
    learnt = [*student_backbone.parameters(), *student_head.parameters()]
    optimizer = torch.optim.AdamW(learnt, lr=LR, weight_decay=WEIGHT_DECAY)

    def step(crops: list[Tensor]) -> None:
        update_momentum(student_backbone, teacher_backbone, m=MOMENTUM)
        update_momentum(student_head, teacher_head, m=MOMENTUM)
        with torch.no_grad():
            aims = [teacher_head(teacher_backbone(crop)) for crop in crops[:2]]
        loss = criterion(aims, [student_head(student_backbone(crop)) for crop in crops], epoch=2)
        loss.backward()
        student_head.cancel_last_layer_gradients(current_epoch=2)
        optimizer.step()
        optimizer.zero_grad()
        float(loss.detach())

    return step


def authors(work: argparse.Namespace) -> Step:
    """`train_one_epoch` of the authors' main_dino.py on one batch; what is patched stands in bench/step.py."""
    sys.path.insert(0, str(work.authors))
    import main_dino
    import utils
    import vision_transformer as networks

    torch.Tensor.cuda = lambda tensor, *_, **__: tensor  # type: ignore[method-assign, assignment]
    torch.cuda.synchronize = lambda *_: None  # type: ignore[assignment]
    utils.MetricLogger.synchronize_between_processes = lambda _: None
    store = torch.distributed.FileStore(tempfile.mktemp(), 1)  # noqa: S306 — gloo makes the file
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    student, teacher = (
        utils.MultiCropWrapper(
            networks.VisionTransformer(
                img_size=[work.global_size], patch_size=work.patch, embed_dim=work.dim, depth=work.depth,
                num_heads=work.heads, mlp_ratio=4, qkv_bias=True, norm_layer=lambda dim: nn.LayerNorm(dim, eps=1e-6),
            ),
            networks.DINOHead(work.dim, work.out_dim, use_bn=False, norm_last_layer=True),
        )
        for _ in range(2)
    )  # fmt: skip
    teacher.load_state_dict(student.state_dict())
    teacher.requires_grad_(False)
    wrapped = nn.parallel.DistributedDataParallel(student)
    criterion = main_dino.DINOLoss(work.out_dim, 2 + work.local_count, TEMPERATURE, TEMPERATURE, 0, 1)
    optimizer = torch.optim.AdamW(utils.get_params_groups(wrapped))
    options = argparse.Namespace(epochs=1, clip_grad=CLIP, freeze_last_layer=0)
    schedules = [LR], [WEIGHT_DECAY], [MOMENTUM]

    def step(crops: list[Tensor]) -> None:
        batches = [(crops, None)]
        with redirect_stdout(io.StringIO()):
            main_dino.train_one_epoch(
                wrapped, teacher, teacher, criterion, batches, optimizer, *schedules, 0, None, options
            )

    return step


def timms(work: argparse.Namespace) -> nn.Module:
    """timm's vision transformer of the same sizes, for images of any size."""
    import timm

    network: nn.Module = timm.models.vision_transformer.VisionTransformer(
        img_size=work.global_size, patch_size=work.patch, embed_dim=work.dim, depth=work.depth, num_heads=work.heads,
        num_classes=0, global_pool="token", dynamic_img_size=True,
    )  # fmt: skip
    return network


CONTENDERS: dict[str, Callable[[argparse.Namespace], Step]] = {
    "lightly": lightly,
    "authors": authors,
    "plain": lambda work: ours(work, "plain"),
    "fast": ours,
    "fast-timm": lambda work: ours(work, backbone=timms(work)),
    "fast-bf16": lambda work: ours(work, precision="bf16"),
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=CONTENDERS)
    for number in NUMBERS:
        parser.add_argument(number, type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--authors", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
