"""Views that a batch at a time finishes, as on a GPU, beside those that are made one by one, from the same records."""

from dataclasses import replace

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from dino.arrival import Moving, ahead, finishes, route
from dino.augment import Change, MultiCrop, View, generator
from dino.batches import Batch, cut_batches, training_batches
from dino.config import Augment, Config, Crops, Data
from dino.data.drawn import DrawnImages
from dino.data.sampler import Shuffle
from dino.fast.augmentation import FastMultiCrop, as_pixels, cut, seen
from dino.fast.cutting import CutBatch, Cutting, collate
from dino.fast.finishing import Cuts, Finishing, finished, reach_of, record
from dino.world.world import World

SIZE = (20, 24)
STILL = View((0, 0, 24, 20), SIZE, flip=False, jitter=(), grey=False, blur=0.0, solarize=False)
CPU = torch.device("cpu")


def noise(seed: int, mode: str = "RGB") -> Image.Image:
    values = numpy.random.default_rng(seed).integers(0, 256, (20, 24, 3), numpy.uint8)
    return Image.fromarray(values).convert(mode)


def both(images: list[Image.Image], views: list[View]) -> tuple[Tensor, Tensor]:
    """The views made one by one, and all at once."""
    pixels = [as_pixels(image) for image in images]
    one_by_one = [torch.from_numpy(seen(each, view, 128)) for each, view in zip(pixels, views, strict=True)]
    cuts = [cut(each, view).permute(1, 2, 0) for each, view in zip(pixels, views, strict=True)]
    reach = reach_of(4.0)
    records = torch.tensor([record(view, reach) for view in views])
    return torch.stack(one_by_one), finished(torch.stack(cuts), records, 128)


factors = st.floats(0.5, 1.5, allow_subnormal=False)
changes = st.one_of(
    st.tuples(st.sampled_from(["brightness", "contrast", "saturation"]), factors),
    st.tuples(st.just("hue"), st.floats(-0.5, 0.5, allow_subnormal=False)),
)
jitters = st.lists(changes, max_size=4, unique_by=lambda change: change[0]).map(tuple)
unblurred = st.builds(
    replace, st.just(STILL), flip=st.booleans(), jitter=jitters, grey=st.booleans(), solarize=st.booleans()
)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@given(st.lists(unblurred, min_size=1, max_size=6))
@settings(max_examples=60)
def test_everything_but_the_blur_is_the_same_to_the_bit_whatever_else_is_in_the_batch(
    mode: str, views: list[View]
) -> None:
    one_by_one, together = both([noise(number, mode) for number in range(len(views))], views)
    assert torch.equal(one_by_one, together)


@given(st.lists(st.floats(0.1, 4.0), min_size=1, max_size=4))
@settings(max_examples=30)
def test_blur_is_the_same_but_for_sums_close_to_a_half(radii: list[float]) -> None:
    views = [replace(STILL, blur=radius) for radius in radii]
    one_by_one, together = both([noise(number) for number in range(len(radii))], views)
    assert (one_by_one - together).abs().max() <= 1
    assert (one_by_one != together).float().mean() < 0.01


def test_a_blur_that_ends_at_a_whole_pixel_keeps_what_is_even() -> None:
    even = Image.new("RGB", (24, 20), (77, 8, 255))
    one_by_one, together = both([even], [replace(STILL, blur=2.0)])
    assert torch.equal(one_by_one, together)


def config_of(**values: object) -> Config:
    crops = Crops(global_size=(24, 20), local_size=(12, 10), local_count=3)
    return replace(Config(), crops=crops, **values)


@pytest.mark.parametrize("channels", [1, 3])
def test_whole_batches_are_those_of_the_loaders_but_for_rounding(channels: int) -> None:
    """Also which image is where: the first global view of all, then the second, then the local ones."""
    data = Data(channels=channels, mean=(0.4,) * channels, std=(0.3,) * channels, workers=0)
    config = config_of(data=data)
    config = replace(config, optim=replace(config.optim, batch_size=4))
    images = DrawnImages.of(World(), "tune", 8, channels)
    shuffle = Shuffle(len(images), 4)
    expected = list(training_batches(images, config, shuffle, 0, 2))
    moving = Moving(CPU, Finishing.of(config))
    for one, other in zip(expected, map(moving, cut_batches(images, config, shuffle, 0, 2)), strict=True):
        assert [view.shape for view in one.crops] == [view.shape for view in other.crops]
        for view, same in zip(one.crops, other.crops, strict=True):
            assert ((view - same).abs() > 1.5 / 255 / 0.3).float().mean() < 0.01
            torch.testing.assert_close(view.mean(), same.mean(), atol=2e-3, rtol=0)


def test_one_number_for_all_channels_will_do() -> None:
    finishing = Finishing((0.5,), (0.25,), 128)
    cuts = Cuts(torch.full((2, 4, 4, 4), 255, dtype=torch.uint8), torch.tensor([record(STILL, 1)] * 2))
    assert torch.allclose(finishing(cuts), torch.full((2, 3, 4, 4), 2.0))


def test_without_local_views_there_is_one_size() -> None:
    cutting = Cutting(MultiCrop(Crops(global_size=(8, 8), local_count=0), Augment(), Data()), 2)
    batch = collate([(cutting(noise(seed), generator(0, 0, seed)), ()) for seed in range(3)])
    assert [cuts.pixels.shape for cuts in batch.cuts] == [(6, 8, 8, 4)]


def test_the_records_follow_from_the_same_random_numbers() -> None:
    plain = MultiCrop(Crops(global_size=(24, 20), local_count=0), Augment(), Data(mean=(0.0,), std=(1 / 255,)))
    image = noise(3)
    expected = FastMultiCrop(plain)(image, generator(1, 2, 3))
    batch = collate([(Cutting(plain, reach_of(2.0))(image, generator(1, 2, 3)), ())])
    for view, same in zip(expected, Moving(CPU, Finishing((0.0,), (1 / 255,), 128))(batch).crops, strict=True):
        assert ((view - same[0]).abs() > 1).float().mean() < 0.02


def test_compiled_it_gives_the_same() -> None:
    """By what a compiler starts from: the traced graph, without a compiler's own rounding."""
    views = [replace(STILL, jitter=(("hue", 0.1), ("contrast", 1.3)), blur=1.2), replace(STILL, grey=True)]
    pixels = torch.stack([cut(as_pixels(noise(seed)), views[seed]).permute(1, 2, 0) for seed in range(2)])
    records = torch.tensor([record(view, 2) for view in views])
    traced = torch.compile(finished, backend="aot_eager", fullgraph=True, dynamic=False)
    assert torch.equal(traced(pixels, records, 128), finished(pixels, records, 128))


def test_batches_arrive_in_their_order_one_ahead() -> None:
    asked: list[int] = []

    def batches() -> "list[Batch]":
        for number in range(3):
            asked.append(number)
            yield Batch([torch.full((1,), float(number))], ())

    came = ahead(batches(), Moving(CPU))
    assert float(next(came).crops[0]) == 0.0
    assert asked == [0, 1]
    assert [float(batch.crops[0]) for batch in came] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("device", "channels", "augmentation", "expected"),
    [("cpu", 3, "fast", False), ("cuda", 3, "fast", True), ("cuda", 1, "fast", True), ("cuda", 4, "fast", False),
     ("cuda", 3, "pil", False), ("mps", 3, "fast", False)],
)  # fmt: skip
def test_a_gpu_alone_finishes_views_and_only_fast_ones_without_alpha(
    device: str, channels: int, augmentation: str, expected: bool
) -> None:
    config = config_of(data=replace(Data(), channels=channels))
    config = replace(config, augment=replace(config.augment, augmentation=augmentation))
    assert finishes(config, torch.device(device)) is expected


def test_on_a_processor_the_loaders_do_it_all() -> None:
    load, moving = route(config_of(), CPU)
    assert load is training_batches
    assert moving == Moving(CPU)


def test_what_could_not_be_read_is_told_with_the_batch() -> None:
    batch = CutBatch(0, (), ("a fault",))  # type: ignore[arg-type]
    assert Moving(CPU, Finishing((0.0,), (1.0,), 128))(batch).faults == ("a fault",)


def test_hue_goes_both_ways() -> None:
    both_ways: tuple[Change, Change] = ("hue", 0.1), ("hue", -0.1)
    one_by_one, together = both([noise(0), noise(0)], [replace(STILL, jitter=(way,)) for way in both_ways])
    assert torch.equal(one_by_one, together)
    assert not torch.equal(together[0], together[1])
