"""The views of an image: what happens, in which order, how often; beside torchvision's own transforms, which the
authors used."""

import random
from collections import Counter
from collections.abc import Callable

import numpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional as T

from dino import augment
from dino.augment import MultiCrop, center_crop, drawn_box, drawn_jitter, generator, jittered, resized_crop
from dino.config import Augment, Crops, Data

TIMES = 3000
CROPS = Crops(global_size=(4, 4), local_size=(4, 4), local_count=1)


def noise(width: int = 12, height: int = 9, mode: str = "RGB") -> Image.Image:
    channels = len(Image.new(mode, (1, 1)).getbands())
    values = numpy.random.default_rng(0).integers(0, 256, (height, width, channels), numpy.uint8)
    return Image.merge(mode, [Image.fromarray(values[..., channel]) for channel in range(channels)])


def cut(numbers: random.Random, width: int, height: int, scale: tuple[float, float]) -> tuple[int, int, int, int]:
    """(top, left, height, width) of a random crop, as torchvision names them."""
    left, top, right, bottom = drawn_box((width, height), numbers, scale)
    return top, left, bottom - top, right - left


@pytest.mark.parametrize("scale", [(0.4, 1.0), (0.05, 0.4)], ids=["global", "local"])
@pytest.mark.parametrize("size", [(100, 100), (160, 90), (40, 200)])
def test_crops_are_spread_as_those_of_torchvision(size: tuple[int, int], scale: tuple[float, float]) -> None:
    torch.manual_seed(0)
    numbers, image = random.Random(0), Image.new("L", size)
    ours = numpy.array([cut(numbers, *size, scale) for _ in range(TIMES)])
    theirs = numpy.array(
        [transforms.RandomResizedCrop.get_params(image, list(scale), [3 / 4, 4 / 3]) for _ in range(TIMES)]
    )
    for quantile in (0.05, 0.25, 0.5, 0.75, 0.95):
        one, other = numpy.quantile(ours, quantile, axis=0), numpy.quantile(theirs, quantile, axis=0)
        assert numpy.abs(one - other).max() <= 0.05 * max(size)
    areas = [values[:, 2] * values[:, 3] / (size[0] * size[1]) for values in (ours, theirs)]
    assert areas[0].mean() == pytest.approx(areas[1].mean(), abs=0.02)


@given(st.integers(1, 60), st.integers(1, 60))
def test_where_no_crop_fits_the_largest_central_one_is_that_of_torchvision(width: int, height: int) -> None:
    """A share of 100 never fits, so that only the way out is left."""
    image = Image.new("L", (width, height))
    expected = transforms.RandomResizedCrop.get_params(image, [100.0, 100.0], [3 / 4, 4 / 3])
    assert cut(random.Random(0), width, height, (100.0, 100.0)) == expected


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens to each view, in its order; the images stay as they are."""
    seen: list[str] = []

    def spy(name: str) -> Callable[..., object]:
        def happen(image: object, *given: object) -> object:
            if given != ((),):  # no jitter was drawn
                seen.append(name)
            return image

        return happen

    monkeypatch.setattr(augment, "resized_crop", spy("crop"))
    monkeypatch.setattr(Image.Image, "transpose", spy("flip"))
    monkeypatch.setattr(augment, "jittered", spy("jitter"))
    monkeypatch.setattr(Image.Image, "convert", spy("grey"))
    monkeypatch.setattr(Image.Image, "filter", spy("blur"))
    monkeypatch.setattr(augment.ImageOps, "solarize", spy("solarize"))
    return seen


def views_of(events: list[str]) -> list[list[str]]:
    """The events, view by view: each begins with its crop. Grey converts twice and counts once."""
    views: list[list[str]] = []
    for event in events:
        if event == "crop":
            views.append([])
        if event not in views[-1]:
            views[-1].append(event)
    return views


def test_what_is_in_the_box_is_resized_as_torchvision_does() -> None:
    image, bicubic = noise(40, 30), transforms.InterpolationMode.BICUBIC
    expected = T.resized_crop(image, 3, 5, 20, 30, [8, 9], bicubic)
    assert resized_crop(image, (5, 3, 35, 23), (8, 9)).tobytes() == expected.tobytes()


def test_each_change_happens_as_often_as_in_the_authors_code(events: list[str]) -> None:
    multi_crop = MultiCrop(CROPS, Augment(), Data())
    for index in range(TIMES):
        multi_crop(noise(), generator(0, 0, index))
    views = views_of(events)
    expected = {"flip": (0.5, 0.5, 0.5), "jitter": (0.8, 0.8, 0.8), "grey": (0.2, 0.2, 0.2), "blur": (1.0, 0.1, 0.5)}
    for event, shares in {**expected, "solarize": (0.0, 0.2, 0.0)}.items():
        for view, share in enumerate(shares):
            seen = sum(event in one for one in views[view::3]) / TIMES
            assert seen == pytest.approx(share, abs=0.03 if 0 < share < 1 else 0), (event, view)


def test_the_changes_come_in_the_authors_order(events: list[str]) -> None:
    multi_crop = MultiCrop(CROPS, Augment(flip=1, jitter=1, grey=1, blur_second=1, solarize=1), Data())
    multi_crop(noise(), generator(0, 0, 0))
    assert views_of(events)[1] == ["crop", "flip", "jitter", "grey", "blur", "solarize"]


def test_the_radius_of_the_blur_is_even_between_a_tenth_and_two(monkeypatch: pytest.MonkeyPatch) -> None:
    radii: list[float] = []
    monkeypatch.setattr(augment.ImageFilter, "GaussianBlur", lambda radius: radii.append(radius) or _Nothing())
    multi_crop = MultiCrop(Crops(global_size=(2, 2), local_count=0), Augment(), Data())
    for index in range(TIMES):
        multi_crop(noise(), generator(0, 0, index))
    assert 0.1 <= min(radii) < 0.15
    assert 1.95 < max(radii) <= 2
    assert numpy.mean(radii) == pytest.approx(1.05, abs=0.03)


class _Nothing:
    """Stands for a blur that does nothing; Pillow asks for the filter."""

    def filter(self, image: object) -> object:
        return image


def test_the_jitter_draws_its_factors_and_its_order_as_torchvision_does(monkeypatch: pytest.MonkeyPatch) -> None:
    factors: dict[str, list[float]] = {}
    orders: Counter[tuple[str, ...]] = Counter()
    order: list[str] = []

    def spy(name: str) -> Callable[[Image.Image, float], Image.Image]:
        def change(image: Image.Image, factor: float) -> Image.Image:
            factors.setdefault(name, []).append(factor)
            order.append(name)
            return image

        return change

    for name in ("brightness", "contrast", "saturation", "hue"):
        monkeypatch.setattr(T, f"adjust_{name}", spy(name))
    for seed in range(TIMES):
        order.clear()
        jittered(noise(), drawn_jitter(random.Random(seed), Augment()))
        orders[tuple(order)] += 1
    for name, (low, high) in {
        "brightness": (0.6, 1.4), "contrast": (0.6, 1.4), "saturation": (0.8, 1.2), "hue": (-0.1, 0.1),
    }.items():  # fmt: skip
        assert low <= min(factors[name]) < low + 0.01
        assert high - 0.01 < max(factors[name]) <= high
    assert len(orders) == 24
    assert min(orders.values()) > TIMES / 24 / 2


@given(st.integers(20, 400), st.integers(20, 400))
def test_evaluations_see_what_torchvisions_resize_and_center_crop_give(width: int, height: int) -> None:
    image, data = noise(width, height), Data()
    bicubic = transforms.InterpolationMode.BICUBIC
    steps = [transforms.Resize(64, bicubic), transforms.CenterCrop(56), transforms.ToTensor()]
    expected = transforms.Compose([*steps, transforms.Normalize(data.mean, data.std)])(image)
    torch.testing.assert_close(center_crop(image, (56, 56), data), expected)


def test_solarization_inverts_from_128_on() -> None:
    still = Augment(flip=0, jitter=0, grey=0, blur_first=0, blur_second=0, solarize=1)
    crops = Crops(global_size=(4, 4), local_count=0)
    for value in (0, 100, 127, 128, 255):
        plain = MultiCrop(crops, still, Data(channels=1, mean=(0.0,), std=(1 / 255,)))
        first, second = plain(Image.new("L", (4, 4), value), random.Random(0))
        assert first.unique().round().tolist() == [value]
        assert second.unique().round().tolist() == [value if value < 128 else 255 - value]


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_changes_of_colour_leave_alpha_alone(mode: str) -> None:
    image = noise(8, 8, mode)
    image.putalpha(Image.linear_gradient("L").resize((8, 8)))
    colours = Augment(flip=0, jitter=1, grey=1, blur_first=0, blur_second=0, solarize=1, brightness=0.9)
    data = Data(channels=len(mode), mean=(0.0,), std=(1.0,))
    crops = Crops(global_size=(6, 8), global_scale=(1.0, 1.0), local_count=0)
    plain_crops = MultiCrop(crops, Augment(0, 0, grey=0, blur_first=0, blur_second=0, solarize=0), data)
    for seed in range(20):
        view = MultiCrop(crops, colours, data)(image, random.Random(seed))[0]
        still = plain_crops(image, random.Random(seed))[0]
        assert torch.equal(view[-1], still[-1])
        assert not torch.equal(view[:-1], still[:-1])
