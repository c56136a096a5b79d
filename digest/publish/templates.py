"""Templates: the packaged ones, with a project's own over them, file by file."""

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    nodes,
    select_autoescape,
)

from digest.library.nearest import did_you_mean
from digest.library.problems import ContentError, Problem
from digest.publish.views.quantities import day

ENGINE_NAMES = {"config", "page", "nav", "base_url", "lang", "extra_css", "extra_javascript", "mkdocs_version"}
"""What an engine gives to a theme's templates; `lang` comes from Material's own base template."""


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
            raise ContentError([self._problem(error.filename or name, error.lineno, str(error.message))]) from None
        except (TemplateError, TypeError, AttributeError, LookupError, ValueError) as error:
            file, line = _where(error, self.folders) or (name, 1)
            raise ContentError([self._problem(file, line, str(error))]) from None

    def theme(self) -> dict[str, Path]:
        """The files of the theme, by their path inside it."""
        return {name.removeprefix("theme/"): file for name, file in self._layers("theme")}

    def check_theme(self) -> list[Problem]:
        """What is wrong in the theme's templates: syntax, and names that no engine gives them."""
        problems: list[Problem] = []
        for file in self.theme().values():
            if file.suffix == ".html":
                problems += self._theme_problems(file)
        return problems

    def read(self, name: str) -> str:
        """The text of a template as it is written."""
        return next(folder / name for folder in self.folders if (folder / name).is_file()).read_text(encoding="utf-8")

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(self.folders),
            autoescape=select_autoescape(("html", "xml"), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.filters["day"] = day
        return environment

    def _layers(self, folder: str) -> Iterator[tuple[str, Path]]:
        for layer in reversed(self.folders):
            for file in sorted((layer / folder).rglob("*")):
                if file.is_file() and not any(part.startswith(".") for part in file.relative_to(layer).parts):
                    yield file.relative_to(layer).as_posix(), file

    def _theme_problems(self, file: Path) -> Iterator[Problem]:
        try:
            tree = self._environment.parse(file.read_text(encoding="utf-8"))
        except TemplateSyntaxError as error:
            yield self._problem(str(file), error.lineno, str(error.message))
            return
        stored = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
        stored |= {target for node in tree.find_all(nodes.Import) for target in [node.target]}
        stored |= {node.name for node in tree.find_all(nodes.Macro)} | {
            "loop",
            "self",
            "super",
            "caller",
            "varargs",
            "kwargs",
        }
        known = ENGINE_NAMES | stored | self._environment.globals.keys()
        for node in tree.find_all(nodes.Name):
            if node.ctx == "load" and node.name not in known:
                what = f"'{node.name}' is undefined"
                yield self._problem(str(file), node.lineno, what, did_you_mean(node.name, ENGINE_NAMES | stored))

    def _problem(self, file: str, line: int, what: str, mend: str = "mend the template") -> Problem:
        path = Path(file)
        if path.is_relative_to(self.root):
            file = path.relative_to(self.root).as_posix()
        elif path.is_absolute():
            file = next(
                (
                    f"templates/{path.relative_to(folder).as_posix()}"
                    for folder in self.folders
                    if path.is_relative_to(folder)
                ),
                file,
            )
        return Problem(file, line, 1, what, mend)


def project_templates(root: Path) -> Templates:
    """The templates of the project at `root`: its own over the packaged ones."""
    own, packaged = root / "templates", packaged_folder()
    folders = (own, packaged) if own.is_dir() and own.resolve() != packaged.resolve() else (packaged,)
    return Templates(root, folders)


def _where(error: BaseException, folders: tuple[Path, ...]) -> tuple[str, int] | None:
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if any(Path(frame.filename).is_relative_to(folder) for folder in folders):
            return frame.filename, frame.lineno or 1
    return None
