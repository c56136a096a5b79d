"""From the bytes of an image file to an upright picture with the asked number of channels.

What the authors' loader leaves to chance is decided here: EXIF turns are applied; 16-bit greys keep their upper
eight bits (Pillow's own conversion would clip them to white); whatever is transparent is laid on white, as a web page
shows it; of animations the first frame counts; a picture above the pixel limit is refused before it is decoded; only
formats whose readers run no other program are tried (no PostScript), and they are told by content, not by suffix.
"""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy
from PIL import Image, UnidentifiedImageError

from dino.data.faults import UnreadableError
from dino.errors import CommandError

PIXEL_LIMIT = 89_478_485
"""Pixels above which a picture is taken for a decompression bomb: Pillow's own limit, a quarter GiB as RGB."""

BYTE_LIMIT = 2**30
"""Bytes above which an image file is not even read."""

FORMATS = frozenset(
    [
        "AVIF",
        "BMP",
        "DIB",
        "GIF",
        "ICO",
        "JPEG",
        "JPEG2000",
        "PCX",
        "PNG",
        "PPM",
        "QOI",
        "SGI",
        "SUN",
        "TGA",
        "TIFF",
        "WEBP",
    ]
)
"""Tried where this Pillow has them. JPEG's reader takes MPO too."""

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")

_warnings = threading.Lock()


def check_channels(channels: int) -> None:
    """CommandError unless pictures of so many channels exist."""
    if channels not in MODES:
        raise CommandError(f"images have 1, 2, 3 or 4 channels (grey, grey and alpha, RGB, RGBA), not {channels}")


def decode(data: bytes, name: str, channels: int = 3, pixel_limit: int = PIXEL_LIMIT) -> Image.Image:
    """The upright first frame with `channels` channels of 8 bits. UnreadableError(name, why) when there is none."""
    if not data:
        raise UnreadableError(name, "is empty (0 bytes)")
    try:
        image, turn = _opened(data, name, pixel_limit)
        image.load()
        picture = with_channels(image if turn is None else image.transpose(turn), name, channels)
        picture.info = {}  # so that nobody turns it a second time
        return picture
    except (UnreadableError, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise UnreadableError(name, f"has more than {pixel_limit:,} pixels") from None
    except UnidentifiedImageError:
        raise UnreadableError(name, "is no image of a known format") from None
    except Exception as problem:  # noqa: BLE001 - on damaged files the decoders raise nearly every exception there is
        raise UnreadableError(name, f"is damaged ({_why(problem)})") from None


def with_channels(image: Image.Image, name: str, channels: int) -> Image.Image:
    """The picture in 8 bits with `channels` channels; transparency is laid on white unless alpha is asked for."""
    image = _eight_bits(image, name)
    mode = MODES[channels]
    if image.mode == mode and "transparency" not in image.info:
        return image
    if channels in (2, 4) or not image.has_transparency_data:
        return image.convert("RGBA").convert(mode) if channels == 2 else image.convert(mode)
    layer = image.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(paper, layer).convert(mode)


TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF tag 0x0112, section 4.6.4 of the EXIF 2.3 standard."""


def _opened(data: bytes, name: str, pixel_limit: int) -> tuple[Image.Image, Image.Transpose | None]:
    with _quiet():
        image = Image.open(io.BytesIO(data), formats=_formats())
        width, height = image.size
        if width * height > pixel_limit:
            raise UnreadableError(name, f"has {width:,} × {height:,} pixels, more than {pixel_limit:,}")
        return image, _turn(image)


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        return TURNS.get(image.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001 - a damaged EXIF block does not make the picture unreadable
        return None


@cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(kind for kind in Image.OPEN if kind in FORMATS)


@contextmanager
def _quiet() -> Iterator[None]:
    """Pillow's warnings (bombs are refused here, odd metadata does not matter) silenced; safe with threads."""
    with _warnings, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _eight_bits(image: Image.Image, name: str) -> Image.Image:
    if image.mode in SIXTEEN_BITS:
        values = numpy.asarray(image).astype(numpy.int64)
        if values.min() < 0 or values.max() > 65535:
            raise UnreadableError(name, "has integers beyond 16 bits as pixels; store it in 8 or 16 bits")
        return Image.fromarray((values >> 8).astype(numpy.uint8))
    if image.mode == "F":
        numbers = numpy.asarray(image)
        if not (numbers.min() >= 0 and numbers.max() <= 1):
            raise UnreadableError(name, "has numbers beyond 0…1 as pixels; store it in 8 or 16 bits")
        return Image.fromarray((numbers * 255).round().astype(numpy.uint8))
    return image


def _why(problem: Exception) -> str:
    first = str(problem).strip().splitlines()[:1]
    return first[0] if first else type(problem).__name__
