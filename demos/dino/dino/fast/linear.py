"""A linear layer whose products each run in the library that is faster at them, on a processor in float32.

PyTorch gives float32 products to MKL. oneDNN, which it uses for lower precisions, is faster for the layer's output and
for the gradient of its input, on the processors this was measured on (docs/speed.md); for that of the weight it is
slower. Where PyTorch has no oneDNN, and for everything that is no float32 on a processor, this is `F.linear`.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def linear(rows: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """rows · weightᵀ + bias: [count, in] → [count, out]."""
    if not _is_quicker(rows, weight):
        return F.linear(rows, weight, bias)
    found: Tensor = _Linear.apply(rows, weight, bias)
    return found


def _is_quicker(rows: Tensor, weight: Tensor) -> bool:
    if torch.compiler.is_compiling():
        return False  # a compiler has ways of its own
    single = rows.dtype == weight.dtype == torch.float32 and rows.device.type == weight.device.type == "cpu"
    return single and torch.backends.mkldnn.is_available() and not torch.is_autocast_enabled("cpu")  # type: ignore[no-untyped-call]


def _product(rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """As F.linear gives it, by oneDNN and without a gradient."""
    found: Tensor = torch.ops.mkldnn._linear_pointwise(rows, weight, bias, "none", [], "")
    return found


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        context.save_for_backward(rows, weight)
        return _product(rows, weight, bias)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        gradient = gradients[0].contiguous()
        rows, weight = context.saved_tensors
        wanted = context.needs_input_grad
        return (
            _product(gradient, weight.t(), None) if wanted[0] else None,
            gradient.t() @ rows if wanted[1] else None,
            gradient.sum(dim=0) if wanted[2] else None,
        )
