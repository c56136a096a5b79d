"""`dino reproduce`: both of the paper's claims from nothing, on drawn pictures, beside what nobody learnt."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console

from dino.cli import parser_of
from dino.commands import train as training
from dino.config import Config
from dino.controls import pictures
from dino.controls.claims import claims
from dino.controls.comparison import controls, learnt, random_masks
from dino.controls.supervised import supervised
from dino.controls.trained import Trained, networks_of
from dino.covering import Covering
from dino.data.cache import cached
from dino.data.images import Images, open_images
from dino.evaluation import Question
from dino.evidence import Evidence
from dino.figures import draw
from dino.history import gather
from dino.page import Figure
from dino.threads import share_of_cores
from dino.vit import VisionTransformer

TRAIN, TUNE, TEST = Path("drawn:"), Path("drawn:/tune"), Path("drawn:/test")
RUN = "run"
"""Inside the folder: what `dino train` writes. A run that was stopped goes on there."""
LOOKED_AT = ("attention-1", "attention-2", "learning-knn", "covering-jaccard")
"""Pictures of the run's report that are evidence, in their order."""


@dataclass(frozen=True)
class Extent:
    """How long is learnt, how soft the teacher becomes, and how many images k-NN has on each side."""

    epochs: int
    temperature: float
    softening: int
    """Epochs in which the teacher's temperature rises to that."""
    every: int
    limit: int
    command: str


FULL = Extent(60, 0.03, 20, 6, 2048, "dino reproduce --full")
TEN_MINUTES = Extent(24, 0.02, 12, 4, 2048, "dino reproduce")
"""Some ten minutes of two slow cores. Where the temperature rose to 0.03 so soon, one seed of four collapsed."""
SMOKE = Extent(1, 0.02, 1, 1, 256, "dino reproduce --smoke")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `dino reproduce`."""
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs/reproduce"),
        metavar="DIR",
        help="where the run, metrics.json and figures go (default: %(default)s)",
    )
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument(
        "--smoke", action="store_true", help="one epoch, to see that all of it works: nothing is learnt yet"
    )
    extent.add_argument("--full", action="store_true", help="60 epochs: the whole recipe")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the first weights and of all crops (default: 0)"
    )
    parser.epilog = "example: dino reproduce; a claim that does not hold is a result, and no error"


def run(arguments: argparse.Namespace) -> int:
    """Trains, judges, and writes; a claim that did not hold is told like one that did."""
    extent = SMOKE if arguments.smoke else FULL if arguments.full else TEN_MINUTES
    folder: Path = arguments.out
    status = train(folder / RUN, extent, arguments.seed)
    if status:
        return status
    evidence = judge(folder, extent)
    evidence.write(folder)
    Console().print(evidence.table())
    print(f"{folder}/metrics.json and {folder}/figures have it")
    return 0


def train(place: Path, extent: Extent, seed: int) -> int:
    """What `dino train` does with the recipe, and its exit status."""
    words = [
        str(TRAIN), "--out", str(place), "--preset", "drawn", "--epochs", str(extent.epochs), "--seed", str(seed),
        "--warmup-epochs", str(min(2, extent.epochs)), "--warmup-teacher-temp-epochs", str(extent.softening),
        "--teacher-temp", str(extent.temperature),
        "--threads", str(share_of_cores()), "--knn-every", str(extent.every), "--knn-images", str(TUNE),
        "--knn-limit", str(extent.limit), "--snapshot-every", str(extent.every), "--keep", "1",
        "--device", "cpu",
    ]  # fmt: skip
    return training.run(parser_of("train").parse_args(words))


def judge(folder: Path, extent: Extent) -> Evidence:
    """What the run in the folder learnt, on pictures that nothing was chosen by."""
    torch.set_num_threads(share_of_cores())
    networks = networks_of(folder / RUN)
    config = networks.config
    train_images, test_images = (_kept(place, folder, config) for place in (TRAIN, TEST))
    question = Question(train_images, test_images)
    covering = Covering.of(test_images, config)
    twin = supervised(train_images, config, networks.step)
    untrained, trained, labelled = (
        learnt(network, question, config, covering) for network in (networks.untrained, networks.trained, twin)
    )
    nobodys = controls(Question(open_images(TRAIN), open_images(TEST)), config.keep.knn_limit)
    assert covering is not None  # noqa: S101 — drawn pictures have masks
    assert isinstance(networks.trained, VisionTransformer)  # noqa: S101 — the recipe's is one
    masks = random_masks(networks.trained, covering)
    return Evidence(
        claims(trained, untrained, nobodys, masks), labelled, _figures(folder / RUN, networks, question), extent.command
    )


def _kept(place: Path, folder: Path, config: Config) -> Images:
    """The pictures as the run keeps them, so that they are drawn once."""
    return cached(open_images(place, channels=config.data.channels), folder / RUN / "cache", config.data.cache)


def _figures(run: Path, networks: Trained, question: Question) -> list[Figure]:
    """Of the run's report what shows the claims, attention first; masks and neighbours."""
    looked_at = {
        picture.name: Figure(picture.name, figure.title, figure.caption, [picture])
        for figure in draw(gather(run))
        for picture in figure.pictures
    }
    covered = pictures.masks(networks, question.asked)
    first = [looked_at[name] for name in LOOKED_AT if name in looked_at]
    return [*first, *([covered] if covered else []), pictures.neighbours(networks, question)]
