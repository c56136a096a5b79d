"""How well masks cover objects, and masks that nobody learnt, on cases whose answers are known."""

import pytest
import torch
from torch import Tensor

from dino.controls.masks import KINDS, areas
from dino.segmentation import attended, jaccard, overlap
from dino.vit import Size, VisionTransformer


def mask(rows: slice, columns: slice, side: int = 4) -> Tensor:
    drawn = torch.zeros(side, side, dtype=torch.bool)
    drawn[rows, columns] = True
    return drawn


LEFT, TOP, NOTHING = mask(slice(4), slice(2)), mask(slice(2), slice(4)), torch.zeros(4, 4, dtype=torch.bool)


@pytest.mark.parametrize(
    ("found", "truth", "expected"),
    [(LEFT, LEFT, 1.0), (LEFT, ~LEFT, 0.0), (LEFT, TOP, 4 / 12), (NOTHING, NOTHING, 1.0), (NOTHING, LEFT, 0.0)],
    ids=["the object", "all but the object", "a third", "nothing of nothing", "nothing"],
)
def test_the_jaccard_index_is_what_is_shared_of_what_either_has(found: Tensor, truth: Tensor, expected: float) -> None:
    assert float(jaccard(found, truth)) == pytest.approx(expected)


def test_an_overlap_is_of_each_images_best_try_and_of_the_try_that_is_best_over_all() -> None:
    tries = torch.stack([torch.stack([LEFT, TOP]), torch.stack([LEFT, TOP]), torch.stack([LEFT, TOP])])
    found = overlap(tries, torch.stack([LEFT, LEFT, TOP]))
    assert found.best == pytest.approx(100)
    assert found.single == pytest.approx(100 * (1 + 1 + 1 / 3) / 3)


def test_masks_of_patches_are_enlarged_to_the_objects_size() -> None:
    large = LEFT.repeat_interleave(3, 0).repeat_interleave(3, 1)
    assert overlap(LEFT[None, None], large[None]).best == pytest.approx(100)


def test_the_patches_that_a_head_attends_to_hold_the_share_of_its_attention() -> None:
    torch.manual_seed(0)
    network, images = VisionTransformer((16, 16), 4, 3, Size(12, 2, 3), registers=2), torch.randn(5, 3, 16, 24)
    masks = attended(network, images, share=0.6, batch=2)
    assert masks.shape == (5, 3, 4, 6)
    attention = network.attention(images).detach()[:, :, 0, -24:]
    held = (attention * masks.flatten(-2)).sum(-1) / attention.sum(-1)
    assert float(held.min()) >= 0.6 - 1e-4
    assert 0 < float(areas(masks).max()) < 1


@pytest.mark.parametrize("kind", KINDS)
def test_masks_that_nobody_learnt_are_as_large_as_they_should_be(kind: str) -> None:
    shares = torch.tensor([[0.0, 0.25], [0.5, 1.0]])
    masks = KINDS[kind](shares, 8, torch.Generator().manual_seed(0))
    assert masks.shape == (2, 2, 8, 8)
    assert areas(masks).tolist() == shares.tolist()


def test_a_disc_in_the_middle_is_in_the_middle() -> None:
    masks = KINDS["middles"](torch.tensor([[4 / 16]]), 4, torch.Generator())
    assert masks[0, 0].tolist() == mask(slice(1, 3), slice(1, 3)).tolist()


@pytest.mark.parametrize("kind", ["patches", "discs"])
def test_random_masks_follow_from_the_generator_and_differ_from_try_to_try(kind: str) -> None:
    shares = torch.full((3, 4), 0.3)
    one, again, other = (KINDS[kind](shares, 8, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert len({bytes(each.flatten().to(torch.uint8).tolist()) for each in one.flatten(0, 1)}) > 8
