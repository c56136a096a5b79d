"""The parts of `bench/gpu.py`, in the order of their importance; each gives numbers under their names."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from contenders import Step, authors, authors_epoch, learner_of, ours, rates
from loader import draw_photographs
from machine import Machine
from torch import Tensor
from works import Work

Numbers = dict[str, Any]
Say = Callable[[str], None]
WARM, ROUNDS, EPOCHS = 3, 7, 3
PATIENCE = 180
"""Seconds that a run may take."""
WAYS: Mapping[str, Mapping[str, Any]] = {
    "plain": {"computation": "plain"},
    "fast": {"compile": False},
    "fast, compiled": {"compile": True},
}


@dataclass(frozen=True)
class Bench:
    """What the parts need: the machine, the work, how much of everything, and who hears what is going on."""

    machine: Machine
    work: Work
    batches: tuple[int, ...]
    authors: Path | None
    images: Path | None
    photographs: int
    learning: tuple[str, ...]
    say: Say


def agreement(bench: Bench) -> Numbers:
    """How far the fast path's ways are from the plain path's in float32, after steps on the same crops: of the loss,
    and of the weights relative to how far they have moved."""
    work = replace(bench.work, batch=bench.batches[0] // 8 or 1)
    torch.manual_seed(0)
    crops = _crops(bench, work)
    ends = {name: _end(bench, work, crops, settings) for name, settings in WAYS.items()}
    start, plain = _weights(learner_of(work, bench.machine.device)), ends["plain"]
    found: Numbers = {"batch": work.batch, "steps": WARM, "loss": plain[0]}
    for name in ("fast", "fast, compiled"):
        loss, weights = ends[name]
        moved = float((plain[1] - start).norm())
        found[name] = {"loss": abs(loss - plain[0]), "weights": float((weights - plain[1]).norm()) / moved}
        bench.say(f"agreement, {name}: loss {found[name]['loss']:.2g}, weights {found[name]['weights']:.2g}")
    return found


def _end(bench: Bench, work: Work, crops: list[Tensor], settings: Mapping[str, Any]) -> tuple[float, Tensor]:
    learner, steady = learner_of(work, bench.machine.device, **settings), rates()
    loss = [learner.step(crops, steady, number).loss for number in range(WARM)][-1]
    return loss, _weights(learner)


def _weights(learner: Any) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in learner.student.parameters()])


def step(bench: Bench) -> Numbers:
    """Steps on crops that are on the device, by both paths and with compiled blocks: each as images/s."""
    found: Numbers = {}
    for name, settings in WAYS.items():
        found[name] = _step(bench, lambda work, settings=settings: _ours(bench, work, **settings))  # type: ignore[misc]
        bench.say(f"step, {name}: {_told(found[name])}")
    return found


def authors_step(bench: Bench) -> Numbers:
    """The same step by the authors' code, in half precision by their scaler where there is a GPU."""
    if not bench.authors:
        return {"left out": "no --authors"}
    checkout, half = bench.authors, bench.machine.is_gpu
    found = _step(bench, lambda work: authors(work, bench.machine.device, checkout, half=half))
    bench.say(f"step, the authors': {_told(found)}")
    return {"authors": found}


def end_to_end(bench: Bench) -> Numbers:
    """From JPEGs of 500 × 375, decoded anew, to the teacher's update: images/s with a loader for each core."""
    found: Numbers = {}
    with tempfile.TemporaryDirectory() as folder:
        images = bench.images or _photographs(Path(folder) / "images", bench.photographs)
        found["ours"] = _largest(bench, lambda work: _ours_from_files(bench, work, images))
        bench.say(f"end to end, ours: {_told(found['ours'])}")
        if bench.authors:
            checkout = bench.authors
            found["authors"] = _largest(bench, lambda work: _authors_from_files(bench, work, images, checkout))
            bench.say(f"end to end, the authors': {_told(found['authors'])}")
    if "images/s" in found["ours"] and "images/s" in found.get("authors", {}):
        found["ratio"] = found["ours"]["images/s"] / found["authors"]["images/s"]
    return found


def profile(bench: Bench) -> Numbers:
    """What a step's time goes to: its parts one after another, and the twenty kernels that take the most."""
    work, machine = replace(bench.work, batch=bench.batches[-1]), bench.machine
    learner, steady = learner_of(work, machine.device, precision=machine.precision), rates()
    crops = _crops(bench, work)

    def see() -> Tensor:
        with learner._autocast(machine.device):
            sight = learner.path(learner.student, learner.teacher, learner.criterion, crops, 0.04, look=False)
        return sight.loss  # type: ignore[no-any-return]

    def whole() -> None:
        learner.step(crops, steady, 1)

    for _ in range(WARM):
        whole()
    from dino.teacher import follow

    parts = {
        "both networks and the loss": statistics.median(machine.seconds(see, ROUNDS)),
        "these and the backward pass": statistics.median(machine.seconds(lambda: see().backward(), ROUNDS)),
        "AdamW": statistics.median(machine.seconds(learner.optimizer.step, ROUNDS)),
        "the teacher": statistics.median(
            machine.seconds(lambda: follow(learner.teacher, learner.student, 0.996), ROUNDS)
        ),
        "a whole step": statistics.median(machine.seconds(whole, ROUNDS)),
    }
    with machine.profile() as found:
        whole()
        machine.wait()
    times = machine.times(found)
    shares = {name[:120]: time / sum(times.values()) for name, time in list(times.items())[:20]}
    return {"batch": work.batch, "seconds": parts, "shares of the largest": shares}


def learning(bench: Bench) -> Numbers:
    """`dino train` on the drawn world, which needs no data: k-NN of its teacher before and after."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [sys.executable, "-m", "dino", "train", *bench.learning, "--out", str(run)]
        device = bench.machine.device.type
        began = time.perf_counter()
        command += ["--device", device]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)  # noqa: S603
        if done.returncode:
            return {"failed": done.stderr.strip().splitlines()[-1]}
        seconds = time.perf_counter() - began
        records = [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]
    curve = [[record["step"], record["top1"]] for record in records if record["kind"] == "knn"]
    bench.say(f"learning: k-NN {curve[0][1]:.1f} % to {curve[-1][1]:.1f} % in {seconds:.0f} s")
    return {"k-NN by step": curve, "seconds": seconds, "settings": list(bench.learning)}


PARTS: Mapping[str, Callable[[Bench], Numbers]] = {
    "agreement": agreement,
    "step": step,
    "authors' step": authors_step,
    "end to end": end_to_end,
    "learning": learning,
    "profile": profile,
}


def failure(error: Exception) -> Numbers:
    """What stands in a part's place when it could not be done."""
    return {"failed": f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0][:300]}"}


def _ours(bench: Bench, work: Work, **settings: Any) -> Step:
    return ours(work, bench.machine.device, precision=bench.machine.precision, **settings)


def _step(bench: Bench, make: Callable[[Work], Step]) -> Numbers:
    """The speed of a step at the largest batch that fits, with its memory; or the sentence of what went wrong."""
    return _largest(bench, lambda work: _measured(bench, work, make(work)))


def _largest(bench: Bench, measure: Callable[[Work], Numbers]) -> Numbers:
    """What is found at the largest batch that fits; or the sentence of what went wrong."""
    try:
        for batch in reversed(bench.batches):
            try:
                return measure(replace(bench.work, batch=batch))
            except bench.machine.without_memory():
                bench.say(f"{batch} images do not fit")
    except Exception as error:  # noqa: BLE001 — a compiler fails in many ways, and the other parts are still worth having
        return failure(error)
    return {"failed": "no batch fits"}


def _measured(bench: Bench, work: Work, one: Step) -> Numbers:
    bench.machine.forget_peak()
    crops = _crops(bench, work)
    bench.machine.seconds(lambda: one(crops), WARM)
    speeds = [work.batch / seconds for seconds in bench.machine.seconds(lambda: one(crops), ROUNDS)]
    spread = [min(speeds), max(speeds)]
    return {
        "batch": work.batch, "images/s": statistics.median(speeds), "spread": spread,
        "peak MiB": bench.machine.peak_mib(),
    }  # fmt: skip


def _crops(bench: Bench, work: Work) -> list[Tensor]:
    return [torch.randn(work.batch, 3, size, size, device=bench.machine.device) for size in work.sizes]


def _told(numbers: Numbers) -> str:
    if "failed" in numbers:
        return str(numbers["failed"])
    memory = f", {numbers['peak MiB']:.0f} MiB" if numbers["peak MiB"] else ""
    return f"{numbers['images/s']:.1f} images/s at batch {numbers['batch']}{memory}"


def _photographs(folder: Path, count: int) -> Path:
    """Made photographs, drawn by all cores, each linked eight times: what counts is that every one is decoded."""
    cores = os.cpu_count() or 1
    shares = [(folder / f"share-{number}", -(-count // cores), number) for number in range(cores)]
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(_draw_share, shares))
    for path in list(folder.glob("*/*/*.jpg")):
        for copy in range(7):
            os.link(path, path.with_name(f"{path.stem}-{copy}.jpg"))
    return folder


def _draw_share(share: tuple[Path, int, int]) -> None:
    folder, count, number = share
    draw_photographs(folder, count, first=number * count)


def _ours_from_files(bench: Bench, work: Work, images: Path) -> Numbers:
    from dino.arrival import arriving
    from dino.config import Config
    from dino.data.images import open_images
    from dino.data.sampler import Shuffle
    from dino.settings import with_values

    values = {
        "workers": os.cpu_count() or 1, "batch_size": work.batch, "local_count": work.locals,
        "global_size": (work.global_size,) * 2, "local_size": (work.local_size,) * 2, "patch_size": work.patch,
    }  # fmt: skip
    config, opened = with_values(Config(), values), open_images(images)
    shuffle = Shuffle(len(opened), work.batch)
    batches = arriving(opened, config, shuffle, 0, EPOCHS * shuffle.steps, bench.machine.device)
    one = _ours(bench, work)
    return _rate(bench, work.batch, batches, lambda batch: one(batch.crops))


def _authors_from_files(bench: Bench, work: Work, images: Path, checkout: Path) -> Numbers:
    epoch = authors_epoch(work, bench.machine.device, checkout, half=bench.machine.is_gpu)
    from main_dino import DataAugmentationDINO
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import RandomResizedCrop

    augmentation = DataAugmentationDINO((0.4, 1.0), (0.05, 0.4), work.locals)
    for transform, size in (
        (augmentation.global_transfo1, work.global_size),
        (augmentation.global_transfo2, work.global_size),
        (augmentation.local_transfo, work.local_size),
    ):
        first = transform.transforms[0]
        assert isinstance(first, RandomResizedCrop)  # noqa: S101 — for the type checker
        first.size = (size, size)
    loader: Iterable[Any] = torch.utils.data.DataLoader(
        ImageFolder(str(images), transform=augmentation), batch_size=work.batch, shuffle=True, drop_last=True,
        num_workers=os.cpu_count() or 1, pin_memory=bench.machine.is_gpu,
    )  # fmt: skip
    return _rate(bench, work.batch, loader, lambda batch: epoch([batch]))


def _rate(bench: Bench, size: int, batches: Iterable[Any], learn: Callable[[Any], None]) -> Numbers:
    """Images/s over all batches but the first ones: loaders start, and have two each ready before they are asked."""
    bench.machine.forget_peak()
    coming: Iterator[Any] = iter(batches)
    for batch in islice(coming, WARM + 2 * (os.cpu_count() or 1)):
        learn(batch)
    bench.machine.wait()
    began, images = time.perf_counter(), 0
    for batch in coming:
        learn(batch)
        images += size
    bench.machine.wait()
    speed = images / (time.perf_counter() - began)
    return {"batch": size, "images/s": speed, "peak MiB": bench.machine.peak_mib()}
