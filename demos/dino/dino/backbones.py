"""The backbone by its name, behind one narrow interface: images [batch, channels, h, w] → features [batch, dim].

`vit_tiny`, `vit_small`, `vit_base`, `vit_large` and `vit:DIMxDEPTHxHEADS` are the package's own; `timm:NAME` and
`torchvision:NAME` are any model of those libraries without its classifier that takes every size of crop (the paper's
ResNet-50: Table 2). Stochastic depth is given to the models that know it, and no dropout is left, as in the paper. timm
resamples position embeddings in its own way, so its vision transformers are not the authors' to the last digit.
"""

import difflib
import re
import warnings
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

import timm
import torch
import torchvision
from torch import Tensor, nn
from torchvision.ops import StochasticDepth

from dino.config import Config
from dino.errors import CommandError
from dino.vit import SIZES, Size, VisionTransformer

REFUSALS = (RuntimeError, AssertionError, ValueError, TypeError, IndexError, AttributeError, KeyError)
"""What libraries raise for sizes or channels that a model cannot have."""


class Backbone(nn.Module):
    """A backbone of another library under the narrow interface; its state-dict names are `network.` and its own."""

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
        stem=config.model.stem == "conv",
    )


def recompute_activations(backbone: nn.Module, name: str) -> None:
    """Have it keep for the backward pass no more than each block's input. Raises CommandError where it cannot."""
    if isinstance(backbone, VisionTransformer):
        backbone.recomputes = True
        return
    try:
        backbone.network.set_grad_checkpointing(True)  # type: ignore[operator,union-attr]
    except (AttributeError, AssertionError) as error:
        raise CommandError(
            f"{name} cannot compute its activations again; leave out --activation-checkpointing"
        ) from error


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

    def create(**options: Any) -> nn.Module:
        network: nn.Module = timm.create_model(
            name, pretrained=False, num_classes=0, in_chans=config.data.channels, **options
        )
        return network

    # transformers must be told that the crops differ in size; convolutions need not be
    sized, rate = {"img_size": config.crops.global_size}, {"drop_path_rate": drop_path}
    sizes: tuple[dict[str, Any], ...] = (
        {**sized, "dynamic_img_size": True},
        {**sized, "strict_img_size": False},
        sized,
        {},
    )
    return _first_that_works(create, [{**size, **rates} for size in sizes for rates in (rate, {})], config)


def _torchvision(name: str, config: Config, drop_path: float) -> Backbone:
    known = torchvision.models.list_models(module=torchvision.models)
    if name not in known:
        raise CommandError(f"torchvision has no model {name!r}{_meant(name, known)}")

    def create(**options: Any) -> nn.Module:
        network: nn.Module = torchvision.models.get_model(name, weights=None, **options)
        _leave_out_classifier(network)
        _take_channels(network, config.data.channels)
        depths = [module for module in network.modules() if isinstance(module, StochasticDepth)]
        for module, rate in zip(depths, torch.linspace(0, drop_path, len(depths)).tolist(), strict=True):
            module.p = rate
        return network

    size = config.crops.global_size
    return _first_that_works(create, [{"image_size": size[0]}, {"input_size": size}, {"aux_logits": False}, {}], config)


def _first_that_works(create: Callable[..., nn.Module], manners: Sequence[dict[str, Any]], config: Config) -> Backbone:
    """The network made in the first manner in which it takes every crop. Raises CommandError with the first refusal."""
    problem: CommandError | None = None
    for manner in manners:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about the library's own future
                network = create(**manner)
        except REFUSALS:
            continue
        for module in network.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        try:
            return _checked(network, config)
        except CommandError as error:
            problem = problem or error
    raise problem or CommandError(
        f"{config.model.backbone} cannot be built for {config.data.channels} channels; choose another backbone"
    )


def _leave_out_classifier(network: nn.Module) -> None:
    """Put in the classifier's place what comes before its first linear layer: pooling and norms."""
    for name in ("fc", "classifier", "head", "heads"):
        classifier = getattr(network, name, None)
        if isinstance(classifier, nn.Module):
            layers = list(classifier) if isinstance(classifier, nn.Sequential) else [classifier]
            kept = takewhile(lambda layer: not isinstance(layer, nn.Linear | nn.Conv2d), layers)
            setattr(network, name, nn.Sequential(*kept))
            return


def _take_channels(network: nn.Module, channels: int) -> None:
    """Replace the first convolution, which expects three channels, where the images have others."""
    name, first = next((pair for pair in network.named_modules() if isinstance(pair[1], nn.Conv2d)), ("", None))
    if first is None or first.in_channels == channels:
        return
    parent, _, own = name.rpartition(".")
    new = nn.Conv2d(
        channels, first.out_channels, first.kernel_size, first.stride, first.padding,
        bias=first.bias is not None,
    )  # fmt: skip
    setattr(network.get_submodule(parent), own, new)


@torch.no_grad()
def _checked(network: nn.Module, config: Config) -> Backbone:
    """The network, after it has shown that it takes both sizes of crops and gives one feature vector for each."""
    sizes = [config.crops.global_size] + ([config.crops.local_size] if config.crops.local_count else [])
    name, training, dims = config.model.backbone, network.training, set()
    network.eval()
    for size in sizes:
        try:
            dims.add(tuple(network(torch.zeros(1, config.data.channels, *size)).flatten(1).shape[1:]))
        except REFUSALS as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise CommandError(
                f"{name} does not take crops of {size[0]}x{size[1]} ({reason}); choose other sizes, --local-count 0, "
                "or another backbone"
            ) from error
    if len(dims) != 1:
        raise CommandError(
            f"{name} gives features of another length for each size of crop; choose --local-count 0, or another "
            "backbone"
        )
    network.train(training)
    return Backbone(network, int(dims.pop()[0]))


def _meant(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]}?" if near else ""
