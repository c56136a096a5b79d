"""What a network learnt, beside what nobody learnt: k-NN and the Jaccard index of attention, by one measure for all.

Features: the network's own before it learnt, and those of `dino.controls.features`. Masks: the untrained network's
attention, and masks as large as the trained network's, with as many tries as it has heads (`dino.controls.masks`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy
import torch
from torch import Tensor, nn

from dino.batches import central_views
from dino.config import Config
from dino.controls.features import CONTROLS, Pictures
from dino.controls.masks import KINDS, areas
from dino.covering import Covering
from dino.data.images import Images
from dino.evaluation import Question, features, spread
from dino.knn import knn
from dino.segmentation import attended, overlap
from dino.settings import with_values
from dino.vit import VisionTransformer

SIDE = 64
"""Pixels of the pictures that a control looks at: a square of the middle, whatever a network's views are."""
SHARE = 0.6
K = 20


@dataclass(frozen=True)
class Score:
    """Top-1 accuracy of k-NN in percent, and the Jaccard index of each image's best try in percent, where known."""

    knn: float | None = None
    jaccard: float | None = None


def controls(asked: Question, limit: int) -> dict[str, Score]:
    """k-NN by each kind of features that nobody learnt; the images should be in colour, whatever the network sees."""
    bank, questions = (_pictures(images, limit) for images in (asked.bank, asked.asked))
    classes = len(asked.bank.classes)
    return {
        name: Score(_top1(feature(bank[0]), bank[1], feature(questions[0]), questions[1], classes))
        for name, feature in CONTROLS.items()
    }


def learnt(network: nn.Module, asked: Question, config: Config, covering: Covering | None) -> Score:
    """k-NN by the network's features, and the Jaccard index of its attention where masks are known."""
    device = torch.device("cpu")
    bank = features(network, asked.bank, config, device)
    questions = features(network, asked.asked, config, device)
    assert bank is not None  # noqa: S101 — nothing stops it
    assert questions is not None  # noqa: S101
    found = covering.ask(network, device) if covering else None
    return Score(_top1(*bank, *questions, len(asked.bank.classes)), found.best if found else None)


def random_masks(network: VisionTransformer, covering: Covering, seed: int = 0) -> dict[str, Score]:
    """The Jaccard index of masks of the same areas as the network's heads', image by image and head by head."""
    masks = attended(network.eval(), covering.pictures)
    shares, numbers = areas(masks), torch.Generator().manual_seed(seed)
    return {
        name: Score(jaccard=overlap(kind(shares, masks.shape[-1], numbers), covering.objects).best)
        for name, kind in KINDS.items()
    }


def _pictures(images: Images, limit: int) -> tuple[Pictures, Tensor]:
    """Pictures [images, SIDE, SIDE, 3] of at most `limit` images, evenly chosen as for a network, and their labels."""
    plain = with_values(Config(), {"global_size": (SIDE, SIDE), "mean": (0.0,), "std": (1.0,), "workers": 0})
    parts = list(central_views(images, spread(len(images), limit), plain))
    views, labels = torch.cat([part for part, _ in parts]), torch.cat([part for _, part in parts])
    return numpy.asarray((255 * views).round().to(torch.uint8).permute(0, 2, 3, 1)), labels


def _top1(bank: Tensor, labels: Tensor, asked: Tensor, truth: Tensor, classes: int) -> float:
    return knn(bank, labels, asked, truth, [K], classes=classes)[K][0]
