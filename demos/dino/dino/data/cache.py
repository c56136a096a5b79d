"""A small set decoded once: its pictures as bytes in one memory-mapped .npy, so that an epoch costs no decoding.

    FOLDER/NAME-0123456789abcdef/   one for each set's place, size and channels
        pixels.npy                  uint8, all pictures one after another, rows × columns × channels
        index.npy                   int64 [images, 3]: where a picture begins, its rows (0: unreadable), its columns
        facts.json                  what it was made from, and why images were unreadable

Pictures whose short side is above `size` are resized to it (bicubic); smaller ones stay as they are. The cache holds as
long as the set's fingerprint stays; where only that differs (touched or copied files), the stored bytes are compared by
hash, which is far cheaper than decoding; where those differ, it is made anew. It is written beside and moved into
place under a lock: a second process waits for the first, and one that is interrupted leaves nothing that counts.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray
from PIL import Image

from dino.data.encoded import as_bytes
from dino.data.faults import UnreadableError, printable
from dino.data.images import Images
from dino.data.pixels import CachedImages, PixelFile
from dino.errors import CommandError, WorldError

VERSION = 1
SAMPLE = 48
"""Images decoded to say the size before."""

Say = Callable[[str], None]
Tell = Callable[[int, int], None]


def _silent(*_: object) -> None:
    """Says nothing."""


def cached(images: Images, folder: Path, size: int, *, say: Say = _silent, tell: Tell = _silent) -> CachedImages:
    """The same images out of a cache below `folder`, made or renewed where needed.

    `say` is given one sentence before each long step, `tell` (images done, images in all) while decoding.
    CommandError for a size below 1; WorldError when the folder cannot be written or the disk is too small.
    """
    if size < 1:
        raise CommandError(f"the cache's size is a number of pixels from 1 on, not {size}")
    place = folder.expanduser() / _name(images, size)
    try:
        ready = _ready(images, place, say)
        if ready:
            return ready
        place.parent.mkdir(parents=True, exist_ok=True)
        with _locked(place.with_name(f"{place.name}.lock"), say):
            ready = _ready(images, place, say)
            if ready:
                return ready
            _build(images, place, size, say, tell)
        return CachedImages(images, place)
    except OSError as problem:
        raise WorldError(f"the cache {printable(str(place))} cannot be written ({problem.strerror})") from None


def _name(images: Images, size: int) -> str:
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in Path(images.place).name)[:40]
    key = hashlib.blake2b(as_bytes(f"{VERSION} {size} {images.channels} {images.place}"), digest_size=8).hexdigest()
    return f"{stem.strip('-') or 'images'}-{key}"


# Is there one that holds?


def _ready(images: Images, place: Path, say: Say) -> CachedImages | None:
    facts = _facts(place)
    if facts is None or facts.get("version") != VERSION or not _whole(place, facts):
        return None
    if facts.get("fingerprint") == images.fingerprint:
        return CachedImages(images, place)
    if facts.get("names") != _names(images):
        return None
    say(f"comparing {len(images):,} images with the cache {printable(str(place))} by content, since their times differ")
    if facts.get("content") != _content(images):
        return None
    _write_json(place / "facts.json", {**facts, "fingerprint": images.fingerprint})
    return CachedImages(images, place)


def _facts(place: Path) -> dict[str, Any] | None:
    try:
        facts = json.loads((place / "facts.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None


def _whole(place: Path, facts: Mapping[str, Any]) -> bool:
    """Whether both arrays have the length that the facts tell: a copy that broke off is no cache."""
    try:
        sizes = [(place / name).stat().st_size for name in ("pixels.npy", "index.npy")]
    except OSError:
        return False
    return sizes == facts.get("bytes")


def _names(images: Images) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name in images.names:
        digest.update(as_bytes(name) + b"\n")
    return digest.hexdigest()


def _content(images: Images) -> str:
    whole = hashlib.blake2b(digest_size=16)
    for index in range(len(images)):
        whole.update(_mark(images, index))
    return whole.hexdigest()


def _mark(images: Images, index: int) -> bytes:
    try:
        return hashlib.blake2b(images.read(index), digest_size=16).digest()
    except UnreadableError:
        return bytes(16)


# Making one


@dataclass(frozen=True)
class _Decoded:
    pixels: NDArray[numpy.uint8] | None
    mark: bytes
    why: str = ""


def _build(images: Images, place: Path, size: int, say: Say, tell: Tell) -> None:
    for stale in place.parent.glob(f".{place.name}-*"):  # of a process that was killed: only one holds the lock
        shutil.rmtree(stale, ignore_errors=True)
    expected = _expected(images, size)
    about = f"about {_bytes(expected)}"
    say(f"decoding {len(images):,} images once into the cache {printable(str(place))}: {about}")
    free = shutil.disk_usage(place.parent).free
    if expected > free:
        raise WorldError(
            f"the cache takes {about}, and {printable(str(place.parent))} has {_bytes(free)} free; "
            "choose a smaller size, another folder, or no cache"
        )
    beside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        _write(images, beside, size, tell)
        old = place.with_name(f".{place.name}-old")
        if place.exists():
            place.rename(old)
        beside.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(images: Images, beside: Path, size: int, tell: Tell) -> None:
    index = numpy.zeros((len(images), 3), numpy.int64)
    content = hashlib.blake2b(digest_size=16)
    faults: dict[str, str] = {}
    with PixelFile(beside / "pixels.npy") as file:
        for number, decoded in enumerate(_decoded(images, size)):
            content.update(decoded.mark)
            if decoded.pixels is None:
                faults[str(number)] = decoded.why
            else:
                index[number] = (file.total, *decoded.pixels.shape[:2])
                file.append(decoded.pixels)
            tell(number + 1, len(images))
    numpy.save(beside / "index.npy", index)
    facts = {
        "version": VERSION,
        "place": printable(images.place),
        "size": size,
        "channels": images.channels,
        "images": len(images),
        "fingerprint": images.fingerprint,
        "names": _names(images),
        "content": content.hexdigest(),
        "bytes": [(beside / name).stat().st_size for name in ("pixels.npy", "index.npy")],
        "unreadable": faults,
    }
    _write_json(beside / "facts.json", facts)


def _decoded(images: Images, size: int) -> Iterator[_Decoded]:
    """Every image in order; threads decode a few ahead (Pillow lets go of Python's lock while it does)."""
    threads = os.cpu_count() or 1
    ahead = 32 * threads
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(images), ahead):
            numbers = range(start, min(start + ahead, len(images)))
            yield from pool.map(lambda number: _decode(images, number, size), numbers)


def _decode(images: Images, number: int, size: int) -> _Decoded:
    mark = _mark(images, number)
    try:
        image = shrunk(images.load(number), size)
    except UnreadableError as problem:
        return _Decoded(None, mark, problem.why)
    pixels = numpy.asarray(image)
    return _Decoded(pixels.reshape(image.height, image.width, images.channels), mark)


def shrunk(image: Image.Image, size: int) -> Image.Image:
    """The picture with a short side of `size` where it was longer."""
    short = min(image.size)
    if short <= size:
        return image
    width, height = (max(1, round(side * size / short)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC)


def _expected(images: Images, size: int) -> int:
    """The bytes of the cache, from a few images spread over the set."""
    count = min(SAMPLE, len(images))
    sample = [_decode(images, number * len(images) // count, size).pixels for number in range(count)]
    return len(images) * (sum(pixels.nbytes for pixels in sample if pixels is not None) // max(1, count) + 24)


def _bytes(number: int) -> str:
    for size, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} bytes"


def _write_json(path: Path, facts: Mapping[str, Any]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(facts, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


@contextmanager
def _locked(path: Path, say: Say) -> Iterator[None]:
    """Alone among processes, where the system has such locks; let go of when the process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows: the move into place alone keeps two processes apart
        yield
        return
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that makes the cache {printable(str(path.with_suffix('')))}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
