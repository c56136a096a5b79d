"""`dino train IMAGES`: trains, shows how it goes, and goes on where it was when it is run again."""

import argparse
import errno
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from dino import distributed
from dino.batches import LOADER_DIED, WORKER_DIED
from dino.building import choose_device
from dino.checkpoint import prepare
from dino.commands.config import add_settings, settle
from dino.config import Config
from dino.data.cache import cached
from dino.data.images import Images
from dino.data.sampler import Shuffle
from dino.errors import CommandError, WorldError
from dino.journal import Journal, Log, Record, check_trackers, open_sinks
from dino.place import check_place, mend, reason
from dino.progress import Display
from dino.run import CHECKPOINTS, Run
from dino.selection import TEACHER
from dino.settings import Settings, to_toml
from dino.signals import Stop, Stopped, requeue
from dino.train import Ending, is_complete, train

OTHER_LOST = (
    "another process of the run died or cannot be reached; every checkpoint in {folder} is as it was: start all "
    "processes again"
)
STOPPED = {"": 0, "SIGINT": 130, "SIGTERM": 143, "SIGUSR1": 0, "collapse": 1}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what the run will cost, from one measured step")
    parser.epilog = "example: dino train photographs/ --preset laptop; run it again to go on"


def add_run(parser: argparse.ArgumentParser) -> None:
    """What names a run, on this machine or in a queue: its images, its folder, its settings."""
    parser.add_argument("images", type=_path, metavar="IMAGES", help="a folder, a tar or zip, shards, or CIFAR's files")
    parser.add_argument("--out", type=_path, metavar="RUN", help="the run's folder (default: runs/NAME OF THE IMAGES)")
    parser.add_argument("--resume-anyway", action="store_true", help="go on although settings or images have changed")
    add_settings(parser)


def folder_of(arguments: argparse.Namespace) -> Path:
    """The run's folder: the one that is named, or one that is named after the images."""
    named: Path | None = arguments.out
    return named or Path("runs") / (arguments.images.resolve().name.partition(".")[0] or "images")


def _path(word: str) -> Path:
    if not word:
        raise argparse.ArgumentTypeError("an empty name means no folder; name the images, or the run's folder")
    return Path(word)


def run(arguments: argparse.Namespace) -> int:
    warnings.filterwarnings("ignore", message=".*is not currently available on the MPS backend.*")
    folder = folder_of(arguments)
    with Stop() as stop:
        try:
            return _run(arguments, folder, stop)
        except Stopped as stopped:
            _say(f"stopped by {stopped.name}; every checkpoint in {folder} is as it was: run the same command to go on")
            return _status(stopped.name, requeues=arguments.requeue and os.environ.get("RANK", "0") == "0", say=_say)
        except CommandError as error:
            if os.environ.get("RANK", "0") != "0":  # all processes have the same command line: the first one tells
                raise SystemExit(error.status) from error
            raise
        except (MemoryError, RuntimeError, OSError) as error:
            sentence = explained(error, folder)
            if sentence:
                raise WorldError(sentence) from error
            raise


def explained(error: MemoryError | RuntimeError | OSError, folder: Path) -> str:
    """One sentence for what the world did to the run; empty where the error is a mistake of this package."""
    words = str(error).lower()
    starved = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
    if starved or any(sign in words for sign in ("allocate memory", "out of memory", "bad_alloc")):
        return (
            "there is not enough memory for a step; lower --batch-size, --out-dim or --local-count. "
            f"Every checkpoint in {folder} is as it was"
        )
    if WORKER_DIED in str(error):
        return LOADER_DIED
    if distributed.is_failure(error):
        return OTHER_LOST.format(folder=folder)
    return ""


def _run(arguments: argparse.Namespace, folder: Path, stop: Stop) -> int:
    if not arguments.dry_run:
        check_place(folder, arguments.images)
    images, settings = settle(arguments, folder)
    config = settings.config
    device = choose_device(config.keep.device)
    with distributed.group(device, lost=lambda: _end(folder)):
        first = distributed.rank() == 0
        say: Callable[[str], None] = _say if first else _nothing
        if arguments.dry_run:
            from dino.cost import estimate

            for line in estimate(images, config, folder, device):
                say(line)
            return 0
        Shuffle(len(images), config.optim.batch_size, distributed.rank(), distributed.world(), config.optim.seed)
        check_trackers(tensorboard=config.keep.tensorboard, wandb=config.keep.wandb)
        if config.data.cache:
            images = _cached(images, config, folder, say)
        return _train(Run.start(images, config, folder, device, say), settings, stop, anyway=arguments.resume_anyway)


def _end(folder: Path) -> None:
    """End this process where it stands: an exchange that waits for a lost machine can be left in no other way."""
    _say(f"dino: {OTHER_LOST.format(folder=folder)}")
    os._exit(WorldError.status)


def _train(run_: Run, settings: Settings, stop: Stop, *, anyway: bool) -> int:
    say, folder, steps = run_.say, run_.folder, _counted(run_.total)
    resumed = run_.go_on(whatever_changed=anyway)
    if is_complete(run_):
        say(f"the run in {folder} is complete: {steps}; name another folder with --out for a new one")
        return 0
    if distributed.rank() == 0:
        prepare(folder / CHECKPOINTS)
    if resumed:
        say(f"going on at step {run_.step} of {run_.total}")
    else:
        say(
            f"{len(run_.images):,} images, {steps} of {run_.plan.images_per_step} on {run_.device}; "
            f"in {folder}; Ctrl-C stops, the same command goes on"
        )
        if isinstance(run_.asks, str):
            say(run_.asks)
    if distributed.rank() == 0 and (anyway or not resumed):
        _write_config(folder, settings)
    with _journal(run_, run_.step if resumed else None) as journal:
        ending = train(run_, journal, stop)
    return _told(ending, settings.config, folder, say)


def _journal(run_: Run, resume_after: int | None) -> AbstractContextManager[Log]:
    """The log, the display and the trackers of the first process."""
    if distributed.rank() != 0:
        return nullcontext(Silent())
    keep, folder = run_.config.keep, run_.folder
    trackers = open_sinks(folder, tensorboard=keep.tensorboard, wandb=keep.wandb, resume_after=resume_after)
    display = Display(run_.total, first_step=run_.step, epochs=run_.config.optim.epochs)
    run_.say = display.say
    return Journal(folder, resume_after=resume_after, sinks=[display, *trackers])


def _told(ending: Ending, config: Config, folder: Path, say: Callable[[str], None]) -> int:
    where = f"at step {ending.step} of {ending.total}" if ending.step else "before the first step"
    match ending.reason:
        case "":
            say(f"done: {_counted(ending.total)}; the teacher is {folder / TEACHER}")
        case "collapse":
            say(
                f"stopped by a collapse {where}, saved; change a setting and begin anew, or go on with the same command"
            )
        case _:
            say(f"stopped by {ending.reason} {where}, saved; run the same command to go on")
    return _status(ending.reason, requeues=config.keep.requeue and distributed.rank() == 0, say=say)


def _status(reason: str, *, requeues: bool | None, say: Callable[[str], None]) -> int:
    """What the command exits with, after SLURM was asked to run it again where that is wanted."""
    if requeues and reason in ("SIGTERM", "SIGUSR1"):
        say(requeue())
    return STOPPED[reason]


def _cached(images: Images, config: Config, folder: Path, say: Callable[[str], None]) -> Images:
    """The images out of a cache beside the run; the first process makes it, the others wait."""
    where = folder / "cache"
    if distributed.rank() == 0:
        cached(images, where, config.data.cache, say=say)
    distributed.barrier()
    return cached(images, where, config.data.cache)


def _write_config(folder: Path, settings: Settings) -> None:
    """Put the settings into RUN/config.toml, whole or not at all: what `auto` chose is read from there."""
    path = folder / "config.toml"
    beside = path.with_name("config.toml.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_text(to_toml(settings.config, settings.origins), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise WorldError(f"{path} cannot be written ({reason(error)}); {mend(error)}") from error


class Silent:
    """The journal of the processes that write none."""

    def write(self, record: Record) -> None:
        """Nothing."""

    def sync(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def _counted(steps: int) -> str:
    return f"{steps:,} step{'' if steps == 1 else 's'}"


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _nothing(_: str) -> None:
    """The other processes are silent."""
