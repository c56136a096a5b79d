"""`dino export CHECKPOINT --to FORMAT`: the weights of a run or a file, in another format, with a model card beside."""

import argparse
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dino.errors import CommandError, ContentError
from dino.exchange import authors, card, export, files, half, onnx, safetensors, timm
from dino.exchange.weights import Weights, is_vit, name_of, shape_of

SUFFIXES = {
    "safetensors": ".safetensors",
    "authors": "_pretrain.pth",
    "timm": ".timm.safetensors",
    "torch-export": ".pt2",
    "onnx": ".onnx",
}

DEFAULT_SUFFIX = ".dino.safetensors"
OF_THE_RUN = ("images", "knn_images")
"""Facts by which a run knows its images again: places on the machine that it ran on, which go out to nobody."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `dino export`."""
    parser.add_argument(
        "checkpoint",
        type=Path,
        metavar="CHECKPOINT",
        help="the folder of a run, for its best teacher, or a file of weights",
    )
    parser.add_argument(
        "--to", required=True, choices=sorted(SUFFIXES), metavar="FORMAT", help=f"one of {', '.join(SUFFIXES)}"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to (default: beside the checkpoint)")
    parser.add_argument(
        "--half",
        action="store_true",
        help="the backbone alone, in 16 bits, its largest difference measured; as safetensors only",
    )
    add_reading_arguments(parser)
    parser.epilog = "example: dino export runs/photographs --to onnx"


def add_reading_arguments(parser: argparse.ArgumentParser) -> None:
    """What the tensors of a file cannot tell; shared with `dino import`."""
    parser.add_argument(
        "--network",
        choices=("teacher", "student"),
        default="teacher",
        metavar="WHICH",
        help="teacher or student of a full checkpoint (default: teacher)",
    )
    parser.add_argument("--heads", type=positive, metavar="N", help="heads, where they are not of 64 dimensions each")
    parser.add_argument(
        "--image-size",
        type=positive,
        nargs=2,
        metavar=("HEIGHT", "WIDTH"),
        help="size of the images that it was trained on, where it is no square",
    )
    parser.add_argument("--licence", metavar="SPDX", help="licence of the weights, for the model card")
    parser.add_argument("--data", metavar="TEXT", help="what it was trained on, for the model card")


def positive(word: str) -> int:
    """The whole number from 1 on that the word is."""
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number from 1 on")
    return int(word)


def run(arguments: argparse.Namespace) -> int:
    """Writes the file and its card; says where, and how far its output is from the network's."""
    weights = read(arguments)
    source = Path(weights.source)
    out = arguments.out or default_place(arguments.checkpoint, source, arguments.to)
    if out.resolve() == source.resolve():
        raise ContentError(f"{out} is the file itself; name another with --out")
    if arguments.to == "timm" and out.suffix != ".safetensors":
        raise CommandError(f"timm goes by a file's suffix, and {out} would be read as a pickle; end it in .safetensors")
    if arguments.half and arguments.to != "safetensors":
        raise CommandError(f"--half goes with --to safetensors, and not with {arguments.to}; leave one of them out")
    written = write(out, weights, arguments.to, command_of("export", arguments), half_the_bits=arguments.half)
    print(written)
    return 0


def default_place(checkpoint: Path, source: Path, form: str) -> Path:
    """Beside the source and under its name; as safetensors, which it may be itself, NAME.dino.safetensors.

    That NAME is the run's, where the checkpoint is the folder of one.
    """
    stem = source.name.removesuffix(source.suffix)
    if form != "safetensors":
        return source.with_name(stem + SUFFIXES[form])
    return source.with_name((checkpoint.resolve().name if checkpoint.is_dir() else stem) + DEFAULT_SUFFIX)


def read(arguments: argparse.Namespace) -> Weights:
    """The weights that the arguments name, with what the arguments say about them."""
    weights = files.read(arguments.checkpoint, network=arguments.network)
    told = {
        "heads": arguments.heads,
        "image_size": arguments.image_size,
        "licence": arguments.licence,
        "data": arguments.data,
    }
    weights = weights.with_facts(**{name: value for name, value in told.items() if value is not None})
    _refuse_misfits(weights, arguments)
    return replace(weights, facts={name: fact for name, fact in weights.facts.items() if name not in OF_THE_RUN})


def _refuse_misfits(weights: Weights, arguments: argparse.Namespace) -> None:
    """Raise CommandError where the heads or the size that are told cannot be those of the tensors."""
    if not is_vit(weights):
        return
    shape = shape_of(weights)
    if shape.size.dim % shape.size.heads:
        raise CommandError(
            f"{shape.size.heads} heads do not divide the {shape.size.dim} dimensions of {weights.source}; "
            "say how many it has with --heads"
        )
    if arguments.image_size and tuple(arguments.image_size) != shape.image_size:
        raise CommandError(
            f"--image-size {arguments.image_size[0]} {arguments.image_size[1]} does not fit {weights.source}, whose "
            f"positions are those of {weights.backbone['pos_embed'].shape[1] - 1} patches of {shape.patch_size}"
        )


def write(out: Path, weights: Weights, form: str, command: str, *, half_the_bits: bool = False) -> str:
    """Writes file and card; a sentence about what was measured. Raises ContentError and WorldError."""
    writers: dict[str, Callable[[Path, Weights], float | None]] = {
        "safetensors": safetensors.write,
        "authors": authors.write_pretrain,
        "timm": timm.write,
        "torch-export": export.write,
        "onnx": onnx.write,
    }
    difference = half.write(out, weights) if half_the_bits else writers[form](out, weights)
    text = card.card(weights, file=out, form=form, command=command, difference=difference)
    safetensors.put(card.beside(out), text.encode())
    checked = "" if difference is None else f", its output within {difference:.2g} of the network's"
    return f"{out}: {name_of(weights)}{checked}; model card in {card.beside(out).name}"


def command_of(name: str, arguments: argparse.Namespace) -> str:
    """The command line that was given, for the card, paths as they were typed."""
    words = ["dino", name, str(arguments.checkpoint), *(["--half"] if getattr(arguments, "half", False) else [])]
    for flag in ("to", "out", "network", "heads", "image_size", "licence", "data"):
        value = getattr(arguments, flag, None)
        if value is not None and (flag, value) != ("network", "teacher"):
            values = value if isinstance(value, list) else [value]
            words += ["--" + flag.replace("_", "-"), *map(str, values)]
    return shlex.join(words)
