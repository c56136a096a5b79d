"""Named settings: the authors' runs with the arguments that they publish, and small-data ones.

A preset is what differs from the defaults. Rates are for 256 images per step and are scaled to the real number, batches
are those of one process: another number of GPUs than the authors' is another batch. Sources:

- README of the authors' code at commit 7c446df: the "vanilla" (`vit_s16_100ep`), "boosted" (`vit_s16_300ep`) and
  "ResNet-50" (`resnet50_100ep`) commands;
- the `args.txt` that the authors publish beside each of the released weights: all others of the paper. Of these runs
  all were in fp32 (`use_fp16` false); `precision` stays `auto` here, which is bf16 where a GPU has it.

k-NN and linear accuracy are those of that README and of the paper's Table 2. `laptop` is
recipes/photographs.toml, `drawn` recipes/drawn.toml.
"""

from dataclasses import dataclass
from typing import Any

Values = dict[str, Any]


@dataclass(frozen=True)
class Preset:
    """What a preset is, in a line, and the settings that differ from the defaults."""

    about: str
    values: Values


BOOSTED: Values = {"teacher_temp": 0.07, "warmup_teacher_temp_epochs": 30, "norm_last_layer": False}
LOCAL_10: Values = {"local_count": 10, "global_scale": (0.25, 1.0), "local_scale": (0.05, 0.25)}
BASE: Values = {
    **LOCAL_10, "backbone": "vit_base", "teacher_temp": 0.07, "warmup_teacher_temp_epochs": 50, "min_lr": 2e-6,
    "freeze_last_layer": 3,
}  # fmt: skip
CONVOLUTIONS: Values = {
    "backbone": "torchvision:resnet50", "drop_path": 0.0, "global_scale": (0.14, 1.0), "local_scale": (0.05, 0.14),
}  # fmt: skip
SMALL: Values = {
    "norm_last_layer": False, "teacher_temp": 0.07, "momentum_teacher": 0.99,
}  # fmt: skip

PRESETS: dict[str, Preset] = {
    "vit_s16_100ep": Preset(
        "the paper's vanilla ViT-S/16: 8 GPUs of 64 images; 69.3 k-NN, 74.0 linear",
        {"epochs": 100, "batch_size": 64},
    ),
    "vit_s16_300ep": Preset(
        "the paper's boosted ViT-S/16: 16 GPUs of 64; 73.3 k-NN, 76.0 linear",
        {**BOOSTED, "epochs": 300, "batch_size": 64},
    ),
    "vit_s16_800ep": Preset(
        "the released ViT-S/16: 16 GPUs of 64; 74.5 k-NN, 77.0 linear",
        {**BOOSTED, **LOCAL_10, "epochs": 800, "batch_size": 64, "clip_grad": 0.0, "min_lr": 1e-5},
    ),
    "vit_s8": Preset(
        "the released ViT-S/8, 800 epochs: 64 GPUs of 16; 78.3 k-NN, 79.7 linear",
        {**BOOSTED, "patch_size": 8, "epochs": 800, "batch_size": 16, "local_count": 10},
    ),
    "vit_b16": Preset(
        "the released ViT-B/16, 400 epochs: 32 GPUs of 32; 76.1 k-NN, 78.2 linear",
        {**BASE, "epochs": 400, "batch_size": 32, "lr": 0.00075, "clip_grad": 0.3},
    ),
    "vit_b8": Preset(
        "the released ViT-B/8, 300 epochs: 176 GPUs of 6; 77.4 k-NN, 80.1 linear",
        {**BASE, "patch_size": 8, "epochs": 300, "batch_size": 6, "warmup_teacher_temp": 0.03},
    ),
    "resnet50": Preset(
        "the released ResNet-50, 800 epochs with LARS: 80 GPUs of 51; 67.5 k-NN, 75.3 linear",
        {
            **CONVOLUTIONS, "out_dim": 60000, "head_batch_norm": True, "teacher_temp": 0.07,
            "warmup_teacher_temp_epochs": 50, "optimizer": "lars", "lr": 0.3, "min_lr": 0.0048, "weight_decay": 1e-6,
            "weight_decay_end": 1e-6, "clip_grad": 0.0, "epochs": 800, "batch_size": 51, "local_count": 6,
        },
    ),
    "resnet50_100ep": Preset(
        "the authors' ResNet-50 for few GPUs, with SGD: 8 GPUs of 64, 100 epochs",
        {**CONVOLUTIONS, "optimizer": "sgd", "lr": 0.03, "weight_decay": 1e-4, "weight_decay_end": 1e-4},
    ),
    "imagenette": Preset(
        "Imagenette on one GPU: ViT-S/16, 2 crops of 224 and 6 of 96, 200 epochs",
        {
            **SMALL, "out_dim": 4096, "epochs": 200, "batch_size": 256, "local_count": 6,
            "warmup_teacher_temp_epochs": 30, "knn_every": 5, "cache": 256,
        },
    ),
    "cifar": Preset(
        "CIFAR on one GPU: ViT-Ti/4 on 32 × 32, 200 epochs",
        {
            **SMALL, "backbone": "vit_tiny", "patch_size": 4, "out_dim": 1024, "head_hidden": 1024, "epochs": 200,
            "batch_size": 256, "warmup_teacher_temp_epochs": 10, "global_size": (32, 32), "local_size": (16, 16),
            "local_count": 6, "global_scale": (0.5, 1.0), "local_scale": (0.2, 0.5), "blur_first": 0.0,
            "blur_second": 0.0, "blur_local": 0.0, "mean": (0.4914, 0.4822, 0.4465), "std": (0.247, 0.2435, 0.2616),
            "knn_every": 5,
        },
    ),
    "laptop": Preset(
        "some thousand photographs on two cores, an hour or two for ten thousand: a small network on 48 × 48",
        {
            "backbone": "vit:96x3x3", "patch_size": 8, "stem": "conv", "drop_path": 0.0, "out_dim": 512,
            "head_hidden": 256, "head_bottleneck": 128, "head_batch_norm": True, "warmup_teacher_temp": 0.04,
            "teacher_temp": 0.04, "global_size": (48, 48), "global_scale": (0.35, 1.0), "local_count": 2,
            "local_size": (24, 24), "local_scale": (0.1, 0.35), "blur_first": 0.5, "blur_second": 0.1,
            "blur_local": 0.2, "blur_radius": (0.1, 1.0), "epochs": 48, "batch_size": 64, "lr": 0.006,
            "warmup_epochs": 2, "momentum_teacher": 0.99, "freeze_last_layer": 0, "cache": 64, "workers": 0,
            "knn_every": 4,
        },
    ),
    "drawn": Preset(
        "the drawn pictures (`drawn:`), on which both of the paper's claims are shown in minutes: grey, 32 × 32",
        {
            "channels": 1, "mean": (0.5,), "std": (0.25,), "backbone": "vit:96x3x3", "patch_size": 8, "stem": "conv",
            "drop_path": 0.0, "out_dim": 256, "head_hidden": 256, "head_bottleneck": 64, "head_batch_norm": True,
            "warmup_teacher_temp": 0.015, "teacher_temp": 0.03, "warmup_teacher_temp_epochs": 20,
            "global_size": (32, 32), "local_count": 2, "local_size": (24, 24), "local_scale": (0.2, 0.5),
            "blur_first": 0.5, "blur_second": 0.1, "blur_local": 0.2, "blur_radius": (0.1, 1.0), "epochs": 60,
            "batch_size": 64, "lr": 0.008, "warmup_epochs": 2, "momentum_teacher": 0.996, "freeze_last_layer": 0,
            "cache": 64, "workers": 0, "knn_every": 6,
        },
    ),
}  # fmt: skip
