"""Images held out for k-NN, and classes made the same."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import number_of, numbered, plain, write
from PIL import Image

from dino.data.images import open_images
from dino.data.split import check_classes, every_nth, hold_out, matched
from dino.errors import CommandError, ContentError


class Labelled:
    """Images of which only the labels count."""

    place, fingerprint, channels = "here", "f", 3

    def __init__(self, labels: list[int]) -> None:
        self.labels = labels
        self.names = [f"{index}.png" for index in range(len(labels))]
        self.classes = tuple("abcdef")

    def __len__(self) -> int:
        return len(self.labels)

    def read(self, index: int) -> bytes:
        return numbered(index)

    def load(self, index: int) -> Image.Image:
        return Image.new("L", (1, 1), index)


def test_of_each_class_every_nth_image_is_held_out() -> None:
    rest, held = every_nth(Labelled([0, 0, 1, 0, 0, 1, 0, 1]), 3)
    assert list(held.indices) == [3, 7]
    assert list(rest.indices) == [0, 1, 2, 4, 5, 6]
    assert (list(held.names), list(held.labels)) == (["3.png", "7.png"], [0, 1])
    assert (held.load(1).getpixel((0, 0)), held.read(1)) == (7, numbered(7))
    assert (held.place, held.fingerprint, rest.place) == ("here#every-3", "f-every-3", "here#without-every-3")
    assert (held.channels, held.classes, len(held), len(rest)) == (3, tuple("abcdef"), 2, 6)


labels = st.lists(st.integers(0, 4), min_size=3, max_size=60).filter(
    lambda found: len(set(found)) > 1 and max(Counter(found).values()) > 1
)


@given(labels, st.integers(2, 20))
def test_both_sides_together_are_the_set_and_both_hold_every_class_of_two(found: list[int], n: int) -> None:
    images = Labelled(found)
    rest, held = every_nth(images, n)
    assert sorted([*rest.indices, *held.indices]) == list(range(len(found)))
    for label, count in Counter(found).items():
        assert list(held.labels).count(label) == (max(count // n, 1) if count > 1 else 0)
    assert list(every_nth(images, n)[1].indices) == list(held.indices)


def test_a_given_set_is_matched_by_the_names_of_its_classes(tmp_path: Path) -> None:
    train = open_images(
        write(tmp_path / "t", {"a/1.png": plain(), "b/1.png": plain(), "c/1.png": plain(), "c/2.png": plain()})
    )
    given_set = open_images(write(tmp_path / "v", {"c/1.png": numbered(3), "a/1.png": numbered(1)}))
    assert (given_set.classes, list(given_set.labels)) == (("a", "c"), [0, 1])
    votes, asked = hold_out(train, given_set)
    assert votes is train
    assert (asked.classes, list(asked.labels), [number_of(asked.load(i)) for i in (0, 1)]) == (
        ("a", "b", "c"),
        [0, 2],
        [1, 3],
    )
    assert (asked.place, asked.fingerprint) == (given_set.place, given_set.fingerprint)
    assert matched(train, train.classes) is train


def test_without_a_given_set_every_tenth_is_held_out() -> None:
    rest, held = hold_out(Labelled([0, 1] * 20))
    assert [len(rest), len(held)] == [36, 4]


def test_a_class_that_training_lacks_is_named(tmp_path: Path) -> None:
    train = open_images(write(tmp_path / "t", {"a/1.png": plain(), "b/1.png": plain(), "b/2.png": plain()}))
    other = open_images(write(tmp_path / "v", {"x/1.png": plain(), "a/1.png": plain()}))
    with pytest.raises(ContentError) as caught:
        hold_out(train, other)
    assert str(caught.value) == (
        f"{tmp_path}/v has classes that the training set lacks: x (it has a, b); name the class folders the same"
    )


def test_one_class_only_is_a_sentence(tmp_path: Path) -> None:
    flat = open_images(write(tmp_path / "flat", {"1.png": plain(), "2.png": plain()}))
    with pytest.raises(ContentError) as caught:
        check_classes(flat)
    assert str(caught.value) == (
        f"{tmp_path}/flat has one class only, and k-NN needs two: put the images into one folder for each class, "
        "name a set that has classes with --knn-images, or leave k-NN out with --knn-every 0"
    )
    one = open_images(write(tmp_path / "one", {"cat/1.png": plain(), "cat/2.png": plain()}))
    with pytest.raises(ContentError, match=r"has one class only \(cat\), and k-NN needs two"):
        every_nth(one, 2)


def test_one_image_in_each_class_is_a_sentence() -> None:
    with pytest.raises(ContentError, match=r"^here has one image in each class, and k-NN needs two in some"):
        every_nth(Labelled([0, 1, 2]), 2)


def test_every_image_cannot_be_held_out() -> None:
    with pytest.raises(CommandError, match="every 1-th image cannot be held out"):
        every_nth(Labelled([0, 0, 1, 1]), 1)
