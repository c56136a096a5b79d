"""The vision transformer that DINO trains (paper section 3.2 and Table 1; Dosovitskiy et al. 2021; DeiT's sizes).

Parameter names and initialisation are those of the authors' `vision_transformer.py`, so that their weights load. The
position embedding of another size is resampled as theirs is: bicubic without antialiasing, on a grid stretched by 0.1
of a patch. Attention runs through PyTorch's fused kernel; `attention` computes the map itself, for one block.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint


class Size(NamedTuple):
    """The width of the tokens, the number of blocks and of heads in each."""

    dim: int
    depth: int
    heads: int


SIZES = {
    "vit_tiny": Size(192, 12, 3),
    "vit_small": Size(384, 12, 6),
    "vit_base": Size(768, 12, 12),
    "vit_large": Size(1024, 24, 16),
}
STRETCH = 0.1


class VisionTransformer(nn.Module):
    """The class token of each image: [batch, channels, height, width] → [batch, dim], for any height and width.

    `image_size` (height, width) is the size whose position embedding is learnt; `registers` extra tokens
    (Darcet et al. 2024) take part in attention and are not returned; a `stem` makes the patches by convolutions. With
    `recomputes`, of a block only its input is kept for the backward pass, which computes the rest again (Chen et al.
    2016): less memory, a third more time.
    """

    recomputes = False

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch_size: int = 16,
        channels: int = 3,
        size: Size = SIZES["vit_small"],
        drop_path: float = 0.0,
        registers: int = 0,
        *,
        stem: bool = False,
    ) -> None:
        super().__init__()
        self.dim, self.heads, self.patch_size, self.registers = size.dim, size.heads, patch_size, registers
        self.grid = (image_size[0] // patch_size, image_size[1] // patch_size)
        self.patch_embed = (Stem if stem else PatchEmbedding)(patch_size, channels, size.dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, size.dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + self.grid[0] * self.grid[1], size.dim))
        if registers:
            self.register_tokens = nn.Parameter(torch.zeros(1, registers, size.dim))
        rates = torch.linspace(0, drop_path, size.depth).tolist()
        self.blocks = nn.ModuleList(Block(size.dim, size.heads, rate) for rate in rates)
        self.norm = nn.LayerNorm(size.dim, eps=1e-6)
        self.apply(initialize)
        for tokens in (self.pos_embed, self.cls_token, *([self.register_tokens] if registers else [])):
            nn.init.trunc_normal_(tokens, std=0.02)

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.embed(images)
        for block in self.blocks:
            recomputed = self.recomputes and torch.is_grad_enabled()
            tokens = checkpoint(block, tokens, use_reentrant=False) if recomputed else block(tokens)
        return self._without_registers(self.norm(tokens))[:, 0]

    def intermediate(self, images: Tensor, last: int = 1) -> list[Tensor]:
        """The tokens after each of the `last` blocks, through the final norm: each [batch, 1 + patches, dim]."""
        tokens, outputs = self.embed(images), []
        for index, block in enumerate(self.blocks):
            tokens = block(tokens)
            if len(self.blocks) - index <= last:
                outputs.append(self._without_registers(self.norm(tokens)))
        return outputs

    def attention(self, images: Tensor) -> Tensor:
        """The attention of the last block: [batch, heads, 1 + patches, 1 + patches], rows summing to one.

        With registers their rows and columns are there too, after the class token.
        """
        tokens = self.embed(images)
        for block in list(self.blocks)[:-1]:
            tokens = block(tokens)
        last = self.blocks[-1]
        assert isinstance(last, Block)  # noqa: S101 — for the type checker
        return last.attn.weights(last.norm1(tokens))

    def embed(self, images: Tensor) -> Tensor:
        """The tokens that enter the first block: [batch, 1 + registers + patches, dim]."""
        patches = self.patch_embed(images)
        tokens = torch.cat([self.cls_token.expand(images.shape[0], -1, -1), patches], dim=1)
        tokens = tokens + self.positions(images.shape[-2], images.shape[-1])
        if not self.registers:
            return tokens
        return torch.cat([tokens[:, :1], self.register_tokens.expand(images.shape[0], -1, -1), tokens[:, 1:]], dim=1)

    def positions(self, height: int, width: int) -> Tensor:
        """The position embedding for an image of so many pixels: [1, 1 + patches, dim].

        Like the authors', that of a square grid is resampled for an oblong image even where its patches are as many.
        """
        grid = (height // self.patch_size, width // self.patch_size)
        oblong = height != width and self.grid[0] == self.grid[1]
        return self.pos_embed if grid == self.grid and not oblong else resampled(self.pos_embed, self.grid, grid)

    def _without_registers(self, tokens: Tensor) -> Tensor:
        return torch.cat([tokens[:, :1], tokens[:, 1 + self.registers :]], dim=1) if self.registers else tokens


def resampled(pos_embed: Tensor, old: tuple[int, int], new: tuple[int, int]) -> Tensor:
    """The position embedding [1, 1 + patches, dim] of a grid of (rows, columns) patches, on another grid."""
    patches = pos_embed[:, 1:].reshape(1, *old, -1).permute(0, 3, 1, 2)
    stretched = ((new[0] + STRETCH) / old[0], (new[1] + STRETCH) / old[1])
    patches = F.interpolate(patches, scale_factor=stretched, mode="bicubic")
    return torch.cat([pos_embed[:, :1], patches.flatten(2).transpose(1, 2)], dim=1)


class PatchEmbedding(nn.Module):
    """One token per patch, row by row: [batch, channels, height, width] → [batch, patches, dim]."""

    def __init__(self, patch_size: int, channels: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, dim, kernel_size=patch_size, stride=patch_size)

    def forward(self, images: Tensor) -> Tensor:
        patches: Tensor = self.proj(images)
        return patches.flatten(2).transpose(1, 2)


class Stem(nn.Module):
    """The same by overlapping convolutions (Xiao et al. 2021), which learn from few images what a projection does not.

    Each halves height and width, so that the patch is a power of two; all but the last are followed by
    batch norm and GELU.
    """

    def __init__(self, patch_size: int, channels: int, dim: int) -> None:
        super().__init__()
        count = patch_size.bit_length() - 1
        widths = [channels, *(max(1, dim >> (count - number)) for number in range(1, count)), dim]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers.append(nn.Conv2d(before, after, kernel_size=3, stride=2, padding=1))
            layers += [nn.BatchNorm2d(after), nn.GELU()]
        self.layers = nn.Sequential(*layers[:-2])
        self.patch_size = patch_size

    def forward(self, images: Tensor) -> Tensor:
        height, width = (side // self.patch_size * self.patch_size for side in images.shape[-2:])
        patches: Tensor = self.layers(images[..., :height, :width])  # whole patches, as of a projection
        return patches.flatten(2).transpose(1, 2)


class Block(nn.Module):
    """A pre-norm transformer block: [batch, tokens, dim] → the same."""

    def __init__(self, dim: int, heads: int, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.drop_path = DropPath(drop_path)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = MLP(dim, 4 * dim)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.drop_path(self.attn(self.norm1(tokens)))
        out: Tensor = tokens + self.drop_path(self.mlp(self.norm2(tokens)))
        return out


class Attention(nn.Module):
    """Multi-head self-attention, softmax(q kᵀ / √d) v: [batch, tokens, dim] → the same."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        query, key, value = self._split(tokens)
        mixed = F.scaled_dot_product_attention(query, key, value)
        out: Tensor = self.proj(mixed.transpose(1, 2).reshape(tokens.shape))
        return out

    def weights(self, tokens: Tensor) -> Tensor:
        """How much each token (row) looks at each other one: [batch, heads, tokens, tokens]."""
        query, key, _ = self._split(tokens)
        return (query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])).softmax(dim=-1)

    def _split(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        batch, count, dim = tokens.shape
        qkv = self.qkv(tokens).reshape(batch, count, 3, self.heads, dim // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each [batch, heads, tokens, dim / heads]
        return query, key, value


class MLP(nn.Module):
    """Two linear layers with the exact (erf) GELU between them."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        out: Tensor = self.fc2(F.gelu(self.fc1(tokens)))
        return out


class DropPath(nn.Module):
    """Stochastic depth (Huang et al. 2016): while training, each sample's branch is dropped with probability `rate`.

    What stays is divided by 1 − rate, so that the expectation is unchanged.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, branch: Tensor) -> Tensor:
        if not self.training or not self.rate:
            return branch
        keep = 1 - self.rate
        shape = (len(branch),) + (1,) * (branch.ndim - 1)
        kept = (keep + torch.rand(shape, device=branch.device)).floor()
        return branch / keep * kept.to(branch.dtype)


def initialize(module: nn.Module) -> None:
    """The authors' start: linear weights from a normal of 0.02, biases zero. A convolution keeps PyTorch's own."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
