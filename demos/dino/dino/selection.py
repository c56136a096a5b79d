"""The teacher that a run hands on, in RUN/teacher.safetensors, with what it is and where it came from."""

from collections.abc import Mapping
from pathlib import Path

from dino.config import Config
from dino.errors import DinoError
from dino.exchange import safetensors
from dino.exchange.weights import Fact, from_named
from dino.resume import fixed
from dino.teacher import MultiCropNet

TEACHER = "teacher.safetensors"


def write_teacher(folder: Path, teacher: MultiCropNet, config: Config, facts: Mapping[str, Fact]) -> None:
    """Put the teacher of this moment in place of the one before; `facts` say when it was and how good."""
    known: dict[str, Fact] = {
        "backbone": config.model.backbone,
        "patch_size": config.model.patch_size,
        "image_size": list(config.crops.global_size),
        "mean": list(config.data.mean),
        "std": list(config.data.std),
        "settings": dict(fixed(config)),
    }
    weights = from_named(teacher.state_dict(), {**known, **facts}, "the teacher")
    safetensors.write(folder / TEACHER, weights)


def kept_teacher(folder: Path) -> Mapping[str, Fact]:
    """What the kept teacher says about itself; nothing where there is none, or a damaged one."""
    try:
        return safetensors.read(folder / TEACHER).facts
    except DinoError:
        return {}
