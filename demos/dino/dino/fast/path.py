"""The fast path from crops to a Sight: packed crops, and a loss that keeps no logits. The plain path is its oracle."""

from collections.abc import Sequence

import torch
from torch import Tensor

from dino.fast.cross_entropy import cross_entropy
from dino.fast.packed import class_tokens
from dino.loss import DinoLoss, precise
from dino.sight import Logits, Sight
from dino.teacher import MultiCropNet, by_size
from dino.vit import VisionTransformer


def fast(
    student: MultiCropNet,
    teacher: MultiCropNet,
    criterion: DinoLoss,
    crops: Sequence[Tensor],
    teacher_temp: float,
    *,
    look: bool,
) -> Sight:
    """The sight, the student's logits made only where they are looked at, and only those of the global views."""
    with torch.no_grad():
        features = features_of(teacher, crops[:2])
        teacher_logits = precise(teacher.head(features))
        targets = criterion.targets(teacher_logits, teacher_temp).chunk(2)
    student_features = features_of(student, crops)
    bottleneck, prototypes = student.head.bottleneck(student_features), student.head.last_layer
    kind = crops[0].device.type
    precision = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else None
    loss = cross_entropy(
        bottleneck, prototypes.weight_v, prototypes.weight_g, targets, criterion.student_temp, precision
    )
    logits = None
    if look:
        with torch.no_grad():
            logits = Logits(prototypes(bottleneck[: len(teacher_logits)]), teacher_logits)
    return Sight(loss, features, student_features, teacher_logits.mean(dim=0, keepdim=True), logits)


def features_of(network: MultiCropNet, crops: Sequence[Tensor]) -> Tensor:
    """What the head gets, [crops · batch, dim]: packed for an own vision transformer, else as on the plain path."""
    if not isinstance(network.backbone, VisionTransformer):
        return network.features(crops)
    return precise(class_tokens(network.backbone, [torch.cat(group) for group in by_size(crops)]))
