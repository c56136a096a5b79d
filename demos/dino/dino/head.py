"""The projection head (paper section 3.2 and appendix C): an MLP, an L2-normalised bottleneck, unit-norm prototypes."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dino.vit import initialize


class Head(nn.Module):
    """Logits over the prototypes: [batch, dim] → [batch, out_dim], in [-1, 1] while the prototypes' norm is one.

    `fixed_norm` keeps every prototype at norm one (the authors' `norm_last_layer`), which steadies training.
    """

    def __init__(
        self,
        dim: int,
        out_dim: int,
        *,
        hidden: int = 2048,
        bottleneck: int = 256,
        layers: int = 3,
        batch_norm: bool = False,
        fixed_norm: bool = True,
    ) -> None:
        super().__init__()
        widths = [dim, *[hidden] * (layers - 1)]
        modules: list[nn.Module] = []
        for before, after in pairwise(widths):
            modules.append(nn.Linear(before, after))
            if batch_norm:
                modules.append(nn.BatchNorm1d(after))
            modules.append(nn.GELU())
        last = nn.Linear(widths[-1], bottleneck)
        self.mlp = nn.Sequential(*modules, last) if modules else last
        self.apply(initialize)
        self.last_layer = Prototypes(bottleneck, out_dim, fixed_norm=fixed_norm)

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.last_layer(self.bottleneck(features))
        return logits

    def bottleneck(self, features: Tensor) -> Tensor:
        """What the prototypes are compared with: [batch, dim] → [batch, bottleneck], rows of norm one."""
        return F.normalize(self.mlp(features), dim=-1)


class Prototypes(nn.Module):
    """A linear layer without bias whose rows are `weight_v` at the length `weight_g` (Salimans and Kingma 2016).

    The two parameters bear the names of PyTorch's former `weight_norm`, under which the authors' weights are stored.
    """

    def __init__(self, dim: int, out_dim: int, *, fixed_norm: bool) -> None:
        super().__init__()
        self.weight_g = nn.Parameter(torch.ones(out_dim, 1), requires_grad=not fixed_norm)
        self.weight_v = nn.Parameter(torch.empty(out_dim, dim))
        nn.init.kaiming_uniform_(self.weight_v, a=math.sqrt(5))

    def forward(self, features: Tensor) -> Tensor:
        weight = self.weight_v * (self.weight_g / self.weight_v.norm(dim=1, keepdim=True))
        return F.linear(features, weight)
