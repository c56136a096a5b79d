"""Assets: the files of `site/assets/`, which go out as they are, so that none may be more than its name says."""

import re
from pathlib import Path

from digest.library.figures import FORMATS, FigureFile, read_figure
from digest.library.problems import Problem

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*(?<!\.)")
MAX_BYTES = 20_000_000
PICTURES = {".svg", *FORMATS}
PAGES = {".htm", ".html", ".mht", ".mhtml", ".shtml", ".svgz", ".swf", ".xht", ".xhtml", ".xml", ".xsl", ".xslt"}
"""What a browser takes for a page, which could do on the newsletter's address whatever it likes."""


def read_assets(root: Path) -> tuple[dict[str, Path], list[Problem]]:
    """Every file under `root/site/assets` by its path there, and what is wrong with some. Hidden ones are left out."""
    folder = root / "site" / "assets"
    assets: dict[str, Path] = {}
    problems: list[Problem] = []
    for file in sorted(folder.rglob("*")) if folder.is_dir() and not folder.is_symlink() else []:
        path = file.relative_to(folder)
        if any(part.startswith(".") for part in path.parts) or (file.is_dir() and not file.is_symlink()):
            continue
        if problem := _unfit(file, f"site/assets/{path.as_posix()}", path):
            problems.append(problem)
        else:
            assets[path.as_posix()] = file
    return assets, problems


def _unfit(file: Path, shown: str, path: Path) -> Problem | None:
    suffix = file.suffix.lower()
    if file.is_symlink() or not file.is_file():
        return Problem(shown, 1, 1, "a link to another place is not read", "put the file itself here")
    if not all(NAME.fullmatch(part) for part in path.parts):
        return Problem(shown, 1, 1, f"'{path}' is no name for a file of a site", "use letters, digits, '.', - and _")
    if suffix in PAGES:
        mend = "write it as a page in site/, or pack it into a .zip"
        return Problem(shown, 1, 1, f"a browser would take '{file.name}' for a page of this site", mend)
    if suffix in PICTURES:
        picture = read_figure(file, shown)
        return None if isinstance(picture, FigureFile) else picture
    if file.stat().st_size > MAX_BYTES:
        mend = "put it where large files lie, and link to it"
        return Problem(shown, 1, 1, f"the file has more than {MAX_BYTES // 1_000_000} MB", mend)
    return None
