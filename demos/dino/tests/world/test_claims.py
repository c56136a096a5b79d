"""The claims: held when what was learnt is above every control by more than chance, and not otherwise."""

import pytest
import torch
from torch import Tensor

from dino.controls.claims import MIDDLES, NEIGHBOURS, OBJECTS, Claim, claims
from dino.controls.comparison import Score
from dino.segmentation import SHARES


def named(right: float, images: int = 1000) -> Tensor:
    """This share of the images named rightly."""
    return torch.arange(images) < right * images


def covers(jaccard: float, images: int = 500) -> tuple[Tensor, ...]:
    return tuple(torch.linspace(jaccard - 0.1, jaccard + 0.1, images) for _ in SHARES)


def judged(
    knn: float, jaccard: float, *, untrained: float = 0.3, discs: float = 0.33, middle: float = 0.4
) -> dict[str, Claim]:
    found = claims(
        Score(named(knn), covers(jaccard)),
        Score(named(0.3), covers(untrained)),
        {"pixels": Score(named(0.35)), "colours": Score(named(0.2))},
        {"discs": Score(covered=covers(discs)), "middles": Score(covered=covers(middle))},
    )
    return {claim.sentence: claim for claim in found}


def test_all_hold_when_everything_is_far_above_its_controls() -> None:
    assert [claim.held for claim in judged(0.7, 0.5).values()] == [True, True, True]


def test_one_control_that_is_as_good_is_enough_for_a_claim_not_to_hold() -> None:
    assert not judged(0.35, 0.5)[NEIGHBOURS].held  # as good as pixels, better than colours and the untrained network
    assert not judged(0.7, 0.5, discs=0.5)[OBJECTS].held
    assert not judged(0.7, 0.5, untrained=0.5)[OBJECTS].held


def test_the_middle_of_the_picture_is_a_claim_of_its_own() -> None:
    found = judged(0.7, 0.5, middle=0.55)
    assert found[OBJECTS].held
    assert not found[MIDDLES].held


def test_a_difference_within_chance_does_not_hold() -> None:
    few = torch.tensor([True, True, False, False])
    found = claims(Score(few), Score(torch.tensor([True, False, False, False])), {}, {})
    assert found[0].value > found[0].margins[0].value
    assert not found[0].held


def test_a_margin_is_the_difference_in_points_with_its_interval() -> None:
    margin = next(each for each in judged(0.7, 0.5)[NEIGHBOURS].margins if each.control == "pixels")
    assert margin.value == pytest.approx(35)
    assert margin.difference == pytest.approx(35)
    assert margin.interval[0] < 35 < margin.interval[1]


def test_where_no_masks_are_known_k_nn_is_judged_alone() -> None:
    assert [claim.sentence for claim in claims(Score(named(0.7)), Score(named(0.3)), {}, {})] == [NEIGHBOURS]
