"""Made data sets in DAVIS's layout: red bars, as high as the frame, that move by a patch a frame over blue."""

from pathlib import Path

import numpy
from PIL import Image

from dino.data import palette

PATCH, HEIGHT, WIDTH = 4, 32, 48


def numbers(step: int, objects: int = 1) -> palette.Numbers:
    """The objects' numbers in one frame: each a bar of two patches, eighteen pixels from the next."""
    mask = numpy.zeros((HEIGHT, WIDTH), numpy.uint8)
    for number in range(1, objects + 1):
        left = PATCH * (step + 4 * number - 3)
        mask[:, left : left + 2 * PATCH] = number
    return mask


def make_davis(root: Path, sequences: dict[str, int], objects: int = 1) -> Path:
    """Sequences by name, of so many frames each."""
    (root / "ImageSets/2017").mkdir(parents=True)
    (root / "ImageSets/2017/val.txt").write_text("".join(f"{name}\n" for name in sequences))
    for name, frames in sequences.items():
        (root / "JPEGImages/480p" / name).mkdir(parents=True)
        for step in range(frames):
            mask = numbers(step, objects)
            palette.write(root / f"Annotations/480p/{name}/{step:05d}.png", mask)
            picture = numpy.zeros((HEIGHT, WIDTH, 3), numpy.uint8)
            picture[..., 2] = 255
            for number in range(1, objects + 1):
                picture[mask == number] = (255, 90 * number, 0)
            Image.fromarray(picture).save(root / f"JPEGImages/480p/{name}/{step:05d}.jpg", quality=100, subsampling=0)
    return root
