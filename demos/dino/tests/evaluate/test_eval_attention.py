"""`dino eval attention`: Jaccard indices on made masks, what is told of a made set, and of sets at fault."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from PIL import Image
from torch import Tensor

from dino.commands.subject import transformer
from dino.config import Config, Crops, Data
from dino.covering import Covering
from dino.data import palette
from dino.data.drawn import DrawnImages
from dino.data.scenes import open_scenes
from dino.errors import CommandError, ContentError
from dino.evaluate.attention import Gaze, covering, metrics, objects, scores, untrained
from dino.evaluate.frozen import Frozen, frozen
from dino.vit import Size, VisionTransformer
from dino.world.world import World

Dino = Callable[..., tuple[int, str, str]]
CPU = torch.device("cpu")


def grid(*rows: str) -> palette.Numbers:
    """Numbers by their digits, void as a dot."""
    return numpy.array([[255 if sign == "." else int(sign) for sign in row] for row in rows], numpy.uint8)


def masks(*heads: tuple[str, ...]) -> Tensor:
    return torch.stack([torch.tensor([[sign == "#" for sign in row] for row in head]) for head in heads])


def test_each_object_has_its_own_best_head() -> None:
    numbers = grid("1100", "1100", "0022", "0022")
    left, right = ("#.", ".."), ("..", ".#")
    assert covering(masks(left, right), numbers) == 1
    assert covering(masks(left), numbers) == 0.5


def test_a_mask_that_holds_too_much_is_worked_by_hand() -> None:
    numbers = grid("1100", "1100", "0000", "0000")
    assert covering(masks(("##", "..")), numbers) == 0.5
    assert covering(masks(("##", "##")), numbers) == 0.25


def test_void_is_neither_found_nor_missed() -> None:
    assert covering(masks(("##", "..")), grid("11..", "11..", "0000", "0000")) == 1
    assert objects(grid("0.12", "0.12")).tolist() == [1, 2]


@dataclass(frozen=True)
class Made:
    """A grey picture and its objects' numbers."""

    known: palette.Numbers

    def picture(self, channels: int) -> Image.Image:
        assert channels == 3
        return Image.new("RGB", self.known.shape[::-1], (90, 90, 90))

    def numbers(self) -> palette.Numbers:
        return self.known


class Stares(VisionTransformer):
    """Two heads, of which the first attends to the upper left quarter alone, and the second to every patch."""

    def attention(self, images: Tensor) -> Tensor:
        rows, columns = (side // self.patch_size for side in images.shape[-2:])
        corner = torch.zeros(rows, columns)
        corner[: rows // 2, : columns // 2] = 1
        maps = torch.stack([corner, torch.linspace(1, 1.01, rows * columns).view(rows, columns)]).flatten(1)
        maps = torch.cat([torch.zeros(2, 1), maps], dim=1)
        return maps[:, None].expand(2, 1 + rows * columns, -1)[None].expand(len(images), -1, -1, -1)


def stares() -> VisionTransformer:
    return Stares((16, 16), 4, size=Size(16, 1, 2)).eval()


def test_pictures_are_asked_one_by_one_and_those_without_objects_left_out() -> None:
    corner = numpy.zeros((16, 24), numpy.uint8)
    corner[:8, :12] = 3
    nothing = numpy.full((16, 24), 255, numpy.uint8)
    found = scores([stares()], [Made(corner), Made(nothing), Made(corner.T.copy())], Gaze(16, Data(), CPU))
    assert found.shape == (2, 1, 2)
    # of the corner's six patches those are kept that hold the share: 4 of 6 hold more than 60 %, 5 more than 80 %
    torch.testing.assert_close(found[0, 0], torch.tensor([4 / 6, 5 / 6]))


def test_a_set_without_objects_is_one_sentence() -> None:
    with pytest.raises(ContentError, match="no picture shows an object"):
        scores([stares()], [Made(grid("0.", ".0"))], Gaze(16, Data(), CPU))


def test_a_picture_is_seen_whole_at_the_nearest_multiples_of_the_patch() -> None:
    gaze = Gaze(32, Data(), CPU)
    assert gaze.images(Image.new("RGB", (500, 375)), 16).shape == (1, 3, 32, 48)
    assert gaze.images(Image.new("RGB", (10, 400)), 16).shape == (1, 3, 1280, 32)


def test_means_are_over_pictures_and_differences_are_taken_picture_by_picture() -> None:
    found = torch.tensor([[[0.5, 0.4], [0.3, 0.2]], [[0.9, 0.8], [0.7, 0.6]]])
    told = {metric.name: metric for metric in metrics(found)}
    assert {name: round(metric.value, 3) for name, metric in told.items()} == {
        "Jaccard, 60% of attention": 70,
        "Jaccard, 80% of attention": 60,
        "Jaccard, untrained, 60% of attention": 50,
        "Jaccard, untrained, 80% of attention": 40,
        "above the untrained, 60% of attention": 20,
        "above the untrained, 80% of attention": 20,
    }
    assert told["above the untrained, 60% of attention"].interval == pytest.approx((20, 20), abs=1e-4)
    assert [metric.unit for metric in told.values()] == ["%"] * 4 + ["points"] * 2
    assert len(metrics(found[:, :1])) == 2


def test_the_untrained_network_has_the_same_shape_and_is_the_same_again(checkpoint: Path) -> None:
    learnt = frozen(checkpoint).network
    assert isinstance(learnt, VisionTransformer)
    state = torch.get_rng_state()
    one, again, other = untrained(learnt, 3), untrained(learnt, 3), untrained(learnt, 3, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert one.heads == learnt.heads
    assert {name: value.shape for name, value in one.state_dict().items()} == {
        name: value.shape for name, value in learnt.state_dict().items()
    }
    assert torch.equal(one.cls_token, again.cls_token)
    assert not torch.equal(one.cls_token, other.cls_token)


def test_of_drawn_pictures_it_is_what_training_is_watched_by() -> None:
    torch.manual_seed(0)
    network = VisionTransformer((32, 32), 8, size=Size(16, 2, 2)).eval()
    scenes = open_scenes(Path("drawn:0.5/test"))[:12]
    found = scores([network], scenes, Gaze(32, Data(), CPU))
    watched = Covering.of(DrawnImages.of(World(0.5), "test", 12), Config(crops=Crops(global_size=(32, 32))))
    assert watched
    for share, value in zip((0.6, 0.8), 100 * found[:, 0].mean(dim=0), strict=True):
        overlap = watched.ask(network, CPU, share)
        assert overlap
        assert float(value) == pytest.approx(overlap.best, rel=1e-5)


def voc(root: Path) -> Path:
    """Three pictures in VOC's layout: an object, two and some void, none."""
    for folder in ("ImageSets/Segmentation", "JPEGImages", "SegmentationObject"):
        (root / folder).mkdir(parents=True)
    names = ("2007_000033", "2007_000042", "2007_000061")
    (root / "ImageSets/Segmentation/val.txt").write_text("\n".join(names) + "\n")
    for name, numbers in zip(names, (grid("1100", "0000"), grid("1.22", "1.22"), grid("0000", "00..")), strict=True):
        large = numpy.kron(numbers, numpy.ones((10, 10), numpy.uint8))
        palette.write(root / f"SegmentationObject/{name}.png", large)
        Image.fromarray(numpy.stack([large * 90] * 3, axis=-1)).save(root / f"JPEGImages/{name}.jpg")
    return root


def asked(dino: Dino, *words: object) -> dict[str, Any]:
    status, out, err = dino("eval", "attention", *words, "--json")
    assert (status, err) == (0, "")
    return dict(json.loads(out))


def test_it_tells_both_shares_with_their_intervals(dino: Dino, checkpoint: Path, tmp_path: Path) -> None:
    told = asked(dino, checkpoint, voc(tmp_path / "VOC2012"))
    assert [metric["name"] for metric in told["metrics"]] == ["Jaccard, 60% of attention", "Jaccard, 80% of attention"]
    assert told["asked"]["measured"] == 2  # the third shows no object
    assert (told["asked"]["size"], told["asked"]["heads"]) == (16, 2)
    for metric in told["metrics"]:
        low, high = metric["interval"]
        assert 0 <= low <= metric["value"] <= high <= 100


def test_the_untrained_network_is_set_beside_it(dino: Dino, checkpoint: Path, tmp_path: Path) -> None:
    told = asked(dino, checkpoint, voc(tmp_path / "VOC2012"), "--untrained", "--size", 20)
    values = [metric["value"] for metric in told["metrics"]]
    assert values[4:] == pytest.approx([values[0] - values[2], values[1] - values[3]], abs=1e-4)


def test_the_table_of_attention_is_for_people(dino: Dino, checkpoint: Path, tmp_path: Path) -> None:
    status, out, _ = dino("eval", "attention", checkpoint, voc(tmp_path / "VOC2012"))
    assert status == 0
    assert "attention segmentation of vit:16x2x2/4" in out


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (
            "ImageSets/Segmentation/val.txt",
            "has no ImageSets/Segmentation/val.txt; name the folder that PASCAL",
        ),
        ("JPEGImages/2007_000042.jpg", "JPEGImages/2007_000042.jpg is missing; unpack the set again"),
        ("SegmentationObject/2007_000042.png", "SegmentationObject/2007_000042.png is missing; unpack the set again"),
    ],
)
def test_a_file_that_is_missing_is_one_sentence(
    dino: Dino, checkpoint: Path, tmp_path: Path, fault: str, sentence: str
) -> None:
    root = voc(tmp_path / "VOC2012")
    (root / fault).unlink()
    status, out, err = dino("eval", "attention", checkpoint, root)
    assert (status, out) == (1, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_an_annotation_of_another_size_is_one_sentence(dino: Dino, checkpoint: Path, tmp_path: Path) -> None:
    root = voc(tmp_path / "VOC2012")
    palette.write(root / "SegmentationObject/2007_000061.png", grid("00", "00"))
    status, _, err = dino("eval", "attention", checkpoint, root)
    assert status == 1
    assert "2007_000061.png is 2x2 and its picture 20x40; both of one resolution are needed" in err


def test_a_network_without_patches_is_one_sentence() -> None:
    with pytest.raises(CommandError, match="torchvision:resnet18 has no tokens of patches; name a vision transformer"):
        transformer(Frozen(torch.nn.Identity(), Config(), "torchvision:resnet18", ""), CPU)


def test_a_size_below_a_patch_of_attention_is_one_sentence(dino: Dino, checkpoint: Path, tmp_path: Path) -> None:
    status, _, err = dino("eval", "attention", checkpoint, voc(tmp_path / "VOC2012"), "--size", 3)
    assert status == 2
    assert "--size 3 is less than a patch; vit:16x2x2/4 needs 4 pixels" in err
