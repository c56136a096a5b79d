"""A run in progress: what learns, how far it is, and its checkpoints (paper Algorithm 1, over many sittings).

It goes on from the newest whole checkpoint, and ends bit for bit where an undisturbed run ends, on the CPU.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from dino import checkpoint, distributed
from dino.allocator import keep_freed_memory
from dino.building import Plan, build_learner, build_network
from dino.checkpoint import State
from dino.config import Config
from dino.covering import Covering
from dino.data.faults import Faults
from dino.data.images import Images
from dino.data.sampler import Shuffle
from dino.errors import WorldError
from dino.evaluation import Question, question
from dino.exchange.weights import Fact
from dino.learner import Learner, NotFiniteError
from dino.monitor import Monitor
from dino.resume import Counting, changes, fixed, going_on_with, is_finite, pack, refuse, unpack
from dino.selection import kept_teacher
from dino.sharding import put_together
from dino.teacher import MultiCropNet
from dino.threads import use_threads

CHECKPOINTS = "checkpoints"
NOT_FINITE = (
    "the weights are no longer numbers after step {step}; the checkpoint before it is kept. Lower --lr, or train with "
    "--precision bf16 or fp32"
)

Say = Callable[[str], None]


@dataclass
class Run:
    """A run in progress: what learns, and how far it is.

    `step` counts the steps that are done, `saved` those in the newest checkpoint; `best` is the first process's alone.
    """

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
    covering: Covering | None
    counting: Counting
    step: int = 0
    saved: int = 0
    best: float = -1.0
    faults: Faults = field(default_factory=Faults)

    @property
    def position(self) -> int:
        """How far the run is on its way, in steps of the present size."""
        return self.step - self.counting.ahead

    @property
    def total(self) -> int:
        """What `step` will be at the end."""
        return self.plan.total + self.counting.ahead

    @property
    def epoch(self) -> float:
        """How many passes over the images are done."""
        return self.position / self.shuffle.steps

    @property
    def measure(self) -> dict[str, Fact]:
        """What a k-NN score is measured with: scores of another measure cannot be compared."""
        keep = self.config.keep
        measured: dict[str, Fact] = {"knn_k": keep.knn_k, "knn_limit": keep.knn_limit, "knn_images": keep.knn_images}
        return {**measured, "images": self.images.fingerprint}

    @classmethod
    def start(cls, images: Images, config: Config, folder: Path, device: torch.device, say: Say) -> "Run":
        """A new run, before its first step."""
        use_threads(config, device)
        if device.type == "cpu":
            keep_freed_memory()
        rank, world, batch = distributed.rank(), distributed.world(), config.optim.batch_size
        shuffle = Shuffle(len(images), batch, rank, world, config.optim.seed)
        plan = Plan(config, shuffle.steps, batch * world)
        fresh = not checkpoint.saved(folder / CHECKPOINTS)
        learner, monitor = build_learner(config, device, fresh=fresh), Monitor.of_run(config.head.out_dim, plan.total)
        asks = question(images, config)
        covering = None if isinstance(asks, str) else Covering.of(asks.asked, config)
        counting = Counting(shuffle.steps, plan.images_per_step, world)
        return cls(config, images, folder, device, say, shuffle, plan, learner, monitor, asks, covering, counting)

    def go_on(self, *, whatever_changed: bool = False) -> bool:
        """Take up the newest whole checkpoint of the folder; False where there is none.

        Raises CommandError when a setting or the set of images is another, unless `whatever_changed`.
        """
        state = checkpoint.load_latest(self.folder / CHECKPOINTS, self.say)
        if len(set(distributed.gathered(state and state.facts["step"]))) > 1:
            raise WorldError(f"the processes see different checkpoints; {self.folder} must be on a disk that all share")
        if not state:
            return False
        facts = state.facts
        changed = changes(facts, self.config, self.images.fingerprint)
        if not whatever_changed:
            refuse(changed)
        elif changed:
            self.say(going_on_with(facts, self.config, changed))
        use_threads(self.config, self.device, before=facts["threads"])
        unpack(state, self.learner, same_optimizer=facts["settings"]["optimizer"] == self.config.optim.optimizer)
        before = Counting(**facts["counting"])
        self.step = self.saved = int(facts["step"])
        self.counting = self.counting.going_on(self.step, before)
        self.faults = Faults.from_facts(facts["faults"])
        self.monitor.restore(facts["monitor"])
        if not self.counting.is_like(before):
            self.say(self.counting.change_from(before))
        self._take_up_best()
        return True

    def _take_up_best(self) -> None:
        """The score to beat is that of the teacher that is kept, so that the two cannot disagree."""
        kept = kept_teacher(self.folder)
        if "knn" not in kept or isinstance(self.asks, str):
            return
        if all(kept.get(name) == value for name, value in self.measure.items()):
            self.best = float(str(kept["knn"]))
        else:
            self.say("k-NN is measured otherwise than before: the best teacher is chosen anew")

    def save(self) -> None:
        """Write a checkpoint of this moment; the first process writes, all wait for it."""
        if self.saved == self.step:
            return
        if not is_finite(self.learner):
            raise NotFiniteError(NOT_FINITE.format(step=self.step))
        problem: WorldError | None = None
        first = distributed.rank() == 0
        state = pack(self.learner, self._facts(), kept=first)
        if first:
            try:
                self._write(state)
            except WorldError as error:
                problem = error
        problem = distributed.from_first(problem)
        if problem:
            raise problem
        self.saved = self.step

    def teacher(self) -> MultiCropNet:
        """The teacher as this process can use it by itself; every process has to ask."""
        return put_together(self.learner.teacher, lambda: build_network(self.config), self.device)

    def _facts(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "counting": self.counting.facts(),
            "settings": fixed(self.config),
            "images": self.images.fingerprint,
            "faults": self.faults.facts(),
            "monitor": self.monitor.state(),
            "threads": torch.get_num_threads(),
        }

    def _write(self, state: State) -> None:
        keep = self.config.keep
        period = keep.keep_every * self.shuffle.steps
        for_good = bool(period) and self.position % period == 0
        checkpoint.save(self.folder / CHECKPOINTS, state, keep=keep.keep, for_good=for_good)
