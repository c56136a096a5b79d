"""Where a run may lie: a new or empty folder, or that of a run, and never among the images."""

import errno
from pathlib import Path

from dino.data.faults import printable
from dino.errors import CommandError, WorldError

OF_A_RUN = frozenset({"config.toml", "log.jsonl", "checkpoints"})
HARMLESS = frozenset({"cache", "slurm"})
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def check_place(folder: Path, images: Path) -> None:
    """CommandError where the folder lies among the images or holds something else; WorldError where it is no folder."""
    shown = printable(str(folder))
    if images.is_dir() and folder.resolve().is_relative_to(images.expanduser().resolve()):
        raise CommandError(f"the run's folder {shown} lies among the images; name another with --out")
    try:
        names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    except FileNotFoundError:
        return
    except OSError as error:
        raise WorldError(f"{shown} cannot be written ({reason(error)}); name another folder with --out") from error
    if names - HARMLESS and not names & OF_A_RUN:
        raise CommandError(f"{shown} is not empty and holds no run; name a new folder with --out")


def reason(error: OSError) -> str:
    """What the system says went wrong."""
    return (error.strerror or str(error)).lower()


def mend(error: OSError) -> str:
    """What helps against an error of writing: room on a full disk, another folder elsewhere."""
    return "make room" if error.errno in FULL else "name another folder with --out"
