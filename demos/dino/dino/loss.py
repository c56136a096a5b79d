"""The loss (paper section 3.1, equations 1 to 4, Algorithm 1): the student predicts the centered, sharpened teacher.

Off by default, because they change the method: Sinkhorn-Knopp in place of the centering (Caron et al. 2020, SwAV;
paper Table 13) and KoLeo (Sablayrolles et al. 2019, as in DINOv2, arXiv 2304.07193), which spreads the features.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dino import distributed


class DinoLoss(nn.Module):
    """The cross-entropy over all pairs of a teacher's global view and another view of the student's.

    Student logits are [views · batch, out_dim], teacher logits [2 · batch, out_dim], view by view, the global ones
    first. `move_center` follows each step: the center used is always that of the steps before (equation 4).
    """

    center: Tensor

    def __init__(
        self, out_dim: int, *, student_temp: float = 0.1, center_momentum: float = 0.9, sinkhorn: int = 0
    ) -> None:
        super().__init__()
        self.student_temp, self.center_momentum, self.sinkhorn = student_temp, center_momentum, sinkhorn
        self.register_buffer("center", torch.zeros(1, out_dim))

    def forward(self, student_logits: Tensor, teacher_logits: Tensor, teacher_temp: float) -> Tensor:
        targets = self.targets(teacher_logits, teacher_temp).chunk(2)
        views = len(student_logits) // len(targets[0])
        total, pairs = self.center.new_zeros(()), 0
        for view, logits in enumerate(student_logits.chunk(views)):
            log_probabilities = F.log_softmax(precise(logits) / self.student_temp, dim=-1)
            others = [target for index, target in enumerate(targets) if index != view]
            target = others[0] if len(others) == 1 else others[0] + others[1]
            total = total - (target * log_probabilities).sum(dim=-1).mean()
            pairs += len(others)
        return total / pairs

    @torch.no_grad()
    def targets(self, teacher_logits: Tensor, teacher_temp: float) -> Tensor:
        """The teacher's probabilities: [2 · batch, out_dim], rows summing to one."""
        logits = precise(teacher_logits)
        if self.sinkhorn:
            return torch.cat([sinkhorn_knopp(view, teacher_temp, self.sinkhorn) for view in logits.chunk(2)])
        return F.softmax((logits - self.center) / teacher_temp, dim=-1)

    @torch.no_grad()
    def move_center(self, mean: Tensor) -> None:
        """Move the center towards the mean [1, out_dim] of the teacher's logits of every process (equation 4)."""
        self.center.copy_(self.center * self.center_momentum + mean * (1 - self.center_momentum))


def precise(tensor: Tensor) -> Tensor:
    """The tensor in float32, or in float64 where it is that already."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()


@torch.no_grad()
def sinkhorn_knopp(logits: Tensor, temperature: float, iterations: int = 3) -> Tensor:
    """Soft assignments [batch, prototypes] that use the prototypes equally over the whole batch of every process."""
    scaled = logits / temperature
    assignment = (scaled - distributed.maximum(scaled.max())).exp()
    rows = distributed.total(torch.tensor(float(len(logits)), device=logits.device))
    assignment /= distributed.total(assignment.sum())
    for _ in range(iterations):
        assignment /= distributed.total(assignment.sum(dim=0, keepdim=True)) * assignment.shape[1]
        assignment /= assignment.sum(dim=1, keepdim=True) * rows
    return assignment * rows


def koleo(features: Tensor) -> Tensor:
    """The Kozachenko-Leonenko estimate −mean log(distance to the nearest other feature), of unit-norm [batch, dim]."""
    features = F.normalize(precise(features), dim=-1)
    with torch.no_grad():
        similarity = features @ features.T
        nearest = similarity.fill_diagonal_(-1.0).argmax(dim=1)
    distances = F.pairwise_distance(features, features[nearest], p=2, eps=1e-8)
    return -torch.log(distances + 1e-8).mean()
