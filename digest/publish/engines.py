"""Engines: what makes HTML of the assembled Markdown. MkDocs with Material is the one there is."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from digest.library.problems import ContentError, Problem, WorldError

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


class Engine(Protocol):
    """Makes `workplace.site` of `workplace.build/docs`, and returns its warnings."""

    def __call__(self, workplace: Workplace) -> list[str]: ...


def configuration(project_file: str, site: str) -> str:
    """The text of the engine's configuration: the project's, with the folders of the build in place of its own."""
    lines = [
        f"INHERIT: {project_file}",
        f"docs_dir: {DOCS}",
        f"site_dir: {site}",
        "theme:",
        f"  custom_dir: {THEME}",
        "",
    ]
    return "\n".join(lines)


def mkdocs(workplace: Workplace) -> list[str]:
    """Builds with MkDocs in this process. Raises ContentError for its configuration, WorldError for its own failure."""
    # Material prints a notice about MkDocs 2 on standard error with every build unless it is told that we know.
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort, BuildError, ConfigurationError

    with _Warnings() as heard:
        try:
            build(load_config(str(workplace.configuration)))
        except ConfigurationError as error:
            raise ContentError(
                [Problem("mkdocs.yml", 1, 1, f"the engine refuses it: {error}", "mend the key it names")]
            ) from None
        except (Abort, BuildError) as error:
            raise WorldError(f"MkDocs stopped: {'; '.join(heard.messages) or error}") from None
    return heard.messages


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
