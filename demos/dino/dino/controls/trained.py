"""The networks of a run: the teacher as it began, and as a step left it."""

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from dino.building import build_learner
from dino.checkpoint import load, saved, step_of
from dino.config import Config
from dino.errors import CommandError
from dino.resume import unpack
from dino.run import CHECKPOINTS
from dino.settings import resolve
from dino.settings_file import file_source


@dataclass(frozen=True, eq=False)
class Trained:
    """The backbones of a run's teacher, both in evaluation mode, and the settings that it was trained with."""

    untrained: nn.Module
    trained: nn.Module
    step: int
    config: Config


def networks_of(run: Path, step: int | None = None) -> Trained:
    """Those of the folder of a run, by its last checkpoint or that of a step. Raises CommandError where it has none."""
    places = [place for place in saved(run / CHECKPOINTS) if step in (None, step_of(place))]
    if not places:
        which = "" if step is None else f" of step {step}"
        raise CommandError(f"{run} has no checkpoint{which}; name one that it has, or the folder of another run")
    config = resolve(file_source(run / "config.toml")).config
    learner = build_learner(config, torch.device("cpu"))
    first = copy.deepcopy(learner.teacher.backbone).eval()
    unpack(load(places[-1]), learner)
    return Trained(first, learner.teacher.backbone.eval(), step_of(places[-1]), config)
