"""The authors' files: `*_pretrain.pth` (a backbone's state dict) and full checkpoints (main_dino.py, save_dict).

A full checkpoint is a dict of `student` (names with `module.`), `teacher`, `optimizer`, `epoch` (the next one), `args`
(an argparse.Namespace), `dino_loss` (the center) and `fp16_scaler`. Files are opened without running anything in them:
weights only, and of all classes the Namespace alone.
"""

import argparse
import pickle
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dino.errors import ContentError, WorldError
from dino.exchange.weights import Fact, Weights, from_named, need_file, plain_names

MEND = "name the folder of a run or a file of weights, or fetch it again"
BROKEN = (
    RuntimeError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    OverflowError,
    MemoryError,
)


@dataclass(frozen=True)
class Checkpoint:
    """A full checkpoint of the authors, in and out."""

    student: Weights
    teacher: Weights
    epoch: int
    """The epoch that comes next."""
    args: Mapping[str, Fact]
    center: Tensor
    optimizer: Mapping[str, Any] = field(default_factory=dict)
    scaler: Mapping[str, Any] | None = None


def load_safely(path: Path) -> Any:
    """What a torch file holds, without running code of it. Raises ContentError, one sentence, for any other file."""
    need_file(path)
    try:
        with torch.serialization.safe_globals([argparse.Namespace]), warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if called := re.search(
            r"(?:GLOBAL|Unsupported (?:global|class)[^A-Za-z]*(?:GLOBAL)?)\s+`?([\w.]+)", str(error)
        ):
            raise ContentError(
                f"{path} would run {called[1]} when opened, so it was not; get the weights from someone you trust, "
                "as safetensors or a plain state dict"
            ) from error
        raise ContentError(f"{path} is no file of weights, or a damaged one; {MEND}") from error
    except PermissionError as error:
        raise WorldError(f"{path} cannot be read (permission denied); allow it") from error
    except (OSError, *BROKEN) as error:
        raise ContentError(f"{path} is no file of weights, or is cut short; {MEND}") from error


def read(path: Path, *, network: str = "teacher") -> Weights:
    """The weights in a pretrain file, or of `network` ("teacher" or "student") in a full checkpoint."""
    content = load_safely(path)
    if not isinstance(content, dict):
        raise ContentError(f"{path} holds no state dict; name a *_pretrain.pth or a checkpoint of DINO")
    if "teacher" in content or "student" in content:
        if network not in content:
            raise ContentError(
                f"{path} has no {network}; say --network {'student' if network == 'teacher' else 'teacher'}"
            )
        facts = _facts(content.get("args"))
        if isinstance(content.get("epoch"), int):
            facts["epoch"] = content["epoch"]
        return from_named(_tensors(content[network], path), facts, str(path))
    content = content.get("state_dict", content)
    return from_named(_tensors(content, path), source=str(path))


def read_checkpoint(path: Path) -> Checkpoint:
    """A whole full checkpoint. Raises ContentError naming what it lacks."""
    content = load_safely(path)
    wanted = ("student", "teacher", "optimizer", "epoch", "args", "dino_loss")
    missing = [name for name in wanted if name not in content] if isinstance(content, dict) else list(wanted)
    if missing:
        raise ContentError(
            f"{path} is no full checkpoint: it has no {', '.join(missing)}; `dino import` takes its weights"
        )
    args = _facts(content["args"])
    try:
        return Checkpoint(
            student=from_named(_tensors(content["student"], path), args, str(path)),
            teacher=from_named(_tensors(content["teacher"], path), args, str(path)),
            epoch=int(content["epoch"]),
            args=args,
            center=_tensors(content["dino_loss"], path)["center"].float(),
            optimizer=dict(content["optimizer"]),
            scaler=content.get("fp16_scaler"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ContentError(f"{path} is no full checkpoint of DINO: its parts are of other kinds ({error})") from error


def write_pretrain(path: Path, weights: Weights) -> None:
    """The backbone as the authors release it: a bare state dict that `torch.load` opens, weights only."""
    _save(path, {name: tensor.clone() for name, tensor in plain_names(weights).items()})


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """A file from which the authors' own code resumes and evaluates."""
    content: dict[str, Any] = {
        "student": {f"module.{name}": tensor for name, tensor in checkpoint.student.named().items()},
        "teacher": checkpoint.teacher.named(),
        "optimizer": dict(checkpoint.optimizer),
        "epoch": checkpoint.epoch,
        "args": argparse.Namespace(**checkpoint.args),
        "dino_loss": {"center": checkpoint.center.reshape(1, -1)},
    }
    if checkpoint.scaler is not None:
        content["fp16_scaler"] = dict(checkpoint.scaler)
    _save(path, content)


def moments(checkpoint: Checkpoint) -> dict[str, dict[str, Any]]:
    """The optimizer's state by parameter name (`backbone.cls_token` → exp_avg, exp_avg_sq, step).

    Their order (utils.get_params_groups): first the parameters that decay, then biases and vectors, each in the
    network's order; a frozen norm of the prototypes is in neither.
    """
    frozen = {"head.last_layer.weight_g"} if checkpoint.args.get("norm_last_layer", True) else set()
    names = [(name, tensor.ndim) for name, tensor in checkpoint.student.named().items() if name not in frozen]
    plain = [name for name, ndim in names if name.endswith(".bias") or ndim == 1]
    order = [name for name, _ in names if name not in set(plain)] + plain
    state = checkpoint.optimizer.get("state", {})
    return {name: dict(state[index]) for index, name in enumerate(order) if index in state}


def _save(path: Path, content: object) -> None:
    beside = path.with_name(path.name + ".part")
    try:
        torch.save(content, beside)
        beside.replace(path)
    except (OSError, RuntimeError) as error:
        beside.unlink(missing_ok=True)
        raise WorldError(f"{path} cannot be written; make room or name another place") from error


def _tensors(state: object, path: Path) -> dict[str, Tensor]:
    if not isinstance(state, Mapping) or not state:
        raise ContentError(f"{path} holds no state dict; name a *_pretrain.pth or a checkpoint of DINO")
    tensors = {str(name): value for name, value in state.items() if isinstance(value, Tensor)}
    if len(tensors) < len(state):
        other = next(str(name) for name, value in state.items() if not isinstance(value, Tensor))
        raise ContentError(
            f"{path} is no state dict: {other} is no tensor; name a *_pretrain.pth or a checkpoint of DINO"
        )
    return tensors


def _facts(args: object) -> dict[str, Fact]:
    values = vars(args) if isinstance(args, argparse.Namespace) else args if isinstance(args, Mapping) else {}
    return {str(name): fact for name, value in values.items() if (fact := _plain(value)) is not None}


def _plain(value: object) -> Fact:
    if isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None
