"""What both networks make of a step's crops (paper Algorithm 1, its forward half), and the plain path to it.

There are two paths with one interface. The plain one reads like the paper and is what the tests trust; the fast one,
`dino.fast.path`, trains. Both give the same numbers but for rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from dino.loss import DinoLoss, precise
from dino.teacher import MultiCropNet


@dataclass(frozen=True)
class Logits:
    """Both networks' logits of the two global views, each [2 · batch, out_dim], without a gradient."""

    student: Tensor
    teacher: Tensor


@dataclass(frozen=True)
class Sight:
    """The loss, with its graph, and what is needed beside it; `logits` is None where nobody asked for them.

    `features` [2 · batch, dim] are the teacher's, `student_features` [views · batch, dim] have their graph, and
    `teacher_mean` [1, out_dim] is the mean of the teacher's logits, which moves the center.
    """

    loss: Tensor
    features: Tensor
    student_features: Tensor
    teacher_mean: Tensor
    logits: Logits | None


class SightPath(Protocol):
    """A way from crops of [batch, channels, height, width], the two global ones first, to a Sight."""

    def __call__(
        self,
        student: MultiCropNet,
        teacher: MultiCropNet,
        criterion: DinoLoss,
        crops: Sequence[Tensor],
        teacher_temp: float,
        *,
        look: bool,
    ) -> Sight:
        """The sight, with logits where `look` asks for them."""
        ...


def plain(
    student: MultiCropNet,
    teacher: MultiCropNet,
    criterion: DinoLoss,
    crops: Sequence[Tensor],
    teacher_temp: float,
    *,
    look: bool,
) -> Sight:
    """The sight as the paper writes it down: every logit of every view, then the loss over all pairs."""
    with torch.no_grad():
        features = teacher.features(crops[:2])
        teacher_logits = precise(teacher.head(features))
    student_features = student.features(crops)
    student_logits = student.head(student_features)
    loss = criterion(student_logits, teacher_logits, teacher_temp)
    logits = Logits(student_logits[: len(teacher_logits)].detach(), teacher_logits) if look else None
    return Sight(loss, features, student_features, teacher_logits.mean(dim=0, keepdim=True), logits)
