"""Writes the pictures that the drawn world is held to: python tests/world/fixed_world.py.

They change with the world alone, and then every recipe has to be judged anew.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from dino.world.world import World

PICTURES = Path(__file__).with_name("pictures.png")
COUNT = 4


def drawn() -> npt.NDArray[np.uint8]:
    """The first pictures to choose settings by: in the world at 0, below in that at 1, and the masks of both."""
    worlds = [[World(background=background).draw("tune", index) for index in range(COUNT)] for background in (0.0, 1.0)]
    masks = [np.repeat(picture.mask[..., None], 3, axis=2).astype(np.uint8) * 255 for picture in worlds[0]]
    rows = [*([picture.pixels for picture in world] for world in worlds), masks]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)


if __name__ == "__main__":
    Image.fromarray(drawn()).save(PICTURES, optimize=True)
