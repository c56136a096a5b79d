"""The few images by which a run is looked at: their crops, once, and where the teacher attends in them as it learns.

They are spread evenly over the set, so that folders of classes all have their turn, and are pictured at twice the size
of a global view, as the paper pictures 480 pixels with a network that learnt at 224 (section 4.2.2, figure 1).
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from dino import snapshots
from dino.augment import MultiCrop, center_crop, generator
from dino.config import Config
from dino.data.faults import next_readable
from dino.data.images import Images
from dino.evaluation import spread

ENLARGED = 2


@dataclass(frozen=True)
class Gallery:
    """The normalised images [count, channels, height, width] and the folder of the run that keeps what is seen."""

    folder: Path
    pictures: Tensor

    @classmethod
    def hang(cls, folder: Path, images: Images, config: Config, step: int) -> "Gallery":
        """The gallery of a run that goes on after `step`, with its images and crops on the disk.

        What a run of which no checkpoint is left saw after that step is taken down.
        """
        found = [next_readable(images, index) for index in spread(len(images), config.keep.snapshot_images)]
        height, width = config.crops.global_size
        size = ENLARGED * height, ENLARGED * width
        pictures = torch.stack([center_crop(one.image, size, config.data) for one in found])
        views, seed = MultiCrop.of(config), config.optim.seed
        cropped = [views(one.image, generator(seed, 0, one.index)) for one in found]
        crops = [torch.stack(view) for view in zip(*cropped, strict=True)]
        snapshots.keep_images(folder, pictures, crops, config.data.mean, config.data.std)
        snapshots.forget_after(folder, step)
        return cls(folder, pictures)

    def look(self, step: int, epoch: float, backbone: nn.Module) -> None:
        """Keep where the backbone attends now; a backbone without a class token attends nowhere."""
        snapshots.look(self.folder, step, epoch, backbone, self.pictures)
