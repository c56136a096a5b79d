"""`--dry-run`: what a run will cost in time, memory and disk, from one measured step of it."""

import shutil
import time
from pathlib import Path

import torch

from dino.batches import training_batches
from dino.config import Config
from dino.data.images import Images
from dino.progress import peak_memory, spell
from dino.resume import pack
from dino.train import Run

GIB, MIB = 2**30, 2**20
WARM_UP, MEASURED = 1, 1


def estimate(images: Images, config: Config, folder: Path, device: torch.device) -> list[str]:
    """A line each for time, memory and disk; nothing is written."""
    run = Run.start(images, config, folder, device, lambda _: None)
    batches = training_batches(images, config, run.shuffle, 0, WARM_UP + MEASURED)
    seconds = loading = 0.0
    for number in range(WARM_UP + MEASURED):
        began = time.perf_counter()
        batch = next(batches)
        loaded = time.perf_counter()
        run.learner.step([crop.to(device) for crop in batch.crops], run.plan.at(min(number, run.plan.total - 1)))
        loading, seconds = loaded - began, time.perf_counter() - loaded
    images_per_step = run.plan.images_per_step
    checkpoint = sum(tensor.nbytes for tensor in pack(run.learner, {}).tensors.values())
    kept = config.keep.keep + 1 + (config.optim.epochs // config.keep.keep_every if config.keep.keep_every else 0)
    free = shutil.disk_usage(_existing(folder)).free
    lines = [
        f"time: a step of {images_per_step} images took {seconds:.2f} s, {images_per_step / seconds:.0f} images/s; "
        f"{run.plan.total:,} steps take {spell(seconds * run.plan.total)}, k-NN and slow disks not counted",
        f"memory: {peak_memory(device) / GIB:.1f} GiB at the most",
        f"disk: {checkpoint / MIB:.0f} MiB per checkpoint, {checkpoint * kept / GIB:.1f} GiB for the {kept} kept; "
        f"{free / GIB:.0f} GiB are free",
    ]
    if checkpoint * kept > free:
        lines.append("the disk is too small for this run; lower --keep, raise --keep-every or name another --out")
    return [*lines, f"(the second batch was waited for {loading:.2f} s)"]


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
