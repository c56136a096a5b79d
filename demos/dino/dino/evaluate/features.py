"""Features of a set of images, computed once and kept: a folder for each network, set, and way of seeing it.

They lie in files that are mapped, not read, so that a set may have more of them than memory holds.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dino import distributed
from dino.batches import central_views
from dino.data.images import Images
from dino.errors import WorldError
from dino.evaluate.frozen import Frozen

VALUES, LABELS, ABOUT = "values.npy", "labels.npy", "about.json"
FORM = 1
"""Of what is kept: another one is another folder."""

Watch = Callable[[Iterable[Any], int], Iterable[Any]]
"""Shows how far an iterable of so many images is."""


@dataclass(frozen=True, eq=False)
class Features:
    """Of each image its feature [images, dim], float32 or float16, and its label [images], in the order of the set."""

    values: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Extraction:
    """How features are computed: on a device, in batches, by so many loading processes, kept in 16 bits or in 32."""

    device: torch.device
    batch: int = 64
    workers: int = 0
    half: bool = False


def default_shelf() -> Path:
    """Where features are kept unless another folder is named: `dino/features` in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dino" / "features"


def features(
    subject: Frozen, images: Images, how: Extraction, shelf: Path | None, watch: Watch = lambda parts, _: parts
) -> Features:
    """The features of all images, from the shelf where they are there whole, or else computed, and put there.

    An unreadable image's place is taken by the next one's, as in training. Several processes share the work. Raises
    WorldError where the shelf cannot be written.
    """
    about = _about(subject, images, how)
    if shelf is None:
        return _in_memory(subject, images, how, watch)
    place = shelf / hashlib.blake2b(json.dumps(about).encode(), digest_size=16).hexdigest()
    try:
        if not distributed.from_first(_is_whole(place, about)):
            _keep(subject, images, how, place, about, watch)
        return _mapped(place)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WorldError(f"{place} cannot be written ({reason}); name another folder with --features") from error


def _about(subject: Frozen, images: Images, how: Extraction) -> dict[str, Any]:
    """What features depend on. Batch size and device change the last bits alone."""
    data = subject.config.data
    return {
        "form": FORM,
        "network": subject.digest,
        "images": images.fingerprint,
        "count": len(images),
        "channels": data.channels,
        "mean": data.mean,
        "std": data.std,
        "size": subject.size,
        "type": "float16" if how.half else "float32",
    }


def _is_whole(place: Path, about: dict[str, Any]) -> bool:
    """Whether all that was written is there still: a damaged disk, or another program, may have taken some of it."""
    try:
        kept = _mapped(place)
        told = json.loads((place / ABOUT).read_text("utf-8"))
    except (OSError, ValueError, EOFError):
        return False
    return bool(told == json.loads(json.dumps(about)) and len(kept.values) == len(kept.labels) == about["count"])


def _mapped(place: Path) -> Features:
    values, labels = (torch.from_numpy(np.load(place / name, mmap_mode="c")) for name in (VALUES, LABELS))
    return Features(values, labels)


def _keep(subject: Frozen, images: Images, how: Extraction, place: Path, about: dict[str, Any], watch: Watch) -> None:
    """Compute, and write: beside the place, which is taken when all is there."""
    making = place.with_name(f"{place.name}.{distributed.from_first(os.getpid())}")
    first = distributed.rank() == 0
    try:
        values: Any = None
        if first:
            making.mkdir(parents=True, exist_ok=True)
        with closing(_parts(subject, images, how, watch)) as parts:
            done, labels = 0, []
            for part, truth in parts:
                if not first:
                    continue
                if values is None:
                    shape = (len(images), part.shape[1])
                    values = np.lib.format.open_memmap(making / VALUES, "w+", about["type"], shape)
                values[done : done + len(part)] = part.numpy()
                labels.append(truth)
                done += len(part)
        if first:
            values.flush()
            np.save(making / LABELS, torch.cat(labels).numpy())
            (making / ABOUT).write_text(json.dumps(about), "utf-8")
            shutil.rmtree(place, ignore_errors=True)
            making.rename(place)
    finally:
        if first:
            shutil.rmtree(making, ignore_errors=True)
    distributed.barrier()


def _in_memory(subject: Frozen, images: Images, how: Extraction, watch: Watch) -> Features:
    parts = list(_parts(subject, images, how, watch))
    return Features(torch.cat([part for part, _ in parts]), torch.cat([labels for _, labels in parts]))


@torch.no_grad()
def _parts(subject: Frozen, images: Images, how: Extraction, watch: Watch) -> Generator[tuple[Tensor, Tensor]]:
    """Features and labels of one batch of each process after the other, in the order of the set; for all processes."""
    network = subject.network.to(how.device).eval()
    config = subject.loading(how.batch, how.workers)
    rank, world = distributed.rank(), distributed.world()
    starts = range(0, len(images), how.batch * world)
    mine = [
        index
        for start in starts
        for index in range(start + rank * how.batch, min(start + (rank + 1) * how.batch, len(images)))
    ]
    with closing(central_views(images, mine, config)) as batches:
        for _ in watch(starts, how.batch * world):
            found = next(batches, None)
            part = (network(found[0].to(how.device)).float().cpu(), found[1]) if found else None
            for each in distributed.gathered(part):
                if each:
                    yield each[0].half() if how.half else each[0], each[1]
