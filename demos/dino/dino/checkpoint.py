"""Checkpoints that survive: safetensors and JSON without pickled code, hashed, written beside and moved into place.

RUN/checkpoints/step-00001234/ holds state.safetensors and facts.json, which carries the SHA-256 of the tensors and of
itself. A folder counts only whole: `load_latest` passes over a damaged one, says so, and takes the one before.

The rule of what is kept: the newest few, and those that were saved for good. Steps only ever grow in a run, so one of a
higher step than the newest is a damaged one that the run went back behind, and goes.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from dino.errors import CommandError, ContentError, WorldError

TENSORS, FACTS = "state.safetensors", "facts.json"
FORMAT = 1
PLACE = re.compile(r"step-(\d{8,})")
LEFT_BEHIND = re.compile(r"\.step-\d{8,}\.(new|old)")


@dataclass(frozen=True)
class State:
    """Everything a run goes on from: tensors by name, and facts that JSON can hold ("step" is one of them)."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]


def prepare(folder: Path) -> None:
    """Make the folder, so that one that cannot be written is told before the first step. Raises WorldError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".written").write_bytes(b"")
        (folder / ".written").unlink()
    except OSError as error:
        raise WorldError(f"{folder} cannot be written ({_reason(error)}); name another folder with --out") from error


def save(folder: Path, state: State, *, keep: int = 2, for_good: bool = False) -> Path:
    """Write the state to `folder`/step-NNNNNNNN, then remove all but the `keep` newest and those kept `for_good`.

    Raises WorldError, with everything older as it was, when the disk is full or refuses.
    """
    place = folder / f"step-{state.facts['step']:08d}"
    beside = folder / f".{place.name}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        beside.mkdir()
        content = safetensors.torch.save({name: tensor.contiguous() for name, tensor in state.tensors.items()})
        _write(beside / TENSORS, content)
        facts = state.facts | {"format": FORMAT, "for_good": for_good}
        facts |= {"tensors_sha256": hashlib.sha256(content).hexdigest()}
        _write(beside / FACTS, json.dumps(facts | {"facts_sha256": _hash(facts)}, allow_nan=False).encode())
        _settle(beside)
        if place.exists():
            _move_away(place)
        beside.rename(place)
        _settle(folder)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise WorldError(
            f"the checkpoint {place} cannot be written ({_reason(error)}); {_standing(folder)}: "
            "make room, then run the same command again"
        ) from error
    _tidy(folder, place, keep)
    return place


def load_latest(folder: Path, say: Callable[[str], None] = lambda _: None) -> State | None:
    """The newest whole state, or None where there is none; each damaged one is told to `say` and passed over.

    Raises ContentError, with everything as it was, when there are checkpoints and none is whole.
    """
    places = saved(folder)
    for place in reversed(places):
        try:
            state = load(place)
        except ContentError as error:
            say(str(error))
            continue
        if place != places[-1]:
            say(f"the checkpoint {place} before it is used")
        return state
    if places:
        raise ContentError(f"no checkpoint in {folder} is whole; move the folder away to start anew")
    return None


def load(place: Path) -> State:
    """The state in one checkpoint. Raises ContentError when any of its bytes is not as it was written, and CommandError
    when another version of this package wrote it."""
    try:
        content = (place / TENSORS).read_bytes()
        facts = json.loads((place / FACTS).read_bytes())
        claimed = facts.pop("facts_sha256")
        if _hash(facts) != claimed or hashlib.sha256(content).hexdigest() != facts.pop("tensors_sha256"):
            raise ContentError(f"the checkpoint {place} is damaged (its hash does not match)")
        tensors = safetensors.torch.load(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, safetensors.SafetensorError) as error:
        raise ContentError(f"the checkpoint {place} is damaged ({type(error).__name__})") from error
    if facts.get("format") != FORMAT:
        raise CommandError(f"the checkpoint {place} is of another version of dino; go on with the one that wrote it")
    return State(tensors, facts)


def saved(folder: Path) -> list[Path]:
    """The checkpoints in the folder, the oldest first."""
    return sorted((path for path in folder.glob("step-*") if PLACE.fullmatch(path.name) and path.is_dir()), key=step_of)


def step_of(place: Path) -> int:
    """The step that a checkpoint's folder is named after."""
    return int(place.name.removeprefix("step-"))


def _tidy(folder: Path, newest: Path, keep: int) -> None:
    places = saved(folder)
    now = places.index(newest)
    for place in places[now + 1 :] + [old for old in places[: max(0, now + 1 - keep)] if not _is_for_good(old)]:
        shutil.rmtree(place, ignore_errors=True)


def _is_for_good(place: Path) -> bool:
    try:
        return bool(json.loads((place / FACTS).read_bytes())["for_good"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _clear(folder: Path) -> None:
    """Remove what a killed process left half-written."""
    for path in folder.glob(".step-*"):
        if LEFT_BEHIND.fullmatch(path.name):
            shutil.rmtree(path, ignore_errors=True)


def _move_away(place: Path) -> None:
    """Out of the way of a newer one of the same step, in one move."""
    old = place.with_name(f".{place.name}.old")
    place.rename(old)
    shutil.rmtree(old, ignore_errors=True)


def _standing(folder: Path) -> str:
    places = saved(folder)
    return f"the one before it, {places[-1].name}, is as it was" if places else "there is none before it"


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Have the names in the folder on the disk, where the system lets a folder be synced."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _hash(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def names(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under `prefix`/."""
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors that `names` put under `prefix`/."""
    start = f"{prefix}/"
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
