"""`dino train IMAGES`: trains, shows how it goes, and goes on where it was when it is run again."""

import argparse
import sys
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch

from dino import distributed
from dino.building import choose_device
from dino.commands.config import add_settings, settle
from dino.config import Config
from dino.data.cache import cached
from dino.data.images import Images
from dino.errors import WorldError
from dino.journal import Journal, Record, open_sinks
from dino.progress import Display
from dino.settings import Settings, to_toml
from dino.signals import requeue
from dino.train import Ending, Run, train

STOPPED = {"SIGINT": 130, "SIGTERM": 143, "SIGUSR1": 0, "collapse": 1}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", type=Path, metavar="IMAGES", help="a folder, a tar or zip, shards, or CIFAR's files")
    parser.add_argument("--out", type=Path, metavar="RUN", help="the run's folder (default: runs/NAME OF THE IMAGES)")
    parser.add_argument("--resume-anyway", action="store_true", help="go on although settings or images have changed")
    parser.add_argument("--dry-run", action="store_true", help="say what the run will cost, from one measured step")
    add_settings(parser)
    parser.epilog = "example: dino train photographs/ --preset laptop; run it again to go on"


def run(arguments: argparse.Namespace) -> int:
    warnings.filterwarnings("ignore", message=".*is not currently available on the MPS backend.*")
    folder = arguments.out or Path("runs") / (arguments.images.resolve().name.partition(".")[0] or "images")
    try:
        return _run(arguments, folder)
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise WorldError(_out_of_memory(folder)) from error
    except RuntimeError as error:
        if "can't allocate memory" in str(error) or "out of memory" in str(error):
            raise WorldError(_out_of_memory(folder)) from error
        if any(library in str(error).lower() for library in ("gloo", "nccl")):
            raise WorldError(
                f"another process of the run died or cannot be reached; every checkpoint in {folder} is as it was: "
                "start all processes again"
            ) from error
        raise


def _run(arguments: argparse.Namespace, folder: Path) -> int:
    images, settings = settle(arguments, folder)
    config = settings.config
    device = choose_device(config.keep.device)
    with distributed.group(device):
        first = distributed.rank() == 0
        say: Callable[[str], None] = _say if first else _nothing
        if config.data.cache:
            images = _cached(images, config, folder, say)
        if arguments.dry_run:
            from dino.cost import estimate

            for line in estimate(images, config, folder, device):
                say(line)
            return 0
        return _train(images, settings, folder, device, say, anyway=arguments.resume_anyway)


def _train(
    images: Images, settings: Settings, folder: Path, device: torch.device, say: Callable[[str], None], *, anyway: bool
) -> int:
    config, first = settings.config, distributed.rank() == 0
    run_ = Run.start(images, config, folder, device, say)
    resumed = run_.go_on(whatever_changed=anyway)
    if run_.step >= run_.plan.total:
        say(f"the run in {folder} is complete: {run_.plan.total} steps; name another folder with --out for a new one")
        return 0
    if first:
        _write_config(folder, settings)
    display = Display(run_.plan.total, first_step=run_.step, epochs=config.optim.epochs) if first else None
    if display and display.shown:
        run_.say = display.say
    sinks = (
        [display, *open_sinks(folder, tensorboard=config.keep.tensorboard, wandb=config.keep.wandb)] if display else []
    )
    if not resumed:
        say(
            f"{len(images):,} images, {run_.plan.total:,} steps of {run_.plan.images_per_step} on {device}; "
            f"in {folder}; Ctrl-C stops, the same command goes on"
        )
    with (
        Journal(folder, resume_after=run_.step if resumed else None, sinks=sinks)
        if first
        else nullcontext(Silent()) as journal
    ):
        ending = train(run_, journal)
    return _told(ending, config, folder, say)


def _told(ending: Ending, config: Config, folder: Path, say: Callable[[str], None]) -> int:
    if not ending.reason:
        say(f"done: {ending.total} steps; the teacher is {folder / 'teacher.safetensors'}")
        return 0
    say(f"stopped by {ending.reason} at step {ending.step} of {ending.total}, saved; run the same command to go on")
    if config.keep.requeue and ending.reason in ("SIGTERM", "SIGUSR1") and distributed.rank() == 0:
        say(requeue())
    return STOPPED[ending.reason]


def _cached(images: Images, config: Config, folder: Path, say: Callable[[str], None]) -> Images:
    """The images out of a cache beside the run; the first process makes it, the others wait."""
    where = folder / "cache"
    if distributed.rank() == 0:
        cached(images, where, config.data.cache, say=say)
    distributed.barrier()
    return cached(images, where, config.data.cache)


def _write_config(folder: Path, settings: Settings) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.toml").write_text(to_toml(settings.config, settings.origins), encoding="utf-8")
    except OSError as error:
        raise WorldError(
            f"{folder} cannot be written ({(error.strerror or '').lower()}); name another with --out"
        ) from error


def _out_of_memory(folder: Path) -> str:
    return (
        "there is not enough memory for a step; lower --batch-size, --out-dim or --local-count. "
        f"Every checkpoint in {folder} is as it was"
    )


class Silent:
    """The journal of the processes that write none."""

    def write(self, record: Record) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _nothing(_: str) -> None:
    """The other processes are silent."""
