"""The two networks (paper section 3.1, Algorithm 1): a student that learns, and a teacher, its moving average."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dino.head import Head
from dino.loss import precise


class MultiCropNet(nn.Module):
    """Logits for every crop of a batch, view by view: crops of [batch, channels, h, w] → [crops · batch, out_dim].

    Crops of one size go through the backbone together; the head sees all of them at once.
    """

    def __init__(self, backbone: nn.Module, head: Head) -> None:
        super().__init__()
        self.backbone = backbone
        self.head: Head = head

    def forward(self, crops: Sequence[Tensor]) -> Tensor:
        logits: Tensor = self.head(self.features(crops))
        return logits

    def features(self, crops: Sequence[Tensor]) -> Tensor:
        """What the head gets: [crops · batch, dim], in float32 where the backbone ran in less."""
        return torch.cat([precise(self.backbone(torch.cat(group))) for group in by_size(crops)])


def by_size(crops: Sequence[Tensor]) -> list[list[Tensor]]:
    """The crops in their order, neighbours of one size together."""
    groups: list[list[Tensor]] = []
    for crop in crops:
        if groups and groups[-1][0].shape[-2:] == crop.shape[-2:]:
            groups[-1].append(crop)
        else:
            groups.append([crop])
    return groups


def start_teacher(teacher: nn.Module, student: nn.Module) -> None:
    """Give the teacher the student's weights, and no gradients."""
    teacher.load_state_dict(student.state_dict())
    teacher.requires_grad_(False)


@torch.no_grad()
def follow(teacher: nn.Module, student: nn.Module, momentum: float) -> None:
    """Move the teacher: θt ← m θt + (1 − m) θs over the parameters. Running statistics are the teacher's own."""
    teachers: list[Tensor] = list(teacher.parameters())
    students: list[Tensor] = list(student.parameters())
    torch._foreach_lerp_(teachers, students, 1 - momentum)
