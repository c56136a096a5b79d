"""Any file of weights, known by its content: safetensors (ours, timm's), a torch file, the folder of a run."""

from pathlib import Path

from dino.errors import ContentError
from dino.exchange import authors, safetensors, timm
from dino.exchange.weights import Weights, need_file

TEACHER = "teacher.safetensors"


def read(path: Path, *, network: str = "teacher") -> Weights:
    """The weights in a file, or the best teacher in the folder of a run; `network` picks from a full checkpoint.

    Raises ContentError, one sentence, for what is neither.
    """
    if path.is_dir():
        if not (path / TEACHER).is_file():
            raise ContentError(f"{path} has no {TEACHER}; name a run that has evaluated its teacher, or a file")
        path = path / TEACHER
    need_file(path)
    with path.open("rb") as file:
        start = file.read(9)
    weights = safetensors.read(path) if start[8:] == b"{" else authors.read(path, network=network)
    if "reg_token" in weights.backbone or "head.weight" in weights.backbone:
        return timm.from_timm(dict(weights.backbone), str(path)).with_facts(**weights.facts)
    return weights
