"""Presets: each is a whole configuration, and the paper's are what their authors published."""

from pathlib import Path
from typing import Any

import pytest

from dino.config import SETTINGS, Config
from dino.presets import PRESETS
from dino.settings import preset_source, resolve
from dino.settings_file import file_source

RECIPES = Path(__file__).parents[2] / "recipes"

# The authors' args.txt beside each released weight, and the commands of their README; the number of GPUs stands in the
# preset's description. What a row leaves out is the default of their main_dino.py.
DEFAULTS: dict[str, Any] = {
    "backbone": "vit_small", "patch_size": 16, "out_dim": 65536, "norm_last_layer": True, "warmup_teacher_temp": 0.04,
    "teacher_temp": 0.04, "warmup_teacher_temp_epochs": 0, "weight_decay": 0.04, "weight_decay_end": 0.4,
    "clip_grad": 3.0, "batch_size": 64, "epochs": 100, "freeze_last_layer": 1, "lr": 0.0005, "warmup_epochs": 10,
    "min_lr": 1e-6, "global_scale": (0.4, 1.0), "local_scale": (0.05, 0.4), "local_count": 8, "seed": 0,
    "workers": 10, "optimizer": "adamw", "momentum_teacher": 0.996, "head_batch_norm": False, "keep_every": 20,
}  # fmt: skip
PUBLISHED: dict[str, dict[str, Any]] = {
    "vit_s16_100ep": {},
    "vit_s16_300ep": {
        "epochs": 300, "teacher_temp": 0.07, "warmup_teacher_temp_epochs": 30, "norm_last_layer": False,
    },
    "vit_s16_800ep": {
        "norm_last_layer": False, "teacher_temp": 0.07, "warmup_teacher_temp_epochs": 30, "clip_grad": 0.0,
        "epochs": 800, "min_lr": 1e-5, "global_scale": (0.25, 1.0), "local_scale": (0.05, 0.25), "local_count": 10,
    },
    "vit_s8": {
        "patch_size": 8, "norm_last_layer": False, "teacher_temp": 0.07, "warmup_teacher_temp_epochs": 30,
        "batch_size": 16, "epochs": 800, "local_count": 10,
    },
    "vit_b16": {
        "backbone": "vit_base", "teacher_temp": 0.07, "warmup_teacher_temp_epochs": 50, "clip_grad": 0.3,
        "batch_size": 32, "epochs": 400, "freeze_last_layer": 3, "lr": 0.00075, "min_lr": 2e-6,
        "global_scale": (0.25, 1.0), "local_scale": (0.05, 0.25), "local_count": 10,
    },
    "vit_b8": {
        "backbone": "vit_base", "patch_size": 8, "warmup_teacher_temp": 0.03, "teacher_temp": 0.07,
        "warmup_teacher_temp_epochs": 50, "batch_size": 6, "epochs": 300, "freeze_last_layer": 3, "min_lr": 2e-6,
        "global_scale": (0.25, 1.0), "local_scale": (0.05, 0.25), "local_count": 10,
    },
    "resnet50": {
        "backbone": "torchvision:resnet50", "out_dim": 60000, "teacher_temp": 0.07, "warmup_teacher_temp_epochs": 50,
        "weight_decay": 1e-6, "weight_decay_end": 1e-6, "clip_grad": 0.0, "batch_size": 51, "epochs": 800, "lr": 0.3,
        "min_lr": 0.0048, "global_scale": (0.14, 1.0), "local_scale": (0.05, 0.14), "local_count": 6,
        "optimizer": "lars", "head_batch_norm": True,
    },
    "resnet50_100ep": {
        "backbone": "torchvision:resnet50", "optimizer": "sgd", "lr": 0.03, "weight_decay": 1e-4,
        "weight_decay_end": 1e-4, "global_scale": (0.14, 1.0), "local_scale": (0.05, 0.14),
    },
}  # fmt: skip
# What the authors' code had in its lines rather than in its flags.
HARD_CODED: dict[str, Any] = {
    "student_temp": 0.1, "center_momentum": 0.9, "global_size": (224, 224), "local_size": (96, 96),
    "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225), "head_layers": 3, "head_hidden": 2048,
    "head_bottleneck": 256, "channels": 3, "flip": 0.5, "jitter": 0.8, "brightness": 0.4, "contrast": 0.4,
    "saturation": 0.2, "hue": 0.1, "grey": 0.2, "blur_first": 1.0, "blur_second": 0.1, "blur_local": 0.5,
    "blur_radius": (0.1, 2.0), "solarize": 0.2, "solarize_threshold": 128, "sgd_momentum": 0.9, "lars_eta": 0.001,
    "sinkhorn": 0, "koleo": 0.0, "registers": 0, "stem": "patch",
}  # fmt: skip


def values(config: Config, names: dict[str, Any]) -> dict[str, Any]:
    return {name: SETTINGS[name].of(config) for name in names}


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_whole_configuration_without_a_mistake(name: str) -> None:
    assert resolve(preset_source(name)).origins["epochs"] in (f"preset {name}", "default")


def test_the_defaults_are_the_authors() -> None:
    assert values(Config(), DEFAULTS) == DEFAULTS


def test_what_the_authors_wrote_into_their_code_is_the_default_of_a_setting() -> None:
    assert values(Config(), HARD_CODED) == HARD_CODED


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_papers_presets_are_the_published_runs(name: str) -> None:
    expected = DEFAULTS | HARD_CODED | PUBLISHED[name]
    assert values(resolve(preset_source(name)).config, expected) == expected


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_holds_only_what_the_paper_or_the_small_set_needs(name: str) -> None:
    assert PRESETS[name].about
    assert set(PRESETS[name].values) <= set(DEFAULTS | HARD_CODED) | {"cache", "knn_every", "drop_path"}


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_is_a_whole_configuration_without_a_mistake(recipe: Path) -> None:
    config = resolve(file_source(recipe)).config
    assert config.model.stem == "conv"
    assert config.optim.epochs >= 12


@pytest.mark.parametrize(("name", "recipe"), [("laptop", "photographs.toml"), ("drawn", "drawn.toml")])
def test_a_preset_for_two_cores_is_its_recipe(name: str, recipe: str) -> None:
    of_its_run = {
        "threads",
        "knn_images",
        "knn_every",
        "knn_limit",
        "keep",
        "keep_every",
        "snapshot_every",
        "log_every",
    }
    source = file_source(RECIPES / recipe)
    own = {setting: value for setting, value in source.values.items() if setting not in of_its_run}
    assert values(resolve(preset_source(name)).config, own) == values(resolve(source).config, own)
