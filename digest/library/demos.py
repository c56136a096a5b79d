"""The runnable demos: `demos/NAME/demo.toml`, their results, and whether those still measure the present source.

Everything is read without importing or running anything of a demo.
"""

import hashlib
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from digest.library import toml
from digest.library.problems import Problem
from digest.library.results import Form, License, Results, Sentence, parse_results
from digest.library.text import read_inside
from digest.library.validating import validate

NAME = re.compile(r"[a-z][a-z0-9-]*")
LIMIT = re.compile(r"(?:(\d{1,4}) h)?(?:(?:^| )(\d{1,4}) min)?(?:(?:^| )(\d{1,5}) s)?", re.ASCII)
LONGEST = timedelta(hours=24)
SIZE = re.compile(r"\d+(\.\d+)? (kB|MB|GB|TB)", re.ASCII)
OUT = "{out}"
LEFT_OUT_AT_THE_TOP = ("results", "build", "dist")

Status = Literal["passed", "failed", "changed", "not-run"]


def _name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"'{name}' is no name; write small letters, digits and hyphens, a letter first")
    return name


def _python(specifier: str) -> str:
    try:
        SpecifierSet(specifier)
    except InvalidSpecifier:
        raise ValueError(f"'{specifier}' is no version specifier; write one like >=3.11") from None
    return specifier


def _disk(size: str) -> str:
    if not SIZE.fullmatch(size):
        raise ValueError(f"'{size}' is no size; write a number and its unit, like 200 MB or 6 GB")
    return size


def parse_limit(text: object) -> timedelta:
    """The time in "1 h 30 min", "30 min" or "90 s": more than nothing and at most 24 hours. Raises ValueError."""
    match = LIMIT.fullmatch(text) if isinstance(text, str) and text == text.strip() else None
    if not match:
        raise ValueError(f"{text!r} is no time limit; write one like 90 s, 30 min or 1 h 30 min")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    limit = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta(0) < limit <= LONGEST:
        raise ValueError(f"the time limit {text!r} cannot be held; write one above 0 s and up to 24 h")
    return limit


def format_limit(limit: timedelta) -> str:
    """A time limit as it is written in demo.toml: "1 h 30 min"."""
    minutes, seconds = divmod(int(limit.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (seconds, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def command_words(line: str) -> list[str]:
    """The words of a command line as the shell would split them; no shell ever sees them. Raises ValueError."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ValueError(f"the command cannot be read: {str(error).lower()}; close every quote") from None
    if not words or not words[0]:
        raise ValueError("the command is empty; write the program and its arguments")
    if "/" in words[0]:
        raise ValueError(f"'{words[0]}' is a path; name a program that the demo installs, like pytest")
    return words


def _command(line: str) -> str:
    command_words(line)
    return line


def _commands(commands: dict[str, str]) -> dict[str, str]:
    if not commands:
        raise ValueError('there is no command; write at least one, like app = "coin app"')
    return commands


def _results_command(line: str) -> str:
    if OUT not in line:
        raise ValueError("the command says not where to write; put {out} where the folder of the results belongs")
    return line


Name = Annotated[str, AfterValidator(_name)]
Command = Annotated[str, AfterValidator(_command)]
Limit = Annotated[
    timedelta,
    BeforeValidator(parse_limit),
    WithJsonSchema({"type": "string", "examples": ["90 s", "30 min", "1 h 30 min"]}),
]


class Verify(Form):
    """How `digest demo test` proves a demo on two CPU cores: both commands together end at the limit."""

    limit: Limit
    tests: Command
    results: Annotated[Command, AfterValidator(_results_command)]


class Manifest(Form):
    """A demo.toml. The first of `commands` is the one that runs when none is named."""

    name: Name
    title: Sentence
    summary: Sentence
    entries: tuple[Sentence, ...]
    license: License
    python: Annotated[str, AfterValidator(_python)]
    disk: Annotated[str, AfterValidator(_disk)]
    gpu: Literal["none", "optional", "required"]
    commands: Annotated[dict[Name, Command], AfterValidator(_commands)]
    verify: Verify


@dataclass(frozen=True)
class Demo:
    """A demo: its manifest, its results in the order of their file names, and the hash of its present source.

    `folder` is POSIX and relative to the project ("demos/dino").
    """

    name: str
    folder: str
    manifest: Manifest
    results: tuple[Results, ...]
    source_hash: str

    def is_current(self, results: Results) -> bool:
        """Whether `results` measured the source as it is now."""
        return results.source == self.source_hash

    @property
    def status(self) -> Status:
        """What the results say of the present source.

        "not-run" without results; "changed" when none of them measured the present source; "failed" when one that did
        has a check which failed; else "passed". A claim that did not hold does not make a demo fail.
        """
        if not self.results:
            return "not-run"
        current = [results for results in self.results if self.is_current(results)]
        if not current:
            return "changed"
        return "passed" if all(results.passed for results in current) else "failed"

    @property
    def last_run(self) -> Results | None:
        """The newest results, whatever source they measured."""
        return max(self.results, key=lambda results: results.date, default=None)


def read_demos(root: Path) -> tuple[dict[str, Demo], list[Problem]]:
    """The demos of the project in `root` by name, in the order of their names, and everything wrong in their files."""
    demos: dict[str, Demo] = {}
    problems: list[Problem] = []
    for name in demo_names(root):
        demo, found = read_demo(root, name)
        problems += found
        if demo:
            demos[name] = demo
    return demos, problems


def demo_names(root: Path) -> list[str]:
    """The names of the folders in `demos/`, sorted; hidden ones and those that begin with _ are not demos."""
    folder = root / "demos"
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._")


def read_demo(root: Path, name: str) -> tuple[Demo | None, list[Problem]]:
    """The demo in the folder `demos/NAME`, or None when its manifest is at fault. Broken results are left out of it."""
    folder = f"demos/{name}"
    manifest, problems = _read_manifest(root, name, f"{folder}/demo.toml")
    if not manifest:
        return None, problems
    results: list[Results] = []
    for file in sorted((root / folder / "results").glob("*.json")):
        found, faults = _read_results(root, name, file.relative_to(root).as_posix())
        problems += faults
        results += [found] if found else []
    try:
        files = source_files(root / folder)
    except OSError as error:
        what = f"the source cannot be read: {(error.strerror or 'unknown').lower()}"
        return None, [*problems, Problem(f"{folder}/demo.toml", 1, 1, what, "make every file of the demo readable")]
    return Demo(name, folder, manifest, tuple(results), source_hash(files)), problems


def source_hash(files: dict[str, str]) -> str:
    """The hash over a demo's source, "sha256:…", as results carry it.

    It is the SHA-256 of one line per file, "HASH  PATH" and a NUL, sorted by the bytes of the path: what
    `sha256sum --zero` prints, so that a demo's own bench can compute it without digest.
    """
    whole = hashlib.sha256()
    for path in sorted(files, key=os.fsencode):
        whole.update(files[path].encode() + b"  " + os.fsencode(path) + b"\0")
    return f"sha256:{whole.hexdigest()}"


def source_files(folder: Path) -> dict[str, str]:
    """The SHA-256 of every source file of a demo, by its POSIX path inside the demo's folder.

    Left out are `results/`, `build/` and `dist/` at the top, and everywhere hidden files, `__pycache__`, `*.egg-info`
    and `*.pyc`: what running and packaging a demo writes. A symbolic link counts by the text of its target and is never
    followed, so that nothing outside the folder is read.
    """
    return {path.relative_to(folder).as_posix(): _file_hash(path) for path in _walk(folder, folder)}


def _walk(folder: Path, top: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if _is_left_out(path, at_the_top=folder == top):
            continue
        if path.is_symlink() or path.is_file():
            yield path
        elif path.is_dir():
            yield from _walk(path, top)


def _is_left_out(path: Path, *, at_the_top: bool) -> bool:
    name = path.name
    if name.startswith(".") or name == "__pycache__" or path.suffix in (".egg-info", ".pyc"):
        return True
    return at_the_top and name in LEFT_OUT_AT_THE_TOP


def _file_hash(path: Path) -> str:
    if path.is_symlink():
        return hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_manifest(root: Path, name: str, path: str) -> tuple[Manifest | None, list[Problem]]:
    text, problems = read_inside(root, path, "write one; `digest demo new` shows its form")
    if text is None:
        return None, problems
    document, problems = toml.load(text, path)
    if problems:
        return None, problems
    manifest, problems = validate(Manifest, document, {})
    if manifest and manifest.name != name:
        what = f"the name is '{manifest.name}' but the folder is '{name}'"
        return None, [document.problem(("name",), what, f'write name = "{name}"')]
    return manifest, problems


def _read_results(root: Path, name: str, path: str) -> tuple[Results | None, list[Problem]]:
    again = f"run `digest demo test {name}` again"
    text, problems = read_inside(root, path, again)
    if text is None:
        return None, problems
    results, problems = parse_results(text, path)
    if not results:
        return None, problems
    if results.demo != name:
        return None, [Problem(path, 1, 1, f"demo: the results are those of '{results.demo}'", again)]
    folder = (root / path).parent
    missing = [figure.file for figure in results.figures if not _is_inside(folder, folder / figure.file)]
    if missing:
        return None, [Problem(path, 1, 1, f"figures: there is no file '{file}' in results/", again) for file in missing]
    return results, []


def _is_inside(folder: Path, file: Path) -> bool:
    return file.is_file() and file.resolve().is_relative_to(folder.resolve())
