"""The order of images is a pure function of seed, epoch, rank and world, and can be taken up at any step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dino.data.sampler import Shuffle
from dino.errors import CommandError, ContentError

sizes = st.tuples(st.integers(1, 6), st.integers(1, 4)).flatmap(
    lambda bw: st.tuples(st.integers(bw[0] * bw[1], 200), st.just(bw[0]), st.just(bw[1]))
)


@given(sizes, st.integers(0, 2**40), st.integers(0, 1000))
def test_over_all_ranks_no_image_comes_twice_in_an_epoch(size: tuple[int, int, int], seed: int, epoch: int) -> None:
    length, batch, world = size
    batches = [b for rank in range(world) for b in Shuffle(length, batch, rank, world, seed).epoch(epoch)]
    dealt = [index for one in batches for index in one]
    assert all(len(one) == batch for one in batches)
    assert len(dealt) == len(set(dealt)) == length // (batch * world) * batch * world
    assert set(dealt) <= set(range(length))


@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 9), st.integers(0, 99))
def test_where_the_batches_come_out_even_every_image_comes_once(batch: int, world: int, steps: int, epoch: int) -> None:
    length = batch * world * steps
    ranks = [Shuffle(length, batch, rank, world, seed=5) for rank in range(world)]
    assert sorted(i for rank in ranks for one in rank.epoch(epoch) for i in one) == list(range(length))


@given(sizes, st.integers(0, 2**32), st.data())
def test_any_step_can_be_taken_up_without_what_came_before(
    size: tuple[int, int, int], seed: int, data: st.DataObject
) -> None:
    length, batch, world = size
    rank = data.draw(st.integers(0, world - 1))
    whole = Shuffle(length, batch, rank, world, seed)
    undisturbed = [one for epoch in range(3) for one in whole.epoch(epoch)]
    start = data.draw(st.integers(0, len(undisturbed)))
    resumed = [one for _, one in Shuffle(length, batch, rank, world, seed).run(start, len(undisturbed))]
    assert resumed == undisturbed[start:]
    assert whole.epoch(1, start=1) == undisturbed[whole.steps + 1 : 2 * whole.steps]


@given(sizes, st.integers(0, 2**32))
def test_a_step_has_the_same_images_on_any_number_of_ranks(size: tuple[int, int, int], seed: int) -> None:
    length, batch, world = size
    alone = Shuffle(length, batch * world, 0, 1, seed)
    ranks = [Shuffle(length, batch, rank, world, seed) for rank in range(world)]
    assert [[i for rank in ranks for i in rank.at(step)] for step in range(2 * alone.steps)] == [
        alone.at(step) for step in range(2 * alone.steps)
    ]


def test_epochs_and_seeds_differ() -> None:
    shuffle = Shuffle(100, 10, seed=1)
    orders = [shuffle.epoch(0), shuffle.epoch(1), Shuffle(100, 10, seed=2).epoch(0), Shuffle(100, 10, seed=0).epoch(1)]
    assert all(a != b for number, a in enumerate(orders) for b in orders[:number])


def test_what_is_left_out_changes_from_epoch_to_epoch() -> None:
    shuffle = Shuffle(103, 10)
    assert set(range(103)) == {i for epoch in range(5) for one in shuffle.epoch(epoch) for i in one}


def test_the_order_is_the_same_for_ever() -> None:
    assert Shuffle(10, 5, seed=7).epoch(3) == [[7, 1, 9, 6, 0], [4, 2, 8, 3, 5]]


def test_every_position_is_as_likely_for_every_image() -> None:
    counts = [[0] * 4 for _ in range(4)]
    for epoch in range(4000):
        for place, image in enumerate(Shuffle(4, 4, seed=3).epoch(epoch)[0]):
            counts[image][place] += 1
    assert all(850 < count < 1150 for row in counts for count in row)


def test_run_tells_the_epoch_of_each_step() -> None:
    shuffle = Shuffle(5, 2)
    assert shuffle.steps == 2
    assert [epoch for epoch, _ in shuffle.run(1, 5)] == [0, 1, 1, 2]


def test_too_few_images_for_one_step_are_a_sentence() -> None:
    assert Shuffle(8, 2, 3, 4).steps == 1
    with pytest.raises(ContentError) as caught:
        Shuffle(7, 2, 3, 4)
    assert str(caught.value) == (
        "7 images do not fill one batch of 2 on each of 4 ranks; make the batch smaller, or add images"
    )
    with pytest.raises(ContentError, match=r"^1 images do not fill one batch of 2; make"):
        Shuffle(1, 2)


@pytest.mark.parametrize(
    ("batch", "rank", "world", "seed"), [(0, 0, 1, 0), (1, 1, 1, 0), (1, -1, 1, 0), (1, 0, 0, 0), (1, 0, 1, -1)]
)
def test_senseless_numbers_are_a_sentence(batch: int, rank: int, world: int, seed: int) -> None:
    with pytest.raises(CommandError, match="batch and world are at least 1"):
        Shuffle(10, batch, rank, world, seed)
