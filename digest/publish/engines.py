"""Engines: what makes HTML of the assembled Markdown, MkDocs with Material or Zensical (`zensical.py`)."""

import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path

from jinja2 import TemplateNotFound

from digest.library.problems import ContentError, Problem, WorldError
from digest.publish.policy import protect
from digest.publish.searching import INDEX, joined, sections
from digest.publish.templates import FAILURES, place_of
from digest.publish.theme import handed_on_by
from digest.publish.zensical import zensical


@dataclass(frozen=True)
class Workplace:
    """Where an engine works: it makes the site in `folder` of the Markdown in `docs` and the `theme`.

    `project` is the project's own `mkdocs.yml`.
    """

    folder: Path
    docs: Path
    theme: Path
    project: Path

    @property
    def configuration(self) -> Path:
        """The engine's configuration: the project's own, told where to work."""
        return self.folder / "mkdocs.yml"

    @property
    def site(self) -> Path:
        """Where the HTML comes to be."""
        return self.folder / "html"

    def configure(self) -> None:
        """Writes the configuration: the project's, with what the build decides in place of its own.

        Those are the folders, the theme that ours extends, and addresses that end in a slash, which every link relies
        on.
        """

        def path(to: Path) -> str:
            return json.dumps(os.path.relpath(to, self.folder), ensure_ascii=False)

        lines = [
            f"INHERIT: {path(self.project)}",
            f"docs_dir: {path(self.docs)}",
            f"site_dir: {path(self.site)}",
            "use_directory_urls: true",
            "theme:",
            "  name: material",
            f"  custom_dir: {path(self.theme)}",
            "",
        ]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.configuration.write_text("\n".join(lines), encoding="utf-8")


@dataclass(frozen=True)
class Engine:
    """An engine: `make` makes `workplace.site`, and returns its warnings.

    With `by_page` it makes no more than the pages it is asked for, since no page depends on another; else all of them.
    """

    make: Callable[[Workplace, Sequence[str]], list[str]]
    by_page: bool


@cache
def handed_on() -> frozenset[str]:
    """The names that Material's templates set for the parts they include, any of which a project may replace."""
    material = files("material")
    return handed_on_by(Path(str(material)) / "templates")


def mkdocs(workplace: Workplace, pages: Sequence[str]) -> list[str]:
    """Builds some pages with MkDocs, in a process for every core when there is much to build.

    The home page is always among them, since the navigation is made of it. Raises ContentError for the configuration,
    WorldError for MkDocs' own failure.
    """
    shares = max(1, min(cores(), len(pages) // PAGES_WORTH_A_PROCESS))
    bounds = [len(pages) * share // shares for share in range(shares + 1)]
    places = [_share(workplace, pages[bounds[share] : bounds[share + 1]], share) for share in range(shares)]
    if shares == 1:
        warnings = mkdocs_share(places[0])
    else:
        with ProcessPoolExecutor(shares - 1, mp_context=get_context("spawn")) as pool:
            futures = [pool.submit(mkdocs_share, place) for place in places[1:]]
            warnings = mkdocs_share(places[0])
            for future in futures:
                warnings += future.result()
    _join([place.site for place in places], workplace.site)
    return list(dict.fromkeys(warnings))


PAGES_WORTH_A_PROCESS = 400
"""How many pages take longer to make than another process to start."""


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _share(workplace: Workplace, pages: Sequence[str], number: int) -> Workplace:
    """A workplace for some of the pages, which are there by links; what is no page is not MkDocs' to copy."""
    folder = workplace.folder / f"share-{number}"
    share = Workplace(folder, folder / "docs", workplace.theme, workplace.project)
    for page in {"index.md", *pages}:
        place = share.docs / page
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(workplace.docs.absolute() / page)
    share.configure()
    return share


def _join(parts: Sequence[Path], site: Path) -> None:
    """Moves what was made in parts into one site, and makes one search index of theirs."""
    first, *others = parts
    first.rename(site)
    said = [sections((part / INDEX).read_bytes()) for part in [site, *others] if (part / INDEX).is_file()]
    if len(said) > 1:
        whole = joined((site / INDEX).read_bytes(), {page: text for part in said for page, text in part.items()})
        (site / INDEX).write_bytes(whole)
    for part in others:
        for file in part.rglob("*.html"):
            place = site / file.relative_to(part)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)


def mkdocs_share(workplace: Workplace) -> list[str]:
    """Builds all the pages of a workplace with MkDocs in this process."""
    # Material prints a notice about MkDocs 2 on standard error with every build unless it is told that we know.
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort, MkDocsException

    from digest.publish.verbatim import Verbatim, quicken

    with _Warnings() as heard:
        try:
            config = load_config(str(workplace.configuration.absolute()))
            config.plugins["digest"] = Verbatim()
            quicken(config)
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
    protect(workplace.site)
    return heard.messages


def _refusals(workplace: Workplace, messages: Iterable[str]) -> list[Problem]:
    """What MkDocs says of its configuration as problems of the project's own file, at the key that each one names."""
    lines = workplace.project.read_text(encoding="utf-8-sig").splitlines()
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


ENGINES: Mapping[str, Engine] = {
    "mkdocs": Engine(mkdocs, by_page=True),
    "zensical": Engine(zensical, by_page=False),
}
