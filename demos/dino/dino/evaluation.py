"""Online k-NN (paper section 4.1): the teacher's features of held-out images, classified by those of the others."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from dino import distributed
from dino.batches import central_views
from dino.config import Config
from dino.data.images import Images, open_images
from dino.data.split import hold_out
from dino.errors import ContentError
from dino.knn import KS, knn

HELD_OUT = 5
Stopped = Callable[[], bool]


def never() -> bool:
    """Nothing asks to stop."""
    return False


@dataclass(frozen=True)
class Question:
    """The images that vote and those they are asked about."""

    bank: Images
    asked: Images

    def ask(
        self, backbone: nn.Module, config: Config, device: torch.device, stopped: Stopped = never
    ) -> dict[int, tuple[float, float]] | None:
        """Top-1 and top-5 in percent by k, with the work shared by all processes; None when one of them has stopped."""
        bank = features(backbone, self.bank, config, device, stopped)
        asked = features(backbone, self.asked, config, device, stopped) if bank else None
        if not bank or not asked:
            return None
        ks = sorted({*KS, config.keep.knn_k})
        return knn(*bank, *asked, ks, classes=len(self.bank.classes))


def question(images: Images, config: Config) -> Question | str:
    """What k-NN asks of this set, or the reason why it asks nothing."""
    if not config.keep.knn_every:
        return "k-NN is off"
    given = config.keep.knn_images
    try:
        other = open_images(Path(given), channels=config.data.channels) if given else None
        return Question(*hold_out(images, other, HELD_OUT))
    except ContentError as error:
        if given:
            raise
        return f"no k-NN: {error}"


@torch.no_grad()
def features(
    backbone: nn.Module, images: Images, config: Config, device: torch.device, stopped: Stopped = never
) -> tuple[Tensor, Tensor] | None:
    """The features [images, dim] of the central views and their labels, of at most `knn_limit` images evenly chosen.

    None when any process was `stopped` before it was through.
    """
    indices = spread(len(images), config.keep.knn_limit)
    share = indices[distributed.rank() :: distributed.world()]
    training = backbone.training
    backbone.eval()
    mine: list[tuple[Tensor, Tensor]] = []
    with closing(central_views(images, share, config)) as batches:
        for views, labels in batches:
            if stopped():
                break
            mine.append((backbone(views.to(device)).float().cpu(), labels))
    backbone.train(training)
    shares = distributed.gathered((mine, stopped()))
    if any(gave_up for _, gave_up in shares):
        return None
    parts = [part for share_, _ in shares for part in share_]
    return torch.cat([found for found, _ in parts]), torch.cat([labels for _, labels in parts])


def spread(count: int, limit: int) -> Sequence[int]:
    """At most `limit` of the indices below `count`, evenly apart."""
    if count <= limit:
        return range(count)
    return [index * count // limit for index in range(limit)]
