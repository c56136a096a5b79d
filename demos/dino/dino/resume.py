"""A run's state as tensors and facts, and back: what a checkpoint must hold for the next step to be the same.

A step is a step of the optimizer and is never counted anew. How far the run is on its way through the epochs is its
position, in steps of the present size; `Counting` tells how the two differ once the size of a step has changed.

Random numbers need no saving: those of a step follow from the seed, the step and the rank (`seed_step`), those of an
image's crops from the seed, the epoch and the image.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dino import distributed
from dino.checkpoint import State, names, under
from dino.config import SETTINGS, Config
from dino.errors import CommandError, ContentError
from dino.learner import Learner
from dino.sharding import own, share, whole

PRIME = 1_000_003


def seed_step(seed: int, step: int, rank: int) -> None:
    """Set the random numbers (stochastic depth, dropout) of one step on one rank."""
    torch.manual_seed((seed * PRIME + step) * PRIME + rank)


@dataclass(frozen=True)
class Counting:
    """How steps make epochs: of what size they are, and how many were done beyond the position (`ahead`)."""

    steps_per_epoch: int
    images_per_step: int
    processes: int
    ahead: int = 0

    def facts(self) -> dict[str, int]:
        """What a checkpoint keeps."""
        return dict(vars(self))

    def going_on(self, step: int, before: "Counting") -> "Counting":
        """This counting, for a run that did `step` steps in another: it is as far through the epochs as it was."""
        position = (step - before.ahead) * self.steps_per_epoch // before.steps_per_epoch
        return Counting(self.steps_per_epoch, self.images_per_step, self.processes, step - position)

    def is_like(self, before: "Counting") -> bool:
        """Whether steps are of the same size, made by the same number of processes."""
        return Counting(**{**self.facts(), "ahead": before.ahead}) == before

    def change_from(self, before: "Counting") -> str:
        """One sentence that says what is different from `before`."""
        now_and_then = [
            ("process", "processes", self.processes, before.processes),
            ("image per step", "images per step", self.images_per_step, before.images_per_step),
            ("step per epoch", "steps per epoch", self.steps_per_epoch, before.steps_per_epoch),
        ]
        changes = [
            f"{now} {one if now == 1 else many} where there {'was' if then == 1 else 'were'} {then}"
            for one, many, now, then in now_and_then
            if now != then
        ]
        scale = self.images_per_step / before.images_per_step
        rate = f"the rate becomes {scale:g} times what it was; " if scale != 1 else ""
        return f"{', '.join(changes)}: {rate}the run no longer ends bit for bit as an undisturbed one"


def pack(learner: Learner, facts: Mapping[str, Any], *, kept: bool = True) -> State:
    """The learner's whole state, on the CPU, and the facts.

    Of a sharded one every process has to ask; one that has not `kept` the tensors gets none.
    """
    tensors = {
        **names("student", learner.student.state_dict()),
        **names("teacher", learner.teacher.state_dict()),
        **names("loss", learner.criterion.state_dict()),
        **names("optimizer", _optimizer_state(learner)),
    }
    scaler = learner.scaler.state_dict() if learner.scaler else {}
    gathered = ((name, whole(tensor.detach())) for name, tensor in tensors.items())
    return State({name: tensor.cpu().clone() for name, tensor in gathered if kept}, {**facts, "scaler": scaler})


def unpack(state: State, learner: Learner, *, same_optimizer: bool = True) -> None:
    """Give the learner the state; with another optimizer than then, that one starts afresh.

    Raises ContentError when it is the state of another network.
    """
    try:
        _load(learner.student, under("student", state.tensors))
        _load(learner.teacher, under("teacher", state.tensors))
        _load(learner.criterion, under("loss", state.tensors))
    except RuntimeError as error:
        raise ContentError(f"the checkpoint is of another network ({_first_difference(error)})") from error
    _restore_optimizer(learner, under("optimizer", state.tensors) if same_optimizer else {})
    if learner.scaler and state.facts["scaler"]:
        learner.scaler.load_state_dict(state.facts["scaler"])


@torch.no_grad()
def is_finite(learner: Learner) -> bool:
    """Whether every weight, statistic and center is a number, in every process."""
    modules = (learner.student, learner.teacher, learner.criterion)
    tensors = [own(tensor) for module in modules for tensor in module.state_dict().values()]
    broken = ~torch.stack([tensor.isfinite().all() for tensor in tensors]).all()
    return not distributed.maximum(broken.float())


def changes(facts: Mapping[str, Any], config: Config, fingerprint: str) -> list[str]:
    """What differs, each in words: the settings on which the result depends, and the set of images."""
    before = facts["settings"]
    changed = [
        f"{name} was {before[name]}, now {value}"
        for name, value in fixed(config).items()
        if name in before and before[name] != value
    ]
    if facts["images"] != fingerprint:
        changed.append("the images have changed")
    return changed


def refuse(changed: Sequence[str]) -> None:
    """Raise CommandError, naming each of the `changes`, where there are any."""
    if changed:
        raise CommandError(
            f"the run was started otherwise: {'; '.join(changed)}. Give all as it was, name another "
            "folder with --out, or go on all the same with --resume-anyway"
        )


def going_on_with(facts: Mapping[str, Any], config: Config, changed: Sequence[str]) -> str:
    """One sentence that says what `--resume-anyway` changes; schedules follow from the number of epochs."""
    moved = facts["settings"].get("epochs") != config.optim.epochs
    schedules = "; with the epochs, the schedules of rate, decay, momentum and temperature move" if moved else ""
    return f"going on otherwise than before: {'; '.join(changed)}{schedules}"


def fixed(config: Config) -> dict[str, Any]:
    """The settings on which the result depends, as JSON has them."""
    values = {name: setting.of(config) for name, setting in SETTINGS.items() if not setting.free}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _first_difference(error: RuntimeError) -> str:
    lines = [line.strip(" \t.,;:") for line in str(error).splitlines()]
    return lines[min(1, len(lines) - 1)]


def _load(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    here = module.state_dict()
    module.load_state_dict({name: share(tensor, here.get(name, tensor)) for name, tensor in tensors.items()})


def _named(learner: Learner) -> list[tuple[str, nn.Parameter]]:
    return [(name, parameter) for name, parameter in learner.student.named_parameters() if parameter.requires_grad]


def _optimizer_state(learner: Learner) -> dict[str, Tensor]:
    """exp_avg, momentum_buffer, step … of each parameter, as PARAMETER/KIND."""
    return {
        f"{name}/{kind}": torch.as_tensor(value)
        for name, parameter in _named(learner)
        for kind, value in learner.optimizer.state.get(parameter, {}).items()
        if value is not None
    }


def _restore_optimizer(learner: Learner, tensors: Mapping[str, Tensor]) -> None:
    learner.optimizer.state.clear()
    parameters = dict(_named(learner))
    for key, tensor in tensors.items():
        name, _, kind = key.rpartition("/")
        parameter = parameters.get(name)
        if parameter is not None:  # else it learns no more
            value = tensor.clone() if kind == "step" else share(tensor.clone().to(parameter.device), parameter)
            learner.optimizer.state[parameter][kind] = value
