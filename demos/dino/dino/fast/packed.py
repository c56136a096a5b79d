"""The vision transformer's class tokens of all crops in one pass (paper section 3.2), with its own parameters.

The tokens of both resolutions lie one after another in one matrix, so that norms and linear layers see them together;
attention alone knows which image a token is of. The last block moves only the class tokens, since nothing else of it
is looked at: its other tokens give keys and values. Positions of another grid are a constant matrix times the learnt.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dino.fast.linear import linear
from dino.vit import MLP, Block, PatchEmbedding, VisionTransformer, resampled


class Group(NamedTuple):
    """Images of one size in the matrix: how many, and of how many tokens each."""

    images: int
    tokens: int


BlockPass = Callable[[Block, Tensor, Sequence[Group], Sequence[Tensor | None]], Tensor]


def class_tokens(network: VisionTransformer, groups: Sequence[Tensor], *, compiled: bool = False) -> Tensor:
    """The class token of each image, [images, dim], of groups of images, each of one size, in their order."""
    block_of = compiled_block() if compiled else through_block
    embedded = [_embed(network, images) for images in groups]
    sizes = [Group(*tokens.shape[:2]) for tokens in embedded]
    kept = _kept(network, sizes)
    tokens = torch.cat([group.flatten(0, 1) for group in embedded])
    *before, last = _blocks(network)
    for number, block in enumerate(before):
        tokens = block_of(block, tokens, sizes, kept[2 * number : 2 * number + 2])
    return network.norm(_last_block(last, tokens, sizes, kept[-2:]))  # type: ignore[no-any-return]


def _embed(network: VisionTransformer, images: Tensor) -> Tensor:
    """What enters the first block, [batch, 1 + registers + patches, dim]."""
    embedded = _patches(network, images)
    positions = _positions(network, images.shape[-2], images.shape[-1])
    first = (network.cls_token + positions[:, :1]).expand(len(images), -1, -1)
    parts = [first, embedded + positions[:, 1:]]
    if network.registers:
        parts.insert(1, network.register_tokens.expand(len(images), -1, -1))
    return torch.cat(parts, dim=1)


def _patches(network: VisionTransformer, images: Tensor) -> Tensor:
    """[batch, patches, dim]; a patch's convolution as a matrix product."""
    embedding = network.patch_embed
    if not isinstance(embedding, PatchEmbedding):
        return embedding(images)  # type: ignore[no-any-return]
    side = network.patch_size
    rows, columns = images.shape[-2] // side, images.shape[-1] // side
    cut = images[..., : rows * side, : columns * side]
    patches = cut.unfold(2, side, side).unfold(3, side, side).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)
    projection = embedding.proj
    embedded = linear(patches.flatten(0, 1), projection.weight.flatten(1), projection.bias)
    return embedded.view(len(images), rows * columns, -1)


def _positions(network: VisionTransformer, height: int, width: int) -> Tensor:
    grid = (height // network.patch_size, width // network.patch_size)
    oblong = height != width and network.grid[0] == network.grid[1]
    learnt = network.pos_embed
    if grid == network.grid and not oblong:
        return learnt
    with torch.autocast(learnt.device.type, enabled=False):
        moved = _resampling(network.grid, grid, learnt.dtype, learnt.device) @ learnt[0, 1:]
    return torch.cat([learnt[:, :1], moved[None]], dim=1)


@lru_cache(maxsize=32)
def _resampling(old: tuple[int, int], new: tuple[int, int], dtype: torch.dtype, device: torch.device) -> Tensor:
    """The matrix [new patches, old patches] by which positions are resampled: resampling is linear."""
    count = old[0] * old[1]
    every = torch.cat([torch.zeros(1, count, dtype=dtype), torch.eye(count, dtype=dtype)])[None]
    return resampled(every, old, new)[0, 1:].to(device)


@cache
def compiled_block() -> BlockPass:
    """`through_block`, compiled: once for the student with dropped branches, once without, once for the teacher."""
    return torch.compile(through_block, dynamic=False)


def through_block(block: Block, tokens: Tensor, sizes: Sequence[Group], kept: Sequence[Tensor | None]) -> Tensor:
    """The tokens of all images after a block."""
    qkv = _through(block.attn.qkv, block.norm1(tokens))
    tokens = tokens + _thinned(_through(block.attn.proj, _attend(qkv, sizes, block.attn.heads)), sizes, kept[0])
    return tokens + _thinned(_mlp(block.mlp, block.norm2(tokens)), sizes, kept[1])


def _mlp(layers: MLP, tokens: Tensor) -> Tensor:
    return _through(layers.fc2, F.gelu(_through(layers.fc1, tokens)))


def _through(layer: nn.Linear, tokens: Tensor) -> Tensor:
    return linear(tokens, layer.weight, layer.bias)


def _attend(qkv: Tensor, sizes: Sequence[Group], heads: int) -> Tensor:
    """Attention within each image: [tokens of all, 3 · dim] → [tokens of all, dim]."""
    mixed = []
    for group, part in zip(sizes, _by_group(qkv, sizes), strict=True):
        query, key, value = part.view(group.images, group.tokens, 3, heads, -1).permute(2, 0, 3, 1, 4)
        mixed.append(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2).flatten(0, 1))
    return torch.cat(mixed)


def _last_block(block: Block, tokens: Tensor, sizes: Sequence[Group], kept: Sequence[Tensor | None]) -> Tensor:
    """The class tokens after the block, [images, dim]."""
    attention, dim = block.attn, tokens.shape[1]
    parts = zip(sizes, _by_group(tokens, sizes), strict=True)
    first = torch.cat([part.view(*group, dim)[:, 0] for group, part in parts])
    weight, bias = attention.qkv.weight, attention.qkv.bias
    query = linear(block.norm1(first), weight[:dim], bias[:dim])
    both = linear(block.norm1(tokens), weight[dim:], bias[dim:])
    mixed, number = [], 0
    for group, part in zip(sizes, _by_group(both, sizes), strict=True):
        key, value = part.view(group.images, group.tokens, 2, attention.heads, -1).permute(2, 0, 3, 1, 4)
        asked = query[number : number + group.images].view(group.images, 1, attention.heads, -1).transpose(1, 2)
        mixed.append(F.scaled_dot_product_attention(asked, key, value).flatten(1))
        number += group.images
    ones = [Group(group.images, 1) for group in sizes]
    first = first + _thinned(_through(attention.proj, torch.cat(mixed)), ones, kept[0])
    return first + _thinned(_mlp(block.mlp, block.norm2(first)), ones, kept[1])


def _kept(network: VisionTransformer, sizes: Sequence[Group]) -> list[Tensor | None]:
    """What stochastic depth multiplies each image's part of each branch by, [images]; None where nothing is dropped.

    The numbers are drawn in the order of the plain path, so that both drop the same.
    """
    rates = [block.drop_path.rate if network.training else 0.0 for block in _blocks(network) for _ in range(2)]
    device = network.cls_token.device
    drawn = [[torch.rand(group.images, device=device) if rate else None for rate in rates] for group in sizes]
    factors: list[Tensor | None] = []
    for rate, *numbers in zip(rates, *drawn, strict=True):
        keep = 1 - rate
        kept = [(keep + number).floor().double() / keep for number in numbers if number is not None]
        factors.append(torch.cat(kept) if kept else None)
    return factors


def _thinned(branch: Tensor, sizes: Sequence[Group], factor: Tensor | None) -> Tensor:
    """The branch [tokens of all, dim], each image's tokens times its factor."""
    if factor is None:
        return branch
    parts = zip(sizes, torch.split(factor.to(branch.dtype), [group.images for group in sizes]), strict=True)
    return branch * torch.cat([part.repeat_interleave(group.tokens) for group, part in parts])[:, None]


def _by_group(tokens: Tensor, sizes: Sequence[Group]) -> tuple[Tensor, ...]:
    return torch.split(tokens, [group.images * group.tokens for group in sizes])


def _blocks(network: VisionTransformer) -> list[Block]:
    return [block for block in network.blocks if isinstance(block, Block)]
