"""A network that learns with labels: it learns what they say, and the same each time."""

import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(Path(__file__).parents[1] / "core"))

from toy import make_images

from dino.config import Config, Crops, Data, Model, Optim
from dino.controls.supervised import supervised
from dino.data.images import Images, open_images
from dino.evaluation import features

CONFIG = Config(
    data=Data(workers=0),
    model=Model(backbone="vit:16x1x2", patch_size=8, drop_path=0.0),
    crops=Crops(global_size=(16, 16)),
    optim=Optim(batch_size=8),
)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    return open_images(make_images(tmp_path_factory.mktemp("stripes")))


def apart(backbone: nn.Module, images: Images) -> float:
    """How much more alike the features of a class are than those of two: the difference of the mean cosines."""
    found = features(backbone, images, CONFIG, torch.device("cpu"))
    assert found
    values, labels = F.normalize(found[0], dim=1), found[1]
    cosines, same = values @ values.T, labels[:, None] == labels
    return float(cosines[same].mean() - cosines[~same].mean())


def test_what_the_labels_say_is_learnt(images: Images) -> None:
    assert apart(supervised(images, CONFIG, 60), images) > apart(supervised(images, CONFIG, 0), images) + 0.2


def test_the_same_seed_gives_the_same_network(images: Images) -> None:
    one, other = (supervised(images, CONFIG, 2).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)
