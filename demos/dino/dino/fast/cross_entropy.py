"""The loss over all pairs of views (paper equation 3) from the head's bottleneck, and its gradient in the same pass.

Of the targets p, which sum to one, H(p, s) = logsumexp(s) − p · s. So a view needs one logsumexp, whatever it is paired
with, and p · s = h · (Wᵀ p) is taken in the bottleneck, where h · W are the logits s: for two teacher views in place of
ten student ones. The logits are made a few rows at a time, and their softmax, which is their gradient, is used up
before the next ones are made: no matrix of [views · batch, out_dim] is kept for the backward pass.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

LARGEST = {"cpu": 1 << 24, "cuda": 1 << 28}
"""Bytes of logits that are made at a time: about what a processor's caches hold; on a GPU, enough to keep it busy."""


def cross_entropy(
    bottleneck: Tensor,
    direction: Tensor,
    length: Tensor,
    targets: Sequence[Tensor],
    student_temp: float,
    precision: torch.dtype | None = None,
) -> Tensor:
    """The loss of unit-norm [views · batch, dim] against targets of [batch, out_dim] for each global view.

    `direction` [out_dim, dim] and `length` [out_dim, 1] are the prototypes' parameters; the matrix products run in
    `precision`, sums and exponentials never below float32.
    """
    loss: Tensor = _CrossEntropy.apply(bottleneck, direction, length, torch.cat(list(targets)), student_temp, precision)
    return loss


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any,
        bottleneck: Tensor,
        direction: Tensor,
        length: Tensor,
        targets: Tensor,
        student_temp: float,
        precision: torch.dtype | None,
    ) -> Tensor:
        with torch.autocast(bottleneck.device.type, enabled=False):
            rows = bottleneck.to(torch.promote_types(bottleneck.dtype, torch.float32))
            scale = length / direction.norm(dim=1, keepdim=True)
            prototypes = direction * scale
            loss, row_gradient, gradient = _loss(rows, prototypes, targets, student_temp, precision)
            wanted = context.needs_input_grad
            context.save_for_backward(
                row_gradient.to(bottleneck.dtype),
                _through_norm(gradient, prototypes, length, scale) if wanted[1] else None,
                (gradient * prototypes).sum(dim=1, keepdim=True) / length if wanted[2] else None,
            )
        return loss

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        factor = gradients[0]
        saved = [None if tensor is None else tensor * factor for tensor in context.saved_tensors]
        return (*saved, None, None, None)


def _loss(
    rows: Tensor, prototypes: Tensor, targets: Tensor, student_temp: float, precision: torch.dtype | None
) -> tuple[Tensor, Tensor, Tensor]:
    """The loss, and its gradients for the rows and for the prototypes."""
    batch, low = len(targets) // 2, precision or rows.dtype
    views = len(rows) // batch
    pairs = 2 * (views - 1)
    share = rows.new_full((len(rows), 1), 2 / (batch * pairs))  # a local view is in two pairs, a global one in one
    share[: 2 * batch] /= 2
    heated, weights, aims = (rows / student_temp).to(low), prototypes.to(low), targets.to(low)

    pulls = (aims @ weights).to(rows.dtype).view(2, batch, -1)  # where each teacher view wants a row
    toward = torch.cat([pulls[1], pulls[0], (pulls[0] + pulls[1]).repeat(views - 2, 1)]) / (batch * pairs)
    loss = -(toward * rows).sum() / student_temp
    row_gradient = -toward
    by_view = heated.to(rows.dtype).view(views, batch, -1)
    local = by_view[2:].sum(dim=0)
    pulled = torch.cat([by_view[1] + local, by_view[0] + local]) / (batch * pairs)  # the rows of each teacher view
    gradient = (aims.T @ pulled.to(low)).to(rows.dtype).neg_()

    for some in _chunks(len(rows), rows.device, 4 * len(prototypes)):
        logits = heated[some] @ weights.T
        probabilities = torch.softmax(logits, dim=1, dtype=rows.dtype)
        logsumexp = logits.amax(dim=1).to(rows.dtype) - probabilities.amax(dim=1).log()
        loss += (logsumexp * share[some, 0]).sum()
        lowered = probabilities.to(low)
        row_gradient[some] += (lowered @ weights).to(rows.dtype) * share[some]
        weighted = (heated[some] * share[some]).to(low)
        if low == rows.dtype:
            gradient.addmm_(lowered.T, weighted)
        else:
            gradient += lowered.T @ weighted
    return loss, row_gradient.div_(student_temp), gradient


def _chunks(count: int, device: torch.device, row_bytes: int) -> list[slice]:
    size = max(1, LARGEST.get(device.type, LARGEST["cuda"]) // row_bytes)
    parts = -(-count // size)
    even = -(-count // parts)
    return [slice(first, first + even) for first in range(0, count, even)]


def _through_norm(gradient: Tensor, prototypes: Tensor, length: Tensor, scale: Tensor) -> Tensor:
    """From the gradient of the prototypes to that of their directions: what lies along a prototype cannot turn it."""
    unit = prototypes / length
    return (gradient - unit * (gradient * unit).sum(dim=1, keepdim=True)) * scale
