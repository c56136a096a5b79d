"""DAVIS 2017 as it is unpacked: sequences of frames, each with a palette PNG of its objects (Pont-Tuset et al. 2017).

`ImageSets/2017/val.txt` names the sequences; frames lie in `JPEGImages/480p/NAME`, masks in `Annotations/480p/NAME`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from dino.data import palette
from dino.data.decoding import decode
from dino.data.faults import printable
from dino.data.palette import VOID, Numbers
from dino.errors import ContentError, WorldError

LIST = "ImageSets/2017/val.txt"
FRAMES, MASKS = "JPEGImages/480p", "Annotations/480p"
LEAST = 3
"""Frames of a sequence: the first is given, the last is not measured."""


@dataclass(frozen=True)
class Video:
    """One sequence: its name, and the files of its frames and of their masks, in the order of time."""

    name: str
    frames: Sequence[Path]
    masks: Sequence[Path]

    def frame(self, index: int, channels: int) -> Image.Image:
        """The frame. Raises ContentError where it cannot be read."""
        path = self.frames[index]
        return decode(path.read_bytes(), str(path), channels)

    def mask(self, index: int) -> Numbers:
        """The object's number of each pixel of the frame, void being no object: [height, width].

        Raises ContentError where it cannot be read.
        """
        numbers = palette.read(self.masks[index])
        numbers[numbers == VOID] = 0
        return numbers


def open_davis(root: Path) -> list[Video]:
    """The sequences that the set's list names. Raises ContentError where one of them is not there whole."""
    try:
        names = (root / LIST).read_text("utf-8").split()
    except FileNotFoundError:
        raise ContentError(
            f"{printable(str(root))} has no {LIST}; name the folder that DAVIS-2017 was unpacked to"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"{printable(str(root / LIST))} cannot be read ({error})") from error
    if not names:
        raise ContentError(f"{printable(str(root / LIST))} names no sequence")
    return [_video(root, name) for name in names]


def _video(root: Path, name: str) -> Video:
    frames = sorted((root / FRAMES / name).glob("*.jpg"))
    shown = printable(str(root / FRAMES / name))
    if len(frames) < LEAST:
        raise ContentError(
            f"{shown} has {len(frames)} frames (*.jpg); at least {LEAST} are needed, since the first is given and the "
            f"last not measured; leave the sequence out of {LIST}"
        )
    video = Video(name, frames, [root / MASKS / name / f"{frame.stem}.png" for frame in frames])
    for frame, mask in zip(video.frames, video.masks, strict=True):
        _check(frame, mask)
    return video


def _check(frame: Path, mask: Path) -> None:
    """By their headers alone: a fault in the last sequence is told before the first one is followed."""
    if not mask.is_file():
        raise ContentError(f"{printable(str(mask))} is missing: each frame needs its mask; unpack the set again")
    sizes = [_size(file) for file in (frame, mask)]
    if sizes[0] != sizes[1]:
        shown = " and its frame ".join("{}x{}".format(*size) for size in reversed(sizes))
        raise ContentError(f"{printable(str(mask))} is {shown}; frames and masks of one resolution are needed")


def _size(file: Path) -> tuple[int, int]:
    """Height and width."""
    try:
        with Image.open(file) as image:
            return image.height, image.width
    except Exception as error:
        raise ContentError(f"{printable(str(file))} is no image; look whether the set was unpacked whole") from error
