"""The collapse monitor: is the network still learning, and if not, which way did it fail (paper section 5.3, figure 7).

The paper splits the loss H(Pt, Ps) into the teacher's entropy h(Pt) and the divergence KL(Pt | Ps) and names two ways
to collapse: an output that is uniform along all dimensions (too little sharpening), and one that is dominated by one
dimension (no centering). Both make the output independent of the image. Two more follow from its ablations: a center
that no longer follows the teacher (momentum 0.999 takes k-NN from 69.7 to 0.1, appendix), and numbers that are no
numbers. Feature rank is the effective rank (Roy and Vetterli 2007) as RankMe uses it (arXiv 2210.02885).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

UNIFORM = 0.99  # share of ln K above which the teacher's entropy says nothing about an image
UNIFORM_LEFT = 0.97
DOMINATED = 0.2  # share of the largest possible marginal entropy below which a handful of prototypes gets every image
DOMINATED_LEFT = 0.3
LAG = 1.0  # center to mean output, over the images' own spread: 0.1 to 0.3 in a healthy run, 2 to 6 in a collapsed one
LAG_LEFT = 0.7
RANK = 1.05
RANK_LEFT = 1.2
CONFIRMED = 5  # times the patience, after which stopping is right

REMEDIES = {
    "uniform": (
        "lower the teacher temperature (--teacher-temp 0.02; above 0.07 is unstable: authors' help text, and 0.08 gave "
        "0.1 % k-NN in the paper's table), warm it up longer; users left ln K with --momentum-teacher 0.99, "
        "--out-dim 8192 and --lr 1e-3 (facebookresearch/dino issues 43, 61, 246)"
    ),
    "one dimension": (
        "keep the centering on with a center momentum of 0.9 to 0.99, and the teacher slower than the student "
        "(--momentum-teacher 0.996: with none the paper measured 0.1 % k-NN); lower the learning rate or lengthen its "
        "warm-up (paper section 5.3; issue 43)"
    ),
    "dominated center": (
        "lower the center momentum to 0.9 (the paper's table: 0.9 gives 69.7 % k-NN, 0.99 69.4 %, 0.999 0.1 %), and "
        "lower the learning rate if the teacher still outruns it"
    ),
    "constant features": (
        "the backbone itself answers the same to every image: lower the learning rate, lengthen its warm-up, "
        "clip gradients at 0.3 to 1.0 (authors' help text on larger models)"
    ),
    "not a number": (
        "train in bfloat16 or float32, not float16 (--precision fp32: the authors' answer in issues 58, 97 "
        "and 263), then lower the learning rate or clip at a smaller norm"
    ),
}


@dataclass(frozen=True)
class Vitals:
    """What one step says about the health of a run; entropies and divergences in nats."""

    teacher_entropy: float
    student_entropy: float
    kl: float
    """KL(teacher | student) over the two global crops, each against the other: 0 is a constant output."""
    marginal_entropy: float
    """Entropy of the teacher's mean output over the batch: 0 when one prototype gets every image."""
    center_norm: float
    feature_rank: float
    """Effective rank of the features: from 1 (all alike) to the smaller of batch and dimension."""
    loss: float
    ln_k: float
    """The loss and the entropies of a uniform output."""
    center_lag: float = 0.0
    """Distance of the teacher's mean output from the center, over the images' distance from that mean."""
    rows: int = 0
    """Teacher outputs behind these numbers; a marginal entropy cannot tell more than ln(rows) apart."""

    def record(self) -> dict[str, float]:
        """The fields of a log record (kind "step"), the loss excepted: the step has the loss of all its crops."""
        return {name: value for name, value in asdict(self).items() if name not in ("loss", "rows")}


@dataclass(frozen=True)
class Warning:  # noqa: A001 - the contract's word; nothing here needs the built-in one
    """A collapse with its name, its evidence and its remedy. It is said once, and once more when it stays."""

    step: int
    kind: str
    evidence: str
    remedy: str
    confirmed: bool
    """True when it has stayed so long that stopping is right (`--stop-on-collapse`)."""

    @property
    def what(self) -> str:
        """One sentence: which collapse, and what shows it."""
        stays = " It stays so." if self.confirmed and self.kind != "not a number" else ""
        return f"{_NAMES[self.kind]}: {self.evidence}.{stays}"

    def record(self) -> dict[str, float | int | str]:
        """The record for the journal."""
        return {"kind": "warning", "step": self.step, "what": self.what, "remedy": self.remedy, "collapse": self.kind}


_NAMES = {
    "uniform": "Collapse to a uniform output",
    "one dimension": "Collapse onto one dimension",
    "dominated center": "The center no longer follows the teacher, so one dimension dominates",
    "constant features": "The features are the same for every image",
    "not a number": "The numbers are no longer numbers",
}


@torch.no_grad()
def vitals(
    student_logits: Tensor,
    teacher_logits: Tensor,
    center: Tensor,
    features: Tensor,
    student_temp: float,
    teacher_temp: float,
    loss: float | None = None,
) -> Vitals:
    """The health of one step, in nats.

    student_logits [crops·B, K] with the two global crops first, teacher_logits [2·B, K] of the same images, center [K]
    or [1, K] as used in this step, features [any, D] of the backbone. `loss` is the step's own where it is at hand;
    otherwise it is that of the two global crops.
    """
    logits, center = teacher_logits.detach().float(), center.detach().float().reshape(1, -1)
    rows, out_dim = logits.shape
    log_teacher = F.log_softmax((logits - center) / teacher_temp, dim=1)
    teacher = log_teacher.exp()
    log_student = F.log_softmax(student_logits[:rows].detach().float() / student_temp, dim=1)
    crossed = torch.cat(list(reversed(log_student.chunk(2))))  # teacher of one global crop, student of the other
    teacher_entropy = -(teacher * log_teacher).sum(1).mean()
    cross_entropy = -(teacher * crossed).sum(1).mean()
    mean = logits.mean(0, keepdim=True)
    spread = (logits - mean).square().sum(1).mean()
    lag = ((mean - center).square().sum() - spread / max(rows, 1)).clamp_min(0)  # less what sampling alone explains
    numbers = torch.stack(
        [
            teacher_entropy,
            -(log_student.exp() * log_student).sum(1).mean(),
            cross_entropy - teacher_entropy,
            _entropy(teacher.mean(0)),
            center.norm(),
            cross_entropy,
            (lag / spread.clamp_min(1e-12)).sqrt(),
        ]
    ).tolist()  # one wait for the device, not seven
    return Vitals(
        teacher_entropy=numbers[0],
        student_entropy=numbers[1],
        kl=numbers[2],
        marginal_entropy=numbers[3],
        center_norm=numbers[4],
        feature_rank=effective_rank(features),
        loss=numbers[5] if loss is None else loss,
        ln_k=math.log(out_dim),
        center_lag=numbers[6],
        rows=rows,
    )


@torch.no_grad()
def effective_rank(features: Tensor) -> float:
    """exp of the entropy of the normalised singular values of [rows, dim]; NaN when a feature is not finite."""
    matrix = features.detach().float().cpu()
    if not bool(torch.isfinite(matrix).all()):
        return math.nan
    values = torch.linalg.svdvals(matrix)
    return math.exp(float(_entropy(values / values.sum().clamp_min(1e-12))))


def _entropy(p: Tensor) -> Tensor:
    return -(p * p.clamp_min(1e-30).log()).sum(-1)


class Monitor:
    """Watches the vitals of a run and names a collapse, once the same one has shown for `patience` steps.

    It need not look at every step: what counts is how many steps passed while every look saw the collapse. The first
    `grace` steps are no evidence: every run starts near ln K with a center that is still catching up. A warning comes
    once; again, `confirmed`, after five times the patience; and anew only after the run had recovered past a looser
    threshold. Numbers that are none are told, confirmed, at once.
    """

    def __init__(self, out_dim: int, *, grace: int = 200, patience: int = 100) -> None:
        self.ln_k = math.log(out_dim)
        self.grace = grace
        self.due = (patience, CONFIRMED * patience)
        self._since: dict[str, int] = {}
        self._told: dict[str, int] = {}

    @classmethod
    def of_run(cls, out_dim: int, steps: int) -> "Monitor":
        """One for a run of so many steps: one below a thousand is to be warned and stopped before it is over, too."""
        return cls(out_dim, grace=min(200, max(20, steps // 5)), patience=min(100, max(10, steps // 10)))

    def watch(self, step: int, seen: Vitals) -> Warning | None:
        """The warning that this step makes due, if any."""
        broken = [field.name for field in fields(seen) if not math.isfinite(getattr(seen, field.name))]
        if self._goes_on("not a number", step, entered=bool(broken), left=not broken):
            if self._told["not a number"]:
                return None
            return self._warn(step, "not a number", f"{', '.join(broken)} is not finite at step {step}", confirmed=True)
        if step < self.grace:
            return None
        due = None
        for kind, (entered, left, evidence) in self._signatures(seen).items():
            if self._goes_on(kind, step, entered=entered, left=left) and due is None and self._is_due(kind, step):
                due = self._warn(step, kind, evidence, confirmed=self._told[kind] > 0)
        return due

    def _goes_on(self, kind: str, step: int, *, entered: bool, left: bool) -> bool:
        """Whether this look sees the collapse begin, or still there."""
        if entered or (self._told.get(kind) and not left):
            self._since.setdefault(kind, step)
            self._told.setdefault(kind, 0)
            return True
        self._since.pop(kind, None)
        self._told.pop(kind, None)
        return False

    def _is_due(self, kind: str, step: int) -> bool:
        told = self._told[kind]
        return told < len(self.due) and step - self._since[kind] + 1 >= self.due[told]

    def state(self) -> dict[str, list[int]]:
        """What a checkpoint keeps, so that a resumed run warns exactly where an undisturbed one does."""
        return {kind: [since, self._told[kind]] for kind, since in self._since.items()}

    def restore(self, state: Mapping[str, Sequence[int]]) -> None:
        """Goes on from the `state` of a checkpoint."""
        known = {kind: counts for kind, counts in state.items() if kind in REMEDIES}
        self._since = {kind: since for kind, (since, _) in known.items()}
        self._told = {kind: told for kind, (_, told) in known.items()}

    def _signatures(self, v: Vitals) -> dict[str, tuple[bool, bool, str]]:
        """Per collapse: entered, left, evidence. The first that is due is the one told: the cause before the effect."""
        most = min(self.ln_k, math.log(v.rows) if v.rows > 1 else self.ln_k)
        share = v.teacher_entropy / self.ln_k
        return {
            "uniform": (
                share > UNIFORM,
                share < UNIFORM_LEFT,
                f"the teacher's entropy is {v.teacher_entropy:.4f} and the loss {v.loss:.4f}, where ln K = "
                f"{self.ln_k:.4f} is an even guess; KL {v.kl:.2g}",
            ),
            "dominated center": (
                v.center_norm > 0 and v.center_lag > LAG,
                v.center_lag < LAG_LEFT,
                f"the teacher's mean output is {v.center_lag:.1f} times as far from the center (norm "
                f"{v.center_norm:.2f}) as the images are from one another; teacher's entropy {v.teacher_entropy:.2f}",
            ),
            "one dimension": (
                v.marginal_entropy < DOMINATED * most,
                v.marginal_entropy > DOMINATED_LEFT * most,
                f"{math.exp(v.marginal_entropy):.1f} of {math.exp(self.ln_k):.0f} prototypes get all images (marginal "
                f"entropy {v.marginal_entropy:.3f}), center norm {v.center_norm:.2f}, loss {v.loss:.3f}",
            ),
            "constant features": (
                v.feature_rank < RANK,
                v.feature_rank > RANK_LEFT,
                f"their effective rank is {v.feature_rank:.2f}, and 1 means one direction",
            ),
        }

    def _warn(self, step: int, kind: str, evidence: str, *, confirmed: bool) -> Warning:
        self._told[kind] += 1
        return Warning(step, kind, evidence, REMEDIES[kind], confirmed)
