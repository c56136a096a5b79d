"""Templates: the packaged ones, with a project's own over them, file by file."""

import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    select_autoescape,
)

from digest.library.nearest import did_you_mean, nearest
from digest.library.problems import ContentError, Problem
from digest.publish.quantities import day

FAILURES = (TemplateError, TypeError, AttributeError, LookupError, ValueError, ArithmeticError, RecursionError)
"""What the words of a template can raise while it is rendered."""


def packaged_folder() -> Path:
    """Where the packaged templates are: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


@dataclass(frozen=True)
class Templates:
    """The templates of a project. Earlier `folders` win over later ones, file by file."""

    root: Path
    folders: tuple[Path, ...]

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """The text that template `name` makes of `context`; a ContentError names the template's file and line."""
        try:
            return self._environment.get_template(name).render(context)
        except TemplateSyntaxError as error:
            raise ContentError([self.problem(error.filename or name, error.lineno, str(error.message))]) from None
        except FAILURES as error:
            file, line = place_of(error, self.folders) or (name, 1)
            raise ContentError([self.problem(file, line, *self._reason(error, context))]) from None

    def theme(self) -> dict[str, Path]:
        """The files of the theme, by their path inside it."""
        return dict(self._files("theme"))

    def problem(self, file: str, line: int, what: str, mend: str = "mend the template") -> Problem:
        """A problem in the template `file`, which is a path or a name; the project knows it as `templates/…`."""
        for folder in self.folders:
            if Path(file).is_relative_to(folder):
                file = Path(file).relative_to(folder).as_posix()
        return Problem(f"templates/{file}", line, 1, what, mend)

    def _files(self, inside: str) -> Iterator[tuple[str, Path]]:
        for layer in reversed(self.folders):
            folder = layer / inside
            for file in sorted(folder.rglob("*")):
                path = file.relative_to(folder)
                if file.is_file() and not any(part.startswith(".") for part in path.parts):
                    yield path.as_posix(), file

    def _reason(self, error: Exception, context: Mapping[str, Any]) -> tuple[str, str]:
        if isinstance(error, TemplateNotFound):
            known = self._environment.list_templates()
            return f"there is no template '{error.name}'", did_you_mean(str(error.name), known)
        unknown = re.fullmatch(r"'(\w+)' is undefined", str(error))
        meant = nearest(unknown[1], context) if unknown else None
        return str(error), f"did you mean '{meant}'?" if meant else "mend the template"

    @cached_property
    def _environment(self) -> Environment:
        return environment(self.folders, tuple(name for name, _ in self._files("")))


@lru_cache(maxsize=4)
def environment(folders: tuple[Path, ...], names: tuple[str, ...]) -> Environment:  # noqa: ARG001 - a part of the key
    """The environment that renders the templates called `names` in `folders`, compiled once, until one is changed.

    Of a template that is compiled it would not notice that another in an earlier folder has come to stand over it.
    """
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(("html", "xml"), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["day"] = day
    return made


def project_templates(root: Path) -> Templates:
    """The templates of the project at `root`: its own over the packaged ones."""
    own, packaged = root / "templates", packaged_folder()
    folders = (own, packaged) if own.is_dir() and own.resolve() != packaged.resolve() else (packaged,)
    return Templates(root, folders)


def place_of(error: BaseException, folders: Iterable[Path]) -> tuple[str, int] | None:
    """The file in one of `folders` and the line of it where an error arose, or None where it was elsewhere."""
    inside = tuple(folders)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if any(Path(frame.filename).is_relative_to(folder) for folder in inside):
            return frame.filename, frame.lineno or 1
    return None
