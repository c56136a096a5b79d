"""The network of a file, whatever its backbone: a vision transformer by its tensors, another by what the file says.

A teacher of a run says the name of its backbone and the settings that it was built with; its own library then builds
it again. A file that says neither gives tensors, and no network.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from dino.backbones import Backbone, build_backbone
from dino.config import SETTINGS, Config
from dino.errors import CommandError, ContentError
from dino.exchange.weights import Weights, build, is_vit, library_of, load, name_of, shape_of
from dino.settings import convert, with_values
from dino.vit import VisionTransformer

BUILT_WITH = ("backbone", "patch_size", "registers", "channels", "global_size", "local_size", "local_count")


def network_of(weights: Weights) -> VisionTransformer | Backbone:
    """The network with these weights, ready to use: images [batch, channels, height, width] → features [batch, dim].

    Raises ContentError, one sentence, where the file does not say what it is or its tensors do not fit that.
    """
    if not library_of(weights):
        return build(weights)
    try:
        network = build_backbone(config_of(weights))
    except CommandError as error:
        source = weights.source or "the file"
        raise ContentError(f"{source} holds {name_of(weights)}, which cannot be built here: {error}") from error
    load(network, weights.backbone, weights.source)
    return network


def can_build(weights: Weights) -> bool:
    """Whether there is a network of these weights, and not tensors alone."""
    return is_vit(weights) or bool(library_of(weights))


def config_of(weights: Weights) -> Config:
    """The settings that a backbone of another library was built with, as the facts have them."""
    told = weights.facts.get("settings")
    known = dict(told) if isinstance(told, Mapping) else {}
    known["backbone"] = weights.facts["backbone"]
    if size := weights.facts.get("image_size"):
        known["global_size"] = size
    values = {}
    for name in BUILT_WITH:
        try:
            values[name] = convert(SETTINGS[name], known.get(name, SETTINGS[name].of(Config())))
        except ValueError as error:
            source = weights.source or "the file"
            raise ContentError(f"the settings in {source} are damaged: {name} {error}; export it again") from error
    return with_values(Config(), values)


def images_of(weights: Weights) -> tuple[int, int, int]:
    """The channels, height and width of the images that the network was trained on."""
    if library_of(weights):
        config = config_of(weights)
        return config.data.channels, *config.crops.global_size
    shape = shape_of(weights)
    return shape.channels, *shape.image_size


def probe(weights: Weights, batch: int = 2) -> Tensor:
    """The same noise every time, as images of the network's size: what two formats are compared on."""
    return torch.randn(batch, *images_of(weights), generator=torch.Generator().manual_seed(0))


def refusal(exporter: str, weights: Weights, error: Exception) -> ContentError:
    """The sentence for a network that an exporter does not take."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return ContentError(f"{exporter} does not take {name_of(weights)} ({reason}); choose another format")
