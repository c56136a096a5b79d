"""Where a run took place: the commit and the machine."""

import os
import platform
import re
import subprocess
from pathlib import Path

from digest.library.results import Hardware

GIT_SECONDS = 60


def commit_of(root: Path, folder: str) -> str | None:
    """The commit that the project in `root` stands at, with "-dirty" when `folder` differs from it, results aside.

    None outside a git repository, before its first commit, and without git.
    """
    head = _git(root, "rev-parse", "--verify", "HEAD")
    if head is None:
        return None
    changes = _git(root, "status", "--porcelain", "--", folder, f":(exclude){folder}/results")
    return f"{head}-dirty" if changes != "" else head


def hardware(accelerator: str | None, processors: Path = Path("/proc/cpuinfo")) -> Hardware:
    """This machine. Which accelerator was used only the demo knows, so it says."""
    machine = platform.machine() or "unknown"
    return Hardware(
        machine=machine,
        processor=_processor(processors) or platform.processor() or machine,
        cores=_usable_cores(),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        accelerator=accelerator,
    )


def _git(root: Path, *words: str) -> str | None:
    try:
        answer = subprocess.run(  # noqa: S603
            ["git", "--no-optional-locks", *words],  # noqa: S607
            cwd=root,
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def _processor(processors: Path) -> str | None:
    """The processor's name as Linux tells it; macOS and others have it from `platform`."""
    try:
        match = re.search(r"^model name\s*:\s*(.+)$", processors.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return None
    return match[1].strip() if match else None


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
