"""The backbone by its name, behind one narrow interface: images [batch, channels, h, w] → features [batch, dim].

`vit_tiny`, `vit_small`, `vit_base` and `vit:DIMxDEPTHxHEADS` are the package's own; `timm:NAME` and `torchvision:NAME`
are any model of those libraries without its classifier, given every size of crop (the paper's ResNet-50: Table 2).
"""

import difflib
import re
from typing import Any

import timm
import torch
import torchvision
from torch import Tensor, nn

from dino.config import Config
from dino.errors import CommandError
from dino.vit import SIZES, Size, VisionTransformer


class Backbone(nn.Module):
    """A backbone of another library under the narrow interface; its state-dict names are the library's own."""

    def __init__(self, network: nn.Module, dim: int) -> None:
        super().__init__()
        self.network, self.dim = network, dim

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.network(images)
        return features.flatten(1)


def build_backbone(config: Config, *, drop_path: float = 0.0) -> VisionTransformer | Backbone:
    """The backbone that the configuration names. Raises CommandError for a name or a crop that it cannot have."""
    library, _, name = config.model.backbone.rpartition(":")
    if library == "timm":
        return _timm(name, config, drop_path)
    if library == "torchvision":
        return _torchvision(name, config, drop_path)
    size = _own_size(library, name)
    if not size:
        raise CommandError(
            f"the backbone {config.model.backbone!r} is not known{_meant(name, list(SIZES))}; write one of "
            f"{', '.join(SIZES)}, vit:DIMxDEPTHxHEADS, timm:NAME or torchvision:NAME"
        )
    return VisionTransformer(
        config.crops.global_size,
        config.model.patch_size,
        config.data.channels,
        size,
        drop_path,
        config.model.registers,
    )


def _own_size(library: str, name: str) -> Size | None:
    """The size of an own vision transformer: by its name, or written out as DIMxDEPTHxHEADS."""
    written = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)x([1-9]\d*)", name)
    if library == "vit" and written:
        size = Size(*map(int, written.groups()))
        if size.dim % size.heads:
            raise CommandError(f"vit:{name} has {size.heads} heads for {size.dim} dimensions; make them divide it")
        return size
    return None if library else SIZES.get(name)


def _timm(name: str, config: Config, drop_path: float) -> Backbone:
    known = timm.list_models()
    if name.partition(".")[0] not in known:
        raise CommandError(f"timm has no model {name!r}{_meant(name, known)}")
    settings: list[dict[str, Any]] = [
        {"img_size": config.crops.global_size, "dynamic_img_size": True},
        {"img_size": config.crops.global_size, "strict_img_size": False},
        {},
    ]
    for extra in settings:  # transformers must be told that the crops differ in size; convolutions need not be
        rated: list[dict[str, Any]] = [{"drop_path_rate": drop_path}, {}]
        for rates in rated:
            try:
                network = timm.create_model(
                    name, pretrained=False, num_classes=0, in_chans=config.data.channels, **extra, **rates
                )
            except (TypeError, AssertionError):
                continue
            return _checked(network, f"timm:{name}", config)
    raise CommandError(f"timm:{name} cannot be built for {config.data.channels} channels; choose another backbone")


def _torchvision(name: str, config: Config, drop_path: float) -> Backbone:
    known = torchvision.models.list_models(module=torchvision.models)
    if name not in known:
        raise CommandError(f"torchvision has no model {name!r}{_meant(name, known)}")
    try:
        network = torchvision.models.get_model(name, weights=None, stochastic_depth_prob=drop_path)
    except TypeError:
        network = torchvision.models.get_model(name, weights=None)
    for classifier in ("fc", "classifier", "head", "heads"):
        if isinstance(getattr(network, classifier, None), nn.Module):
            setattr(network, classifier, nn.Identity())
            break
    _take_channels(network, config.data.channels)
    return _checked(network, f"torchvision:{name}", config)


def _take_channels(network: nn.Module, channels: int) -> None:
    """Replace the first convolution, which expects three channels, where the images have others."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            if module.in_channels != channels:
                parent = network.get_submodule(name.rpartition(".")[0])
                new = nn.Conv2d(
                    channels, module.out_channels, module.kernel_size, module.stride, module.padding,  # type: ignore[arg-type]
                    bias=module.bias is not None,
                )  # fmt: skip
                setattr(parent, name.rpartition(".")[2], new)
            return


@torch.no_grad()
def _checked(network: nn.Module, name: str, config: Config) -> Backbone:
    """The network, after it has shown that it takes both sizes of crops and gives one feature vector for each."""
    sizes = [config.crops.global_size] + ([config.crops.local_size] if config.crops.local_count else [])
    training, dims = network.training, set()
    network.eval()
    for size in sizes:
        try:
            dims.add(tuple(network(torch.zeros(1, config.data.channels, *size)).flatten(1).shape[1:]))
        except (RuntimeError, AssertionError, ValueError, TypeError) as error:
            reason = str(error).splitlines()[0]
            raise CommandError(
                f"{name} does not take crops of {size[0]}x{size[1]} ({reason}); choose other sizes, --local-count 0, "
                "or another backbone"
            ) from error
    if len(dims) != 1:
        raise CommandError(f"{name} gives features of another length for each size of crop; choose another backbone")
    network.train(training)
    return Backbone(network, int(dims.pop()[0]))


def _meant(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]}?" if near else ""
