"""A demo of one's own: a small package that passes its test at once, rendered from `templates/demo/`."""

import keyword
import os
import sys
import tempfile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from digest.library.demos import NAME
from digest.library.nearest import did_you_mean
from digest.library.problems import CommandError, ContentError, Problem, WorldError

PACKAGE_FOLDER = "package/"
LICENSE_FOLDER = "licenses/"
TAKEN_NAMES = ("test", "tests", "pytest", "digest")


def scaffold(root: Path, name: str, templates: Path, license_id: str = "Apache-2.0") -> Path:
    """The new folder `demos/NAME` of the project in `root`, whole or not at all.

    `templates` is the folder that holds `demo/`; a file of the project's own `templates/demo/` takes the place of the
    one with the same path, or is added. Raises CommandError for a bad or a taken name and for a licence without a text.
    """
    target = root / "demos" / name
    _check_name(name, target)
    jinja = Environment(
        loader=FileSystemLoader([root / "templates" / "demo", templates / "demo"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the files are code and text, no HTML
    )
    files = [file for file in jinja.list_templates() if not _is_by_the_way(file)]
    licenses = {Path(file).stem: file for file in files if file.startswith(LICENSE_FOLDER)}
    if license_id not in licenses:
        raise CommandError(f"there is no text of the licence '{license_id}'; {did_you_mean(license_id, licenses)}")
    sources = {_place(file, name): file for file in files if file not in licenses.values()}
    sources["LICENSE"] = licenses[license_id]
    context = {"name": name, "package": package_name(name), "title": _title(name), "license": license_id}
    _write(target, {place: _render(jinja, file, context) for place, file in sources.items()})
    return target


def package_name(name: str) -> str:
    """The name that a demo is imported by: "coin-toss" is `coin_toss`."""
    return name.replace("-", "_")


def _check_name(name: str, target: Path) -> None:
    if not NAME.fullmatch(name):
        raise CommandError(f"'{name}' is no name for a demo; write small letters, digits and hyphens, a letter first")
    package = package_name(name)
    if keyword.iskeyword(package) or package in sys.stdlib_module_names or package in TAKEN_NAMES:
        raise CommandError(f"'{name}' is taken: Python has a module or a word of that name; choose another")
    if os.path.lexists(target):
        raise CommandError(f"demos/{name} is already there; choose another name")


def _is_by_the_way(file: str) -> bool:
    """Whether a file is an editor's or Python's, which nobody wrote as a template."""
    return any(part.startswith(".") or part == "__pycache__" for part in Path(file).parts)


def _place(file: str, name: str) -> str:
    """Where a template's file goes: the folder `package/` takes the demo's import name."""
    if file.startswith(PACKAGE_FOLDER):
        return f"{package_name(name)}/{file.removeprefix(PACKAGE_FOLDER)}"
    return file


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _render(jinja: Environment, file: str, context: dict[str, str]) -> str:
    try:
        return jinja.get_template(file).render(context)
    except TemplateError as error:
        line = getattr(error, "lineno", None) or 1
        mend = f"a template of a demo knows {', '.join(sorted(context))}"
        raise ContentError([Problem(f"templates/demo/{file}", line, 1, f"broken template: {error}", mend)]) from error


def _write(target: Path, files: dict[str, str]) -> None:
    """Write the files beside the target, in a hidden folder, and rename it."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
            for place, text in files.items():
                file = Path(scratch, "demo", place)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            Path(scratch, "demo").rename(target)
    except OSError as error:
        raise WorldError(f"{target} cannot be written: {error.strerror}") from error
