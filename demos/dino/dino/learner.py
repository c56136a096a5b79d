"""One step of DINO (paper Algorithm 1): both networks see the crops, the student learns, the teacher follows."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from dino import distributed
from dino.accumulation import by_view, logits_of, mean_of, parts_of
from dino.errors import ContentError
from dino.gradients import averaged
from dino.loss import DinoLoss, koleo
from dino.optim import clip_each, set_rates
from dino.sight import Logits, Sight, SightPath, plain
from dino.teacher import MultiCropNet, follow

NOT_FINITE = (
    "the loss is {loss} at step {step}; the state from before it is kept. Lower --lr, or train with "
    "--precision bf16 or fp32"
)


class NotFiniteError(ContentError):
    """The loss is NaN or infinite; nothing was updated."""


@dataclass(frozen=True)
class Rates:
    """What the schedules say for one step. While `frozen`, the prototypes do not learn."""

    lr: float
    weight_decay: float
    momentum: float
    teacher_temp: float
    frozen: bool


@dataclass(frozen=True)
class Outcome:
    """What one step saw: the loss, the teacher's features, the center that was used, the logits if they were asked for.

    `gradient_norms` is empty where nothing is clipped.
    """

    loss: float
    features: Tensor
    center: Tensor
    gradient_norms: list[Tensor]
    logits: Logits | None


@dataclass(frozen=True)
class Learner:
    """Everything that learns, on one of the two paths. `precision` is None for float32; a `scaler` is for float16.

    A step is made in `accumulate` parts, of which the batch is a multiple.
    """

    student: MultiCropNet
    teacher: MultiCropNet
    criterion: DinoLoss
    optimizer: torch.optim.Optimizer
    clip: float = 0.0
    koleo_weight: float = 0.0
    precision: torch.dtype | None = None
    scaler: torch.amp.GradScaler | None = None
    path: SightPath = plain
    accumulate: int = 1

    def step(self, crops: Sequence[Tensor], rates: Rates, step: int = 0, *, look: bool = False) -> Outcome:
        """Learn from crops of [batch, channels, height, width], the two global ones first; `look` asks for the logits.

        Raises NotFiniteError, before anything is changed, when any process has a loss that is no number.
        """
        set_rates(self.optimizer, rates.lr, rates.weight_decay)
        self.optimizer.zero_grad(set_to_none=True)
        *before, last = parts_of(crops, self.accumulate)
        sights = [self._learn(self._see(part, rates, look=look)) for part in before]
        sights.append(self._see(last, rates, look=look))
        loss = distributed.mean_to_come(mean_of([sight.loss for sight in sights]))
        mean = distributed.mean_to_come(mean_of([sight.teacher_mean for sight in sights]))
        number = loss.number()
        with averaged(self._parameters(without_prototypes=rates.frozen)):
            self._learn(sights[-1])
        value = number()
        if not math.isfinite(value):
            self.optimizer.zero_grad(set_to_none=True)
            raise NotFiniteError(NOT_FINITE.format(loss=value, step=step))
        norms, center = self._update(rates), self.criterion.center.clone()
        self.criterion.move_center(mean.wait())
        follow(self.teacher, self.student, rates.momentum)
        features, logits = by_view([sight.features for sight in sights]), logits_of([sight.logits for sight in sights])
        return Outcome(value, features, center, norms, logits)

    def _see(self, crops: Sequence[Tensor], rates: Rates, *, look: bool) -> Sight:
        with self._autocast(crops[0].device):
            sight = self.path(self.student, self.teacher, self.criterion, crops, rates.teacher_temp, look=look)
        if not self.koleo_weight:
            return sight
        views = sight.student_features[: 2 * len(crops[0])].chunk(2)
        return replace(sight, loss=sight.loss + self.koleo_weight * sum(koleo(view) for view in views))

    def _learn(self, sight: Sight) -> Sight:
        """Add what follows from the sight to the gradients."""
        loss = sight.loss / self.accumulate
        torch.autograd.backward(self.scaler.scale(loss) if self.scaler else loss)
        return sight

    def _update(self, rates: Rates) -> list[Tensor]:
        """Update the student: clip first, then forget what the frozen prototypes would have learnt."""
        if self.scaler:
            self._forget(rates)  # before it looks for overflows: of these gradients each process has its own
            self.scaler.unscale_(self.optimizer)
        norms = clip_each(self._parameters(), self.clip) if self.clip else []
        self._forget(rates)
        if self.scaler:
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            self.optimizer.step()
        return norms

    def _forget(self, rates: Rates) -> None:
        if rates.frozen:
            for name, parameter in self.student.named_parameters():
                if "last_layer" in name:
                    parameter.grad = None

    def _parameters(self, *, without_prototypes: bool = False) -> list[nn.Parameter]:
        """What the student learns."""
        return [
            parameter
            for name, parameter in self.student.named_parameters()
            if parameter.requires_grad and not (without_prototypes and "last_layer" in name)
        ]

    def _autocast(self, device: torch.device) -> AbstractContextManager[object]:
        return torch.autocast(device.type, self.precision) if self.precision else nullcontext()
