"""Multi-crop and the authors' augmentations (paper section 3.2 and appendix E; BYOL's for the two global views).

What happens to one image is a function of (seed, epoch, image) alone, through a generator of its own, so that neither
the number of worker processes nor a resume can change it. The first global view is always blurred: DINOv2 and DINOv3
lost that when they turned the probability round.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageFilter, ImageOps
from torch import Tensor
from torchvision.transforms import functional as T

from dino.config import Augment, Config, Crops, Data, Pair, Pixels

RATIO = (3 / 4, 4 / 3)
ATTEMPTS = 10


def generator(seed: int, epoch: int, index: int) -> random.Random:
    """The random numbers of one image in one epoch."""
    return random.Random(f"{seed}/{epoch}/{index}")  # noqa: S311 — augmentation is no cryptography


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
        crops, augment = self.crops, self.augment
        views = [
            self._view(image, numbers, crops.global_size, crops.global_scale, augment.blur_first, 0.0),
            self._view(image, numbers, crops.global_size, crops.global_scale, augment.blur_second, augment.solarize),
        ]
        views += [
            self._view(image, numbers, crops.local_size, crops.local_scale, augment.blur_local, 0.0)
            for _ in range(crops.local_count)
        ]
        return [to_tensor(view, self.data) for view in views]

    def _view(
        self, image: Image.Image, numbers: random.Random, size: Pixels, scale: Pair, blur: float, solarize: float
    ) -> Image.Image:
        """One crop, mirrored, jittered, greyed, blurred and solarized, each with its probability, in this order."""
        augment = self.augment
        view = random_resized_crop(image, numbers, size, scale)
        if numbers.random() < augment.flip:
            view = view.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        view, alpha = without_alpha(view)
        if numbers.random() < augment.jitter:
            view = color_jitter(view, numbers, augment)
        if numbers.random() < augment.grey:
            view = view.convert("L").convert(view.mode)
        if numbers.random() < blur:
            blurred = ImageFilter.GaussianBlur(numbers.uniform(*augment.blur_radius))
            view, alpha = view.filter(blurred), alpha.filter(blurred) if alpha else None
        if numbers.random() < solarize:
            view = ImageOps.solarize(view, augment.solarize_threshold)
        return Image.merge(f"{view.mode}A", (*view.split(), alpha)) if alpha else view


def without_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours of an image, in mode L or RGB, and its alpha, which changes of colour leave alone."""
    if image.mode not in ("LA", "RGBA"):
        return image, None
    *colours, alpha = image.split()
    return Image.merge(image.mode[:-1], colours), alpha


def random_resized_crop(image: Image.Image, numbers: random.Random, size: Pixels, scale: Pair) -> Image.Image:
    """A crop that covers a share of the area in `scale`, its ratio from 3/4 to 4/3, resized bicubically to `size`.

    After ten crops that do not fit, the largest central one of an allowed ratio.
    """
    width, height = image.size
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
    box = (left, top, left + crop[0], top + crop[1])
    return image.crop(box).resize((size[1], size[0]), Image.Resampling.BICUBIC)


def color_jitter(image: Image.Image, numbers: random.Random, augment: Augment) -> Image.Image:
    """Brightness, contrast, saturation and hue, each by a random factor, in random order. The last two need colour."""

    def factor(strength: float) -> float:
        return numbers.uniform(max(0.0, 1 - strength), 1 + strength)

    changes: list[tuple[Callable[[Image.Image, float], Image.Image], float]] = [
        (T.adjust_brightness, factor(augment.brightness)),
        (T.adjust_contrast, factor(augment.contrast)),
        (T.adjust_saturation, factor(augment.saturation)),
        (T.adjust_hue, numbers.uniform(-augment.hue, augment.hue)),
    ]
    numbers.shuffle(changes)
    for change, strength in changes:
        if image.mode == "RGB" or change in (T.adjust_brightness, T.adjust_contrast):
            image = change(image, strength)
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
