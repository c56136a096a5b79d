"""Networks of which each process keeps a share (fully sharded data parallel, Zhao et al. 2023; PyTorch's FSDP2).

A block's weights are gathered for its forward and its backward pass, and its gradients are averaged and scattered
after it; the optimizer and the teacher's average work on shares alone. For networks too large for a GPU with all that
learning needs: from vit_large on.
"""

import warnings
from collections.abc import Callable

import torch
import torch.distributed as dist
from torch import Tensor

from dino.teacher import MultiCropNet
from dino.vit import VisionTransformer


def shard(network: MultiCropNet, device: torch.device) -> None:
    """Leave of the network's parameters this process's share; before an optimizer is made for them.

    The network's own vision transformer is gathered block by block, its head at once.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    warnings.filterwarnings("ignore", message="FSDP2-wrapped module .* returned a view")  # which nothing changes
    mesh = init_device_mesh(device.type, (dist.get_world_size(),))
    assert isinstance(network.backbone, VisionTransformer)  # noqa: S101 — the settings allow no other
    for part in (*network.backbone.blocks, network.backbone, network.head):
        fully_shard(part, mesh=mesh, reshard_after_forward=True)


def is_share(tensor: Tensor) -> bool:
    """Whether this process has a share of the tensor alone."""
    return hasattr(tensor, "full_tensor")


def whole(tensor: Tensor) -> Tensor:
    """All of the tensor, of which there may be a share here; every process has to ask."""
    gathered: Tensor = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return gathered


def share(tensor: Tensor, like: Tensor) -> Tensor:
    """What this process keeps of the whole tensor, where it keeps a share of `like`; else all of it."""
    if not is_share(like):
        return tensor
    from torch.distributed.tensor import DTensor, distribute_tensor

    assert isinstance(like, DTensor)  # noqa: S101 — for the type checker
    return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements, src_data_rank=None)


def own(tensor: Tensor) -> Tensor:
    """The share that this process has, or all of the tensor where it is whole."""
    mine: Tensor = tensor.to_local() if hasattr(tensor, "to_local") else tensor
    return mine


def put_together(network: MultiCropNet, build: Callable[[], MultiCropNet], device: torch.device) -> MultiCropNet:
    """The network as a process can use it by itself: a new one with all its weights where it is sharded.

    Every process has to ask.
    """
    if not any(map(is_share, network.parameters())):
        return network
    weights = {name: whole(tensor) for name, tensor in network.state_dict().items()}
    together = build().to(device)
    together.load_state_dict(weights)
    return together
