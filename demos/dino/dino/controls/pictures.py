"""What was learnt, beside what was there before: masks beside the truth, and neighbours before and after."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn

from dino.config import Config
from dino.controls.comparison import SIDE
from dino.controls.trained import Trained
from dino.covering import Covering
from dino.data.faults import next_readable
from dino.data.images import Images
from dino.drawings import DARK, LIGHT, Cell, Pixels, Theme, mosaic
from dino.evaluation import Question, features, spread
from dino.neighbours import nearest
from dino.page import Figure, Picture
from dino.segmentation import SHARE, attended, scores
from dino.vit import VisionTransformer

SHOWN, NEAREST = 4, 5
"""Pictures in a figure, evenly spread over the set; of each so many neighbours."""


def masks(networks: Trained, asked: Images) -> Figure | None:
    """Objects, and what the best head covers of them, untrained and trained; None where no masks are known."""
    covering = Covering.of(asked, networks.config, SHOWN)
    both = networks.untrained, networks.trained
    if covering is None or not all(isinstance(network, VisionTransformer) for network in both):
        return None
    before, after = (_best(network, covering) for network in both)  # type: ignore[arg-type]
    chosen = spread(len(asked), SHOWN)
    cells: list[Cell] = []
    for row, index in enumerate(chosen):
        truth = covering.objects[row].float().numpy()
        shown = [("picture", _pixels(asked, index)), ("object", truth)]
        shown += [("untrained", before[0][row].float().numpy()), ("trained", after[0][row].float().numpy())]
        cells += [Cell.across(name, pixels, len(shown)) for name, pixels in shown]
    told = (
        f"{len(chosen)} pictures with their objects, and the patches that hold {SHARE:.0%} of the best head's "
        f"attention. They cover the objects by {100 * before[1]:.0f} percent untrained and by "
        f"{100 * after[1]:.0f} percent trained."
    )
    caption = "The object of each picture, and what the best head of the class token attends to, before and after."
    return Figure("masks", "Attention beside the truth", caption, [_both("masks", told, cells)])


def neighbours(networks: Trained, question: Question) -> Figure:
    """Some pictures with their nearest, by the untrained network's features and by the trained one's."""
    limit = networks.config.keep.knn_limit
    voting, asked = spread(len(question.bank), limit), spread(len(question.asked), limit)
    chosen = spread(len(asked), SHOWN)
    ranked = {
        name: _nearest(network, question, networks.config, chosen)
        for name, network in (("untrained", networks.untrained), ("trained", networks.trained))
    }
    cells: list[Cell] = []
    alike = dict.fromkeys(ranked, 0)
    for place, row in enumerate(chosen):
        index = asked[row]
        for name, nearest_rows in ranked.items():
            cells.append(Cell.across(name, _pixels(question.asked, index), NEAREST + 1))
            for near in (voting[each] for each in nearest_rows[place]):
                same = question.bank.labels[near] == question.asked.labels[index]
                alike[name] += same
                cells.append(Cell.across("same" if same else "other", _pixels(question.bank, near), NEAREST + 1))
    told = (
        f"{len(chosen)} pictures and the {NEAREST} nearest of each: of {len(chosen) * NEAREST} neighbours "
        f"{alike['untrained']} are of the picture's class by the untrained network's features, {alike['trained']} by "
        "the trained one's."
    )
    caption = (
        "The picture on the left, its nearest beside it; each first by the untrained network, then by the trained."
    )
    return Figure("neighbours", "Neighbours before and after", caption, [_both("neighbours", told, cells)])


def _best(network: VisionTransformer, covering: Covering) -> tuple[Tensor, float]:
    """The mask of each picture's best head [pictures, rows, columns], and their mean Jaccard index."""
    heads = attended(network.eval(), covering.pictures)
    found = scores(heads, covering.objects)
    best = found.argmax(dim=1)
    return heads[torch.arange(len(heads)), best], float(found.amax(dim=1).mean())


def _nearest(network: nn.Module, question: Question, config: Config, chosen: Sequence[int]) -> list[list[int]]:
    """Of each chosen picture of those asked, the nearest of those that vote; both are counted as k-NN asks them."""
    device = torch.device("cpu")
    bank, asked = (features(network, images, config, device) for images in (question.bank, question.asked))
    assert bank is not None  # noqa: S101 — nothing stops it
    assert asked is not None  # noqa: S101
    found: list[list[int]] = nearest(bank[0], asked[0][list(chosen)], NEAREST).rows.tolist()
    return found


def _pixels(images: Images, index: int) -> Pixels:
    image = ImageOps.fit(next_readable(images, index).image.convert("RGB"), (SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(image)


def _both(name: str, alt: str, cells: Sequence[Cell]) -> Picture:
    drawn: Callable[[Theme], bytes] = lambda theme: mosaic(cells, theme)  # noqa: E731
    return Picture(name, alt, drawn(LIGHT), drawn(DARK))
