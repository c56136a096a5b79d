"""The package's own file of weights: safetensors, names `backbone.*` and `head.*`, the facts as JSON in its header.

No code can hide in it, its bytes follow from its content, and `teacher.safetensors` of a run is one.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from dino.errors import ContentError, WorldError
from dino.exchange.weights import Weights, from_named, need_file

HEADER = "dino"
LENGTH = 8  # bytes that say how long the header is, and what it is padded to


def write(path: Path, weights: Weights) -> None:
    """Writes beside and moves into place. Raises WorldError when the disk does not take it."""
    facts = json.dumps(dict(weights.facts), sort_keys=True, allow_nan=False)
    tensors = {name: tensor.contiguous() for name, tensor in sorted(weights.named().items())}
    put(path, encode(tensors, {"format": "pt", HEADER: facts}))


def encode(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """The file's bytes, the same every time: the library leaves the order of the metadata to chance."""
    data = save(dict(tensors), metadata=dict(metadata))
    start = LENGTH + int.from_bytes(data[:LENGTH], "little")
    header = json.loads(data[LENGTH:start])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % LENGTH)
    return len(text).to_bytes(LENGTH, "little") + text + data[start:]


def read(path: Path) -> Weights:
    """Raises ContentError, one sentence, for a file that is none or is damaged."""
    need_file(path)
    try:
        with safe_open(str(path), framework="pt") as file:
            header = (file.metadata() or {}).get(HEADER, "{}")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        facts = json.loads(header)
    except (SafetensorError, ValueError) as error:
        raise ContentError(f"{path} is no safetensors file, or a damaged one; fetch or export it again") from error
    except OSError as error:
        raise WorldError(f"{path} cannot be read ({error.strerror}); check the disk") from error
    return from_named(tensors, facts if isinstance(facts, dict) else {}, str(path))


def put(path: Path, data: bytes) -> None:
    """A whole file or none: written beside, on the disk, then moved. Raises WorldError."""
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise WorldError(f"{path} cannot be written ({error.strerror}); make room or name another place") from error
