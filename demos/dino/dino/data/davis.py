"""DAVIS 2017 as it is unpacked: sequences of frames, each with a palette PNG of its objects (Pont-Tuset et al. 2017).

`ImageSets/2017/val.txt` names the sequences; frames lie in `JPEGImages/480p/NAME`, masks in `Annotations/480p/NAME`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dino.data.annotated import Annotated, named
from dino.data.faults import printable
from dino.data.palette import VOID, Numbers
from dino.errors import ContentError

LIST = "ImageSets/2017/val.txt"
FRAMES, MASKS = "JPEGImages/480p", "Annotations/480p"
LEAST = 3
"""Frames of a sequence: the first is given, the last is not measured."""


@dataclass(frozen=True)
class Video:
    """One sequence: its name, and its frames in the order of time."""

    name: str
    frames: Sequence[Annotated]

    def mask(self, index: int) -> Numbers:
        """The object's number of each pixel of a frame, void being no object: [height, width].

        Raises ContentError where it cannot be read.
        """
        numbers = self.frames[index].numbers()
        numbers[numbers == VOID] = 0
        return numbers


def open_davis(root: Path) -> list[Video]:
    """The sequences that the set's list names. Raises ContentError where one of them is not there whole."""
    return [_video(root, name) for name in named(root, LIST, "DAVIS-2017")]


def _video(root: Path, name: str) -> Video:
    images = sorted((root / FRAMES / name).glob("*.jpg"))
    if len(images) < LEAST:
        raise ContentError(
            f"{printable(str(root / FRAMES / name))} has {len(images)} of the {LEAST} frames (*.jpg) that are needed "
            f"at least: the first is given, and the last is not measured; leave {name} out of {LIST}"
        )
    frames = [Annotated(image, root / MASKS / name / f"{image.stem}.png") for image in images]
    sizes = [frame.size() for frame in frames]
    for frame, size in zip(frames, sizes, strict=True):
        if size != sizes[0]:
            other, first = ("{}x{}".format(*each) for each in (size, sizes[0]))
            raise ContentError(
                f"{printable(str(frame.image))} is {other} and the first frame {first}; leave {name} out of {LIST}"
            )
    return Video(name, frames)
