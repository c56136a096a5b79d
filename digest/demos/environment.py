"""The Python environment of a demo: isolated, made when first needed, made again when its pins change.

It lies in `.digest/demos/NAME/environment-KEY/`. The demo is installed there editable, so that its present source is
what runs, with the extras `test` and those named like a command of its demo.toml. An environment cannot be made under
another name and then renamed, because its programs name their interpreter by absolute path; so the name carries the
hash of the pins, and the file `complete`, written last, says that it is whole.

Set `DIGEST_DEMO_ENVIRONMENT` to the folder of an existing virtual environment to use that one for every demo instead:
an environment with torch takes some 5 GB, and one is enough in development and CI. Digest installs nothing into it.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from packaging.specifiers import SpecifierSet

from digest.demos.package import Package, check_installed, installation, read_package
from digest.demos.running import run
from digest.demos.state import state_folder
from digest.library.demos import Demo
from digest.library.problems import ContentError, Problem, WorldError

VARIABLE = "DIGEST_DEMO_ENVIRONMENT"
FOREIGN_VARIABLES = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__", VARIABLE)

Busy = Callable[[str], AbstractContextManager[object]]


@dataclass(frozen=True)
class Environment:
    """A virtual environment in `folder`: `ours` when digest made it for one demo, else lent by the variable."""

    folder: Path
    ours: bool

    @property
    def programs(self) -> Path:
        """The folder of its programs."""
        return self.folder / "bin"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.programs / "python"

    def program(self, name: str, demo: Demo) -> Path:
        """The program `name` of the environment, never one from elsewhere. Raises when there is none."""
        found = shutil.which(name, path=str(self.programs))
        if found:
            return Path(found)
        if self.ours:
            what = f"the environment of '{demo.name}' has no program '{name}'"
            mend = "declare what installs it: a dependency, a script, or the extra `test`"
            raise ContentError([Problem(f"{demo.folder}/pyproject.toml", 1, 1, what, mend)])
        raise WorldError(f"there is no program '{name}' in {self.programs}; {self.how_to_install(demo)}")

    def how_to_install(self, demo: Demo) -> str:
        """What to run so that an environment that is not ours has the demo."""
        return f"install the demo there: {self.python} -m pip install --editable {demo.folder}[test]"

    def variables(self, outer: Mapping[str, str]) -> dict[str, str]:
        """The environment variables for its programs: those of `outer`, with nothing of another Python in them."""
        kept = {name: value for name, value in outer.items() if name not in FOREIGN_VARIABLES}
        path = os.pathsep.join([str(self.programs), outer.get("PATH", os.defpath)])
        return kept | {"VIRTUAL_ENV": str(self.folder), "PATH": path, "PYTHONUNBUFFERED": "1"}


@contextmanager
def environment_of(root: Path, demo: Demo, outer: Mapping[str, str], busy: Busy) -> Iterator[Environment]:
    """The environment of a demo of the project in `root`, made if need be, and kept from being remade while in use.

    `busy(sentence)` is entered around what takes long. Raises WorldError when it cannot be made or does not fit.
    """
    if lent := outer.get(VARIABLE):
        yield _lent(root, demo, Path(lent).absolute(), outer)
        return
    package = read_package(root, demo)
    state = state_folder(root, demo.name)
    environment = Environment(state / f"environment-{_key(root, demo, package)[:12]}", ours=True)
    with (state / "lock").open("wb") as lock:
        _take(lock, fcntl.LOCK_SH, demo, busy)
        while not _is_complete(environment):
            _take(lock, fcntl.LOCK_EX, demo, busy)
            if not _is_complete(environment):
                _make(root, demo, package, environment, outer, busy)
            _take(lock, fcntl.LOCK_SH, demo, busy)
        yield environment


def _lent(root: Path, demo: Demo, folder: Path, outer: Mapping[str, str]) -> Environment:
    environment = Environment(folder, ours=False)
    if not environment.python.exists():
        raise WorldError(f"{VARIABLE} names {folder}, which is no virtual environment; make one or unset the variable")
    found = installation(environment.python, read_package(root, demo).name, environment.variables(outer))
    check_installed(root, demo, found, environment.how_to_install(demo))
    return environment


def _take(lock: BinaryIO, kind: int, demo: Demo, busy: Busy) -> None:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        with busy(f"waiting for another digest that uses the environment of '{demo.name}'"):
            fcntl.flock(lock, kind)


def _key(root: Path, demo: Demo, package: Package) -> str:
    """The hash of all that an environment depends on. The folder is part of it, since a moved environment is broken."""
    files = [root / demo.folder / "pyproject.toml", root / "constraints.txt"]
    pins = [file.read_bytes() if file.is_file() else b"" for file in files]
    parts = [sys.version.encode(), os.fsencode(root.absolute()), " ".join(_extras(demo, package)).encode(), *pins]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _extras(demo: Demo, package: Package) -> list[str]:
    return sorted({"test", *demo.manifest.commands} & set(package.extras))


def _is_complete(environment: Environment) -> bool:
    return (environment.folder / "complete").is_file() and environment.python.exists()


def _make(
    root: Path, demo: Demo, package: Package, environment: Environment, outer: Mapping[str, str], busy: Busy
) -> None:
    if not SpecifierSet(demo.manifest.python).contains(platform.python_version(), prereleases=True):
        raise WorldError(
            f"'{demo.name}' needs Python {demo.manifest.python}, and digest runs on {platform.python_version()}"
        )
    folder = environment.folder
    try:
        shutil.rmtree(folder, ignore_errors=True)
        with busy(f"making the environment of '{demo.name}', once: {demo.manifest.disk}"):
            for step, words in _steps(root, demo, package, environment):
                _take_step(root, demo, step, words, environment.variables(outer))
        (folder / "complete").write_text("made by digest; delete this folder to have it made again\n", encoding="utf-8")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for stale in folder.parent.glob("environment-*"):
        if stale != folder:
            shutil.rmtree(stale, ignore_errors=True)


def _steps(root: Path, demo: Demo, package: Package, environment: Environment) -> Iterator[tuple[str, list[str]]]:
    yield "create", [sys.executable, "-m", "venv", str(environment.folder)]
    extras = _extras(demo, package)
    install = ["-m", "pip", "install", "--no-input", "--progress-bar", "off", "--disable-pip-version-check"]
    constraints = root.absolute() / "constraints.txt"
    pins = ["--constraint", str(constraints)] if constraints.is_file() else []
    yield (
        "install",
        [str(environment.python), *install, *pins, "--editable", f".[{','.join(extras)}]" if extras else "."],
    )


def _take_step(root: Path, demo: Demo, step: str, words: list[str], variables: Mapping[str, str]) -> None:
    log = state_folder(root, demo.name) / "logs" / f"environment-{step}.log"
    ending = run(words, folder=root / demo.folder, variables=variables, log=log)
    if ending.status:
        raise WorldError(f"the environment of '{demo.name}' cannot be made: {_last_error(log)}; the log is {log}")


def _last_error(log: Path) -> str:
    """The line of a log that most likely says what went wrong: the last of pip's errors, or else the last line."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["no reason was given"])[-1]
