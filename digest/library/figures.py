"""The picture files of `site/figures/`: their size in pixels, and whether they are what their name says."""

import math
import re
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from PIL import Image, UnidentifiedImageError

from digest.library.models import FIGURE_FILE
from digest.library.problems import Problem

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".avif": "AVIF"}
MAX_BYTES = 2_000_000
MAX_PIXELS = 40_000_000
ORIENTATION, TURNED = 0x0112, (5, 6, 7, 8)
"""The Exif tag that browsers turn a photograph by, and its values that swap width and height."""
SVG = "http://www.w3.org/2000/svg"
XHTML = "http://www.w3.org/1999/xhtml"
SVG_ACTIVE = {"script", "foreignobject", "iframe", "embed", "object", "handler", "listener"}
SVG_OUTSIDE = re.compile(r"(?:url|\bsrc)\((?!\s*[\"']?\s*#)|image-set\(|@import", re.IGNORECASE)
CSS_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class FigureFile:
    """A picture that pages may show: its file, and its width and height in CSS pixels."""

    name: str
    file: Path
    width: int
    height: int


class _UnfitError(Exception):
    """Why a picture cannot be shown, how to mend it, and where in the file that is."""

    def __init__(self, what: str, mend: str, line: int = 1, column: int = 1) -> None:
        super().__init__(what)
        self.what, self.mend, self.line, self.column = what, mend, line, column


def read_figures(root: Path) -> tuple[dict[str, FigureFile], list[Problem]]:
    """Every picture of `root/site/figures/` by its name, and what is wrong with those that cannot be shown."""
    figures: dict[str, FigureFile] = {}
    problems: list[Problem] = []
    folder = root / "site" / "figures"
    for file in sorted(folder.iterdir()) if folder.is_dir() else []:
        if file.name.startswith("."):
            continue
        path = f"site/figures/{file.name}"
        figure = read_figure(file, path)
        if isinstance(figure, Problem):
            problems.append(figure)
        elif not re.fullmatch(FIGURE_FILE, file.name):
            mend = "use letters, digits, - and _, and one of .svg, .png, .jpg, .webp, .avif"
            problems.append(Problem(path, 1, 1, f"'{file.name}' cannot be a figure's name", mend))
        else:
            figures[file.name] = figure
    return figures, problems


def read_figure(file: Path, path: str) -> FigureFile | Problem:
    """The picture in `file`, which problems call `path`, or why it cannot be shown."""
    try:
        width, height = _size(file)
    except _UnfitError as unfit:
        return Problem(path, unfit.line, unfit.column, unfit.what, unfit.mend)
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        return Problem(path, 1, 1, f"the picture cannot be read ({reason})", "mend its permissions")
    return FigureFile(file.name, file, width, height)


def _size(file: Path) -> tuple[int, int]:
    if file.is_symlink() or not file.is_file():
        raise _UnfitError("a figure must be a file, not a link or a folder", "put the picture itself here")
    if file.suffix != ".svg" and file.suffix not in FORMATS:
        raise _UnfitError(f"'{file.suffix}' is no kind of figure", "use .svg, .png, .jpg, .webp or .avif")
    if file.stat().st_size > MAX_BYTES:
        raise _UnfitError(f"the picture has more than {MAX_BYTES // 1_000_000} MB", "make it smaller")
    return _svg_size(file.read_bytes()) if file.suffix == ".svg" else _raster_size(file)


def _svg_size(data: bytes) -> tuple[int, int]:
    # In the encoding that pages have, whatever the file declares: read in another it would be another drawing.
    parser = expat.ParserCreate("utf-8", " ")
    roots: list[tuple[str, dict[str, str]]] = []
    texts: list[list[str]] = []

    def refuse(what: str, mend: str) -> None:
        raise _UnfitError(what, mend, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def declare(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.casefold() != "utf-8":
            refuse(f"the SVG says that it is {encoding}", "save it as UTF-8")

    def begin(name: str, attributes: dict[str, str]) -> None:
        roots.append((name, attributes)) if not roots else None
        texts.append([])
        space, _, tag = name.rpartition(" ")
        if tag.casefold() in SVG_ACTIVE or space == XHTML:
            refuse(f"'<{tag}>' could run in the SVG", "remove it")
        for key, value in attributes.items():
            short = key.rpartition(" ")[2].casefold()
            if short.startswith("on") or "javascript:" in re.sub(r"\s", "", value.casefold()):
                refuse(f"'{short}' could run in the SVG", "remove it")
            if short in ("href", "src") and not value.startswith("#"):
                refuse(f"'{short}' reaches outside the SVG", "draw with shapes only, or point to an #id inside")
            if short == "attributename" and re.search("href$|^on", value.strip().casefold()):
                refuse(f"'{value}' is changed by an animation", "animate shapes only")
            look(value)

    def look(text: str) -> None:
        if outside := SVG_OUTSIDE.search(CSS_ESCAPE.sub(_unescaped, text)):
            refuse(f"'{outside[0]}' reaches outside the SVG", "draw with shapes only, or point to an #id inside")

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: look("".join(texts.pop()))
    parser.CharacterDataHandler = lambda text: texts[-1].append(text)
    parser.XmlDeclHandler = declare
    parser.EntityDeclHandler = lambda *_: refuse("the SVG declares an entity", "write the text out")
    parser.AttlistDeclHandler = lambda *_: refuse("the SVG declares an attribute", "write it where it belongs")
    parser.ProcessingInstructionHandler = lambda target, _: refuse(f"'<?{target}' could reach outside", "remove it")
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        what = f"the SVG is broken: {expat.ErrorString(error.code)}"
        raise _UnfitError(what, "draw it again, or mend its XML", error.lineno, error.offset + 1) from None
    return _box(*roots[0])


def _unescaped(escape: re.Match[str]) -> str:
    """The character that an escape of CSS stands for (Syntax, 4.3.7)."""
    code = int(escape[1], 16) if escape[1] else ord(escape[2])
    return chr(code) if 0 < code <= sys.maxunicode else "\ufffd"


def _box(name: str, attributes: dict[str, str]) -> tuple[int, int]:
    if name != f"{SVG} svg":
        raise _UnfitError("the file is no SVG, and browsers would not show it", f'begin with <svg xmlns="{SVG}">')
    numbers = attributes.get("viewBox", "").replace(",", " ").split()
    try:
        _, _, width, height = (float(number) for number in numbers)
    except ValueError:
        width = height = 0.0
    if not (math.isfinite(width * height) and round(width) > 0 and round(height) > 0):
        raise _UnfitError("the <svg> has no viewBox", 'add viewBox="0 0 WIDTH HEIGHT"')
    return round(width), round(height)


def _raster_size(file: Path) -> tuple[int, int]:
    try:
        with warnings.catch_warnings():
            # Pillow warns of every odd tag; a picture with too many pixels is all that is wrong enough.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as image:
                kind, (width, height) = image.format, image.size
                turned = image.getexif().get(ORIENTATION) in TURNED
                image.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _UnfitError("the picture has far too many pixels", "make it smaller than 40 million") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, RuntimeError):
        raise _UnfitError("the picture cannot be read", "save it again as PNG, JPEG or WebP") from None
    if kind != FORMATS[file.suffix]:
        raise _UnfitError(f"the picture is {kind}, whatever its suffix says", "rename it")
    if width * height > MAX_PIXELS:
        raise _UnfitError(f"the picture has {width} × {height} pixels", "make it smaller than 40 million")
    return (height, width) if turned else (width, height)
