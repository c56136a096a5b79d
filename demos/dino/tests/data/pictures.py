"""Makers of pictures and of odd image files, for the tests of the data room."""

import io
import struct
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from PIL import Image


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The image as a file of that kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def plain(colour: tuple[int, int, int] = (200, 40, 10), size: tuple[int, int] = (8, 6)) -> bytes:
    """A PNG of one colour."""
    return encoded(Image.new("RGB", size, colour))


def numbered(number: int, size: tuple[int, int] = (4, 4)) -> bytes:
    """A PNG whose pixels tell `number`."""
    return plain((number % 256, number // 256, 7), size)


def number_of(image: Image.Image) -> int:
    """The number that `numbered` wrote."""
    red, green, _ = image.convert("RGB").getpixel((0, 0))
    return red + 256 * green


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few bytes that claims that many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def write(root: Path, files: Mapping[str, bytes]) -> Path:
    """The folder `root` with these files below it."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def tar(path: Path, files: Mapping[str, bytes] | Iterable[tuple[str, bytes]], kind: str = "w") -> Path:
    """A tar of these files in their order."""
    pairs = files.items() if isinstance(files, Mapping) else files
    with tarfile.open(path, kind) as archive:
        for name, data in pairs:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path
