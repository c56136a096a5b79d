"""The backbone alone in 16 bits, as safetensors: half of the bytes, for a file that is handed on.

Whoever reads it computes in 32 bits again, so that its weights are rounded and nothing else is.
"""

from dataclasses import replace
from pathlib import Path

import torch

from dino.errors import ContentError
from dino.exchange import safetensors
from dino.exchange.networks import network_of, probe
from dino.exchange.weights import Weights, largest_difference


@torch.no_grad()
def write(path: Path, weights: Weights) -> float:
    """Writes the file; returns its largest difference from the network. ContentError where 16 bits hold no weight."""
    rounded = halved(weights)
    if too_large := [name for name, tensor in rounded.backbone.items() if not tensor.isfinite().all()]:
        raise ContentError(f"{too_large[0]} has weights above 65,504, which 16 bits cannot hold; leave --half out")
    safetensors.write(path, rounded)
    images = probe(weights, batch=3)
    return largest_difference(network_of(safetensors.read(path))(images), network_of(weights)(images))


def halved(weights: Weights) -> Weights:
    """The backbone with every number of 32 bits rounded to 16, and no head."""
    tensors = {name: t.half() if t.is_floating_point() else t for name, t in weights.backbone.items()}
    return replace(weights, backbone=tensors, head={})
