"""Whether PyTorch can compile for a device here: it takes Triton on a GPU, and a C compiler."""

import warnings
from functools import cache

import torch
from torch import Tensor


@cache
def compiles(device: torch.device) -> bool:
    """Found out by compiling something small, once; what fails in which way differs from machine to machine."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Tensor = torch.compile(_twice, dynamic=False)(torch.ones(8, device=device))
        return bool((found == 2).all())
    except Exception:  # noqa: BLE001 — compilers fail in many ways, and without them it only is slower
        return False


def _twice(values: Tensor) -> Tensor:
    return values + values
