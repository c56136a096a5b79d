"""A network of the same size that learns with labels, from as many images: what labels would have given.

It is no control that a claim has to beat, but the measure of how much there was to learn.
"""

from contextlib import closing

import torch
from torch import nn
from torch.nn import functional as F

from dino.backbones import Backbone, build_backbone
from dino.batches import labelled_batches
from dino.config import Config
from dino.data.images import Images
from dino.data.sampler import Shuffle
from dino.optim import build_optimizer
from dino.schedules import Cosine
from dino.settings import with_values
from dino.vit import VisionTransformer

RATE, DECAY, WARMUP = 1e-3, 0.05, 0.05
"""AdamW's, for batches of some 64 images; the share of the steps in which the rate rises."""


class Classifier(nn.Module):
    """A backbone with a linear layer on its features."""

    def __init__(self, backbone: VisionTransformer | Backbone, classes: int) -> None:
        super().__init__()
        self.backbone, self.linear = backbone, nn.Linear(backbone.dim, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits [batch, classes] of images [batch, channels, height, width]."""
        logits: torch.Tensor = self.linear(self.backbone(images))
        return logits


def supervised(images: Images, config: Config, steps: int) -> VisionTransformer | Backbone:
    """The backbone of `config` after `steps` batches of one view an image, augmented as its global views are.

    Its first weights are those of the seed; the linear layer is not given back.
    """
    torch.manual_seed(config.optim.seed)
    alone = with_values(config, {"local_count": 0})
    network = Classifier(build_backbone(alone), len(images.classes)).train()
    optimizer = build_optimizer("adamw", network)
    rates = Cosine(RATE, 0.0, steps, int(WARMUP * steps))
    shuffle = Shuffle(len(images), config.optim.batch_size, seed=config.optim.seed)
    with closing(labelled_batches(images, alone, shuffle, 0, steps)) as batches:
        for step, (views, labels) in enumerate(batches):
            _set_rate(optimizer, rates.at(step))
            loss = F.cross_entropy(network(views), labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return network.backbone.eval()


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    decayed, others = optimizer.param_groups
    decayed.update(lr=rate, weight_decay=DECAY)
    others.update(lr=rate)
