"""How well attention covers objects (paper Figure 4 and appendix D): the Jaccard index of the best head, by object.

A head's mask holds a share of the class token's attention in the last block. Of as many heads the best is taken, so
whatever is compared has to have as many: the untrained network of the same shape is the measure of what was learnt.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from dino.augment import to_tensor
from dino.config import Data
from dino.data.palette import VOID, Numbers
from dino.data.scenes import Scene
from dino.errors import ContentError
from dino.evaluate.bootstrap import interval
from dino.evaluate.outcome import Metric
from dino.segmentation import SHARES, attention_maps, jaccard, kept
from dino.vit import Size, Stem, VisionTransformer


@dataclass(frozen=True)
class Gaze:
    """How a picture is seen: whole, its short side about so many pixels, its values less a mean over a deviation."""

    size: int
    data: Data
    device: torch.device

    def images(self, picture: Image.Image, patch: int) -> Tensor:
        """The picture resized bicubically, both sides to the nearest multiple of the patch: [1, channels, h, w]."""
        scale = self.size / min(picture.size)
        width, height = (max(1, round(side * scale / patch)) * patch for side in picture.size)
        return to_tensor(picture.resize((width, height), Image.Resampling.BICUBIC), self.data)[None].to(self.device)


def scores(networks: Iterable[VisionTransformer], scenes: Iterable[Scene], gaze: Gaze) -> Tensor:
    """The Jaccard index of each picture that shows an object, by network and share: [pictures, networks, SHARES].

    Raises ContentError where no picture does.
    """
    networks, found = list(networks), []
    for scene in scenes:
        numbers = scene.numbers()
        if not objects(numbers).numel():
            continue
        picture = scene.picture(gaze.data.channels)
        found.append([_of_network(network, picture, numbers, gaze) for network in networks])
    if not found:
        raise ContentError("no picture shows an object; their masks hold nothing but ground (0) and void (255)")
    return torch.tensor(found)


def _of_network(network: VisionTransformer, picture: Image.Image, numbers: Numbers, gaze: Gaze) -> list[float]:
    (maps,) = attention_maps(network, gaze.images(picture, network.patch_size)).cpu()
    return [covering(kept(maps, share), numbers) for share in SHARES]


def covering(masks: Tensor, numbers: Numbers) -> float:
    """The mean over a picture's objects of the best mask's Jaccard index, void pixels left out.

    The masks [heads, rows, columns] are enlarged to the picture's size, each value to a block of pixels.
    """
    large = F.interpolate(masks[None].float(), numbers.shape, mode="nearest")[0] > 0
    truth = torch.from_numpy(numbers)
    found = large & (truth != VOID)
    best = [jaccard(found, truth == number).max() for number in objects(numbers)]
    return float(torch.stack(best).mean())


def objects(numbers: Numbers) -> Tensor:
    """The numbers of the objects that a picture shows: [objects]."""
    shown = numpy.unique(numbers)
    return torch.from_numpy(shown[(shown > 0) & (shown < VOID)])


def untrained(like: VisionTransformer, channels: int, seed: int = 0) -> VisionTransformer:
    """A network of the same shape, with as many heads, as it is before it learns: the same one for the same seed."""
    height, width = (side * like.patch_size for side in like.grid)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = VisionTransformer(
            (height, width),
            like.patch_size,
            channels,
            Size(like.dim, len(like.blocks), like.heads),
            registers=like.registers,
            stem=isinstance(like.patch_embed, Stem),
        )
    return network.eval()


def metrics(found: Tensor) -> list[Metric]:
    """The means over the pictures of `scores`; where there are two networks, those of the second and what is between.

    The interval of the difference is that of the differences picture by picture.
    """
    trained, *other = found.unbind(dim=1)
    told = _metrics("Jaccard", trained)
    for controls in other:
        told += _metrics("Jaccard, untrained", controls)
        told += _metrics("above the untrained", trained - controls, unit="points")
    return told


def _metrics(name: str, found: Tensor, unit: str = "%") -> list[Metric]:
    percent = 100 * found
    return [
        Metric(f"{name}, {share:.0%} of attention", float(values.mean()), interval(values), unit)
        for share, values in zip(SHARES, percent.unbind(dim=1), strict=True)
    ]
