"""The optimizers and what surrounds their step (paper section 3.2): decay groups, clipping by parameter, LARS."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import torch
from torch import Tensor, nn

OPTIMIZERS = ("adamw", "sgd", "lars")


def build_optimizer(
    name: Literal["adamw", "sgd", "lars"], model: nn.Module, momentum: float = 0.9, eta: float = 0.001
) -> torch.optim.Optimizer:
    """The optimizer over `model`; rate and decay are set before each step by `set_rates`."""
    groups = parameter_groups(model)
    if name == "adamw":
        kinds = {parameter.device.type for parameter in model.parameters()}
        return torch.optim.AdamW(groups, lr=0.0, fused=kinds <= {"cpu", "cuda"})
    if name == "sgd":
        return torch.optim.SGD(groups, lr=0.0, momentum=momentum)
    return Lars(groups, momentum=momentum, eta=eta)


def parameter_groups(model: nn.Module) -> list[dict[str, Any]]:
    """The trained parameters in two groups: the decayed ones, then biases and all that have one dimension.

    The class token, the position embedding and the prototypes' norms have more, and are decayed, as by the authors.
    """
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    return [
        {"params": [parameter for name, parameter in named if is_decayed(name, parameter)]},
        {"params": [parameter for name, parameter in named if not is_decayed(name, parameter)], "weight_decay": 0.0},
    ]


def is_decayed(name: str, parameter: Tensor) -> bool:
    """Whether weight decay pulls at the parameter."""
    return not name.endswith(".bias") and parameter.ndim != 1


def set_rates(optimizer: torch.optim.Optimizer, lr: float, weight_decay: float) -> None:
    """The rate for every parameter, the decay for the first group of `parameter_groups` alone."""
    for index, group in enumerate(optimizer.param_groups):
        group["lr"] = lr
        group["weight_decay"] = 0.0 if index else weight_decay


@torch.no_grad()
def clip_each(parameters: Iterable[nn.Parameter], limit: float) -> list[Tensor]:
    """The norm of each gradient, before each that is longer than `limit` was shortened to it.

    The authors clip every parameter by itself, not by the norm of all of them.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norms: list[Tensor] = list(torch._foreach_norm(gradients))
    factors = (limit / (torch.stack(norms) + 1e-6)).clamp(max=1.0)
    torch._foreach_mul_(gradients, list(factors.unbind()))
    return norms


class Lars(torch.optim.Optimizer):
    """Layer-wise adaptive rates (You et al. 2017): each update scaled to `eta` times the parameter's norm.

    Biases and norms, of one dimension, are neither scaled nor decayed.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], lr: float = 0.0, momentum: float = 0.9, eta: float = 0.001):
        super().__init__(groups, {"lr": lr, "weight_decay": 0.0, "momentum": momentum, "eta": eta})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        loss = closure() if closure else None
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)
        return loss

    def _update(self, parameter: nn.Parameter, update: Tensor, group: dict[str, Any]) -> None:
        if parameter.ndim != 1:
            update = update.add(parameter, alpha=group["weight_decay"])
            weight_norm, update_norm = parameter.norm(), update.norm()
            scaled = group["eta"] * weight_norm / update_norm
            trusted = (weight_norm > 0) & (update_norm > 0)
            update = update * torch.where(trusted, scaled, torch.ones_like(scaled))
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        state["momentum_buffer"].mul_(group["momentum"]).add_(update)
        parameter.add_(state["momentum_buffer"], alpha=-group["lr"])
