"""The nearest neighbours: those that comparing everything with everything finds, however the work is cut."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from dino import neighbours
from dino.neighbours import nearest


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "BLOCK", 7)
    monkeypatch.setattr(neighbours, "QUERIES", 5)


def compared(bank: Tensor, queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Cosines and rows by comparing everything; of equals the first row first."""
    cosines = F.normalize(queries.float(), dim=1) @ F.normalize(bank.float(), dim=1).T
    order = cosines.sort(dim=1, descending=True, stable=True)
    return order.values[:, :k], order.indices[:, :k]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**31), size=st.integers(1, 60), queries=st.integers(0, 12), k=st.integers(1, 70))
def test_they_are_those_that_comparing_everything_finds(seed: int, size: int, queries: int, k: int) -> None:
    numbers = torch.Generator().manual_seed(seed)
    bank = torch.randint(-2, 3, (size, 3), generator=numbers)  # many are equally similar, and some have no length
    asked = torch.randint(-2, 3, (queries, 3), generator=numbers)
    found = nearest(bank, asked, k)
    cosines, rows = compared(bank, asked, k)
    torch.testing.assert_close(found.similarity, cosines, atol=1e-6, rtol=0)
    exact = torch.isclose(cosines[:, :-1], cosines[:, 1:]).any() if cosines.shape[1] > 1 else False
    if not exact:
        assert torch.equal(found.rows, rows)
    assert all(len(set(each.tolist())) == len(each) for each in found.rows)


def test_of_equally_similar_ones_the_first_comes_first() -> None:
    found = nearest(torch.ones(40, 2), torch.ones(6, 2), 9)
    assert torch.equal(found.rows, torch.arange(9).expand(6, 9))


def test_a_row_that_is_left_out_is_nobodys_neighbour() -> None:
    bank = torch.randn(40, 4, generator=torch.Generator().manual_seed(0))
    own = torch.arange(40)
    found = nearest(bank, bank, 39, leave_out=own)
    assert torch.equal(found.rows.sort(dim=1).values, torch.stack([own[own != row] for row in own]))


def test_a_bank_of_one_that_is_left_out_has_no_neighbours() -> None:
    assert nearest(torch.ones(1, 2), torch.ones(1, 2), 5, leave_out=torch.tensor([0])).rows.shape == (1, 0)


def test_a_bank_in_half_the_bits_gives_the_neighbours_of_its_rounded_features() -> None:
    bank = torch.randn(50, 8, generator=torch.Generator().manual_seed(0)).half()
    queries = torch.randn(6, 8, generator=torch.Generator().manual_seed(1))
    assert torch.equal(nearest(bank, queries, 5).rows, compared(bank, queries, 5)[1])
