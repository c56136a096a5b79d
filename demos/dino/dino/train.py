"""The training loop (paper Algorithm 1 over a whole run): learn, log, evaluate, save, and stop in good order.

A run is a folder: config.toml, log.jsonl, checkpoints/, snapshots/, teacher.safetensors (the first of the best teachers
by k-NN; the last one where nothing has classes). k-NN before the first step says what is to be beaten. A run goes on
from its newest whole checkpoint, at any step, and ends bit for bit where an undisturbed run ends, on the CPU.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from dino import checkpoint, distributed
from dino.batches import Batch, training_batches
from dino.building import Plan, build_learner
from dino.config import Config
from dino.data.faults import Faults
from dino.data.images import Images
from dino.data.sampler import Shuffle
from dino.errors import DinoError, WorldError
from dino.evaluation import Question, question
from dino.exchange.weights import Fact
from dino.gallery import Gallery
from dino.journal import Sink, Value
from dino.learner import Learner, NotFiniteError, Outcome, Rates
from dino.monitor import Monitor, vitals
from dino.progress import peak_memory
from dino.resume import fixed, pack, refuse_changes, seed_step, unpack
from dino.selection import write_teacher
from dino.signals import Stop

CHECKPOINTS = "checkpoints"

Say = Callable[[str], None]
Record = dict[str, Value]


@dataclass(frozen=True)
class Ending:
    """Where a run stands when `train` returns; `reason` is empty when it is complete, else a signal or a collapse."""

    step: int
    total: int
    reason: str = ""


@dataclass
class Run:
    """A run in progress: what learns, and how far it is. `step` counts the steps that are done."""

    config: Config
    images: Images
    folder: Path
    device: torch.device
    say: Say
    shuffle: Shuffle
    plan: Plan
    learner: Learner
    monitor: Monitor
    asks: Question | str
    step: int = 0
    best: float = -1.0
    faults: Faults = field(default_factory=Faults)

    @property
    def epoch(self) -> float:
        """How many passes over the images are done."""
        return self.step / self.shuffle.steps

    @classmethod
    def start(cls, images: Images, config: Config, folder: Path, device: torch.device, say: Say) -> "Run":
        """A new run, before its first step."""
        rank, world, batch = distributed.rank(), distributed.world(), config.optim.batch_size
        shuffle = Shuffle(len(images), batch, rank, world, config.optim.seed)
        plan = Plan(config, shuffle.steps, batch * world)
        learner, monitor = build_learner(config, device), Monitor(config.head.out_dim)
        asks = question(images, config)
        if isinstance(asks, str):
            say(asks)
        return cls(config, images, folder, device, say, shuffle, plan, learner, monitor, asks)

    def go_on(self, *, whatever_changed: bool = False) -> bool:
        """Take up the newest whole checkpoint of the folder; False where there is none.

        Raises CommandError when a setting or the set of images is another, unless `whatever_changed`.
        """
        state = checkpoint.load_latest(self.folder / CHECKPOINTS, self.say)
        if not state:
            return False
        facts = state.facts
        if not whatever_changed:
            refuse_changes(facts, self.config, self.images.fingerprint)
        unpack(state, self.learner)
        self.step, self.best = self._position(facts), facts["best"]
        self.faults = Faults.from_facts(facts["faults"])
        self.monitor.restore(facts["monitor"])
        self.say(f"going on at step {self.step} of {self.plan.total}")
        return True

    def _position(self, facts: Mapping[str, Any]) -> int:
        """The step that is next; with another number of processes or images, the one as far through the run."""
        step, steps = int(facts["step"]), int(facts["steps_per_epoch"])
        if (steps, facts["world"]) == (self.shuffle.steps, distributed.world()):
            return step
        position = step * self.shuffle.steps // steps
        self.say(
            f"{distributed.world()} processes go on with a run of {facts['world']}: {self.plan.images_per_step} images "
            f"per step, {self.shuffle.steps} steps per epoch where there were {steps}; step {step} becomes {position}, "
            "the rate is scaled anew, and the result is no longer bit for bit that of the undisturbed run"
        )
        return position

    def save(self) -> None:
        """Write a checkpoint of this moment; the first process writes, all wait for it."""
        problem: WorldError | None = None
        if distributed.rank() == 0:
            facts = {
                "step": self.step,
                "steps_per_epoch": self.shuffle.steps,
                "world": distributed.world(),
                "settings": fixed(self.config),
                "images": self.images.fingerprint,
                "best": self.best,
                "faults": self.faults.facts(),
                "monitor": self.monitor.state(),
            }
            keep = self.config.keep
            period = keep.keep_every * self.shuffle.steps
            try:
                checkpoint.save(
                    self.folder / CHECKPOINTS,
                    pack(self.learner, facts),
                    keep=keep.keep,
                    for_good=lambda step: bool(period) and step % period == 0,
                )
            except WorldError as error:
                problem = error
        problem = distributed.from_first(problem)
        if problem:
            raise problem


def train(run: Run, journal: Sink) -> Ending:
    """Train to the end of the run, or to the signal, collapse or fault that ends it earlier; always with a checkpoint.

    Raises DinoError, after saving what is whole, when training cannot go on.
    """
    with Stop() as stop:
        try:
            gallery = _gallery(run)
            if run.step == 0:
                _evaluate(run, journal)
            for batch, waited in timed(_batches(run)):
                began = time.perf_counter()
                reason = _step(run, journal, batch, waited, began)
                if gallery and _is_epoch(run, run.config.keep.snapshot_every):
                    gallery.look(run.step, run.epoch, run.learner.teacher.backbone)
                reason = _agreed(stop.asked) or reason
                if reason or _is_due(run):
                    run.save()
                if reason:
                    return Ending(run.step, run.plan.total, reason)
        except DinoError as error:
            _save_what_is_whole(run, error)
            raise
    if isinstance(run.asks, str) and distributed.rank() == 0:
        _keep_teacher(run, {})
    return Ending(run.step, run.plan.total)


def _gallery(run: Run) -> Gallery | None:
    """What the first process keeps for `dino report`, with the first look; None where nothing is to be kept."""
    keep = run.config.keep
    if distributed.rank() != 0 or not keep.snapshot_every or not keep.snapshot_images:
        return None
    gallery = Gallery.hang(run.folder, run.images, run.config, run.step)
    if run.step == 0:
        gallery.look(0, 0.0, run.learner.teacher.backbone)
    return gallery


def _batches(run: Run) -> Iterator[Batch]:
    pinned = run.device.type == "cuda"
    return training_batches(run.images, run.config, run.shuffle, run.step, run.plan.total, pinned=pinned)


def _step(run: Run, journal: Sink, batch: Batch, waited: float, began: float) -> str:
    """One step and what follows it; the reason to stop here, if there is one."""
    run.faults.add(batch.faults)
    run.faults.raise_above(run.config.data.unreadable_limit)
    rates = run.plan.at(run.step)
    seed_step(run.config.optim.seed, run.step, distributed.rank())
    crops = [crop.to(run.device, non_blocking=True) for crop in batch.crops]
    outcome = run.learner.step(crops, rates, run.step)
    run.step += 1
    reason = ""
    if run.step % run.config.keep.log_every == 0 or run.step == run.plan.total:
        seconds = waited + time.perf_counter() - began
        reason = _log(run, journal, outcome, rates, {"data_wait": waited, "seconds": seconds})
    if _is_epoch(run, run.config.keep.knn_every):
        _evaluate(run, journal)
    return reason


def _log(run: Run, journal: Sink, outcome: Outcome, rates: Rates, times: Record) -> str:
    """Write the step's record; "collapse" when the monitor is sure of one and the run is to stop on it."""
    seen = vitals(
        outcome.student_logits,
        outcome.teacher_logits,
        outcome.center,
        outcome.features,
        run.config.loss.student_temp,
        rates.teacher_temp,
        outcome.loss,
    )
    step: Record = {"kind": "step", "step": run.step, "epoch": run.epoch, "loss": outcome.loss}
    step |= {"lr": rates.lr, "wd": rates.weight_decay, "momentum": rates.momentum, "teacher_temp": rates.teacher_temp}
    step |= {"images_per_second": run.plan.images_per_step / float(times["seconds"] or 1), **times}
    journal.write({**step, "memory": peak_memory(run.device), "unreadable": len(run.faults), **seen.record()})
    warning = distributed.from_first(run.monitor.watch(run.step, seen))
    if not warning:
        return ""
    journal.write(warning.record())
    run.say(f"{warning.what} Remedy: {warning.remedy}")
    return "collapse" if warning.confirmed and run.config.keep.stop_on_collapse else ""


def _evaluate(run: Run, journal: Sink) -> None:
    """k-NN with the teacher; where it is better than after any epoch before, that teacher is kept."""
    if isinstance(run.asks, str):
        return
    accuracy = run.asks.ask(run.learner.teacher.backbone, run.config, run.device)
    k = run.config.keep.knn_k
    top1, top5 = accuracy[k]
    record: Record = {"kind": "knn", "step": run.step, "epoch": run.epoch, "k": k}
    others: Record = {f"top1_k{other}": pair[0] for other, pair in accuracy.items()}
    journal.write({**record, "top1": top1, "top5": top5, **others})
    if run.step and top1 > run.best:
        run.best = top1
        if distributed.rank() == 0:
            _keep_teacher(run, {"knn": top1, "knn_k": k})


def _keep_teacher(run: Run, facts: Mapping[str, Fact]) -> None:
    write_teacher(run.folder, run.learner.teacher, run.config, {"step": run.step, "epoch": run.epoch, **facts})


def _is_epoch(run: Run, every: int) -> bool:
    """Whether the run has just finished an epoch that is a multiple of `every`, or its last."""
    return run.step % (run.shuffle.steps * max(1, every)) == 0 or run.step == run.plan.total


def _is_due(run: Run) -> bool:
    every = run.config.keep.save_every or run.shuffle.steps
    return run.step % every == 0 or run.step % run.shuffle.steps == 0 or run.step == run.plan.total


def _agreed(asked: str) -> str:
    """The signal that any process has got: all stop after the same step."""
    if distributed.world() == 1:
        return asked
    return next((signal for signal in distributed.gathered(asked) if signal), "")


def _save_what_is_whole(run: Run, error: DinoError) -> None:
    """Save before ending with the error; where the disk is what failed, the checkpoint before stands."""
    together = distributed.world() == 1 or isinstance(error, NotFiniteError)  # else one process alone has failed
    if not together or run.step == 0:
        return
    try:
        run.save()
    except WorldError as second:
        if str(second) != str(error):
            run.say(str(second))


def timed(batches: Iterator[Batch]) -> Iterator[tuple[Batch, float]]:
    """Each batch with the seconds that were spent waiting for it."""
    while True:
        began = time.perf_counter()
        batch = next(batches, None)
        if batch is None:
            return
        yield batch, time.perf_counter() - began
