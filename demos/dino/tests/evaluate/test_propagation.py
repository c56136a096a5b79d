"""Masks carried from frame to frame: on features whose likeness is known, and beside the sum over all patches."""

from collections.abc import Iterator
from weakref import ref

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from dino.evaluate.propagation import Propagation, followed, propagated


def frame(row: int, column: int, side: int = 2, size: int = 8) -> Tensor:
    """Features [size, size, 5] of a square whose four patches are all different, on a ground of one kind."""
    kinds = torch.zeros(size, size, dtype=torch.long)
    kinds[row : row + side, column : column + side] = torch.arange(1, 1 + side * side).view(side, side)
    return F.one_hot(kinds, 1 + side * side).float()


def square(features: Tensor) -> Tensor:
    """The exact mask of the ground and of the square: [2, rows, columns]."""
    return torch.stack([features[..., 0], 1 - features[..., 0]])


def test_a_square_that_moves_by_a_patch_a_frame_is_followed_exactly() -> None:
    frames = [frame(step // 2, step) for step in range(7)]
    found = list(followed(frames, square(frames[0]), Propagation(radius=2, top=1)))
    assert len(found) == 6
    for mask, features in zip(found, frames[1:], strict=True):
        torch.testing.assert_close(mask, square(features))


def test_a_square_that_moves_out_of_the_neighbourhood_is_lost() -> None:
    frames = [frame(0, 0), frame(0, 5)]
    (mask,) = followed(frames, square(frames[0]), Propagation(radius=2, top=1))
    assert not mask[1].any()


def test_a_square_that_was_hidden_is_found_again_by_the_first_frame() -> None:
    ground = torch.zeros(8, 8, 5)
    ground[..., 0] = 1
    frames = [frame(2, 2), *[ground] * 3, frame(3, 2)]
    *_, mask = followed(frames, square(frames[0]), Propagation(radius=2, top=1, last=1))
    torch.testing.assert_close(mask, square(frames[-1]))


def test_no_more_frames_are_kept_than_give_their_masks() -> None:
    made: list[ref[Tensor]] = []

    def film() -> Iterator[Tensor]:
        for _ in range(12):
            features = torch.ones(2, 2, 1)
            made.append(ref(features))
            yield features

    alive = [
        sum(each() is not None for each in made)
        for _ in followed(film(), torch.ones(1, 2, 2), Propagation(radius=1, last=3))
    ]
    assert alive[:4] == [2, 3, 4, 5]
    assert set(alive[3:]) == {5}  # the first, the last three, and the one that gave its mask last


def test_weights_are_the_exponential_of_the_cosine_over_the_temperature() -> None:
    target = torch.tensor([[[2.0, 0.0]]])
    sources = torch.tensor([[[[3.0, 0.0]]], [[[0.0, 5.0]]], [[[-1.0, 0.0]]]])  # cosines 1, 0, −1
    masks = torch.tensor([1.0, 0.0, 0.0]).view(3, 1, 1, 1)
    (found,) = propagated(target, sources, masks, Propagation(radius=0, top=2, temperature=0.5)).flatten().tolist()
    assert found == pytest.approx(1 / (1 + torch.tensor(-2.0).exp().item()))


def by_all(target: Tensor, sources: Tensor, masks: Tensor, how: Propagation) -> Tensor:
    """The same by comparing everything with everything, patch by patch."""
    rows, columns, _ = target.shape
    out = masks.new_zeros(masks.shape[1], rows, columns)
    for row in range(rows):
        for column in range(columns):
            near = [
                (float(F.cosine_similarity(target[row, column], sources[f, r, c], dim=0)), masks[f, :, r, c])
                for f in range(len(sources))
                for r in range(max(0, row - how.radius), min(rows, row + how.radius + 1))
                for c in range(max(0, column - how.radius), min(columns, column + how.radius + 1))
            ]
            best = sorted(near, key=lambda pair: -pair[0])[: how.top]
            weights = torch.tensor([cosine / how.temperature for cosine, _ in best]).softmax(dim=0)
            out[:, row, column] = sum(weight * mask for weight, (_, mask) in zip(weights, best, strict=True))
    return out


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 2**31),
    rows=st.integers(1, 4),
    columns=st.integers(1, 4),
    radius=st.integers(0, 3),
    top=st.integers(1, 9),
)
def test_it_is_what_comparing_everything_gives(seed: int, rows: int, columns: int, radius: int, top: int) -> None:
    numbers = torch.Generator().manual_seed(seed)
    target = torch.randn(rows, columns, 4, generator=numbers)
    sources = torch.randn(2, rows, columns, 4, generator=numbers)
    masks = torch.rand(2, 3, rows, columns, generator=numbers)
    how = Propagation(radius, top)
    torch.testing.assert_close(
        propagated(target, sources, masks, how), by_all(target, sources, masks, how), atol=1e-4, rtol=0
    )
