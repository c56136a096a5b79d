"""Engines: what makes HTML of the assembled Markdown, MkDocs with Material or Zensical (`zensical.py`)."""

import json
import logging
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

from jinja2 import TemplateNotFound

from digest.library.problems import ContentError, Problem, WorldError
from digest.publish.templates import FAILURES, place_of
from digest.publish.theme import handed_on_by
from digest.publish.zensical import zensical

DOCS = "docs"
THEME = "theme"


@dataclass(frozen=True)
class Workplace:
    """Where an engine works: `build/` holds docs/, theme/ and the configuration; the HTML goes to `site`."""

    build: Path
    site: Path

    @property
    def configuration(self) -> Path:
        """The engine's configuration: the project's own `mkdocs.yml`, told where to work."""
        return self.build / "mkdocs.yml"

    @property
    def theme(self) -> Path:
        """The theme's files, the project's over the packaged ones."""
        return self.build / THEME


class Engine(Protocol):
    """Makes `workplace.site` of `workplace.build/docs`, and returns its warnings."""

    def __call__(self, workplace: Workplace) -> list[str]: ...


def configuration(project_file: str, site: str) -> str:
    """The text of the engine's configuration: the project's, with what the build decides in place of its own.

    Those are the folders, the theme that ours extends, and addresses that end in a slash, which every link relies on.
    """
    lines = [
        f"INHERIT: {project_file}",
        f"docs_dir: {DOCS}",
        f"site_dir: {site}",
        "use_directory_urls: true",
        "theme:",
        "  name: material",
        f"  custom_dir: {THEME}",
        "",
    ]
    return "\n".join(lines)


@cache
def handed_on() -> frozenset[str]:
    """The names that Material's templates set for the parts they include, any of which a project may replace."""
    material = files("material")
    return handed_on_by(Path(str(material)) / "templates")


def mkdocs(workplace: Workplace) -> list[str]:
    """Builds with MkDocs, in a process for every core when there is much to build.

    Raises ContentError for its configuration, WorldError for its own failure.
    """
    pages = sum(1 for _ in (workplace.build / DOCS).rglob("*.md"))
    shares = max(1, min(cores(), pages // PAGES_WORTH_A_PROCESS))
    if shares == 1:
        return mkdocs_share(workplace, 0, 1)
    others = [Workplace(workplace.build, workplace.site / f".share-{share}") for share in range(1, shares)]
    with ProcessPoolExecutor(shares - 1, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(mkdocs_share, other, share, shares) for share, other in enumerate(others, start=1)]
        warnings = mkdocs_share(workplace, 0, shares)
        for other, future in zip(others, futures, strict=True):
            warnings += future.result()
            _join(workplace.site, other.site)
    return list(dict.fromkeys(warnings))


PAGES_WORTH_A_PROCESS = 400
"""How many pages take longer to make than another process to start."""


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _join(site: Path, share: Path) -> None:
    """Moves a share's pages into the site, and appends what its search index holds."""
    index = Path("search", "search_index.json")
    if (share / index).is_file() and (site / index).is_file():
        whole = json.loads((site / index).read_text(encoding="utf-8"))
        whole["docs"] += json.loads((share / index).read_text(encoding="utf-8"))["docs"]
        (site / index).write_text(json.dumps(whole, separators=(",", ":")), encoding="utf-8")
    for file in share.rglob("*.html"):
        place = site / file.relative_to(share)
        place.parent.mkdir(parents=True, exist_ok=True)
        file.replace(place)
    shutil.rmtree(share)


def mkdocs_share(workplace: Workplace, share: int, shares: int) -> list[str]:
    """Builds one share of the pages with MkDocs in this process."""
    # Material prints a notice about MkDocs 2 on standard error with every build unless it is told that we know.
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort, MkDocsException

    from digest.publish.verbatim import Verbatim

    with _Warnings() as heard:
        try:
            config = load_config(str(workplace.configuration), site_dir=str(workplace.site.absolute()))
            config.plugins["digest"] = Verbatim(share, shares)
        except MkDocsException as error:
            raise ContentError(_refusals(workplace, heard.messages or [str(error)])) from None
        try:
            build(config)
        except Abort as error:
            if config.strict:
                raise ContentError(_refusals(workplace, heard.messages)) from None
            raise WorldError(f"MkDocs stopped: {'; '.join(heard.messages) or error}") from None
        except FAILURES as error:
            if place := place_of(error, [workplace.theme]):
                raise ContentError([_theme_problem(workplace, *place, error)]) from None
            raise WorldError(f"MkDocs stopped: {type(error).__name__}: {error}") from error
    return heard.messages


def _refusals(workplace: Workplace, messages: Iterable[str]) -> list[Problem]:
    """What MkDocs says of its configuration as problems of the project's own file, at the key that each one names."""
    lines = (workplace.build.parent / "mkdocs.yml").read_text(encoding="utf-8-sig").splitlines()
    problems: list[Problem] = []
    for message in messages:
        key = re.match(r"Config value '(\w+)': ", message)
        starts = (number for number, line in enumerate(lines, start=1) if key and line.startswith(f"{key[1]}:"))
        problems.append(Problem("mkdocs.yml", next(starts, 1), 1, f"the engine says: {message}", "mend what it names"))
    return problems


def _theme_problem(workplace: Workplace, file: str, line: int, error: Exception) -> Problem:
    path = Path(file).relative_to(workplace.theme).as_posix()
    what = f"there is no template '{error.name}'" if isinstance(error, TemplateNotFound) else str(error)
    return Problem(f"templates/theme/{path}", line, 1, what, "mend the template")


class _Warnings(logging.Handler):
    """Collects what MkDocs warns of while it is entered, and keeps it off the terminal."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())

    def __enter__(self) -> "_Warnings":
        logger = logging.getLogger("mkdocs")
        self._propagate, logger.propagate = logger.propagate, False
        logger.addHandler(self)
        return self

    def __exit__(self, *error: object) -> None:
        logger = logging.getLogger("mkdocs")
        logger.removeHandler(self)
        logger.propagate = self._propagate


ENGINES: Mapping[str, Engine] = {"mkdocs": mkdocs, "zensical": zensical}
