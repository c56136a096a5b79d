"""timm's state dict of the same network (`vit_small_patch16_224` and its like), and back.

timm's vision transformer has the authors' names; its registers are called `reg_token` and have positions of their own
(zero here). Outputs agree at the network's own image size; for other sizes timm resamples the positions differently
(antialiased, on another grid), which is why it is not numerically DINO on small crops. A backbone that is timm's own
goes out under timm's own names.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn

from dino.backbones import REFUSALS
from dino.errors import ContentError
from dino.exchange.networks import images_of, network_of, probe
from dino.exchange.safetensors import encode, put
from dino.exchange.weights import (
    Shape,
    Weights,
    from_named,
    is_vit,
    largest_difference,
    library_of,
    load,
    name_of,
    plain_names,
    shape_of,
)
from dino.vit import SIZES

TOLERANCE = 1e-4
HEADS = ("head.weight", "head.bias", "fc_norm.weight", "fc_norm.bias")
USUAL = {"img_size": (224, 224), "in_chans": 3, "reg_tokens": 0}
"""What timm's vision transformers have where nothing else is said."""


@dataclass(frozen=True)
class Call:
    """What `timm.create_model` is told to make the network: a name of timm's, and what differs from its defaults."""

    name: str
    options: dict[str, Any]

    def create(self) -> nn.Module:
        """The network, without a classifier, its weights at random."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the library's own future
            network: nn.Module = timm.create_model(self.name, num_classes=0, **self.options)
        return network.eval()

    def written(self) -> str:
        """The arguments as they stand in Python."""
        told = {"num_classes": 0, **self.options}
        return ", ".join([f'"{self.name}"', *(f"{name}={value!r}" for name, value in told.items())])


def call_of(weights: Weights) -> Call:
    """The call of timm that makes this network and takes its tensors; ContentError where timm has no such network."""
    if is_vit(weights):
        return _of_vit(shape_of(weights))
    for call in _of_timm(weights):
        try:
            if difference(weights, call) <= TOLERANCE:
                return call
        except (ContentError, *REFUSALS):
            continue
    source = weights.source or "the file"
    raise ContentError(f"timm cannot make the network in {source} with one call; export it as safetensors instead")


def to_timm(weights: Weights) -> dict[str, Tensor]:
    """The backbone under timm's names."""
    tensors = {name: tensor.clone() for name, tensor in plain_names(weights).items()}
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


@torch.inference_mode()
def difference(weights: Weights, call: Call) -> float:
    """The largest difference of the output of timm's own network from ours on the same noise."""
    theirs, images = call.create(), probe(weights)
    load(theirs, to_timm(weights), weights.source)
    return largest_difference(theirs(images).flatten(1), network_of(weights)(images))


def write(path: Path, weights: Weights) -> float:
    """timm's state dict as safetensors, for `checkpoint_path=`; returns the difference measured before it was written.

    Raises ContentError when the network is none of timm's, or timm would compute something else.
    """
    if is_vit(weights) and shape_of(weights).stem:
        source = weights.source or "the file"
        raise ContentError(
            f"{source} makes its patches by convolutions, which timm's do not; choose {_other_formats(weights)}"
        )
    if not is_vit(weights) and library_of(weights) != "timm":
        source = weights.source or "the file"
        raise ContentError(
            f"{source} holds {name_of(weights)}, which timm does not have; choose {_other_formats(weights)}"
        )
    measured = difference(weights, call_of(weights))
    if not measured <= TOLERANCE:
        raise ContentError(
            f"timm's network differs by {measured:.2g} on {weights.source or 'these weights'}; not written"
        )
    put(path, encode(dict(sorted(to_timm(weights).items())), {"format": "pt"}))
    return measured


def _of_vit(shape: Shape) -> Call:
    """The nearest vision transformer of timm's, and all in which this one is not it."""
    arch = shape.arch if shape.arch in SIZES else "vit_small"
    patch = shape.patch_size if f"{arch}_patch{shape.patch_size}_224" in timm.list_models() else 16
    dim, depth, heads = SIZES[arch]
    usual = {**USUAL, "patch_size": patch, "embed_dim": dim, "depth": depth, "num_heads": heads}
    own = {
        "img_size": shape.image_size,
        "patch_size": shape.patch_size,
        "in_chans": shape.channels,
        "embed_dim": shape.size.dim,
        "depth": shape.size.depth,
        "num_heads": shape.size.heads,
        "reg_tokens": shape.registers,
    }
    return Call(f"{arch}_patch{patch}_224", {name: value for name, value in own.items() if value != usual[name]})


def _of_timm(weights: Weights) -> Iterator[Call]:
    """The ways to make one of timm's own networks: transformers must be told the size of their images, others not."""
    name = name_of(weights).removeprefix("timm:")
    channels, *size = images_of(weights)
    options = {} if channels == 3 else {"in_chans": channels}
    yield Call(name, options)
    yield Call(name, {"img_size": tuple(size), **options})


def _other_formats(weights: Weights) -> str:
    return "authors, safetensors, onnx or torch-export" if library_of(weights) else "authors or safetensors"
