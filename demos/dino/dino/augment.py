"""Multi-crop and the authors' augmentations (paper section 3.2 and appendix E; BYOL's for the two global views).

What happens to one image is a function of (seed, epoch, image) alone, through a generator of its own, so that neither
the number of worker processes nor a resume can change it. It is drawn first, as one `View` for each view; then the view
is made, here by Pillow as the authors did, or faster, from the same record, by `dino.fast`. The first global view is
always blurred: DINOv2 and DINOv3 lost that when they turned the probability round.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from PIL import Image, ImageFilter, ImageOps
from torch import Tensor
from torchvision.transforms import functional as T

from dino.config import Augment, Config, Crops, Data, Pair, Pixels

RATIO = (3 / 4, 4 / 3)
ATTEMPTS = 10

Box = tuple[int, int, int, int]  # left, top, right, bottom
Property = Literal["brightness", "contrast", "saturation", "hue"]
Change = tuple[Property, float]  # what is changed, and its factor; of hue, the turns that it goes round


def generator(seed: int, epoch: int, index: int) -> random.Random:
    """The random numbers of one image in one epoch."""
    return random.Random(f"{seed}/{epoch}/{index}")  # noqa: S311 — augmentation is no cryptography


@dataclass(frozen=True)
class View:
    """What happens to an image on its way to one view, in this order."""

    box: Box
    size: Pixels
    flip: bool
    jitter: tuple[Change, ...]
    grey: bool
    blur: float
    """The radius in pixels of the view; 0 = none."""
    solarize: bool


@dataclass(frozen=True)
class MultiCrop:
    """The views of an image: two global ones and then the local ones, each [channels, height, width], normalised."""

    crops: Crops
    augment: Augment
    data: Data

    @classmethod
    def of(cls, config: Config) -> "MultiCrop":
        return cls(config.crops, config.augment, config.data)

    def __call__(self, image: Image.Image, numbers: random.Random) -> list[Tensor]:
        threshold = self.augment.solarize_threshold
        return [to_tensor(seen(image, view, threshold), self.data) for view in self.draw(image.size, numbers)]

    def draw(self, size: tuple[int, int], numbers: random.Random) -> list[View]:
        """What happens to an image of width × height, view by view."""
        crops, augment = self.crops, self.augment
        views = [
            self._drawn(size, numbers, crops.global_size, crops.global_scale, augment.blur_first, 0.0),
            self._drawn(size, numbers, crops.global_size, crops.global_scale, augment.blur_second, augment.solarize),
        ]
        local = crops.local_size, crops.local_scale, augment.blur_local, 0.0
        return views + [self._drawn(size, numbers, *local) for _ in range(crops.local_count)]

    def _drawn(
        self, of: tuple[int, int], numbers: random.Random, size: Pixels, scale: Pair, blur: float, solarize: float
    ) -> View:
        augment = self.augment
        return View(  # the arguments are drawn from top to bottom
            box=drawn_box(of, numbers, scale),
            size=size,
            flip=numbers.random() < augment.flip,
            jitter=drawn_jitter(numbers, augment) if numbers.random() < augment.jitter else (),
            grey=numbers.random() < augment.grey,
            blur=numbers.uniform(*augment.blur_radius) if numbers.random() < blur else 0.0,
            solarize=numbers.random() < solarize,
        )


def drawn_box(of: tuple[int, int], numbers: random.Random, scale: Pair) -> Box:
    """A box in width × height that covers a share of the area in `scale`, its ratio from 3/4 to 4/3.

    After ten boxes that do not fit, the largest central one of an allowed ratio.
    """
    width, height = of
    for _ in range(ATTEMPTS):
        area = width * height * numbers.uniform(*scale)
        ratio = math.exp(numbers.uniform(math.log(RATIO[0]), math.log(RATIO[1])))
        crop = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < crop[0] <= width and 0 < crop[1] <= height:
            left, top = numbers.randint(0, width - crop[0]), numbers.randint(0, height - crop[1])
            break
    else:
        ratio = min(max(width / height, RATIO[0]), RATIO[1])
        crop = min(width, round(height * ratio)), min(height, round(width / ratio))
        left, top = (width - crop[0]) // 2, (height - crop[1]) // 2
    return (left, top, left + crop[0], top + crop[1])


def drawn_jitter(numbers: random.Random, augment: Augment) -> tuple[Change, ...]:
    """Brightness, contrast, saturation and hue, each by a random factor, in random order."""

    def factor(strength: float) -> float:
        return numbers.uniform(max(0.0, 1 - strength), 1 + strength)

    changes: list[Change] = [
        ("brightness", factor(augment.brightness)),
        ("contrast", factor(augment.contrast)),
        ("saturation", factor(augment.saturation)),
        ("hue", numbers.uniform(-augment.hue, augment.hue)),
    ]
    numbers.shuffle(changes)
    return tuple(changes)


def seen(image: Image.Image, view: View, threshold: int) -> Image.Image:
    """The view, made by Pillow: cut out, mirrored, jittered, greyed, blurred, and solarized from `threshold` on."""
    made = resized_crop(image, view.box, view.size)
    if view.flip:
        made = made.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    made, alpha = without_alpha(made)
    made = jittered(made, view.jitter)
    if view.grey:
        made = made.convert("L").convert(made.mode)
    if view.blur:
        blur = ImageFilter.GaussianBlur(view.blur)
        made, alpha = made.filter(blur), alpha.filter(blur) if alpha else None
    if view.solarize:
        made = ImageOps.solarize(made, threshold)
    return Image.merge(f"{made.mode}A", (*made.split(), alpha)) if alpha else made


def resized_crop(image: Image.Image, box: Box, size: Pixels) -> Image.Image:
    """What is in the box, resized bicubically to `size`."""
    return image.crop(box).resize((size[1], size[0]), Image.Resampling.BICUBIC)


def without_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours of an image, in mode L or RGB, and its alpha, which changes of colour leave alone."""
    if image.mode not in ("LA", "RGBA"):
        return image, None
    *colours, alpha = image.split()
    return Image.merge(image.mode[:-1], colours), alpha


def jittered(image: Image.Image, changes: Sequence[Change]) -> Image.Image:
    """The changes one after another. Saturation and hue need colour."""
    adjust: Mapping[Property, Callable[[Image.Image, float], Image.Image]] = {
        "brightness": T.adjust_brightness,
        "contrast": T.adjust_contrast,
        "saturation": T.adjust_saturation,
        "hue": T.adjust_hue,
    }
    for what, factor in changes:
        if image.mode == "RGB" or what in ("brightness", "contrast"):
            image = adjust[what](image, factor)
    return image


def center_crop(image: Image.Image, size: Pixels, data: Data) -> Tensor:
    """The view that evaluations see: resized bicubically to just cover 256/224 of `size`, the middle cut out."""
    height, width = (round(side * 256 / 224) for side in size)
    if image.width * height < image.height * width:
        covering = width, int(width * image.height / image.width)
    else:
        covering = int(height * image.width / image.height), height
    resized = image.resize(covering, Image.Resampling.BICUBIC)
    return to_tensor(T.center_crop(resized, list(size)), data)


def to_tensor(image: Image.Image, data: Data) -> Tensor:
    """The image as [channels, height, width] of float32, less the mean and over the standard deviation."""
    array = np.asarray(image, dtype=np.float32)
    values = torch.from_numpy(array / 255).reshape(image.height, image.width, -1).permute(2, 0, 1)
    return ((values - _column(data.mean)) / _column(data.std)).contiguous()


def _column(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32).view(-1, 1, 1)
