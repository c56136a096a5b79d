"""`dino eval knn CHECKPOINT IMAGES`: how good frozen features are, by the votes of their nearest neighbours."""

import argparse
from pathlib import Path

from dino import distributed
from dino.building import choose_device
from dino.commands.subject import add_subject, features_of, images_at, subject, tell
from dino.data.split import check_classes, matched
from dino.errors import CommandError
from dino.evaluate.knn import Voting, answers, metrics
from dino.evaluate.outcome import Asked, Outcome
from dino.evaluate.report import Sets, report
from dino.exchange.safetensors import put
from dino.knn import KS, TEMPERATURE

HEADLINE = 20
"""The k of the paper's tables, of which a report tells more."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `dino eval knn`."""
    add_subject(parser)
    parser.add_argument(
        "--test", type=Path, metavar="OTHER",
        help="the images that are asked about, IMAGES voting (default: each of IMAGES, by all the others)",
    )  # fmt: skip
    parser.add_argument(
        "--k", type=_k, nargs="+", default=list(KS), metavar="K", help="how many vote (default: 10 20 100 200)"
    )
    parser.add_argument(
        "--temperature", type=float, default=TEMPERATURE, metavar="X", help="of the votes' weights (default: 0.07)"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="also write a page of HTML, with the hardest images"
    )
    parser.epilog = "example: dino eval knn runs/photographs photographs/train --test photographs/val"


def run(arguments: argparse.Namespace) -> int:
    """Tells top-1 and top-5 for each k, with their intervals."""
    if not arguments.temperature > 0:
        raise CommandError(f"--temperature {arguments.temperature:g} is not above 0; the paper's is {TEMPERATURE}")
    with distributed.group(choose_device(arguments.device)):
        outcome = _outcome(arguments)
        if distributed.rank() == 0:
            tell(outcome, arguments)
    return 0


def _outcome(arguments: argparse.Namespace) -> Outcome:
    network = subject(arguments)
    images = images_at(arguments.images, network)
    check_classes(images, otherwise="or name another set")
    other = matched(images_at(arguments.test, network), images.classes) if arguments.test else None
    bank = features_of(network, images, arguments)
    asked = features_of(network, other, arguments) if other else None
    voting = Voting(sorted(set(arguments.k)), arguments.temperature)
    found = answers(bank, asked, len(images.classes), voting)
    about: dict[str, Asked] = {
        "images": images.place,
        "voting": len(images),
        "asked": len(found.truth),
        "leave_one_out": other is None,
        "size": network.size,
        "temperature": voting.temperature,
    }
    outcome = Outcome("k-NN", network.name, about, metrics(found))
    if arguments.report and distributed.rank() == 0:
        k = HEADLINE if HEADLINE in voting.ks else voting.ks[0]
        put(arguments.report, report(outcome, found, Sets(images, other or images), k, voting.temperature).encode())
    return outcome


def _k(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is no number of neighbours; write one from 1 on, like 20")
    return int(word)
