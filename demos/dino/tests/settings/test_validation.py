"""Validation: every broken setting is named, and no other."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dino.config import SETTINGS, Config
from dino.settings import with_values
from dino.validation import OWN, mistakes, notes
from dino.vit import SIZES

NAN, INFINITE = float("nan"), float("inf")
BELOW_ONE = (0, -3)
NEGATIVE = (-1,)
NO_SHARE = (-0.1, 1.1, NAN)
NO_MOMENTUM = (-0.1, 1.0, NAN)
NO_NUMBER = (-1.0, NAN, INFINITE)
NOT_ABOVE_ZERO = (0.0, -1.0, NAN, INFINITE)
BROKEN: dict[str, tuple[Any, ...]] = {
    "channels": (0, 5), "mean": ((NAN, 0.5, 0.5), (0.5, 0.5)), "std": ((0.0,), (0.2, 0.2), (0.2, 0.2, INFINITE)),
    "unreadable_limit": NEGATIVE, "cache": NEGATIVE, "workers": NEGATIVE, "threads": NEGATIVE,
    "backbone": ("", "vit_smal", "vit:0x2x3", "vit:16x2x3", "timm:", "hub:resnet50"), "patch_size": BELOW_ONE,
    "drop_path": NO_MOMENTUM, "registers": NEGATIVE, "stem": ("", "none"),
    "init_from": ("https://example.org/weights.pth", "a\0b"),
    "out_dim": BELOW_ONE, "head_layers": BELOW_ONE, "head_hidden": BELOW_ONE, "head_bottleneck": BELOW_ONE,
    "student_temp": NOT_ABOVE_ZERO, "warmup_teacher_temp": NOT_ABOVE_ZERO, "teacher_temp": NOT_ABOVE_ZERO,
    "warmup_teacher_temp_epochs": (-1, 101), "center_momentum": NO_MOMENTUM, "sinkhorn": NEGATIVE, "koleo": NO_NUMBER,
    "global_size": ((0, 224), (224, -1), (15, 224)), "global_scale": ((0.0, 1.0), (0.5, 0.4), (0.5, 1.1), (NAN, 1.0)),
    "local_count": NEGATIVE, "local_size": ((0, 96), (96, 15)), "local_scale": ((0.0, 1.0), (0.5, 0.4), (0.5, 1.1)),
    "flip": NO_SHARE, "jitter": NO_SHARE, "brightness": NO_NUMBER, "contrast": NO_NUMBER, "saturation": NO_NUMBER,
    "hue": (-0.1, 0.6, NAN), "grey": NO_SHARE, "blur_first": NO_SHARE, "blur_second": NO_SHARE,
    "blur_local": NO_SHARE, "blur_radius": ((2.0, 0.1), (-1.0, 2.0), (0.1, INFINITE)), "solarize": NO_SHARE,
    "solarize_threshold": (-1, 257), "epochs": BELOW_ONE, "batch_size": BELOW_ONE,
    "accumulate": (*BELOW_ONE, 5), "optimizer": ("", "adam"), "computation": ("", "slow"), "augmentation": ("", "gpu"),
    "lr": NO_NUMBER, "min_lr": (*NO_NUMBER, 0.1), "warmup_epochs": (-1, 101), "weight_decay": NO_NUMBER,
    "weight_decay_end": NO_NUMBER, "clip_grad": NO_NUMBER, "momentum_teacher": NO_MOMENTUM,
    "freeze_last_layer": NEGATIVE, "sgd_momentum": NO_MOMENTUM, "lars_eta": NOT_ABOVE_ZERO,
    "precision": ("fp8", ""), "seed": (-1, 10**7), "device": ("gpu", "cuda:", ""), "save_every": NEGATIVE,
    "keep": BELOW_ONE, "keep_every": NEGATIVE, "log_every": BELOW_ONE, "knn_every": NEGATIVE, "knn_k": BELOW_ONE,
    "knn_limit": BELOW_ONE, "snapshot_every": NEGATIVE, "snapshot_images": BELOW_ONE,
}  # fmt: skip
BESIDE_ANOTHER = {
    "mean": (0.5, 0.5), "std": (0.2, 0.2), "global_size": (15, 224), "local_size": (96, 15), "min_lr": 0.1,
    "warmup_epochs": 101, "warmup_teacher_temp_epochs": 101, "accumulate": 5,
}  # fmt: skip
"""Values that are wrong beside another setting, and cannot be judged where that is broken itself."""
ONE_BROKEN = [(name, value) for name, values in BROKEN.items() for value in values]


def named(values: dict[str, Any]) -> list[str]:
    return [mistake.name for mistake in mistakes(with_values(Config(), values))]


def test_the_defaults_have_no_mistake() -> None:
    assert mistakes(Config()) == []


def test_every_setting_can_be_broken_but_switches_and_paths_that_are_opened_later() -> None:
    switches = {name for name, setting in SETTINGS.items() if isinstance(setting.of(Config()), bool)}
    assert set(SETTINGS) - switches - set(BROKEN) == {"knn_images"}


@pytest.mark.parametrize(("name", "value"), ONE_BROKEN)
def test_one_broken_setting_is_named_alone(name: str, value: Any) -> None:
    assert named({name: value}) == [name]


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.sampled_from([value for value in values if value != BESIDE_ANOTHER.get(name)])
            for name, values in BROKEN.items()
        },
    )
)
def test_of_any_broken_settings_all_and_no_others_are_named(values: dict[str, Any]) -> None:
    assert set(named(values)) == set(values)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"teacher_temp": 0.0}, "teacher_temp is 0.0; it must be above 0"),
        ({"global_scale": (0.5, 1.5)}, "global_scale is 0.5 1.5; every number must be above 0 and up to 1"),
        ({"optimizer": "adm"}, "optimizer is 'adm'; did you mean adamw?"),
        (
            {"backbone": "swin"},
            "backbone is 'swin'; write one of vit_tiny, vit_small, vit_base, vit_large, vit:DIMxDEPTHxHEADS",
        ),
        ({"backbone": "vit:16x2x3"}, "backbone is vit:16x2x3: 3 heads do not divide 16 dimensions"),
        ({"channels": 1}, "mean has 3 values for images of 1 channel; write one, or one per channel"),
        ({"channels": 2}, "std has 3 values for images of 2 channels; write one, or one per channel"),
        ({"epochs": 5}, "warmup_epochs is 10, more than the 5 epochs; lower --warmup-epochs or raise --epochs"),
        ({"epochs": 1}, "warmup_epochs is 10, more than the one epoch; lower --warmup-epochs or raise --epochs"),
        ({"lr": INFINITE}, "lr is inf; it must be finite"),
        ({"lr": NAN}, "lr is nan; it must be finite"),
        ({"std": (NAN,)}, "std is nan; every number must be finite"),
        ({"local_size": (8, 8)}, "local_size is 8x8, smaller than one patch of 16; enlarge it"),
        ({"backbone": "timm:resnet18", "registers": 4}, "registers belong to the own vit_*"),
        ({"backbone": "timm:resnet18", "stem": "conv"}, "stem belongs to the own vit_*"),
        (
            {"stem": "conv", "patch_size": 14},
            "stem halves an image again and again, which makes no patch of 14; take 2, 4, 8, 16 or 32",
        ),
        ({"accumulate": 5}, "accumulate is 5, which does not divide the batch of 64; change one of them"),
        (
            {"accumulate": 4, "sinkhorn": 3},
            "accumulate is 4, but Sinkhorn-Knopp needs the whole batch at once; set one of them aside",
        ),
        ({"shard": True, "precision": "fp16"}, "shard does not go with fp16; write bf16 or fp32"),
        ({"shard": True, "backbone": "timm:resnet18"}, "shard is for the own vit_*; timm:resnet18 cannot be sharded"),
        (
            {"activation_checkpointing": True, "backbone": "torchvision:resnet50"},
            "activation_checkpointing is for the own vit_* and timm's models; leave it out",
        ),
        ({"init_from": "https://a.b/c.pth"}, "init_from is 'https://a.b/c.pth'; download the file and write its path"),
    ],
)
def test_a_mistake_says_what_is_wrong_and_how_to_mend_it(values: dict[str, Any], sentence: str) -> None:
    assert sentence in [str(mistake)[: len(sentence)] for mistake in mistakes(with_values(Config(), values))]


def test_what_depends_on_a_broken_setting_is_not_complained_of() -> None:
    assert named({"epochs": 0, "lr": -1.0, "patch_size": 0, "channels": 9}) == [
        "channels",
        "patch_size",
        "epochs",
        "lr",
    ]


def test_a_local_size_is_free_where_there_are_no_local_crops() -> None:
    assert named({"local_count": 0, "local_size": (4, 4)}) == []


def test_a_crop_may_be_smaller_than_a_patch_for_the_backbone_of_a_library() -> None:
    assert named({"backbone": "torchvision:resnet50", "local_size": (8, 8)}) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        (
            {"patch_size": 14},
            [
                "local_size is 96x96, of which patches of 14 leave the last 12 rows and 12 columns unseen; 84x84 has "
                "none left over"
            ],
        ),
        (
            {"global_size": (224, 100), "local_count": 0, "local_size": (95, 95)},
            [
                "global_size is 224x100, of which patches of 16 leave the last 0 rows and 4 columns unseen; 224x96 has "
                "none left over"
            ],
        ),
        ({"backbone": "timm:resnet18", "global_size": (100, 100)}, []),
    ],
)
def test_a_view_that_is_no_whole_number_of_patches_is_allowed_but_said(
    values: dict[str, Any], expected: list[str]
) -> None:
    config = with_values(Config(), values)
    assert mistakes(config) == []
    assert list(notes(config)) == expected


def test_the_names_of_own_backbones_are_those_that_can_be_built() -> None:
    assert set(OWN) == set(SIZES)
