"""The files of the cache: pictures appended to one .npy, and read back out of a memory map."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy
from numpy.lib import format as npy
from numpy.typing import NDArray
from PIL import Image

from dino.data.decoding import MODES
from dino.data.faults import UnreadableError
from dino.data.images import Images
from dino.errors import ContentError


class PixelFile:
    """A one-dimensional uint8 .npy whose length is written when it is closed (numpy leaves room for it, NEP 1)."""

    def __init__(self, path: Path) -> None:
        self.total = 0
        self._file: BinaryIO = path.open("wb")
        self._header()

    def append(self, pixels: NDArray[numpy.uint8]) -> None:
        """Adds a picture's bytes."""
        self._file.write(numpy.ascontiguousarray(pixels).data)
        self.total += pixels.nbytes

    def __enter__(self) -> "PixelFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._file.seek(0)
                self._header()
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def _header(self) -> None:
        npy.write_array_header_1_0(self._file, {"descr": "|u1", "fortran_order": False, "shape": (self.total,)})


class CachedImages:
    """The images of an `original` set, its pictures out of a cache whose pages worker processes share; see `Images`."""

    def __init__(self, images: Images, folder: Path) -> None:
        self.original = images
        self._folder = folder.absolute()
        self._open()

    def _open(self) -> None:
        try:
            self.pixels: NDArray[numpy.uint8] = numpy.load(self._folder / "pixels.npy", mmap_mode="r")
            self.index: NDArray[numpy.int64] = numpy.load(self._folder / "index.npy")
            facts = json.loads((self._folder / "facts.json").read_text("utf-8"))
        except (OSError, ValueError) as problem:
            raise ContentError(f"the cache {self._folder} is damaged ({problem}); remove that folder") from None
        if self.index.shape != (len(self.original), 3):
            raise ContentError(f"the cache {self._folder} is of another set; remove that folder")
        self._size = int(facts["size"])
        self._why: dict[int, str] = {int(number): str(why) for number, why in facts["unreadable"].items()}

    @property
    def folder(self) -> Path:
        """Where the cache lies."""
        return self._folder

    @property
    def place(self) -> str:
        return self.original.place

    @property
    def names(self) -> Sequence[str]:
        return self.original.names

    @property
    def labels(self) -> Sequence[int]:
        return self.original.labels

    @property
    def classes(self) -> tuple[str, ...]:
        return self.original.classes

    @property
    def fingerprint(self) -> str:
        """The set's own, and the size: pictures of another size are other pictures."""
        return f"{self.original.fingerprint}-{self._size}"

    @property
    def channels(self) -> int:
        return self.original.channels

    @property
    def square(self) -> NDArray[numpy.uint8] | None:
        """All pictures as one array [images, rows, columns, channels] where all have one size, without copying."""
        if len(self.index) == 0 or (self.index[:, 1:] != self.index[0, 1:]).any() or not self.index[0, 1]:
            return None
        return self.pixels.reshape(len(self), int(self.index[0, 1]), int(self.index[0, 2]), self.channels)

    def __len__(self) -> int:
        return len(self.index)

    def read(self, index: int) -> bytes:
        """The picture's bytes in the cache, pixel after pixel."""
        return self._picture(index).tobytes()

    def load(self, index: int) -> Image.Image:
        """The picture. UnreadableError where it was unreadable when the cache was made."""
        picture = self._picture(index)
        rows, columns = picture.shape[:2]
        return Image.frombytes(MODES[self.channels], (columns, rows), picture.tobytes())

    def _picture(self, index: int) -> NDArray[numpy.uint8]:
        start, rows, columns = (int(number) for number in self.index[index])
        if not rows:
            raise UnreadableError(self.names[index], self._why.get(index, "was unreadable when the cache was made"))
        return self.pixels[start : start + rows * columns * self.channels].reshape(rows, columns, self.channels)

    def __getstate__(self) -> dict[str, object]:
        return {"original": self.original, "_folder": self._folder}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._open()
