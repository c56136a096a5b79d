"""The teacher that comes with the demo: small, in half the bits, and its card says what it is."""

import hashlib
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dino.exchange import files
from dino.exchange.networks import images_of, network_of, probe
from dino.exchange.weights import Weights, name_of
from dino.settings import Source, resolve
from dino.settings_file import file_source

DEMO = Path(__file__).parents[2]
FILE = DEMO / "weights" / "photographs.safetensors"


@pytest.fixture(scope="module")
def weights() -> Weights:
    return files.read(FILE)


@pytest.fixture(scope="module")
def card() -> str:
    return FILE.with_name(FILE.name + ".md").read_text(encoding="utf-8")


def test_it_is_at_most_two_million_parameters_in_16_bits(weights: Weights) -> None:
    assert FILE.stat().st_size <= 4_000_000
    assert sum(tensor.numel() for tensor in weights.backbone.values()) <= 2_000_000
    assert {tensor.dtype for tensor in weights.backbone.values() if tensor.is_floating_point()} == {torch.float16}


def test_it_is_the_recipes_network_and_gives_features(weights: Weights) -> None:
    assert name_of(weights) == "vit:96x3x3/8"
    assert images_of(weights) == (3, 48, 48)
    with torch.no_grad():
        features = network_of(weights)(probe(weights))
    assert features.shape == (2, 96)
    assert features.isfinite().all()


def test_it_is_of_the_last_step_of_the_recipe(weights: Weights) -> None:
    settings = weights.facts["settings"]
    assert isinstance(settings, dict)
    told = resolve(Source("the file", {name: value for name, value in settings.items() if name != "seed"})).config
    recipe = resolve(file_source(DEMO / "recipes" / "photographs.toml")).config
    level = replace(told.loss, warmup_teacher_temp_epochs=0)  # a temperature that does not rise has no warm-up
    assert (told.model, told.head, level, told.crops) == (recipe.model, recipe.head, recipe.loss, recipe.crops)
    assert weights.facts["epoch"] == recipe.optim.epochs


def test_its_card_names_the_data_the_licence_and_this_very_file(card: str) -> None:
    assert "Imagenette" in card
    assert "| Licence of the weights | Apache-2.0 |" in card
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() in card
    assert "top-1 54.2 % (k = 20)" in card
    assert "not recorded" not in card
    assert "not measured" not in card
    assert tomllib.loads(card.split("```toml\n")[1].split("```")[0])["model"]["backbone"] == "vit:96x3x3"
