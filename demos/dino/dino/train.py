"""The training loop (paper Algorithm 1 over a whole run): learn, log, evaluate, save, and stop in good order.

A run is a folder: config.toml, log.jsonl, checkpoints/, snapshots/, teacher.safetensors (the first of the best teachers
by k-NN; the last one where nothing has classes). k-NN before the first step says what is to be beaten.
"""

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass

import torch

from dino import distributed
from dino.arrival import arriving
from dino.batches import Batch
from dino.data.faults import printable
from dino.errors import ContentError, DinoError
from dino.exchange.weights import Fact
from dino.gallery import Gallery
from dino.journal import Log, Value, read
from dino.learner import NotFiniteError, Outcome, Rates
from dino.monitor import vitals
from dino.progress import peak_memory
from dino.resume import seed_step
from dino.run import Run
from dino.selection import kept_teacher, write_teacher
from dino.sight import Logits
from dino.signals import STOPPING, Stop

Record = dict[str, Value]


@dataclass(frozen=True)
class Ending:
    """Where a run stands when `train` returns; `reason` is empty when it is complete, else a signal or a collapse."""

    step: int
    total: int
    reason: str = ""


def train(run: Run, journal: Log, stop: Stop) -> Ending:
    """Train to the end of the run, or to the signal, collapse or fault that ends it earlier; always with a checkpoint.

    An epoch ends with a checkpoint, then k-NN: a run that is ended in its k-NN has lost nothing, and goes on with it.
    Raises DinoError, after saving what is whole, when training cannot go on.
    """
    with stop.waiting(), closing(_batches(run)) as batches:
        gallery = _gallery(run)
        if run.step == 0:
            _look(run, gallery)
        if owes_knn(run):
            _evaluate(run, journal, stop)
        reason, waited_for = _agreed(run, stop), timed(batches)
        while not reason and run.step < run.total:
            reason = _step(run, journal, waited_for)
            if _is_epoch(run, run.config.keep.snapshot_every):
                _look(run, gallery)
            reason = _agreed(run, stop) or reason
            if reason or _is_due(run):
                journal.sync()
                run.save()
            if not reason and _is_epoch(run, run.config.keep.knn_every):
                _evaluate(run, journal, stop)
                reason = _agreed(run, stop)
        if not reason and isinstance(run.asks, str):
            _keep_teacher(run, {})
    return Ending(run.step, run.total, reason)


def is_complete(run: Run) -> bool:
    """Whether nothing is left to do: no step, no k-NN, no teacher to hand on."""
    handed_on = not isinstance(run.asks, str) or kept_teacher(run.folder).get("step") == run.step
    return run.step >= run.total and not owes_knn(run) and bool(distributed.from_first(handed_on))


def owes_knn(run: Run) -> bool:
    """Whether k-NN is due at this step and has left no line in the log."""
    if isinstance(run.asks, str) or not _is_epoch(run, run.config.keep.knn_every):
        return False
    try:
        records = read(run.folder) if distributed.rank() == 0 else []
    except ContentError:
        records = []
    done = any(record.get("kind") == "knn" and record.get("step") == run.step for record in records)
    return not distributed.from_first(done)


def _gallery(run: Run) -> Gallery | None:
    """What the first process keeps for `dino report`; None where nothing is to be kept."""
    keep = run.config.keep
    if distributed.rank() != 0 or not keep.snapshot_every or not keep.snapshot_images:
        return None
    return Gallery.hang(run.folder, run.images, run.config, run.step)


def _look(run: Run, gallery: Gallery | None) -> None:
    """Picture where the teacher attends: the first process does, and all lend it their share of the weights."""
    if run.config.keep.snapshot_every and run.config.keep.snapshot_images:
        teacher = run.teacher()
        if gallery:
            gallery.look(run.step, run.epoch, teacher.backbone)


def _batches(run: Run) -> Generator[Batch]:
    return arriving(run.images, run.config, run.shuffle, run.position, run.plan.total, run.device)


def _step(run: Run, journal: Log, batches: Iterator[tuple[Batch, float]]) -> str:
    """One step and its line in the log; "collapse" when that is the reason to stop here."""
    rates, began = run.plan.at(run.position), time.perf_counter()
    try:
        batch, waited = next(batches)
        outcome = _learn(run, batch, rates, look=_is_logged(run, run.step + 1))
    except DinoError as error:
        _save_what_is_whole(run, error)
        raise
    run.step += 1
    if not outcome.logits:
        return ""
    times: Record = {"data_wait": waited, "seconds": time.perf_counter() - began}
    return _log(run, journal, outcome, outcome.logits, rates, times)


def _is_logged(run: Run, step: int) -> bool:
    return step % run.config.keep.log_every == 0 or step in (1, run.total)


def _learn(run: Run, batch: Batch, rates: Rates, *, look: bool) -> Outcome:
    """Learn from the batch; where it raises a DinoError, nothing has been learnt."""
    for fault in run.faults.add(batch.faults):
        run.say(f"{printable(fault.name)} cannot be read ({fault.why}); the next image takes its place")
    run.faults.raise_above(run.config.data.unreadable_limit)
    seed_step(run.config.optim.seed, run.step, distributed.rank())
    return run.learner.step(batch.crops, rates, run.step, look=look)


def _log(run: Run, journal: Log, outcome: Outcome, logits: Logits, rates: Rates, times: Record) -> str:
    """Write the step's record; "collapse" when the monitor is sure of one and the run is to stop on it."""
    seen = vitals(
        logits.student,
        logits.teacher,
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


def _evaluate(run: Run, journal: Log, stop: Stop) -> None:
    """k-NN with the teacher; where it is better than after any epoch before, that teacher is kept.

    It is given up when a signal comes. The line in the log is the last that is done: a run that lacks it asks again.
    """
    if isinstance(run.asks, str):
        return
    backbone = run.teacher().backbone
    accuracy = run.asks.ask(backbone, run.config, run.device, lambda: bool(stop.asked))
    if accuracy is None:
        return
    k = run.config.keep.knn_k
    top1, top5 = accuracy[k]
    record: Record = {"kind": "knn", "step": run.step, "epoch": run.epoch, "k": k}
    others: Record = {f"top1_k{other}": pair[0] for other, pair in accuracy.items()}
    covered = run.covering.ask(backbone, run.device) if run.covering else None
    if covered:
        others |= {"jaccard": covered.best, "jaccard_single": covered.single}
    if distributed.from_first(bool(run.step) and top1 > run.best):
        _keep_teacher(run, {"knn": top1, **run.measure})
        run.best = top1
    journal.write({**record, "top1": top1, "top5": top5, **others})


def _keep_teacher(run: Run, facts: Mapping[str, Fact]) -> None:
    teacher = run.teacher()
    if distributed.rank() == 0:
        write_teacher(run.folder, teacher, run.config, {"step": run.step, "epoch": run.epoch, **facts})


def _is_epoch(run: Run, every: int) -> bool:
    """Whether the run has just finished an epoch that is a multiple of `every`, or its last."""
    return run.position % (run.shuffle.steps * max(1, every)) == 0 or run.step == run.total


def _is_due(run: Run) -> bool:
    every = run.config.keep.save_every or run.shuffle.steps
    return run.position % every == 0 or _is_epoch(run, 1)


def _agreed(run: Run, stop: Stop) -> str:
    """The signal that any process has got: all stop after the same step."""
    names = ["", *STOPPING]
    asked = torch.tensor(names.index(stop.asked), device=run.device)
    return names[int(distributed.maximum(asked))]


def _save_what_is_whole(run: Run, error: DinoError) -> None:
    """Save before ending with the error; where that cannot be, the checkpoint before stands."""
    together = distributed.world() == 1 or isinstance(error, NotFiniteError)  # else one process alone has failed
    with suppress(DinoError):
        if together:
            run.save()


def timed(batches: Iterator[Batch]) -> Iterator[tuple[Batch, float]]:
    """Each batch with the seconds that were spent waiting for it."""
    while True:
        began = time.perf_counter()
        batch = next(batches, None)
        if batch is None:
            return
        yield batch, time.perf_counter() - began
