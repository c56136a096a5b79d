"""The fast views beside Pillow's, from the same records: every change by itself, whole views, and their statistics."""

import random
from dataclasses import replace

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from dino import augment
from dino.augment import Change, MultiCrop, View, generator
from dino.config import Augment, Crops, Data
from dino.fast import augmentation as fast
from dino.fast.blur import blurred

SIZE = (40, 48)
STILL = View((0, 0, 48, 40), SIZE, flip=False, jitter=(), grey=False, blur=0.0, solarize=False)


def noise(width: int = 48, height: int = 40, seed: int = 0, mode: str = "RGB") -> Image.Image:
    values = numpy.random.default_rng(seed).integers(0, 256, (height, width, 3), numpy.uint8)
    return Image.fromarray(values).convert(mode)


def both(image: Image.Image, view: View) -> tuple[NDArray[numpy.float32], NDArray[numpy.float32]]:
    """The view [channels, height, width] as Pillow makes it, and as the fast path does."""
    plain = numpy.asarray(augment.seen(image, view, 128), numpy.float32)
    return plain.reshape(*view.size, -1).transpose(2, 0, 1), fast.seen(fast.as_pixels(image), view, 128)


factors = st.floats(0.5, 1.5, allow_subnormal=False)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@given(st.sampled_from(["brightness", "contrast", "saturation"]), factors, st.integers(0, 9))
@settings(max_examples=40)
def test_brightness_contrast_and_saturation_are_pillows_to_the_bit(
    mode: str, what: augment.Property, factor: float, seed: int
) -> None:
    plain, ours = both(noise(seed=seed, mode=mode), replace(STILL, jitter=((what, factor),)))
    assert numpy.array_equal(plain, ours)


@pytest.mark.parametrize(
    "view", [STILL, replace(STILL, flip=True), replace(STILL, grey=True), replace(STILL, solarize=True)]
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_mirror_grey_and_solarization_are_pillows_to_the_bit(mode: str, view: View) -> None:
    plain, ours = both(noise(mode=mode), view)
    assert numpy.array_equal(plain, ours)


@pytest.mark.parametrize("turns", [-0.5, -0.1, -0.001, 0.0, 0.07, 0.1, 0.5])
def test_hue_is_pillows_but_for_one_colour_in_five_hundred_that_is_a_step_away(turns: float) -> None:
    """Pillow has 256 steps of hue, each of which is 6/255 of the chroma."""
    view = replace(STILL, box=(0, 0, 256, 256), size=(256, 256), jitter=(("hue", turns),))
    plain, ours = both(noise(256, 256), view)
    difference = numpy.abs(plain - ours)
    assert difference.max() <= 7
    assert (difference.max(axis=0) > 0).mean() < 1 / 300
    assert (difference.max(axis=0) > 1).mean() < 1 / 500


@given(st.floats(0.1, 6.0), st.integers(1, 30), st.integers(1, 30))
@settings(max_examples=60)
def test_blur_is_pillows_but_for_rounding(radius: float, width: int, height: int) -> None:
    """Also where the view is narrower than the kernel."""
    image = noise(width, height)
    view = replace(STILL, box=(0, 0, width, height), size=(height, width), blur=radius)
    plain, ours = both(image, view)
    assert numpy.abs(plain - ours).max() <= 2
    assert numpy.abs(plain - ours).mean() < 0.35


def test_blur_keeps_what_is_even() -> None:
    planes = numpy.full((3, 9, 9), 77, numpy.float32)
    assert (blurred(planes, 1.7) == 77).all()


boxes = st.tuples(st.integers(0, 60), st.integers(0, 50), st.integers(8, 60), st.integers(8, 50)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(boxes, st.tuples(st.integers(8, 64), st.integers(8, 64)), st.sampled_from(["RGB", "L"]), st.booleans())
@settings(max_examples=60)
def test_a_crop_is_pillows_but_for_rounding(box: augment.Box, size: tuple[int, int], mode: str, flip: bool) -> None:
    """Larger or smaller than the box, of any shape: rounded after rows and after columns. Values are kept from the ends
    of the scale: there, what overshoots is cut off between rows and columns, and Pillow chooses which comes first."""
    image = noise(120, 100, mode=mode).point(lambda value: 64 + value // 2)
    plain, ours = both(image, replace(STILL, box=box, size=size, flip=flip))
    assert numpy.abs(plain - ours).max() <= 2
    assert numpy.abs(plain - ours).mean() < 0.4


def scene(seed: int, mode: str = "RGB") -> Image.Image:
    """Something smooth with edges and grain, as photographs are."""
    numbers = numpy.random.default_rng(seed)
    small = Image.fromarray(numbers.integers(0, 256, (7, 9, 3), numpy.uint8)).resize(
        (120, 90), Image.Resampling.BICUBIC
    )
    small.paste((200, 30, 60), (30, 20, 70, 60))
    grain = numbers.normal(0, 4, (90, 120, 3))
    return Image.fromarray((numpy.asarray(small) + grain).clip(0, 255).astype(numpy.uint8)).convert(mode)


DATA = Data(mean=(0.0,), std=(1 / 255,))
CROPS = Crops(global_size=(48, 40), local_size=(20, 24), local_count=4)


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1)])
def test_whole_views_are_pillows_but_for_rounding(mode: str, channels: int) -> None:
    """Small differences of one change may grow in the next: contrast stretches them, solarization may turn them."""
    plain = MultiCrop(CROPS, Augment(), replace(DATA, channels=channels))
    far, differences = 0, []
    for index in range(60):
        image = scene(index, mode)
        pairs = zip(
            plain(image, generator(0, 0, index)), fast.FastMultiCrop(plain)(image, generator(0, 0, index)), strict=True
        )
        for one, other in pairs:
            assert one.shape == other.shape
            assert one.dtype == other.dtype == torch.float32
            differences.append(float((one - other).abs().mean()))
            far += int(((one - other).abs() > 2.5).sum())
    assert numpy.mean(differences) < 0.1
    assert far < 0.001 * 60 * channels * (2 * 48 * 40 + 4 * 20 * 24)


def test_the_statistics_of_many_views_are_pillows() -> None:
    plain = MultiCrop(replace(CROPS, local_count=1), Augment(), DATA)
    sums = numpy.zeros((2, 3, 2))  # path, view, mean and deviation
    for index in range(150):
        for path, make in enumerate((plain, fast.FastMultiCrop(plain))):
            for number, view in enumerate(make(scene(index), generator(3, 0, index))):
                sums[path, number] += float(view.mean()), float(view.std())
    assert numpy.abs(sums[0] - sums[1]).max() / 150 < 0.05


def test_values_are_normalised_as_pillows() -> None:
    image, crops = scene(0), Crops(global_size=(16, 16), local_count=0)
    plain = MultiCrop(crops, Augment(0, 0, grey=0, blur_first=0, blur_second=0, solarize=0), Data())
    for one, other in zip(
        plain(image, generator(0, 0, 0)), fast.FastMultiCrop(plain)(image, generator(0, 0, 0)), strict=True
    ):
        torch.testing.assert_close(one, other, atol=2 / 255 / 0.22, rtol=0)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_images_with_alpha_are_left_to_pillow(mode: str) -> None:
    image = scene(0).convert(mode)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    plain = MultiCrop(CROPS, Augment(), replace(DATA, channels=len(mode)))
    for one, other in zip(
        plain(image, generator(0, 0, 1)), fast.FastMultiCrop(plain)(image, generator(0, 0, 1)), strict=True
    ):
        assert torch.equal(one, other)


def test_the_number_of_threads_changes_no_bit() -> None:
    before = torch.get_num_threads()
    make, image = fast.FastMultiCrop(MultiCrop(Crops(), Augment(), DATA)), scene(1).resize((400, 300))
    try:
        results = []
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.append(torch.cat([view.flatten() for view in make(image, random.Random(5))]))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


def test_the_changes_come_in_the_order_that_was_drawn() -> None:
    changes: tuple[Change, ...] = (("contrast", 1.4), ("hue", 0.1), ("brightness", 1.4), ("saturation", 0.8))
    for order in (changes, changes[::-1]):
        plain, ours = both(scene(0), replace(STILL, box=(0, 0, 120, 90), size=(90, 120), jitter=order))
        assert numpy.abs(plain - ours).mean() < 0.05
