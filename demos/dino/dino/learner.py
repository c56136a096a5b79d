"""One step of DINO (paper Algorithm 1): both networks see the crops, the student learns, the teacher follows."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from dino import distributed
from dino.errors import ContentError
from dino.loss import DinoLoss, koleo
from dino.optim import clip_each, set_rates
from dino.sight import Logits, Path, plain
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
    """Everything that learns, on one of the two paths. `precision` is None for float32; a `scaler` is for float16."""

    student: MultiCropNet
    teacher: MultiCropNet
    criterion: DinoLoss
    optimizer: torch.optim.Optimizer
    clip: float = 0.0
    koleo_weight: float = 0.0
    precision: torch.dtype | None = None
    scaler: torch.amp.GradScaler | None = None
    path: Path = plain

    def step(self, crops: Sequence[Tensor], rates: Rates, step: int = 0, *, look: bool = False) -> Outcome:
        """Learn from crops of [batch, channels, height, width], the two global ones first; `look` asks for the logits.

        Raises NotFiniteError, before anything is changed, when any process has a loss that is no number.
        """
        set_rates(self.optimizer, rates.lr, rates.weight_decay)
        with self._autocast(crops[0].device):
            sight = self.path(self.student, self.teacher, self.criterion, crops, rates.teacher_temp, look=look)
        loss = sight.loss
        if self.koleo_weight:
            views = sight.student_features[: 2 * len(crops[0])].chunk(2)
            loss = loss + self.koleo_weight * sum(koleo(view) for view in views)
        value = float(distributed.mean(loss.detach()))
        if not math.isfinite(value):
            raise NotFiniteError(NOT_FINITE.format(loss=value, step=step))
        norms, center = self._learn(loss, rates), self.criterion.center.clone()
        self.criterion.move_center(sight.teacher_mean)
        follow(self.teacher, self.student, rates.momentum)
        return Outcome(value, sight.features, center, norms, sight.logits)

    def _learn(self, loss: Tensor, rates: Rates) -> list[Tensor]:
        """Update the student: clip first, then forget what the frozen prototypes would have learnt."""
        parameters = [parameter for parameter in self.student.parameters() if parameter.requires_grad]
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(self.scaler.scale(loss) if self.scaler else loss)
        distributed.average_gradients(parameters)
        if self.scaler:
            self.scaler.unscale_(self.optimizer)
        norms = clip_each(parameters, self.clip) if self.clip else []
        if rates.frozen:
            for name, parameter in self.student.named_parameters():
                if "last_layer" in name:
                    parameter.grad = None
        if self.scaler:
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            self.optimizer.step()
        return norms

    def _autocast(self, device: torch.device) -> AbstractContextManager[object]:
        return torch.autocast(device.type, self.precision) if self.precision else nullcontext()
