"""What every format is turned into: the backbone and head of one network under the authors' names (notes in vit.py).

The sizes of a vision transformer are read off its tensors (paper table 1: the heads are of 64 dimensions); what tensors
cannot tell (another head size, images that are not square) is in the facts.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch import Tensor, nn

from dino.errors import ContentError, WorldError
from dino.vit import SIZES, Size, VisionTransformer

Fact = str | int | float | bool | None | list["Fact"] | dict[str, "Fact"]
HEAD_DIM = 64
PREFIX = "network."
LIBRARIES = ("timm", "torchvision")
TOKENS = ("cls_token", "pos_embed")
PROJECTION, STEM = "patch_embed.proj.weight", re.compile(r"patch_embed\.layers\.(\d+)\.weight")


@dataclass(frozen=True)
class Weights:
    """One network: tensors under the authors' names without a prefix, on the CPU, and the facts that came with them."""

    backbone: Mapping[str, Tensor]
    head: Mapping[str, Tensor] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """Known names: backbone ("vit", "timm:NAME" …), heads, image_size [height, width], epoch, step, knn, settings,
    data, licence, mean, std."""
    source: str = ""
    """The file, for sentences."""

    def named(self) -> dict[str, Tensor]:
        """One mapping with `backbone.` and `head.` before the names, as the authors' teacher has it."""
        return {
            **{f"backbone.{name}": tensor for name, tensor in self.backbone.items()},
            **{f"head.{name}": tensor for name, tensor in self.head.items()},
        }

    def with_facts(self, **facts: Fact) -> "Weights":
        """The same tensors with more said about them."""
        return replace(self, facts={**self.facts, **facts})


@dataclass(frozen=True)
class Shape:
    """The sizes of a vision transformer."""

    size: Size
    patch_size: int
    channels: int
    image_size: tuple[int, int]
    registers: int = 0
    stem: bool = False

    @property
    def arch(self) -> str:
        """The name in the paper's table, "vit_small", or "vit" where it is of another size."""
        return next((name for name, size in SIZES.items() if size == self.size), "vit")


def from_named(tensors: Mapping[str, Tensor], facts: Mapping[str, Fact] | None = None, source: str = "") -> Weights:
    """The network in a state dict, whatever the prefixes: `module.`, `backbone.`, `head.`, or none for a bare backbone.

    Raises ContentError when there is no backbone in it.
    """
    plain = {name.removeprefix("module."): tensor.detach().cpu() for name, tensor in tensors.items()}
    prefixed = any(name.startswith("backbone.") for name in plain)
    head = {name.removeprefix("head."): tensor for name, tensor in plain.items() if name.startswith("head.")}
    if prefixed:
        plain = {
            name.removeprefix("backbone."): tensor for name, tensor in plain.items() if name.startswith("backbone.")
        }
    elif "last_layer.weight_v" in head:
        plain = {name: tensor for name, tensor in plain.items() if not name.startswith("head.")}
    else:
        head = {}
    if not plain:
        raise ContentError(f"{source or 'the state dict'} holds no weights of a backbone; name another file")
    return Weights(plain, head, dict(facts or {}), source)


def is_vit(weights: Weights) -> bool:
    """Whether the backbone is a plain vision transformer."""
    return not _missing(weights)


def library_of(weights: Weights) -> str:
    """The library of a backbone like "timm:NAME"; "" for the package's own and for what the file does not say."""
    library, colon, _ = str(weights.facts.get("backbone", "")).partition(":")
    return library if colon and library in LIBRARIES else ""


def plain_names(weights: Weights) -> dict[str, Tensor]:
    """The backbone under its library's own names, without the `network.` that `Backbone` puts before them."""
    own = PREFIX if library_of(weights) else ""
    return {name.removeprefix(own): tensor for name, tensor in weights.backbone.items()}


def name_of(weights: Weights) -> str:
    """What the backbone is called: "vit_small/16", "vit:24x2x3/8", "timm:resnet18"."""
    if not is_vit(weights):
        return str(weights.facts.get("backbone") or "a backbone that does not say its name")
    shape = shape_of(weights)
    own = "vit:" + "x".join(map(str, shape.size)) if shape.arch == "vit" else shape.arch
    return f"{own}/{shape.patch_size}"


def _missing(weights: Weights) -> list[str]:
    """What a vision transformer has and this backbone has not."""
    missing = [name for name in TOKENS if name not in weights.backbone]
    embedded = PROJECTION in weights.backbone or any(STEM.fullmatch(name) for name in weights.backbone)
    return missing if embedded else [*missing, PROJECTION]


def shape_of(weights: Weights) -> Shape:
    """The sizes of the vision transformer. Raises ContentError when the tensors are those of something else."""
    tensors, source = weights.backbone, weights.source or "the file"
    if missing := _missing(weights):
        raise ContentError(
            f"{source} is no vision transformer: it has no {missing[0]}, and it does not say which network "
            "it is; only its tensors can go out, as safetensors or authors"
        )
    stem = [tensor for name, tensor in tensors.items() if STEM.fullmatch(name) and tensor.ndim == 4]
    kernel, positions = stem[0] if stem else tensors[PROJECTION], tensors["pos_embed"]
    if kernel.ndim != 4 or positions.ndim != 3:
        raise ContentError(f"{source} is no vision transformer: its patch embedding is of another form")
    channels, patch, dim = kernel.shape[1], 2 ** len(stem) if stem else kernel.shape[2], positions.shape[2]
    depth = len({name.split(".")[1] for name in tensors if name.startswith("blocks.")})
    count = positions.shape[1] - 1
    registers = tensors["register_tokens"].shape[1] if "register_tokens" in tensors else 0
    size = Size(dim, depth, told_heads(weights) or max(1, dim // HEAD_DIM))
    return Shape(size, patch, channels, _image_size(weights, count, patch), registers, bool(stem))


def told_heads(weights: Weights) -> int | None:
    """The number of heads where the facts tell it, by itself or in a backbone's name such as "vit:24x2x3"."""
    heads, name = weights.facts.get("heads"), str(weights.facts.get("backbone"))
    if isinstance(heads, int | float):
        return int(heads)
    if written := re.fullmatch(r"vit:\d+x\d+x(\d+)", name):
        return int(written[1])
    return SIZES[name].heads if name in SIZES else None


def _image_size(weights: Weights, count: int, patch: int) -> tuple[int, int]:
    told = weights.facts.get("image_size")
    if isinstance(told, list) and len(told) == 2:
        height, width = (int(side) for side in told if isinstance(side, int | float))
        if (height // patch) * (width // patch) == count:
            return height, width
    side = math.isqrt(count)
    if side * side != count:
        raise ContentError(
            f"{weights.source or 'the file'} has positions for {count} patches, which is no square, and does not say "
            "the size of its images; say it with --image-size HEIGHT WIDTH"
        )
    return side * patch, side * patch


def build(weights: Weights) -> VisionTransformer:
    """The vision transformer with these weights, ready to use (`eval`, nothing to train).

    Raises ContentError when names or sizes do not fit.
    """
    shape = shape_of(weights)
    model = VisionTransformer(
        shape.image_size, shape.patch_size, shape.channels, shape.size, registers=shape.registers, stem=shape.stem
    )
    load(model, weights.backbone, weights.source)
    return model


def load(model: nn.Module, tensors: Mapping[str, Tensor], source: str = "") -> None:
    """Puts the tensors into the model and readies it, `eval` and frozen; ContentError names the first misfit."""
    check_fit(model, tensors, source)
    model.load_state_dict(dict(tensors))
    model.requires_grad_(requires_grad=False).eval()


def check_fit(model: nn.Module, tensors: Mapping[str, Tensor], source: str = "", held: str = "") -> None:
    """Raises ContentError unless the model has a place for each tensor and no other.

    Its sentence names the first misfit, and ends in what is `held`.
    """
    have = model.state_dict()
    problems = [f"{name} is missing" for name in have if name not in tensors]
    problems += [f"{name} has no place in the network" for name in tensors if name not in have]
    problems += [
        f"{name} is {list(tensors[name].shape)} and should be {list(have[name].shape)}"
        for name in have
        if name in tensors and tensors[name].shape != have[name].shape
    ]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ContentError(f"{source or 'the weights'} and the network do not fit: {problems[0]}{more}{held}")


def largest_difference(one: Tensor, other: Tensor) -> float:
    """The largest absolute difference of two outputs."""
    return float((one - other).abs().max())


def need_file(path: Path) -> None:
    """Raises ContentError unless there is such a file."""
    if not path.is_file():
        raise ContentError(f"{path} is not there; name the folder of a run, or a file of weights")


def need_folder(path: Path) -> None:
    """Raises WorldError unless the folder that the file is to lie in is there."""
    if not path.parent.is_dir():
        raise WorldError(f"{path.parent} is not there; make that folder or name another place with --out")
