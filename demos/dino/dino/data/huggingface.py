"""A data set saved by Hugging Face `datasets` (`save_to_disk`), where that package is installed."""

import hashlib
import importlib
import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dino.data.classes import FLAT
from dino.data.encoded import EncodedImages, Texts, as_bytes
from dino.data.faults import UnreadableError, printable
from dino.errors import ContentError, WorldError

LABELS = ("label", "labels", "fine_label", "class")


@dataclass(frozen=True)
class Rows:
    """A store of the image column of a data set."""

    rows: Any
    """datasets.Dataset with the one column `column`, not decoded: {"bytes": bytes or None, "path": str or None}"""
    column: str

    def read(self, index: int) -> bytes:
        """The encoded bytes, from the table or the file that it names. UnreadableError when there are none."""
        cell = self.rows[index][self.column]
        if not cell or (cell.get("bytes") is None and not cell.get("path")):
            raise UnreadableError(f"row {index}", "has no image")
        if cell.get("bytes") is not None:
            return bytes(cell["bytes"])
        try:
            return Path(cell["path"]).read_bytes()
        except OSError as problem:
            raise UnreadableError(f"row {index}", f"{cell['path']} cannot be read ({problem.strerror})") from None


def is_saved(path: Path) -> bool:
    """Whether a folder was written by `save_to_disk`."""
    return (path / "dataset_dict.json").is_file() or (
        (path / "state.json").is_file() and (path / "dataset_info.json").is_file()
    )


def open_saved(path: Path, channels: int) -> EncodedImages:
    """The images of a saved data set, of its part `train` where it has parts.

    WorldError when `datasets` is not installed, ContentError when there is no column of images.
    """
    place = printable(str(path))
    try:
        datasets = importlib.import_module("datasets")
    except ImportError:
        raise WorldError(
            f"{place} is a data set saved by Hugging Face datasets, which is not installed: pip install datasets"
        ) from None
    folder = _part(path)
    try:
        rows = datasets.load_from_disk(str(folder))
    except Exception as problem:  # noqa: BLE001 - pyarrow and datasets raise their own kinds
        raise ContentError(f"{place} cannot be read by datasets ({str(problem).splitlines()[0]})") from None
    column = next((name for name, kind in rows.features.items() if isinstance(kind, datasets.Image)), None)
    if column is None:
        raise ContentError(f"{place} has no column of images: its columns are {', '.join(rows.features)}")
    if not len(rows):
        raise ContentError(f"{place} holds no images: it has no rows")
    classes, labels = _labelled(rows, datasets)
    images = rows.select_columns([column]).cast_column(column, datasets.Image(decode=False))
    names = Texts(f"row {index}" for index in range(len(rows)))
    return EncodedImages(
        str(folder.resolve()), names, labels, classes, _fingerprint(folder), channels, Rows(images, column)
    )


def _part(path: Path) -> Path:
    if not (path / "dataset_dict.json").is_file():
        return path
    try:
        parts = json.loads((path / "dataset_dict.json").read_text("utf-8"))["splits"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ContentError(f"{printable(str(path))}/dataset_dict.json does not name the parts of a data set") from None
    if "train" in parts or len(parts) == 1:
        return path / ("train" if "train" in parts else str(parts[0]))
    raise ContentError(
        f'{printable(str(path))} has no part "train"; give one of its parts: {", ".join(map(str, parts))}'
    )


def _labelled(rows: Any, datasets: Any) -> tuple[tuple[str, ...], Sequence[int]]:
    column = next((name for name in LABELS if name in rows.features), None)
    if column is None:
        return FLAT, array("q", bytes(8 * len(rows)))
    values = rows.with_format(None)[column][:]
    kind = rows.features[column]
    if isinstance(kind, datasets.ClassLabel) and all(isinstance(value, int) and value >= 0 for value in values):
        return tuple(kind.names), array("q", values)
    texts = [str(value) for value in values]
    if all(isinstance(value, int) for value in values):
        classes = tuple(str(value) for value in sorted(set(values)))
    else:
        classes = tuple(sorted(set(texts), key=as_bytes))
    order = {text: label for label, text in enumerate(classes)}
    return classes, array("q", [order[text] for text in texts])


def _fingerprint(folder: Path) -> str:
    digest = hashlib.blake2b(b"huggingface", digest_size=16)
    for file in sorted(folder.iterdir()):
        status = file.stat()
        digest.update(as_bytes(file.name) + b" %d %d\n" % (status.st_size, status.st_mtime_ns))
    return digest.hexdigest()
