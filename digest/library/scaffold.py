"""A newsletter of one's own: a small one that builds at once, rendered from `templates/newsletter/`."""

import json
import os
import tempfile
import unicodedata
from collections.abc import Mapping
from datetime import date
from pathlib import Path, PurePosixPath

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from digest.library.problems import CommandError, ContentError, Problem, WorldError

DOT = "dot-"
"""What stands for the dot of a hidden file in `templates/`, where git and packagers would heed or skip it."""

TODAY = "TODAY"
"""What stands for the date in the name of a template's file."""

WELCOME = {".git"}
"""What may already be in the folder: someone who cloned an empty repository starts in it."""

UNWRITABLE = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories that no line of YAML can hold as they are: controls, lone surrogates, line and paragraph ends."""


def new_newsletter(folder: Path, name: str | None, templates: Path, today: date) -> Path:
    """The folder of the new newsletter, whole or not at all, with a first issue of the date `today`.

    `name` is what it is called, by default what `folder` is; `templates` is the folder that holds `newsletter/`.
    Raises CommandError for a folder that holds anything and for a name that cannot be written on one line, WorldError
    when the disk refuses.
    """
    target = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow a link that is the folder
    _check_folder(target)
    context = {"name": _checked(name or _called(target)), "today": today}
    _write(target, rendered(templates / "newsletter", context))
    return target


def rendered(templates: Path, context: Mapping[str, object]) -> dict[str, str]:
    """The text of every file that a folder of templates makes, by its path in the new folder."""
    jinja = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the files are YAML and Markdown, no HTML
    )
    jinja.filters["quoted"] = _quoted
    return {_place(file, context): _render(jinja, file, context) for file in jinja.list_templates(filter_func=_is_ours)}


def _check_folder(target: Path) -> None:
    try:
        if target.is_file():
            raise CommandError(f"{target} is a file; name a folder that is not there yet")
        present = sorted(child.name for child in target.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise WorldError(f"{target} cannot be read ({_reason(error)})") from None
    if unwelcome := [child for child in present if child not in WELCOME]:
        raise CommandError(f"{target} holds '{unwelcome[0]}' already; name a folder that is empty or not there yet")


def _called(target: Path) -> str:
    """What a folder would be called as a newsletter: `my-letter` is "My Letter"."""
    words = target.name.replace("-", " ").replace("_", " ").split()
    return " ".join(word if any(letter.isupper() for letter in word) else word.capitalize() for word in words)


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise CommandError("the newsletter has no name; give it one with --name")
    if any(unicodedata.category(letter) in UNWRITABLE or letter in "\ufffe\uffff" for letter in name):
        raise CommandError("the name has a character that cannot be written; give it another with --name")
    return name


def _is_ours(file: str) -> bool:
    """Whether a template is one that somebody wrote, and not something an editor or Python left beside them."""
    return not any(part.startswith(".") or part == "__pycache__" for part in PurePosixPath(file).parts)


def _place(file: str, context: Mapping[str, object]) -> str:
    parts = [f".{part.removeprefix(DOT)}" if part.startswith(DOT) else part for part in PurePosixPath(file).parts]
    return "/".join(parts).replace(TODAY, str(context["today"]))


def _quoted(text: str) -> str:
    """The text between quotes, as both YAML and JSON read it."""
    return json.dumps(text, ensure_ascii=False)


def _render(jinja: Environment, file: str, context: Mapping[str, object]) -> str:
    try:
        return jinja.get_template(file).render(context)
    except TemplateError as error:
        line = getattr(error, "lineno", None) or 1
        mend = f"a template of a newsletter knows {', '.join(sorted(context))}"
        problem = Problem(f"templates/newsletter/{file}", line, 1, f"broken template: {error}", mend)
        raise ContentError([problem]) from error


def _write(target: Path, files: Mapping[str, str]) -> None:
    """Writes the files into a hidden folder beside the target, and moves that into place when all of them are there.

    A folder that stands already, which may be where the curator's shell is, is kept and filled instead.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
            made = Path(scratch, "newsletter")
            for place, text in files.items():
                file = made / place
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            if not target.is_dir():
                made.rename(target)
                return
            for child in sorted(made.iterdir()):
                child.rename(target / child.name)
    except OSError as error:
        raise WorldError(f"{target} cannot be written ({_reason(error)})") from None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
