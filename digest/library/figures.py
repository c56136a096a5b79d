"""The picture files of `site/figures/`: their size in pixels, and whether they are what their name says."""

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from digest.library.problems import Problem

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".avif": "AVIF"}
MAX_BYTES = 2_000_000
MAX_PIXELS = 40_000_000
SVG_ROOT = re.compile(r"<svg\b[^>]*>", re.DOTALL)
SVG_ACTIVE = re.compile(r"<script|<foreignObject|\son\w+\s*=|javascript:|<!ENTITY", re.IGNORECASE)
SVG_OUTSIDE = re.compile(r"""(?:href|src)\s*=\s*["'](?!#)|url\(\s*["']?(?!#)|@import""", re.IGNORECASE)


@dataclass(frozen=True)
class FigureFile:
    """A picture that pages may show: its file, and its width and height in CSS pixels."""

    name: str
    file: Path
    width: int
    height: int


def read_figures(root: Path) -> tuple[dict[str, FigureFile], list[Problem]]:
    """Every picture of `root/site/figures/` by its name, and what is wrong with those that cannot be shown."""
    figures: dict[str, FigureFile] = {}
    problems: list[Problem] = []
    folder = root / "site" / "figures"
    for file in sorted(folder.iterdir()) if folder.is_dir() else []:
        if file.name.startswith("."):
            continue
        figure, problem = read_figure(file, f"site/figures/{file.name}")
        problems += [problem] if problem else []
        if figure:
            figures[file.name] = figure
    return figures, problems


def read_figure(file: Path, path: str) -> tuple[FigureFile | None, Problem | None]:
    """The picture in `file`, which problems call `path`, or why it cannot be shown."""
    try:
        width, height = _size(file)
    except ValueError as error:
        what, _, mend = str(error).partition("; ")
        return None, Problem(path, 1, 1, what, mend)
    return FigureFile(file.name, file, width, height), None


def _size(file: Path) -> tuple[int, int]:
    if file.is_symlink() or not file.is_file():
        raise ValueError("a figure must be a file, not a link or a folder; put the picture itself here")
    if file.stat().st_size > MAX_BYTES:
        raise ValueError(f"the picture has more than {MAX_BYTES // 1_000_000} MB; make it smaller")
    if file.suffix == ".svg":
        return _svg_size(file)
    if file.suffix not in FORMATS:
        raise ValueError(f"'{file.suffix}' is no kind of figure; use .svg, .png, .jpg or .webp")
    return _raster_size(file)


def _svg_size(file: Path) -> tuple[int, int]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("the SVG is not UTF-8 text; save it as UTF-8") from None
    root = SVG_ROOT.search(text)
    if not root:
        raise ValueError("there is no <svg> in the file; draw it again, or give it its true suffix")
    if active := SVG_ACTIVE.search(text):
        raise ValueError(f"the SVG holds '{active[0].strip()}', which could run; remove it")
    if outside := SVG_OUTSIDE.search(text):
        raise ValueError(f"the SVG reaches outside itself ('{outside[0].strip()}'); embed shapes only")
    if box := re.search(r"""viewBox\s*=\s*["']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)""", root[0]):
        width, height = round(float(box[1])), round(float(box[2]))
        if width > 0 and height > 0:
            return width, height
    raise ValueError('the <svg> has no viewBox; add viewBox="0 0 WIDTH HEIGHT"')


def _raster_size(file: Path) -> tuple[int, int]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as image:
                kind, (width, height) = image.format, image.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError("the picture cannot be read; save it again as PNG, JPEG or WebP") from None
    if kind != FORMATS[file.suffix]:
        raise ValueError(f"the picture is {kind}, whatever its suffix says; rename it")
    if width * height > MAX_PIXELS:
        raise ValueError(f"the picture has {width} × {height} pixels; make it smaller than 40 million")
    return width, height
