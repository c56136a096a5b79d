"""Scores of rankings, by hand and by what must hold of any of them."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dino.evaluate.retrieval import Judged, Relevant, average_precision, metrics, precision_at, scores


def average(ranking: list[int], ok: list[int], junk: list[int] | None = None) -> float:
    return float(scores(torch.tensor([ranking]), [Relevant(ok, junk or [])]).average)


def test_one_right_image_at_the_second_place_is_a_quarter() -> None:
    assert average([5, 7, 6], [7]) == 0.25  # between precision 0 before it and 1/2 at it


def test_two_right_images_at_the_first_and_third_place() -> None:
    assert average([5, 7, 6], [5, 6]) == pytest.approx((1 + (1 / 2 + 2 / 3) / 2) / 2)


def test_junk_at_the_top_does_not_count() -> None:
    assert average([8, 9, 5, 7, 6], [5, 6], [8, 9]) == average([5, 7, 6], [5, 6])


def test_a_right_image_that_the_ranking_lacks_is_missed() -> None:
    assert average([5, 7], [5, 6]) == 0.5


def test_a_query_to_which_nothing_is_right_counts_in_no_mean() -> None:
    found = scores(torch.tensor([[0, 1], [0, 1]]), [Relevant([]), Relevant([0])])
    assert math.isnan(found.average[0])
    assert [metric.value for metric in metrics(found)] == [100, 100, 100, 100]


def test_precision_is_of_no_more_images_than_reach_to_the_last_right_one() -> None:
    assert precision_at([0, 2], 1) == 1
    assert precision_at([0, 2], 2) == 0.5
    assert precision_at([0, 2], 10) == 2 / 3


def test_medium_asks_for_easy_and_hard_and_hard_for_hard_alone() -> None:
    judged = Judged([1], [2], [3])
    assert judged.medium() == Relevant([1, 2], [3])
    assert judged.difficult() == Relevant([2], [3, 1])


@given(st.sets(st.integers(0, 30), min_size=1), st.integers(0, 5))
def test_average_precision_is_from_0_to_1_and_1_only_where_the_right_come_first(places: set[int], missed: int) -> None:
    value = average_precision(sorted(places), len(places) + missed)
    first = not missed and places == set(range(len(places)))
    assert 0 <= value <= 1
    assert (value == 1) == first
