"""What digest keeps of a demo between runs, never committed: its environment and logs, in `.digest/demos/NAME/`."""

from datetime import UTC, datetime
from pathlib import Path

from digest.library.problems import WorldError

KEPT_LOGS = 20
FAILURE = "failed"


def state_folder(root: Path, name: str) -> Path:
    """The folder of the demo `name` in the project `root`, made if need be. Raises WorldError when it cannot be."""
    folder = root.absolute() / ".digest" / "demos" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorldError(f"the folder {folder} cannot be made: {error.strerror}") from error
    return folder


def log_file(root: Path, name: str, command: str, moment: datetime) -> Path:
    """A file for the log of `command`, named by its moment in UTC; only the newest logs are kept beside it."""
    folder = state_folder(root, name) / "logs"
    older = sorted(folder.glob("*Z-*.log"))
    for log in older[: max(0, len(older) - KEPT_LOGS + 1)]:
        log.unlink(missing_ok=True)
    return folder / f"{moment.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{command}.log"


def note_failure(root: Path, name: str, source: str) -> None:
    """Remember on this machine that the source with the hash `source` failed its test."""
    (state_folder(root, name) / FAILURE).write_text(source, encoding="utf-8")


def forget_failure(root: Path, name: str) -> None:
    """Forget the last failure, since the test passed."""
    (state_folder(root, name) / FAILURE).unlink(missing_ok=True)


def has_failed(root: Path, name: str, source: str) -> bool:
    """Whether the last test on this machine failed, with the source as it still is."""
    note = root / ".digest" / "demos" / name / FAILURE
    return note.is_file() and note.read_text(encoding="utf-8") == source
