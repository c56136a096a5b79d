"""What every evaluation is asked of: the arguments that name a checkpoint, its images, and how features are made."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from dino.building import choose_device
from dino.config import SETTINGS, Pixels
from dino.data.images import Images, open_images
from dino.errors import CommandError
from dino.evaluate.features import Extraction, Features, default_shelf, features
from dino.evaluate.frozen import Frozen, frozen
from dino.evaluate.outcome import Outcome
from dino.settings import convert


def add_network(parser: argparse.ArgumentParser) -> None:
    """The checkpoint, where it computes, and how the result is told."""
    parser.add_argument(
        "checkpoint",
        type=Path,
        metavar="CHECKPOINT",
        help="the folder of a run, for its best teacher, or a file of weights",
    )
    parser.add_argument(
        "--network", choices=("teacher", "student"), default="teacher", metavar="WHICH",
        help="teacher or student of a full checkpoint (default: teacher)",
    )  # fmt: skip
    parser.add_argument("--device", default="auto", metavar="WORD", help="auto, cpu, cuda or mps (default: auto)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")


def add_subject(parser: argparse.ArgumentParser) -> None:
    """The checkpoint, the images, and how features are made of them."""
    add_network(parser)
    parser.add_argument("images", type=Path, metavar="IMAGES", help="a folder, a tar or zip, shards, or CIFAR's files")
    parser.add_argument(
        "--size", metavar="HxW", help="of what the network sees (default: the size that it learnt from)"
    )
    parser.add_argument("--batch-size", type=count, default=64, metavar="N", help="images at a time (default: 64)")
    parser.add_argument(
        "--workers", type=_number, default=0, metavar="N", help="processes that load images (default: 0)"
    )
    parser.add_argument(
        "--half", action="store_true", help="keep features in 16 bits: half the memory, and hardly another result"
    )
    parser.add_argument(
        "--features",
        type=Path,
        metavar="DIR",
        help="where features are kept, and found again (default: the user's cache)",
    )
    parser.add_argument("--keep-nothing", action="store_true", help="compute features in memory, and keep none")


def subject(arguments: argparse.Namespace) -> Frozen:
    """The network that the arguments name."""
    return frozen(arguments.checkpoint, _size(arguments.size), network=arguments.network)


def images_at(place: Path, of: Frozen) -> Images:
    """The set, in as many channels as the network sees."""
    return open_images(place, channels=of.config.data.channels)


def features_of(of: Frozen, images: Images, arguments: argparse.Namespace) -> Features:
    """The features of the set, kept and shown as the arguments say."""
    if arguments.keep_nothing and arguments.features:
        raise CommandError("--keep-nothing keeps no features in --features; leave out one of them")
    how = Extraction(choose_device(arguments.device), arguments.batch_size, arguments.workers, arguments.half)
    shelf = None if arguments.keep_nothing else arguments.features or default_shelf()
    return features(of, images, how, shelf, _shown)


def tell(outcome: Outcome, arguments: argparse.Namespace) -> None:
    """The result on standard output."""
    if arguments.json:
        print(outcome.as_json())
    else:
        Console(width=None if sys.stdout.isatty() else 100).print(outcome.as_table())


def _shown(parts: Iterable[Any], images: int) -> Iterable[Any]:
    console = Console(stderr=True)
    return track(
        parts, f"features, {images:,} a turn", console=console, transient=True, disable=not console.is_terminal
    )


def _size(word: str | None) -> Pixels | None:
    try:
        return None if word is None else convert(SETTINGS["global_size"], word)
    except ValueError as error:
        raise CommandError(f"--size {word} {error}") from error


def count(word: str) -> int:
    """The number from 1 on that a flag's word is."""
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number from 1 on")
    return int(word)


def _number(word: str) -> int:
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number from 0 on")
    return int(word)
