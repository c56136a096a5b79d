"""`dino eval video`: masks that are followed through made videos, what is told of them, and of sets at fault."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from films import HEIGHT, PATCH, WIDTH, make_davis, numbers
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor, nn

from dino.config import Data
from dino.data import palette
from dino.data.davis import Video, open_davis
from dino.evaluate.frozen import frozen
from dino.evaluate.propagation import Propagation
from dino.evaluate.video import Scores, Sight, by_object, decided, metrics, scored, seen_size, segmented, stretched

Dino = Callable[..., tuple[int, str, str]]
HOW = Propagation(radius=2)


def colour(picture: Image.Image) -> Tensor:
    """The stand-in for a network: whether each patch is ground, first or second object, by its colour."""
    pixels = numpy.asarray(picture).astype(int)[PATCH // 2 :: PATCH, PATCH // 2 :: PATCH]
    kind = numpy.where(pixels[..., 2] > 128, 0, numpy.where(pixels[..., 1] < 135, 1, 2))
    return torch.eye(3)[torch.from_numpy(kind)]


@pytest.fixture
def davis(tmp_path: Path) -> Path:
    return make_davis(tmp_path / "DAVIS", {"bar": 4, "bars": 5}, objects=2)


def test_a_bar_that_moves_by_a_patch_a_frame_is_followed_exactly(davis: Path) -> None:
    for video in open_davis(davis):
        found = list(segmented(video, colour, PATCH, HOW))
        assert len(found) == len(video.frames) - 1
        for step, mask in enumerate(found, 1):
            assert numpy.array_equal(mask, numbers(step, objects=2))


def test_what_is_followed_exactly_has_everything_of_a_hundred(davis: Path) -> None:
    scores = [scored(video, segmented(video, colour, PATCH, HOW)) for video in open_davis(davis)]
    assert [each.regions.shape for each in scores] == [(2, 2), (3, 2)]  # without the first frame and the last
    for metric in metrics(scores):
        assert (metric.value, metric.interval) == (100, (100, 100))


def test_an_object_whose_mask_stands_still_is_worked_by_hand(davis: Path) -> None:
    """Of bars two patches wide, after one step one in three patches is common, after two none, but one edge of two."""
    (video,) = (video for video in open_davis(davis) if video.name == "bar")
    scores = scored(video, [numbers(0, objects=2)] * 3)
    torch.testing.assert_close(scores.regions, torch.tensor([[1 / 3, 1 / 3], [0, 0]]))
    torch.testing.assert_close(scores.boundaries, torch.tensor([[0.0, 0.0], [0.5, 0.5]]))


def test_means_are_over_frames_and_then_over_objects() -> None:
    one = Scores(torch.tensor([[1.0], [0.4]]), torch.tensor([[0.5], [0.6]]))
    two = Scores(torch.tensor([[0.0, 0.8]]), torch.tensor([[0.0, 0.4]]))
    told = {metric.name: metric.value for metric in metrics([one, two])}
    expected = {"J": 50, "J recall": 50, "F": 95 / 3, "F recall": 50 / 3, "J&F": (50 + 95 / 3) / 2}
    assert told == pytest.approx(expected, rel=1e-5)
    assert by_object(one)["J recall"].tolist() == [50]


@pytest.mark.parametrize(
    ("height", "width", "patch", "seen"),
    [
        (480, 854, 16, (480, 832)),  # DAVIS's own
        (480, 854, 8, (480, 832)),
        (854, 480, 16, (832, 480)),
        (1080, 1920, 16, (480, 832)),
        (480, 854, 14, (476, 826)),
        (40, 50, 600, (600, 600)),
        (480, 480, 16, (448, 480)),  # as the authors' code has it
    ],
)
def test_the_size_that_is_seen(height: int, width: int, patch: int, seen: tuple[int, int]) -> None:
    assert seen_size(height, width, 480, patch) == seen


def test_each_channel_is_stretched_and_an_even_one_stays() -> None:
    mask = torch.tensor([[[0.2, 0.6]], [[0.0, 0.0]], [[0.3, 0.3]]])
    torch.testing.assert_close(stretched(mask), torch.tensor([[[0.0, 1.0]], [[0.0, 0.0]], [[0.3, 0.3]]]))


def test_a_mask_comes_back_at_the_size_of_its_frame() -> None:
    mask = torch.zeros(3, 2, 4)
    mask[0], mask[2, :, 2:], mask[0, :, 2:] = 1, 1, 0
    found = decided(mask, 4, (6, 16))
    assert found.shape == (6, 16)
    assert numpy.array_equal(found[0], [0] * 8 + [2] * 8)


def test_a_frame_is_seen_by_its_patches_normalised(checkpoint: Path) -> None:
    network = frozen(checkpoint).network

    class Looks(nn.Module):
        patch_size = PATCH

        def intermediate(self, images: Tensor) -> list[Tensor]:
            self.images = images
            return [torch.arange(1 + 8 * 12.0).view(1, -1, 1)]

    sight = Sight(Looks(), HEIGHT, Data(mean=(0.5,), std=(0.25,)), torch.device("cpu"))  # type: ignore[arg-type]
    tokens = sight(Image.new("RGB", (2 * WIDTH, 2 * HEIGHT), (255, 0, 0)))
    assert tokens.shape == (8, 12, 1)
    assert tokens[0, 0, 0] == 1  # after the class token
    assert sight.network.images[0, :, 0, 0].tolist() == [2, -2, -2]  # type: ignore[union-attr,index]
    assert sight.network.images.shape == (1, 3, HEIGHT, WIDTH)
    assert replace(sight, network=network)(Image.new("RGB", (WIDTH, HEIGHT))).shape == (8, 12, 16)  # type: ignore[arg-type]


def test_it_tells_each_measure_and_each_sequence(dino: Dino, checkpoint: Path, davis: Path) -> None:
    status, out, err = dino("eval", "video", checkpoint, davis, "--size", 32, "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert [metric["name"] for metric in told["metrics"]] == ["J&F", "J", "J recall", "F", "F recall"]
    for metric in told["metrics"]:
        low, high = metric["interval"]
        assert 0 <= low <= metric["value"] <= high <= 100
    assert set(told["sequences"]) == {"bar", "bars"}
    assert told["asked"]["objects"] == 4
    mean = sum(each["J"] for each in told["sequences"].values()) / 2
    assert told["metrics"][1]["value"] == pytest.approx(mean)


def test_the_masks_are_written_in_daviss_form(dino: Dino, checkpoint: Path, davis: Path, tmp_path: Path) -> None:
    status, out, _ = dino("eval", "video", checkpoint, davis, "--size", 32, "--out", tmp_path / "masks")
    assert status == 0
    assert "J&F" in out
    written = sorted(path.relative_to(tmp_path / "masks") for path in (tmp_path / "masks").rglob("*.*"))
    assert written == [
        Path(name) / f"{step:05d}.png" for name, count in (("bar", 4), ("bars", 5)) for step in range(count)
    ]
    with Image.open(tmp_path / "masks/bar/00001.png") as image:
        assert (image.mode, image.size) == ("P", (WIDTH, HEIGHT))
    assert numpy.array_equal(palette.read(tmp_path / "masks/bar/00000.png"), numbers(0, objects=2))


def test_the_authors_deviation_is_taken_where_it_is_asked_for(
    dino: Dino, checkpoint: Path, davis: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def spy(video: Video, sight: Sight, *rest: Any) -> Iterator[palette.Numbers]:
        seen.append(sight.data.std)
        return segmented(video, sight, *rest)

    monkeypatch.setattr("dino.commands.eval_video.segmented", spy)
    for flags, std in (((), (0.25, 0.25, 0.25)), (("--published-std",), (0.228, 0.224, 0.225))):
        status, out, _ = dino("eval", "video", checkpoint, davis, "--size", 32, "--json", *flags)
        assert (status, json.loads(out)["asked"]["published_std"]) == (0, bool(flags))
        assert set(seen[-2:]) == {std}


def test_a_place_that_cannot_be_written_is_one_sentence(
    dino: Dino, checkpoint: Path, davis: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    status, out, err = dino("eval", "video", checkpoint, davis, "--size", 32, "--out", tmp_path / "file")
    assert (status, out) == (3, "")
    assert "00000.png cannot be written (not a directory); make room or name another --out" in err
    assert err.count("\n") == 1


@settings(max_examples=15)
@given(data=st.binary(min_size=12, max_size=12))
def test_a_palette_png_goes_out_and_in_with_the_same_numbers(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mask = numpy.frombuffer(data, numpy.uint8).reshape(3, 4)
    file = tmp_path_factory.mktemp("palette") / "deep" / "mask.png"
    palette.write(file, mask)
    assert numpy.array_equal(palette.read(file), mask)
    assert [path.name for path in file.parent.iterdir()] == ["mask.png"]


def test_the_palette_is_vocs() -> None:
    colours = palette.colours()
    assert colours[:12] == [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]
    assert colours[-3:] == [224, 224, 192]


def test_void_is_no_object(davis: Path) -> None:
    (video, _) = open_davis(davis)
    mask = numbers(0)
    mask[:2] = 255
    palette.write(video.frames[0].mask, mask)
    assert set(video.mask(0).ravel()) == {0, 1}


def spoilt(davis: Path, fault: str) -> None:
    masks, frames = davis / "Annotations/480p/bars", davis / "JPEGImages/480p/bars"
    empty = numpy.zeros((HEIGHT, WIDTH), numpy.uint8)
    match fault:
        case "no list":
            (davis / "ImageSets/2017/val.txt").unlink()
        case "an empty list":
            (davis / "ImageSets/2017/val.txt").write_text("\n")
        case "a missing annotation":
            (masks / "00002.png").unlink()
        case "a sequence of one frame":
            for step in range(1, 5):
                (frames / f"{step:05d}.jpg").unlink()
        case "a sequence that is not there":
            (davis / "ImageSets/2017/val.txt").write_text("bar\nfoo\n")
        case "another size":
            palette.write(masks / "00001.png", empty[:20])
        case "a name that is a path":
            (davis / "ImageSets/2017/val.txt").write_text("bar\n../bar\n")
        case "frames of two sizes":
            palette.write(masks / "00001.png", empty[:20])
            Image.new("RGB", (WIDTH, 20)).save(frames / "00001.jpg")
        case "a damaged frame":
            (frames / "00003.jpg").write_bytes(b"no image")
        case "a frame cut short":
            (frames / "00003.jpg").write_bytes((frames / "00003.jpg").read_bytes()[:-100])
        case "a damaged annotation":
            (masks / "00003.png").write_bytes((masks / "00003.png").read_bytes()[:-30])
        case "an annotation in colours":
            Image.new("RGB", (WIDTH, HEIGHT)).save(masks / "00000.png")
        case "no object":
            palette.write(masks / "00000.png", empty)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("no list", "has no ImageSets/2017/val.txt; name the folder that DAVIS-2017 was unpacked to"),
        ("an empty list", "val.txt names nothing"),
        ("a missing annotation", "bars/00002.png is missing; unpack the set again"),
        ("a sequence of one frame", "JPEGImages/480p/bars has 1 of the 3 frames (*.jpg) that are needed at least"),
        ("a sequence that is not there", "JPEGImages/480p/foo has 0 of the 3 frames (*.jpg) that are needed at least"),
        ("another size", "bars/00001.png is 20x48 and its picture 32x48"),
        ("a name that is a path", "val.txt names ../bar, which is a path and no name"),
        ("frames of two sizes", "bars/00001.jpg is 20x48 and the first frame 32x48; leave bars out of"),
        ("a damaged frame", "bars/00003.jpg is no image"),
        ("a frame cut short", "bars/00003.jpg: is damaged"),
        ("a damaged annotation", "bars/00003.png cannot be read as a PNG"),
        ("an annotation in colours", "bars/00000.png has colours (RGB)"),
        ("no object", "bars/00000.png shows no object to follow"),
    ],
)
def test_a_set_at_fault_is_one_sentence(dino: Dino, checkpoint: Path, davis: Path, fault: str, sentence: str) -> None:
    spoilt(davis, fault)
    status, out, err = dino("eval", "video", checkpoint, davis, "--size", 32)
    assert (status, out) == (1, "")
    assert sentence in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--temperature", "0"], "--temperature 0 is not above 0; the paper's is 0.1"),
        (["--size", "3"], "--size 3 is less than a patch"),
        (["--top", "0"], "'0' is no whole number from 1 on"),
    ],
)
def test_a_wrong_flag_of_video_is_one_sentence(
    dino: Dino, checkpoint: Path, davis: Path, words: list[str], sentence: str
) -> None:
    status, out, err = dino("eval", "video", checkpoint, davis, *words)
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
