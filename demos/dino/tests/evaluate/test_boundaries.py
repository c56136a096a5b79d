"""The boundary measure F, on masks small enough to be worked by hand."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dino.evaluate.boundaries import boundary, boundary_measure, dilated


def box(top: int, left: int, height: int, width: int, size: int = 20) -> Tensor:
    mask = torch.zeros(size, size, dtype=torch.bool)
    mask[top : top + height, left : left + width] = True
    return mask


def drawn(*rows: str) -> Tensor:
    return torch.tensor([[sign == "#" for sign in row] for row in rows])


def test_a_boundary_is_the_pixels_before_a_change_to_the_right_below_or_below_right() -> None:
    assert torch.equal(boundary(drawn(".....", ".##..", ".##..", ".....")), drawn("###..", "#.#..", "###..", "....."))


def test_the_edge_of_the_image_is_no_boundary() -> None:
    assert not boundary(torch.ones(4, 5, dtype=torch.bool)).any()
    assert torch.equal(boundary(drawn("..#", "..#", "..#")), drawn(".#.", ".#.", ".#."))


def test_a_disc_of_two_pixels() -> None:
    point = box(3, 3, 1, 1, size=7)
    assert torch.equal(
        dilated(point, 2),
        drawn(".......", "...#...", "..###..", ".#####.", "..###..", "...#...", "......."),
    )


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31), radius=st.integers(0, 4))
def test_dilation_reaches_what_is_no_farther_than_the_radius(seed: int, radius: int) -> None:
    masks = torch.rand(2, 6, 9, generator=torch.Generator().manual_seed(seed)) < 0.1
    places = torch.cartesian_prod(torch.arange(6), torch.arange(9)).float()
    near = torch.cdist(places, places) <= radius + 1e-4
    expected = torch.stack([(near & mask.flatten()).any(dim=1).view(6, 9) for mask in masks])
    assert torch.equal(dilated(masks, radius), expected)


def test_identical_masks_have_1_and_far_ones_0() -> None:
    one = box(2, 2, 5, 5)
    assert boundary_measure(one, one) == 1
    assert boundary_measure(one, box(12, 12, 5, 5)) == 0


def test_a_shift_within_the_tolerance_is_none() -> None:
    one, shifted = box(4, 4, 8, 8), box(4, 5, 8, 8)  # of a diagonal of 28.3 pixels, 0.008 are rounded up to one
    assert boundary_measure(one, shifted) == 1
    assert boundary_measure(one, box(4, 6, 8, 8)) < 1


def test_a_boundary_too_many_halves_precision_and_one_too_few_recall() -> None:
    """Two upright boundaries of 20 pixels where there is one: precision 1/2, recall 1."""
    truth, found = box(0, 0, 20, 5), box(0, 0, 20, 5) | box(0, 15, 20, 5)
    assert float(boundary_measure(found, truth, tolerance=0)) == pytest.approx(2 / 3)
    assert float(boundary_measure(truth, found, tolerance=0)) == pytest.approx(2 / 3)


def test_an_object_that_is_not_there_and_not_found_has_1() -> None:
    nothing, one = box(0, 0, 0, 0), box(2, 2, 5, 5)
    assert boundary_measure(torch.stack([nothing, one, nothing]), torch.stack([nothing, nothing, one])).tolist() == [
        1,
        0,
        0,
    ]
