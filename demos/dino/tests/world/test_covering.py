"""What attention covers while a network learns: of which pictures the objects are known, and what the log is told."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from dino.cli import main
from dino.config import Config, Crops
from dino.covering import Covering
from dino.data.cache import cached
from dino.data.drawn import open_drawn
from dino.data.images import open_images
from dino.data.masks import mask
from dino.data.split import every_nth
from dino.journal import read
from dino.vit import Size, VisionTransformer

CONFIG = Config(crops=Crops(global_size=(32, 32)))
DRAWN = open_drawn(Path("drawn:/tune"))


def test_a_picture_is_seen_whole_with_its_object_at_the_size_of_a_view() -> None:
    covering = Covering.of(DRAWN, CONFIG, limit=4)
    assert covering is not None
    assert covering.pictures.shape == (4, 3, 32, 32)
    assert np.array_equal(covering.objects[1].numpy(), DRAWN.world.draw("tune", 256).mask)


def test_parts_and_caches_of_drawn_pictures_know_their_objects(tmp_path: Path) -> None:
    few = every_nth(DRAWN)[1]
    expected = DRAWN.world.draw("tune", few.indices[2]).mask
    for images in (few, cached(few, tmp_path, 64)):
        found = mask(images, 2)
        assert found is not None
        assert np.array_equal(found, expected)


def test_nobody_knows_the_objects_of_photographs(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "one.png")
    images = open_images(tmp_path)
    assert mask(images, 0) is None
    assert Covering.of(images, CONFIG) is None


@dataclass(frozen=True)
class Sees:
    """Stands for attention: each picture's left half in the first head, its right half in the second."""

    left: Tensor

    def __call__(self, images: Tensor) -> Tensor:
        rows = self.left[:, None] * torch.ones(len(images), 1, 1, 1)
        return torch.cat([rows, 1 - rows], dim=1)


def test_the_best_head_of_each_image_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    network = VisionTransformer((8, 8), 4, 3, Size(8, 1, 2)).train()
    left = torch.zeros(1, 5, 5)
    left[0, 0, [1, 3]] = 1.0
    monkeypatch.setattr(network, "attention", Sees(left))
    objects = torch.zeros(2, 8, 8, dtype=torch.bool)
    objects[0, :, :4] = objects[1, :, 4:] = True
    covering = Covering(torch.zeros(2, 3, 8, 8), objects)
    found = covering.ask(network, torch.device("cpu"))
    assert found is not None
    assert (found.best, found.single) == (100.0, 50.0)
    assert network.training


def test_a_network_without_a_class_token_covers_nothing() -> None:
    covering = Covering(torch.zeros(1, 3, 8, 8), torch.zeros(1, 8, 8, dtype=torch.bool))
    assert covering.ask(torch.nn.Identity(), torch.device("cpu")) is None


def test_a_run_on_drawn_pictures_logs_what_attention_covers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = (
        "--backbone vit:24x1x3 --patch-size 8 --global-size 16x16 --local-count 0 --out-dim 16 --head-hidden 16 "
        "--epochs 1 --batch-size 256 --warmup-epochs 0 --workers 0 --knn-limit 64 --knn-images drawn:/tune "
        "--snapshot-every 0 --cache 16"
    )
    assert main(["train", "drawn:/tune", "--out", str(tmp_path / "run"), *flags.split()]) == 0
    evaluations = [record for record in read(tmp_path / "run") if record["kind"] == "knn"]
    assert [record["step"] for record in evaluations] == [0, 4]
    assert all(0 < record["jaccard_single"] <= record["jaccard"] < 100 for record in evaluations)
    assert f"Jaccard {evaluations[-1]['jaccard']:.1f} %" in capsys.readouterr().err
