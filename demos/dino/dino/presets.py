"""Named settings: the paper's runs as their authors publish the arguments (README and logs), and small-data ones.

A preset is what differs from the defaults. Rates are for 256 images per step and are scaled to the real number.
"""

from typing import Any

Preset = dict[str, Any]

VIT_S16_100: Preset = {
    "norm_last_layer": False,
    "warmup_teacher_temp_epochs": 30,
    "teacher_temp": 0.04,
    "epochs": 100,
    "batch_size": 64,
}
VIT_S16_300: Preset = {
    **VIT_S16_100,
    "teacher_temp": 0.07,
    "epochs": 300,
    "local_count": 10,
    "global_scale": (0.25, 1.0),
    "local_scale": (0.05, 0.25),
    "lr": 0.00075,
    "min_lr": 2e-6,
    "momentum_teacher": 0.996,
}
VIT_B16: Preset = {
    "backbone": "vit_base",
    "norm_last_layer": True,
    "warmup_teacher_temp_epochs": 50,
    "teacher_temp": 0.07,
    "epochs": 400,
    "batch_size": 32,
    "local_count": 10,
    "global_scale": (0.25, 1.0),
    "local_scale": (0.05, 0.25),
    "lr": 0.00075,
    "min_lr": 2e-6,
    "clip_grad": 0.3,
    "freeze_last_layer": 3,
    "drop_path": 0.1,
}
SMALL: Preset = {
    "norm_last_layer": False,
    "head_hidden": 1024,
    "teacher_temp": 0.07,
    "warmup_teacher_temp_epochs": 10,
    "momentum_teacher": 0.99,
}

PRESETS: dict[str, tuple[str, Preset]] = {
    "vit_s16_100ep": ("the paper's ViT-S/16, 100 epochs, 8 GPUs of 64 images", VIT_S16_100),
    "vit_s16_300ep": ("the paper's boosted ViT-S/16, 300 epochs, 16 GPUs of 64 images", VIT_S16_300),
    "vit_s8": ("the paper's ViT-S/8: smaller patches, in bf16 or fp32", {**VIT_S16_300, "patch_size": 8, "batch_size": 16}),
    "vit_b16": ("the paper's ViT-B/16, 400 epochs, 32 GPUs of 32 images", VIT_B16),
    "vit_b8": ("the paper's ViT-B/8: smaller patches, in bf16 or fp32", {**VIT_B16, "patch_size": 8, "epochs": 300, "batch_size": 6}),
    "resnet50": (
        "the paper's ResNet-50 with SGD",
        {
            "backbone": "torchvision:resnet50", "optimizer": "sgd", "lr": 0.03, "min_lr": 0.0048, "epochs": 800,
            "weight_decay": 1e-4, "weight_decay_end": 1e-4, "out_dim": 60000, "head_batch_norm": True,
            "norm_last_layer": True, "clip_grad": 0.0, "freeze_last_layer": 1, "drop_path": 0.0,
            "global_scale": (0.14, 1.0), "local_scale": (0.05, 0.14), "local_count": 6,
            "warmup_teacher_temp_epochs": 50, "teacher_temp": 0.07,
        },
    ),
    "imagenette": (
        "Imagenette on one GPU: ViT-S/16, 2 × 224 + 6 × 96, 200 epochs",
        {
            **SMALL, "out_dim": 4096, "head_hidden": 2048, "epochs": 200, "batch_size": 256, "local_count": 6,
            "warmup_teacher_temp_epochs": 30, "lr": 0.0005, "knn_every": 5, "cache": 256,
        },
    ),
    "cifar": (
        "CIFAR on one GPU: ViT-Ti/4 on 32 × 32, 200 epochs",
        {
            **SMALL, "backbone": "vit_tiny", "patch_size": 4, "out_dim": 1024, "epochs": 200, "batch_size": 256,
            "global_size": (32, 32), "local_size": (16, 16), "local_count": 6, "global_scale": (0.5, 1.0),
            "local_scale": (0.2, 0.5), "blur_first": 0.0, "blur_second": 0.0, "blur_local": 0.0,
            "mean": (0.4914, 0.4822, 0.4465), "std": (0.247, 0.2435, 0.2616), "knn_every": 5,
        },
    ),
    "laptop": (
        "a few hundred to a few thousand photographs on a CPU: ViT-Ti/16 on 64 × 64, an hour or less",
        {
            **SMALL, "backbone": "vit_tiny", "patch_size": 16, "out_dim": 1024, "head_hidden": 512, "epochs": 50,
            "batch_size": 32, "global_size": (64, 64), "local_size": (32, 32), "local_count": 4, "cache": 96,
            "warmup_epochs": 3, "warmup_teacher_temp_epochs": 5, "lr": 0.002, "drop_path": 0.0,
        },
    ),
}  # fmt: skip
