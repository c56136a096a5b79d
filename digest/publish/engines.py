"""Engines: what makes HTML of the assembled Markdown. MkDocs with Material is the one there is."""

import logging
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Protocol

from jinja2 import TemplateNotFound

from digest.library.problems import ContentError, Problem, WorldError
from digest.publish.templates import FAILURES, place_of
from digest.publish.theme import handed_on_by

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
    """Builds with MkDocs in this process. Raises ContentError for its configuration, WorldError for its own failure."""
    # Material prints a notice about MkDocs 2 on standard error with every build unless it is told that we know.
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort, MkDocsException

    with _Warnings() as heard:
        try:
            config = load_config(str(workplace.configuration))
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


ENGINES: Mapping[str, Engine] = {"mkdocs": mkdocs}
