"""What happens to views after they were cut out, for a whole batch where the network is: uint8 in, normalised out.

The loaders decode, cut and mirror; jitter, grey, blur, solarization and the normalisation follow here, from the same
records and by the same arithmetic as in `dino.fast.augmentation`, for all views of one size at once. Nothing waits for
the device, no shape depends on what was drawn, and everything but the mean grey is done pixel by pixel, so that a
compiler makes a few kernels of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from dino.augment import Property, View
from dino.config import Config
from dino.fast.augmentation import LUMA, NOTHING
from dino.fast.blur import BOXES, box_of

CHANGES: Mapping[Property, int] = {"brightness": 1, "contrast": 2, "saturation": 3, "hue": 4}
SLOTS = len(CHANGES)
"""Changes of a view one after another; each has a kind and a factor. 0 is none."""
GREY, SOLARIZE, WEIGHTS = 2 * SLOTS, 2 * SLOTS + 1, 2 * SLOTS + 2
"""Places in a view's record, after kinds and factors; the weights of the blur's box stand last."""


@dataclass(frozen=True)
class Cuts:
    """Views of one size as they were cut out, and what is still to happen to each.

    `pixels` are uint8 [views, height, width, 1 or 4], of which a fourth channel is no colour; `records` are float32
    [views, what `record` gives].
    """

    pixels: Tensor
    records: Tensor

    def pin_memory(self) -> "Cuts":
        """The same in memory that a GPU reads by itself."""
        return Cuts(self.pixels.pin_memory(), self.records.pin_memory())

    def to(self, device: torch.device) -> "Cuts":
        """The same on a device."""
        return Cuts(self.pixels.to(device, non_blocking=True), self.records.to(device, non_blocking=True))


@dataclass(frozen=True)
class Finishing:
    """What makes crops of cuts: [views, channels, height, width], normalised."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    threshold: int
    compiled: bool = False

    @classmethod
    def of(cls, config: Config, *, compiled: bool = False) -> "Finishing":
        """What the settings ask for."""
        return cls(config.data.mean, config.data.std, config.augment.solarize_threshold, compiled)

    def __call__(self, cuts: Cuts) -> Tensor:
        make = _compiled() if self.compiled else finished
        planes = make(cuts.pixels, cuts.records, self.threshold)
        scale, shift = _affine(self.mean, self.std, planes.device)
        return planes * scale + shift


def record(view: View, reach: int) -> list[float]:
    """A view's changes, grey, solarization and blur as numbers; the blur reaches so many pixels at the most."""
    jitter = [(CHANGES[what], _factor(what, factor)) for what, factor in view.jitter]
    jitter += [(0, 1.0)] * (SLOTS - len(jitter))
    weights = [1.0] + [0.0] * reach
    if view.blur:
        box = box_of(view.blur)
        inner = [box.weight] * (box.whole + 1) + [box.end]
        weights = inner + [0.0] * (reach + 1 - len(inner))
    kinds, factors = zip(*jitter, strict=True)
    return [*map(float, kinds), *factors, float(view.grey), float(view.solarize), *weights]


def reach_of(radius: float) -> int:
    """How many pixels away a blur of this radius looks, in each of its boxes."""
    return box_of(radius).whole + 1


def finished(pixels: Tensor, records: Tensor, threshold: int) -> Tensor:
    """The views [views, 1 or 3, height, width] with the whole numbers of uint8 as float32."""
    planes = pixels[..., :3].permute(0, 3, 1, 2).float()
    kinds, factors = records[:, :SLOTS], records[:, SLOTS:GREY]
    for slot in range(SLOTS):
        planes = _changed(planes, _each(kinds[:, slot]), _each(factors[:, slot]))
    planes = torch.where(_each(records[:, GREY]) > 0, _grey(planes), planes)
    planes = _blurred(planes, records[:, WEIGHTS:])
    turned = (_each(records[:, SOLARIZE]) > 0) & (planes >= threshold)
    return torch.where(turned, 255 - planes, planes)


def _changed(planes: Tensor, kind: Tensor, factor: Tensor) -> Tensor:
    """Each view by its change: three blend it with something else, hue turns it round."""
    grey = _grey(planes)
    count = grey.shape[-2] * grey.shape[-1]
    even = (grey.sum(dim=(-2, -1), keepdim=True) / count + 0.5).floor()
    other = (kind == CHANGES["contrast"]) * even + (kind == CHANGES["saturation"]) * grey
    is_hue = kind == CHANGES["hue"]
    blended = (((planes - other) * torch.where(is_hue, 1.0, factor) + other).clamp(0, 255)).floor()
    return torch.where(is_hue, _turned(planes, factor), blended) if planes.shape[1] == 3 else blended


def _grey(planes: Tensor) -> Tensor:
    """Luma [views, 1, height, width], rounded."""
    if planes.shape[1] == 1:
        return planes
    red, green, blue = planes.chunk(3, dim=1)
    luma: Tensor = red * LUMA[0] + green * LUMA[1] + blue * LUMA[2] + 0.5
    return luma.floor()


def _turned(planes: Tensor, steps: Tensor) -> Tensor:
    """The hue turned by so many 255ths: as `dino.fast.augmentation.turn_hue`, whose bytes go round at 256."""
    red, green, blue = planes.chunk(3, dim=1)
    value = planes.amax(dim=1, keepdim=True)
    chroma = value - planes.amin(dim=1, keepdim=True)
    is_red, is_green = red == value, green == value
    place = torch.where(is_red, green - blue, torch.where(is_green, blue - red, red - green))
    third = torch.where(is_red, 0.0, torch.where(is_green, 85.0, 170.0))
    hue = ((place * (255 / 6) / (chroma + float(NOTHING))).floor() + third) % 256
    hue = (hue - (hue > 212).float() + steps) % 256
    chroma = (chroma * 255 / (value + float(NOTHING))).floor() * value * (1 / 255)
    sextant = hue * (6 / 255)
    places = torch.cat([3 - (sextant - 3).abs(), (sextant - 2).abs(), (sextant - 4).abs()], dim=1)
    return (value + chroma - places.clamp(1, 2) * chroma).round()


def _blurred(planes: Tensor, weights: Tensor) -> Tensor:
    """Three boxes in each direction, each rounded; beyond the border, the outermost pixel is repeated."""
    for axis in (-1, -2):
        last = planes.shape[axis] - 1
        places = torch.arange(last + 1, device=planes.device)
        for _ in range(BOXES):
            total = planes * _each(weights[:, 0])
            for distance in range(1, weights.shape[1]):
                before = planes.index_select(axis, (places - distance).clamp(min=0))
                after = planes.index_select(axis, (places + distance).clamp(max=last))
                total = total + (before + after) * _each(weights[:, distance])
            planes = total.round()
    return planes


def _each(values: Tensor) -> Tensor:
    """A number for each view, beside its planes."""
    return values.view(-1, 1, 1, 1)


def _factor(what: Property, factor: float) -> float:
    return float(int(factor * 255) % 256) if what == "hue" else factor


@cache
def _compiled() -> Callable[[Tensor, Tensor, int], Tensor]:
    return torch.compile(finished, dynamic=False)


@cache
def _affine(mean: Sequence[float], std: Sequence[float], device: torch.device) -> tuple[Tensor, Tensor]:
    """What whole numbers from 0 to 255 are multiplied by, and what is then added, channel by channel."""
    middle, spread = (torch.tensor(values, dtype=torch.float64).view(1, -1, 1, 1) for values in (mean, std))
    return (1 / (255 * spread)).float().to(device), (-middle / spread).float().to(device)
