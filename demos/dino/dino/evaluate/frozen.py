"""A frozen network: any checkpoint, with the way in which it sees an image, which every evaluation shares."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from dino.backbones import REFUSALS
from dino.config import Config, Pixels
from dino.errors import CommandError
from dino.exchange.files import read
from dino.exchange.networks import images_of, network_of
from dino.exchange.weights import Weights, name_of
from dino.settings import with_values


@dataclass(frozen=True, eq=False)
class Frozen:
    """A network in evaluation mode, and the settings by which an image becomes what it sees: size, mean, deviation."""

    network: nn.Module
    config: Config
    name: str
    digest: str
    """Of its weights: two files that hold the same network have the same."""

    @property
    def size(self) -> Pixels:
        """Height and width of what it sees."""
        return self.config.crops.global_size

    def loading(self, batch: int, workers: int) -> Config:
        """The settings by which its images are loaded: so many at a time, by so many processes."""
        return with_values(self.config, {"batch_size": batch, "workers": workers})


def frozen(path: Path, size: Pixels | None = None, *, network: str = "teacher") -> Frozen:
    """The network of a run's folder or of a file of weights, the package's own, the authors' or timm's.

    It sees images at `size`, or else at the size that it learnt from. Raises ContentError for what is neither, and
    CommandError for a size that it cannot see.
    """
    weights = read(path, network=network)
    channels, *learnt = images_of(weights)
    seen = {"channels": channels, "global_size": size or (learnt[0], learnt[1]), **_normalisation(weights)}
    found = Frozen(network_of(weights), with_values(Config(), seen), name_of(weights), _digest(weights))
    if size:
        _check_size(found)
    return found


@torch.no_grad()
def _check_size(subject: Frozen) -> None:
    try:
        subject.network.eval()(torch.zeros(1, subject.config.data.channels, *subject.size))
    except REFUSALS as error:
        height, width = subject.size
        raise CommandError(f"{subject.name} sees no images of {height}x{width}; name a larger --size") from error


def _normalisation(weights: Weights) -> Mapping[str, tuple[float, ...]]:
    """What the file says it learnt with; the authors' and timm's DINO files do not, and learnt with ImageNet's."""
    told = {name: weights.facts.get(name) for name in ("mean", "std")}
    return {name: tuple(map(float, value)) for name, value in told.items() if isinstance(value, list)}  # type: ignore[arg-type]


def _digest(weights: Weights) -> str:
    whole = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(weights.backbone.items()):
        whole.update(f"{name} {tensor.dtype} {list(tensor.shape)}\0".encode())
        whole.update(tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return whole.hexdigest()
