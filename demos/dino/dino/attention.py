"""Where the class token looks (paper section 4.2, Figures 1 and 4): the smallest mask that holds a share of it."""

import torch
from torch import Tensor


def mass_mask(attention: Tensor, share: float = 0.6) -> Tensor:
    """The patches that together hold the top `share` of each map's attention: [..., patches] → the same, of bool."""
    values, order = attention.sort(dim=-1)
    cumulative = (values / values.sum(dim=-1, keepdim=True)).cumsum(dim=-1)
    return torch.zeros_like(attention, dtype=torch.bool).scatter(-1, order, cumulative > 1 - share)
