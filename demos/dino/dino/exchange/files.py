"""Any file of weights, known by its content: safetensors (ours, timm's), a torch file, the folder of a run."""

import zipfile
from pathlib import Path

from dino.errors import ContentError, WorldError
from dino.exchange import authors, safetensors, timm
from dino.exchange.weights import Weights, need_file

TEACHER = "teacher.safetensors"
PROGRAM_PARTS = ("archive_format", "serialized_exported_program.json")
"""What is in a zip of torch.export, of any version, and in no torch file."""


def read(path: Path, *, network: str = "teacher") -> Weights:
    """The weights in a file, or the best teacher in the folder of a run; `network` picks from a full checkpoint.

    Raises ContentError, one sentence, for what is neither.
    """
    if path.is_dir():
        if not (path / TEACHER).is_file():
            raise ContentError(f"{path} has no {TEACHER}; name the folder of a run that has one, or a file of weights")
        path = path / TEACHER
    need_file(path)
    start = _start(path)
    if program := _program(path, start):
        raise ContentError(
            f"{path} is a program of {program}, which cannot be imported; name the weights that it was exported from"
        )
    weights = safetensors.read(path) if start[8:] == b"{" else authors.read(path, network=network)
    if "reg_token" in weights.backbone or "head.weight" in weights.backbone:
        return timm.from_timm(dict(weights.backbone), str(path)).with_facts(**weights.facts)
    return weights


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(9)
    except OSError as error:
        raise WorldError(f"{path} cannot be read ({error.strerror}); allow it, or check the disk") from error


def _program(path: Path, start: bytes) -> str:
    """The library whose program the file is; "" for a file of weights."""
    if start[:1] == b"\x08" and start[8:] != b"{":  # the version that an ONNX file begins with, and no pickle does
        return "ONNX"
    try:
        with zipfile.ZipFile(path) as archive:
            return "torch.export" if any(name.endswith(PROGRAM_PARTS) for name in archive.namelist()) else ""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ""
