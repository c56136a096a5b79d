"""The drawn world as a set of images: `drawn:BACKGROUND/SPLIT`, with nothing on the disk (`dino.world.world`)."""

import hashlib
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from dino.data.decoding import with_channels
from dino.data.encoded import Texts
from dino.data.faults import printable
from dino.errors import CommandError
from dino.world.world import CLASSES, COUNTS, World

ADDRESS = re.compile(r"drawn:(?P<background>[^/]*)(?:/(?P<split>.*))?")


@dataclass(frozen=True, eq=False)
class DrawnImages:
    """Pictures drawn when they are asked for; see `dino.data.images.Images` for the fields."""

    world: World
    split: str
    names: Sequence[str]
    labels: Sequence[int]
    classes: tuple[str, ...]
    channels: int

    @classmethod
    def of(cls, world: World, split: str, count: int, channels: int = 3) -> "DrawnImages":
        """The first `count` pictures of a split."""
        labels = [world.label(split, index) for index in range(count)]
        names = Texts(f"{CLASSES[label].name}/{index:05d}" for index, label in enumerate(labels))
        return cls(world, split, names, array("q", labels), tuple(kind.name for kind in CLASSES), channels)

    @property
    def place(self) -> str:
        return f"drawn:{self.world.background:g}/{self.split}"

    @property
    def fingerprint(self) -> str:
        """That of the first picture and of everything that the others follow from."""
        content = hashlib.blake2b(self.read(0), digest_size=16)
        content.update(f"{self.world} {self.split} {len(self)} {self.channels}".encode())
        return content.hexdigest()

    def __len__(self) -> int:
        return len(self.names)

    def read(self, index: int) -> bytes:
        """The picture's pixels, red, green and blue, row by row."""
        return self.world.draw(self.split, index).pixels.tobytes()

    def load(self, index: int) -> Image.Image:
        """The picture."""
        picture = Image.fromarray(self.world.draw(self.split, index).pixels)
        return with_channels(picture, self.names[index], self.channels)


def is_drawn(path: Path) -> bool:
    """Whether a path is an address in the drawn world."""
    return str(path).startswith("drawn:") and not path.exists()


def open_drawn(path: Path, channels: int = 3) -> DrawnImages:
    """The pictures at an address: `drawn:`, `drawn:1`, `drawn:0.5/test`. CommandError where it is none."""
    found = ADDRESS.fullmatch(str(path))
    split = (found and found["split"]) or "train"
    try:
        background = float((found and found["background"]) or 0)
    except ValueError:
        background = -1.0
    if not found or not 0 <= background <= 1 or split not in COUNTS:
        raise CommandError(
            f"{printable(str(path))} is nothing that is drawn; write drawn:BACKGROUND/SPLIT with a number from 0 to 1 "
            f"and one of {', '.join(COUNTS)}, as in drawn:0.5/test"
        )
    return DrawnImages.of(World(background=background), split, COUNTS[split], channels)
