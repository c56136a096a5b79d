"""`dino submit IMAGES`: `dino train IMAGES` in the queue of a SLURM cluster, again and again until it is complete."""

import argparse
import math
import sys

from dino.commands.config import without_images
from dino.commands.export import positive
from dino.commands.train import add_run, folder_of
from dino.place import check_place
from dino.slurm import Request, Training, submit

ASKED = Request("dino")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    gpus = f"GPUs of each, a process for each; 0 = one process without (default: {ASKED.gpus})"
    hours = f"after so many the job is saved and queued again (default: {ASKED.hours:g})"
    cores = f"processor cores for each process (default: {ASKED.cores})"
    more = "any other option of sbatch, like account=vision or mem=200G; once for each"
    parser.add_argument("--nodes", type=positive, default=ASKED.nodes, metavar="N", help="machines (default: 1)")
    parser.add_argument("--gpus", type=_natural, default=ASKED.gpus, metavar="N", help=gpus)
    parser.add_argument("--cores", type=positive, default=ASKED.cores, metavar="N", help=cores)
    parser.add_argument("--hours", type=_hours, default=ASKED.hours, metavar="X", help=hours)
    parser.add_argument(
        "--partition", default="", metavar="NAME", help="where to queue it (default: the cluster's own)"
    )
    parser.add_argument("--sbatch", type=_option, action="append", default=[], metavar="OPTION=VALUE", help=more)
    parser.set_defaults(dry_run=False)
    parser.epilog = "example: dino submit imagenet/train --preset vit_s16_100ep --nodes 2 --gpus 8 --partition gpu"


def run(arguments: argparse.Namespace) -> int:
    """Queue the run, after what can be known here has been checked: the images may lie where only the job sees them."""
    folder = folder_of(arguments)
    check_place(folder, arguments.images)
    without_images(arguments)
    if arguments.requeue is None:
        arguments.requeue = True
    request = Request(
        name=f"dino-{folder.name}",
        nodes=arguments.nodes,
        gpus=arguments.gpus,
        cores=arguments.cores,
        hours=arguments.hours,
        partition=arguments.partition,
        more=dict(arguments.sbatch),
    )
    job = submit(Training(arguments), request, folder / "slurm")
    print(job.job_id)
    print(f"queued; it writes to {folder}, and what it says to {job.paths.stderr}", file=sys.stderr)
    return 0


def _natural(word: str) -> int:
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number from 0 on")
    return int(word)


def _hours(word: str) -> float:
    try:
        hours = float(word)
    except ValueError:
        hours = math.nan
    if not 1 / 60 <= hours < math.inf:
        raise argparse.ArgumentTypeError(f"{word!r} is no number of hours, of which there must be a minute at least")
    return hours


def _option(words: str) -> tuple[str, str]:
    name, _, value = words.partition("=")
    if not name.strip("-") or not value:
        raise argparse.ArgumentTypeError(f"{words!r} is no option with its value; write it like account=vision")
    return name.strip("-"), value
