"""Entry points of torch.hub: `torch.hub.load("demos/dino", "dino_vits16", source="local", weights="FILE")`.

The names are the authors'; nothing is fetched, `weights` is a file that you have.
"""

from pathlib import Path

from dino.backbones import Backbone
from dino.exchange.hub import any_network, entry
from dino.vit import VisionTransformer

dependencies = ["torch", "torchvision", "timm", "safetensors"]


def dino(weights: str | Path) -> VisionTransformer | Backbone:
    """The network of a run or in any file of weights, whatever its backbone and size."""
    return any_network(weights)


def dino_vits16(weights: str | Path | None = None) -> VisionTransformer:
    """ViT-S of patch 16."""
    return entry("dino_vits16", weights)


def dino_vits8(weights: str | Path | None = None) -> VisionTransformer:
    """ViT-S of patch 8."""
    return entry("dino_vits8", weights)


def dino_vitb16(weights: str | Path | None = None) -> VisionTransformer:
    """ViT-B of patch 16."""
    return entry("dino_vitb16", weights)


def dino_vitb8(weights: str | Path | None = None) -> VisionTransformer:
    """ViT-B of patch 8."""
    return entry("dino_vitb8", weights)


def dino_vitt16(weights: str | Path | None = None) -> VisionTransformer:
    """ViT-Ti of patch 16."""
    return entry("dino_vitt16", weights)
