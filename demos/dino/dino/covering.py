"""How well a network's attention covers the objects of a set that has masks (paper section 4.2.2), while it learns."""

from dataclasses import dataclass

import numpy
import torch
from PIL import Image
from torch import Tensor, nn

from dino.augment import to_tensor
from dino.config import Config
from dino.data.images import Images
from dino.data.masks import mask
from dino.evaluation import spread
from dino.segmentation import SHARE, Overlap, attended, overlap
from dino.vit import VisionTransformer

LIMIT = 512
"""Images that are looked at: of so many, the mean Jaccard index is known to about one point."""


@dataclass(frozen=True)
class Covering:
    """Normalised pictures [images, channels, height, width] and the pixels of their objects [images, rows, columns].

    Pictures are seen whole, at the size of a global view, and objects have a size of their own. The paper looks at 480
    pixels after 224; a small network covers objects less well at a size that it has not learnt.
    """

    pictures: Tensor
    objects: Tensor

    @classmethod
    def of(cls, images: Images, config: Config, limit: int = LIMIT) -> "Covering | None":
        """Some of the images, evenly chosen; None where no masks are known."""
        indices = spread(len(images), limit)
        masks = [found for index in indices if (found := mask(images, index)) is not None]
        if not masks:
            return None
        height, width = config.crops.global_size
        pictures = [
            to_tensor(images.load(index).resize((width, height), Image.Resampling.BICUBIC), config.data)
            for index in indices
        ]
        return cls(torch.stack(pictures), torch.from_numpy(numpy.stack(masks)))

    def ask(self, backbone: nn.Module, device: torch.device, share: float = SHARE) -> Overlap | None:
        """The Jaccard index of the patches that hold this share of a head's attention; None without a class token."""
        if not isinstance(backbone, VisionTransformer):
            return None
        training = backbone.training
        backbone.eval()
        masks = attended(backbone, self.pictures.to(device), share).cpu()
        backbone.train(training)
        return overlap(masks, self.objects)
