"""What a network learnt, beside what nobody learnt: k-NN and the Jaccard index of attention, by one measure for all.

Features: the network's own before it learnt, and those of `dino.controls.features`. Masks: the untrained network's
attention, and masks as large as the trained network's, with as many tries as it has heads (`dino.controls.masks`).
"""

from dataclasses import dataclass

import numpy
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn

from dino.config import Config
from dino.controls.features import CONTROLS, Pictures
from dino.controls.masks import KINDS, Kind, areas
from dino.covering import Covering
from dino.data.faults import next_readable
from dino.data.images import Images
from dino.evaluation import Question, features, spread
from dino.knn import elected
from dino.neighbours import nearest
from dino.segmentation import SHARES, attended, scores
from dino.vit import VisionTransformer

SIDE = 64
"""Pixels of the pictures that a control looks at: the whole square in the middle, whatever a network's views are."""
K = 20


@dataclass(frozen=True, eq=False)
class Score:
    """Of each image asked, whether k-NN named it rightly [asked]; of each picture, the Jaccard index of its best try.

    That is 0 to 1, at each of SHARES [pictures]. What was not asked is missing.
    """

    right: Tensor | None = None
    covered: tuple[Tensor, ...] = ()

    @property
    def knn(self) -> float | None:
        """Top-1 accuracy in percent."""
        return None if self.right is None else 100 * float(self.right.double().mean())

    @property
    def jaccard(self) -> tuple[float, ...]:
        """The mean Jaccard index at each of SHARES, in percent."""
        return tuple(100 * float(each.double().mean()) for each in self.covered)


def controls(asked: Question, limit: int) -> dict[str, Score]:
    """k-NN by each kind of features that nobody learnt; the images should be in colour, whatever the network sees."""
    bank, questions = (_pictures(images, limit) for images in (asked.bank, asked.asked))
    classes = len(asked.bank.classes)
    return {
        name: Score(_right(feature(bank[0]), bank[1], feature(questions[0]), questions[1], classes))
        for name, feature in CONTROLS.items()
    }


def learnt(network: nn.Module, asked: Question, config: Config, covering: Covering | None) -> Score:
    """k-NN by the network's features, and the Jaccard index of its attention where masks are known."""
    device = torch.device("cpu")
    bank = features(network, asked.bank, config, device)
    questions = features(network, asked.asked, config, device)
    assert bank is not None  # noqa: S101 — nothing stops it
    assert questions is not None  # noqa: S101
    covered = _covered(network, covering) if covering and isinstance(network, VisionTransformer) else ()
    return Score(_right(*bank, *questions, len(asked.bank.classes)), covered)


def random_masks(network: VisionTransformer, covering: Covering, seed: int = 0) -> dict[str, Score]:
    """The Jaccard index of masks of the same areas as the network's heads', image by image and head by head."""
    masks = [attended(network.eval(), covering.pictures, share) for share in SHARES]
    numbers = torch.Generator().manual_seed(seed)
    return {
        name: Score(covered=tuple(_by_chance(kind, heads, covering, numbers) for heads in masks))
        for name, kind in KINDS.items()
    }


def _covered(network: VisionTransformer, covering: Covering) -> tuple[Tensor, ...]:
    masks = (attended(network.eval(), covering.pictures, share) for share in SHARES)
    return tuple(scores(heads, covering.objects).amax(dim=1) for heads in masks)


def _by_chance(kind: Kind, heads: Tensor, covering: Covering, numbers: torch.Generator) -> Tensor:
    return scores(kind(areas(heads), heads.shape[-1], numbers), covering.objects).amax(dim=1)


def _pictures(images: Images, limit: int) -> tuple[Pictures, Tensor]:
    """Pictures [images, SIDE, SIDE, 3] of at most `limit` images, evenly chosen as for a network, and their labels."""
    found = [next_readable(images, index) for index in spread(len(images), limit)]
    pictures = [ImageOps.fit(each.image.convert("RGB"), (SIDE, SIDE), Image.Resampling.BICUBIC) for each in found]
    labels = torch.tensor([images.labels[each.index] for each in found])
    return numpy.stack([numpy.asarray(picture) for picture in pictures]), labels


def _right(bank: Tensor, labels: Tensor, asked: Tensor, truth: Tensor, classes: int) -> Tensor:
    return elected(nearest(bank, asked, K), labels, K, classes)[:, 0] == truth
