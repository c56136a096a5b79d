"""`dino import FILE`: the authors', timm's or a plain state dict as safetensors, nothing in it executed."""

import argparse
from pathlib import Path

from dino.commands.export import DEFAULT_SUFFIX, add_reading_arguments, command_of, read, write
from dino.exchange.weights import is_vit, shape_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `dino import`."""
    parser.add_argument(
        "checkpoint",
        type=Path,
        metavar="FILE",
        help="*_pretrain.pth, a full checkpoint, timm's state dict, safetensors",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to (default: FILE.dino.safetensors)")
    add_reading_arguments(parser)
    parser.epilog = "example: dino import dino_deitsmall16_pretrain.pth"


def run(arguments: argparse.Namespace) -> int:
    """Writes FILE.dino.safetensors, which `dino train --init-from` and every other command take, and its card."""
    weights = read(arguments)
    if is_vit(weights):
        shape = shape_of(weights)
        weights = weights.with_facts(heads=shape.size.heads, image_size=list(shape.image_size))
    out = arguments.out or arguments.checkpoint.with_name(arguments.checkpoint.stem + DEFAULT_SUFFIX)
    print(write(out, weights, "safetensors", command_of("import", arguments)))
    return 0
