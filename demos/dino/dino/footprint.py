"""What a step takes of memory, as a formula: enough to choose a batch before anything is built.

The numbers of bytes are fitted to the peaks that the paper reports for ViT-S/16 in mixed precision (Table 8: 9.3 GB for
two crops of 224 and 64 images, 15.4 GB with ten of 96 beside them); in float32 they double. Fused attention takes less.
A backbone of another library is counted as a ViT of 384 dimensions, which is a guess.
"""

import re

from dino.config import Config, Pixels

SIZES = {
    "vit_tiny": (192, 12, 3),
    "vit_small": (384, 12, 6),
    "vit_base": (768, 12, 12),
    "vit_large": (1024, 24, 16),
}
TOKEN_BYTES, PAIR_BYTES, LOGIT_BYTES = 46, 8, 12
"""For each dimension of a token in a block, for each pair of tokens in a head, for each prototype of a crop."""
COPIES = 5
"""Of the parameters: student, teacher, gradient, and AdamW's two moments."""


def state_bytes(config: Config) -> int:
    """What the networks and the optimizer take, whatever the batch."""
    return COPIES * 4 * parameters(config)


def image_bytes(config: Config, *, mixed: bool) -> int:
    """What one more image in the batch takes, with all its crops."""
    crops = config.crops
    numbers = 2 * _crop(config, crops.global_size) + crops.local_count * _crop(config, crops.local_size)
    return numbers if mixed else 2 * numbers


def parameters(config: Config) -> int:
    """The parameters of a backbone and its head, without biases and norms of the head."""
    model, head = config.model, config.head
    dim, depth, _ = shape(model.backbone)
    embedding = dim * (config.data.channels * model.patch_size**2 + _tokens(config, config.crops.global_size))
    hidden = (head.head_layers - 2) * head.head_hidden**2 + head.head_hidden * (dim + head.head_bottleneck)
    projection = hidden if head.head_layers > 1 else dim * head.head_bottleneck
    return depth * (12 * dim**2 + 13 * dim) + embedding + projection + head.head_bottleneck * head.out_dim


def shape(backbone: str) -> tuple[int, int, int]:
    """Dimensions, blocks and heads of a backbone by its name."""
    written = re.fullmatch(r"vit:(\d+)x(\d+)x(\d+)", backbone)
    if written:
        return int(written[1]), int(written[2]), int(written[3])
    return SIZES.get(backbone, SIZES["vit_small"])


def _crop(config: Config, size: Pixels) -> int:
    dim, depth, heads = shape(config.model.backbone)
    tokens = _tokens(config, size)
    return depth * tokens * (TOKEN_BYTES * dim + PAIR_BYTES * heads * tokens) + LOGIT_BYTES * config.head.out_dim


def _tokens(config: Config, size: Pixels) -> int:
    patch = config.model.patch_size
    return 1 + config.model.registers + (size[0] // patch) * (size[1] // patch)
