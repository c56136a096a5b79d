"""timm's state dict of the same network (`vit_small_patch16_224` and its like), and back.

timm's vision transformer has the authors' names; its registers are called `reg_token` and have positions of their own
(zero here). Outputs agree at the network's own image size; for other sizes timm resamples the positions differently
(antialiased, on another grid), which is why it is not numerically DINO on small crops.
"""

from pathlib import Path

import timm
import torch
from timm.models.vision_transformer import VisionTransformer as TimmTransformer
from torch import Tensor, nn

from dino.errors import ContentError
from dino.exchange.safetensors import encode, put
from dino.exchange.weights import Shape, Weights, build, from_named, largest_difference, load, probe, shape_of

TOLERANCE = 1e-4
HEADS = ("head.weight", "head.bias", "fc_norm.weight", "fc_norm.bias")


def name_of(shape: Shape) -> str:
    """The name for `timm.create_model`, or "" where timm has no model of these sizes."""
    name = f"{shape.arch}_patch{shape.patch_size}_224"
    usual = shape.arch != "vit" and shape.image_size == (224, 224) and not shape.registers
    return name if usual and name in timm.list_models("vit_*") else ""


def to_timm(weights: Weights) -> dict[str, Tensor]:
    """The backbone under timm's names."""
    tensors = {name: tensor.clone() for name, tensor in weights.backbone.items()}
    if "register_tokens" in tensors:
        registers = tensors.pop("register_tokens")
        positions = tensors["pos_embed"]
        tensors["reg_token"] = registers
        tensors["pos_embed"] = torch.cat([positions[:, :1], torch.zeros_like(registers), positions[:, 1:]], dim=1)
    return tensors


def from_timm(tensors: dict[str, Tensor], source: str = "") -> Weights:
    """The backbone of a timm state dict; a classifier in it is left out."""
    kept = {name: tensor for name, tensor in tensors.items() if name not in HEADS}
    if "reg_token" in kept:
        registers = kept.pop("reg_token")
        count, positions = registers.shape[1], kept["pos_embed"]
        kept["register_tokens"] = registers + positions[:, 1 : 1 + count]
        kept["pos_embed"] = torch.cat([positions[:, :1], positions[:, 1 + count :]], dim=1)
    return from_named(kept, source=source)


def model(weights: Weights) -> nn.Module:
    """timm's own network with these weights: images → [batch, dim], the class token."""
    shape = shape_of(weights)
    network: nn.Module = TimmTransformer(
        img_size=shape.image_size,
        patch_size=shape.patch_size,
        in_chans=shape.channels,
        embed_dim=shape.size.dim,
        depth=shape.size.depth,
        num_heads=shape.size.heads,
        reg_tokens=shape.registers,
        num_classes=0,
    )
    load(network, to_timm(weights), weights.source)
    return network


@torch.inference_mode()
def difference(weights: Weights) -> float:
    """The largest difference of timm's output from ours on the same noise."""
    images = probe(shape_of(weights))
    return largest_difference(model(weights)(images), build(weights)(images))


def write(path: Path, weights: Weights) -> float:
    """timm's state dict as safetensors, for `checkpoint_path=`; returns the difference measured before it was written.

    Raises ContentError when timm would compute something else.
    """
    measured = difference(weights)
    if not measured <= TOLERANCE:
        raise ContentError(
            f"timm's network differs by {measured:.2g} on {weights.source or 'these weights'}; not written"
        )
    put(path, encode(dict(sorted(to_timm(weights).items())), {"format": "pt"}))
    return measured
