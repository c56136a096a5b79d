"""`auto`: what it chooses for sets of any size on machines of any kind, and why."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dino.auto import GIB, TYPICAL, USABLE, Facts, choose, facts_of, machine_memory, merged, power_of_two, room
from dino.building import build_network
from dino.config import SETTINGS, Config
from dino.data.images import open_images
from dino.footprint import image_bytes, parameters, state_bytes
from dino.settings import Source, preset_source, resolve, with_values
from dino.validation import mistakes

FACTS = st.builds(
    Facts,
    count=st.integers(1, 10**9),
    side=st.integers(1, 20_000),
    device=st.sampled_from(["cpu", "mps", "cuda"]),
    memory=st.integers(1, 2**40),
    cores=st.integers(1, 512),
    processes=st.integers(1, 2048),
    mixed=st.booleans(),
)
GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "epochs": st.integers(1, 1000), "batch_size": st.integers(1, 5000), "patch_size": st.integers(1, 64),
        "warmup_epochs": st.integers(0, 500), "warmup_teacher_temp_epochs": st.integers(0, 500),
        "channels": st.sampled_from([1, 2, 4]), "lr": st.floats(0, 1), "local_count": st.integers(0, 20),
        "backbone": st.sampled_from(["vit_base", "vit:32x2x4", "timm:resnet18"]), "out_dim": st.integers(1, 10**6),
        "cache": st.integers(0, 500), "workers": st.integers(0, 64), "head_layers": st.integers(1, 5),
    },
).filter(
    lambda values: values.get("epochs", 1000)
    >= max(values.get("warmup_epochs", 0), values.get("warmup_teacher_temp_epochs", 0))
)  # fmt: skip
WHOLE = [name for name, setting in SETTINGS.items() if type(setting.of(Config())) is int]
ANYTHING = st.dictionaries(st.sampled_from(WHOLE), st.integers(-5, 300), max_size=5)


def config_for(facts: Facts, **given_values: Any) -> Config:
    return resolve(Source("auto", merged(choose(facts, given_values))), Source("flag", given_values)).config


def reasons(facts: Facts) -> str:
    return "\n".join(choice.why for choice in choose(facts))


@settings(deadline=None)
@given(FACTS)
def test_what_it_chooses_is_always_valid(facts: Facts) -> None:
    config = config_for(facts)
    assert config.optim.batch_size * facts.processes <= max(facts.count, facts.processes)


@settings(deadline=None)
@given(FACTS, GIVEN)
def test_it_chooses_around_what_is_given(facts: Facts, values: dict[str, Any]) -> None:
    config = config_for(facts, **values)
    assert {name: SETTINGS[name].of(config) for name in values} == values


@settings(deadline=None)
@given(FACTS, ANYTHING)
def test_what_is_refused_beside_its_choice_is_always_what_was_given(facts: Facts, values: dict[str, Any]) -> None:
    config = with_values(Config(), {**merged(choose(facts, values)), **values})
    assert {mistake.name for mistake in mistakes(config)} <= set(values)


@settings(deadline=None)
@given(FACTS)
def test_every_choice_has_a_reason_of_one_line(facts: Facts) -> None:
    for choice in choose(facts):
        assert choice.values
        assert choice.why
        assert "\n" not in choice.why


@settings(deadline=None)
@given(FACTS)
def test_the_batch_fits_into_the_memory_unless_it_is_one_image(facts: Facts) -> None:
    config = config_for(facts)
    mixed = facts.device == "cuda" and facts.mixed
    needed = state_bytes(config) + config.optim.batch_size * image_bytes(config, mixed=mixed)
    assert config.optim.batch_size == 1 or needed <= USABLE * facts.memory


@settings(deadline=None)
@given(FACTS, st.integers(1, 2**40))
def test_more_memory_never_makes_the_batch_smaller_for_the_same_network(facts: Facts, more: int) -> None:
    config = config_for(facts)
    assert room(replace(facts, memory=facts.memory + more), config) >= room(facts, config)


def test_forty_tiny_images_make_small_batches_over_many_epochs() -> None:
    config = config_for(Facts(40, 20, "cpu", 8 * GIB, 2))
    assert (config.optim.batch_size, config.optim.epochs, config.head.out_dim) == (8, 300, 512)
    assert (config.model.patch_size, config.crops.global_size, config.crops.local_size) == (4, (20, 20), (8, 8))
    assert config.augment.blur_first == 0.0
    assert config.data.cache == 0


def test_a_thousand_photographs_on_a_cpu_are_seen_small_by_the_smallest_network() -> None:
    config = config_for(Facts(1_000, 480, "cpu", 8 * GIB, 4))
    assert (config.model.backbone, config.model.stem) == ("vit:96x3x3", "conv")
    assert (config.crops.global_size, config.crops.local_size) == ((48, 48), (24, 24))
    assert (config.optim.batch_size, config.optim.epochs, config.data.cache) == (64, 300, 64)
    assert config.optim.warmup_epochs < config.optim.epochs
    assert "there is no CUDA" in reasons(Facts(1_000, 480, "cpu", 8 * GIB, 4))


def test_ten_thousand_photographs_on_a_cpu_get_the_laptops_preset() -> None:
    config = config_for(Facts(9_469, 96, "cpu", 8 * GIB, 2))
    assert config == resolve(preset_source("laptop")).config


def test_cifar_on_a_gpu_gets_small_patches_and_few_prototypes() -> None:
    config = config_for(Facts(50_000, 32, "cuda", 24 * GIB, 8))
    assert (config.model.patch_size, config.crops.global_size, config.crops.local_size) == (4, (32, 32), (12, 12))
    assert (config.head.out_dim, config.optim.epochs, config.optim.batch_size) == (2048, 200, 256)


def test_imagenet_on_a_big_gpu_gets_the_papers_vanilla_run() -> None:
    config = config_for(Facts(1_281_167, 375, "cuda", 80 * GIB, 16))
    assert (config.model.backbone, config.model.patch_size, config.head.out_dim) == ("vit_small", 16, 65536)
    assert (config.crops.global_size, config.crops.local_size, config.crops.local_count) == ((224, 224), (96, 96), 8)
    assert (config.optim.epochs, config.optim.lr, config.optim.momentum_teacher) == (100, 0.0005, 0.996)
    assert config.optim.batch_size == 256
    assert config.data.cache == 0


def test_a_small_gpu_gets_a_smaller_batch_and_a_smaller_one_a_smaller_network() -> None:
    photographs = {"count": 20_000, "side": 480, "device": "cuda", "cores": 8}
    eight, one = (config_for(Facts(memory=size * GIB, **photographs)) for size in (8, 1))
    assert (eight.model.backbone, eight.optim.batch_size) == ("vit_small", 32)
    assert (one.model.backbone, one.optim.batch_size) == ("vit_tiny", 4)
    assert "1.0 GiB of memory are not enough" in reasons(Facts(memory=GIB, **photographs))


def test_float32_halves_the_batch_whether_asked_for_or_all_that_the_gpu_has() -> None:
    facts = Facts(20_000, 480, "cuda", 12 * GIB, 8)
    assert config_for(facts).optim.batch_size == 32
    assert config_for(facts, precision="fp32").optim.batch_size == 16
    assert config_for(replace(facts, mixed=False)).optim.batch_size == 16
    assert config_for(replace(facts, mixed=False), precision="fp16").optim.batch_size == 32


def test_a_machine_of_little_memory_gets_fewer_loaders() -> None:
    assert config_for(Facts(1_000, 480, "cpu", 2 * GIB, 8)).data.workers == 0
    assert config_for(Facts(1_000, 480, "cpu", 64 * GIB, 8)).data.workers == 2


def test_beside_a_gpu_nearly_every_core_loads_and_on_a_cpu_one_in_four() -> None:
    assert config_for(Facts(1_000, 480, "cuda", 64 * GIB, 16)).data.workers == 15
    assert config_for(Facts(1_000, 480, "cpu", 64 * GIB, 16)).data.workers == 4
    assert config_for(Facts(1_000, 480, "cpu", 64 * GIB, 2)).data.workers == 0


def test_many_processes_share_the_images_and_the_step() -> None:
    assert config_for(Facts(1_281_167, 375, "cuda", 80 * GIB, 16, processes=16)).optim.batch_size == 64
    assert config_for(Facts(320, 375, "cuda", 80 * GIB, 16, processes=8)).optim.batch_size == 8


def test_warm_ups_fit_into_the_epochs_that_are_given() -> None:
    optim = config_for(TYPICAL, epochs=3).optim
    assert (optim.epochs, optim.warmup_epochs) == (3, 1)


def test_grey_images_get_one_mean_and_deviation() -> None:
    data = config_for(TYPICAL, channels=1).data
    assert (data.mean, data.std) == ((0.449,), (0.226,))


def test_without_local_crops_the_global_ones_have_the_scale_that_the_authors_advise() -> None:
    assert config_for(TYPICAL, local_count=0).crops.global_scale == (0.14, 1.0)


def test_a_group_that_is_wholly_given_is_not_spoken_of() -> None:
    given_values = {"backbone": "vit_base", "patch_size": 16, "drop_path": 0.2}
    assert not any("vit_" in choice.why for choice in choose(TYPICAL, given_values))


@pytest.mark.parametrize(("local_crops", "gigabytes"), [(0, 9.3), (2, 10.5), (6, 12.9), (10, 15.4)])
def test_the_memory_of_a_step_is_that_of_the_papers_table_8(local_crops: int, gigabytes: float) -> None:
    config = with_values(Config(), {"local_count": local_crops})
    assert state_bytes(config) + 64 * image_bytes(config, mixed=True) == pytest.approx(gigabytes * 1e9, rel=0.05)


@pytest.mark.parametrize(
    "values", [{}, {"backbone": "vit_tiny", "patch_size": 4, "global_size": (32, 32)}, {"backbone": "vit:64x2x4"}]
)
def test_parameters_are_counted_as_they_are_built(values: dict[str, Any]) -> None:
    config = with_values(Config(), {**values, "out_dim": 128, "head_hidden": 64})
    built = sum(parameter.numel() for parameter in build_network(config).parameters())
    assert parameters(config) == pytest.approx(built, rel=0.05)


@pytest.mark.parametrize(("number", "power"), [(0, 1), (1, 1), (3, 2), (4, 4), (255, 128)])
def test_a_batch_is_a_power_of_two(number: int, power: int) -> None:
    assert power_of_two(number) == power


@pytest.mark.parametrize("text", ["max\n", ""])
def test_a_container_without_a_limit_has_the_machines_memory(tmp_path: Path, text: str) -> None:
    (tmp_path / "memory.max").write_text(text)
    assert machine_memory(tmp_path / "memory.max") == machine_memory(tmp_path / "none")


def test_a_containers_limit_is_its_memory(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("1000000\n")
    assert machine_memory(tmp_path / "memory.max") == 1_000_000


def test_the_facts_are_those_of_the_images_and_of_this_processs_share_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, side in enumerate((20, 30, 400)):
        Image.new("RGB", (side, side + 7)).save(tmp_path / f"{number}.png")
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    alone = facts_of(open_images(tmp_path), torch.device("cpu"))
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    shared = facts_of(open_images(tmp_path), torch.device("cpu"))
    assert (alone.count, alone.side, alone.device, alone.processes) == (3, 30, "cpu", 1)
    assert (shared.memory, shared.processes) == (alone.memory // 2, 4)
    assert shared.cores == max(1, alone.cores // 2)
