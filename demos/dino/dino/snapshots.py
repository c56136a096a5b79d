"""What a run keeps to be looked at later: a few images, their crops as the network sees them, and where it attends.

The attention is that of the class token in the last block (paper section 4.2.2, figures 1 and 4), kept at chosen steps
for the same images, so that `dino report` can show it growing. Files: RUN/snapshots/images.safetensors, written once,
and RUN/snapshots/attention-00001234.safetensors.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from dino.errors import ContentError, WorldError
from dino.exchange.safetensors import encode, put
from dino.vit import VisionTransformer

FOLDER = "snapshots"
IMAGES = "images.safetensors"
ATTENTION = re.compile(r"attention-(\d+)\.safetensors")
Array = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Attention:
    """Where the class token looked at one step: maps [images, heads, rows, columns], each map summing to at most 1."""

    step: int
    epoch: float
    maps: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Snapshots:
    """All that a run has kept; empty where it kept nothing."""

    images: Array
    """[images, height, width, 3]"""
    crops: Sequence[Array]
    """Per crop, the global ones first: [images, height, width, 3]"""
    attention: Sequence[Attention]
    """In the order of steps."""


def keep_images(
    run: Path, images: Tensor, crops: Sequence[Tensor], mean: Sequence[float], std: Sequence[float]
) -> None:
    """Keeps a few normalised images [n, channels, h, w] and their crops, each crop of the n images in one tensor."""
    tensors = {"images": as_pixels(images, mean, std)}
    tensors |= {f"crop-{index:02d}": as_pixels(crop, mean, std) for index, crop in enumerate(crops)}
    _write(run, IMAGES, tensors, {})


def keep_attention(run: Path, step: int, epoch: float, attention: Tensor, grid: tuple[int, int]) -> None:
    """Keeps, in half precision, the class token's attention [n, heads, tokens]; its last tokens are the patches."""
    patches = attention[:, :, -grid[0] * grid[1] :].detach().float().cpu()
    maps = patches.reshape(*patches.shape[:2], *grid).half()
    _write(run, f"attention-{step:08d}.safetensors", {"maps": maps}, {"epoch": repr(float(epoch))})


@torch.no_grad()
def look(run: Path, step: int, epoch: float, backbone: nn.Module, images: Tensor) -> bool:
    """Keeps where a vision transformer looks in normalised images [n, channels, h, w]; False for another backbone."""
    if not isinstance(backbone, VisionTransformer):
        return False
    training, patch, device = backbone.training, backbone.patch_size, backbone.cls_token.device
    backbone.eval()
    rows = [backbone.attention(image[None].to(device))[:, :, 0] for image in images]  # one by one: a map is large
    backbone.train(training)
    keep_attention(run, step, epoch, torch.cat(rows), (images.shape[-2] // patch, images.shape[-1] // patch))
    return True


def forget_after(run: Path, step: int) -> None:
    """Removes the attention of later steps."""
    for path in (run / FOLDER).glob("attention-*.safetensors"):
        if (number := ATTENTION.fullmatch(path.name)) and int(number[1]) > step:
            path.unlink(missing_ok=True)


def read(run: Path) -> Snapshots:
    """What the run has kept. Raises ContentError for a damaged file."""
    folder, empty = run / FOLDER, np.zeros((0, 1, 1, 3), np.uint8)
    pictures = _read(folder / IMAGES)[0] if (folder / IMAGES).is_file() else {}
    crops = [pictures[name].numpy() for name in sorted(pictures) if name.startswith("crop-")]
    attention = []
    for path in sorted(folder.glob("attention-*.safetensors")):
        if number := ATTENTION.fullmatch(path.name):
            tensors, facts = _read(path)
            maps = tensors["maps"].float().numpy()
            attention.append(Attention(int(number[1]), float(facts.get("epoch", "0")), maps))
    return Snapshots(pictures["images"].numpy() if "images" in pictures else empty, crops, attention)


def as_pixels(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Normalised images [n, channels, h, w] as pixels [n, h, w, 3]: one channel is grey, of many three show."""
    shape = (1, -1, 1, 1)
    values = images.detach().float().cpu() * torch.tensor(std).reshape(shape) + torch.tensor(mean).reshape(shape)
    values = values.expand(-1, 3, -1, -1) if values.shape[1] == 1 else values[:, :3]
    if values.shape[1] == 2:
        values = torch.cat([values, values[:, :1] * 0], dim=1)
    return (values.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)


def _write(run: Path, name: str, tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> None:
    try:
        (run / FOLDER).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorldError(f"{run / FOLDER} cannot be made ({error.strerror}); name another folder with --out") from error
    whole = {key: value.contiguous() for key, value in tensors.items()}
    put(run / FOLDER / name, encode(whole, {"dino": "1", **facts}))


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(str(path), framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ContentError(f"{path} is damaged; delete it, the report does without") from error
