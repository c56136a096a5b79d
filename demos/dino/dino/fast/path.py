"""The fast path from crops to a Sight: packed crops, and a loss that keeps no logits. The plain path is its oracle."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dino.fast.cross_entropy import cross_entropy
from dino.fast.linear import linear
from dino.fast.packed import class_tokens
from dino.head import Head
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
    compiled: bool = False,
) -> Sight:
    """The sight, the student's logits made only where they are looked at, and only those of the global views."""
    with torch.no_grad():
        features = features_of(teacher, crops[:2], compiled=compiled)
        teacher_logits = precise(teacher.head.last_layer(bottleneck_of(teacher.head, features)))
        targets = criterion.targets(teacher_logits, teacher_temp).chunk(2)
    student_features = features_of(student, crops, compiled=compiled)
    bottleneck, prototypes = bottleneck_of(student.head, student_features), student.head.last_layer
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


def features_of(network: MultiCropNet, crops: Sequence[Tensor], *, compiled: bool = False) -> Tensor:
    """What the head gets, [crops · batch, dim]: packed for an own vision transformer, else as on the plain path."""
    if not isinstance(network.backbone, VisionTransformer):
        return network.features(crops)
    groups = [torch.cat(group) for group in by_size(crops)]
    return precise(class_tokens(network.backbone, groups, compiled=compiled))


def bottleneck_of(head: Head, features: Tensor) -> Tensor:
    """The head's bottleneck, [batch, dim], its linear layers each by the faster library."""
    rows = features
    for layer in head.mlp if isinstance(head.mlp, nn.Sequential) else [head.mlp]:
        rows = linear(rows, layer.weight, layer.bias) if isinstance(layer, nn.Linear) else layer(rows)
    return F.normalize(rows, dim=-1)
