"""The drawn world: pictures that follow from their numbers alone, with masks, and no class that a colour gives away."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from fixed_world import PICTURES, drawn
from PIL import Image

from dino.controls.features import CONTROLS
from dino.data.images import open_images
from dino.errors import CommandError
from dino.knn import knn
from dino.world.world import CLASSES, World


def test_a_number_gives_one_picture_however_often_and_in_whatever_order() -> None:
    forth = [World().draw("train", index).pixels for index in range(12)]
    back = [World().draw("train", index).pixels for index in reversed(range(12))][::-1]
    assert np.array_equal(forth, back)
    assert len({picture.tobytes() for picture in forth}) == 12


def test_it_is_the_world_that_recipes_were_judged_on() -> None:
    """But for the last bit of a sine, of which another processor may have another."""
    expected, found = np.asarray(Image.open(PICTURES)), drawn()
    assert found.shape == expected.shape
    assert (found != expected).mean() < 1e-3


def test_splits_seeds_and_numbers_give_other_pictures() -> None:
    pictures = [World().draw("train", 0), World().draw("test", 0), World(seed=1).draw("train", 0)]
    assert len({picture.pixels.tobytes() for picture in pictures}) == 3


def test_of_ten_pictures_in_a_row_each_is_of_another_class() -> None:
    labels = [World().label("tune", index) for index in range(200)]
    assert Counter(labels) == dict.fromkeys(range(10), 20)
    assert all(len(set(labels[first : first + 10])) == 10 for first in range(0, 200, 10))
    assert labels[:10] != labels[10:20]


@pytest.mark.parametrize("label", range(10), ids=[kind.name for kind in CLASSES])
def test_an_object_of_each_class_is_seen_and_leaves_room_for_its_ground(label: int) -> None:
    drawn = [World().draw("train", index) for index in range(60)]
    shares = [picture.mask.mean() for picture in drawn if picture.label == label]
    assert len(shares) == 6
    assert min(shares) > 0.05
    assert max(shares) < 0.5


def test_the_dial_changes_what_is_behind_an_object_and_not_the_object() -> None:
    for index in range(5):
        one, other = (World(background=background).draw("train", index) for background in (0.0, 1.0))
        assert one.label == other.label
        assert np.array_equal(one.mask, other.mask)
        difference = np.abs(one.pixels.astype(int) - other.pixels.astype(int)).mean(axis=-1)
        assert np.mean(difference[one.mask] == 0) > 0.8  # all but its edge
        assert difference[~one.mask].mean() > 10


@pytest.mark.parametrize("control", CONTROLS)
def test_features_that_nobody_learnt_hardly_tell_the_classes(control: str) -> None:
    """Of ten classes chance is 10 %; these find a quarter at most."""
    bank, asked = ([World().draw(split, index) for index in range(count)] for split, count in COUNTS.items())
    features = [CONTROLS[control](np.stack([picture.pixels for picture in part])) for part in (bank, asked)]
    labels = [torch.tensor([picture.label for picture in part]) for part in (bank, asked)]
    top1, _ = knn(features[0], labels[0], features[1], labels[1], [20], classes=10)[20]
    assert top1 < 35


COUNTS = {"train": 600, "tune": 200}


def test_the_world_is_a_set_of_images_like_another() -> None:
    images = open_images(Path("drawn:0.5/tune"))
    assert len(images) == 1024
    assert images.classes[images.labels[3]] == images.names[3].split("/")[0]
    assert np.array_equal(np.asarray(images.load(3)), World(background=0.5).draw("tune", 3).pixels)
    assert images.place == "drawn:0.5/tune"


def test_the_fingerprint_tells_worlds_apart_and_is_the_same_again() -> None:
    places = ["drawn:", "drawn:0", "drawn:0/train", "drawn:1", "drawn:0/test"]
    found = [open_images(Path(place)).fingerprint for place in places]
    assert found[0] == found[1] == found[2]
    assert len(set(found)) == 3


def test_it_can_be_grey() -> None:
    images = open_images(Path("drawn:"), channels=1)
    assert images.channels == 1
    assert images.load(0).mode == "L"


@pytest.mark.parametrize(
    "address", ["drawn:2", "drawn:-1", "drawn:much", "drawn:nan", "drawn:0/all", "drawn:0/train/3"]
)
def test_what_is_not_drawn_is_one_sentence(address: str) -> None:
    with pytest.raises(CommandError, match=r"is nothing that is drawn; write drawn:BACKGROUND/SPLIT"):
        open_images(Path(address))
