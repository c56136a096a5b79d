"""A demo as a Python package: what its pyproject.toml says, and what an environment has of it."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from digest.library import toml
from digest.library.demos import Demo
from digest.library.problems import ContentError, Problem, WorldError

ASKING_SECONDS = 60
ASK = """
import json, platform, sys
from importlib import metadata
versions = {d.metadata["Name"]: d.version for d in metadata.distributions() if d.metadata["Name"]}
try:
    found = metadata.distribution(sys.argv[1])
    version, url, requires = found.version, found.read_text("direct_url.json"), found.requires or []
except metadata.PackageNotFoundError:
    version, url, requires = None, None, []
found = {"version": version, "versions": versions, "requires": requires, "url": url}
print(json.dumps(found | {"python": platform.python_version()}))
"""


@dataclass(frozen=True)
class Package:
    """What pyproject.toml says: the distribution's name, its version (None when it is dynamic), its extras."""

    name: str
    version: str | None
    extras: tuple[str, ...]


@dataclass(frozen=True)
class Installation:
    """What an environment has: its Python, the demo's version, the versions of all by canonical name.

    `requires` are the demo's own requirements; `source` is where it is installed from, None unless that is editable.
    """

    python: str
    version: str | None
    versions: Mapping[str, str]
    requires: tuple[str, ...]
    source: Path | None

    @property
    def libraries(self) -> dict[str, str]:
        """The versions of the libraries that the demo itself asks for, extras aside, in the order of their names."""
        names = [canonicalize_name(name) for name in map(_required, self.requires) if name]
        return {name: self.versions[name] for name in sorted(names) if name in self.versions}


def read_package(root: Path, demo: Demo) -> Package:
    """The package of a demo in the project `root`. Raises ContentError when pyproject.toml is missing or at fault."""
    path = f"{demo.folder}/pyproject.toml"
    try:
        text = (root / path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        mend = "a demo is a Python package: `digest demo new` shows its form"
        raise ContentError([Problem(path, 1, 1, "the file cannot be read", mend)]) from None
    document, problems = toml.load(text, path)
    if problems:
        raise ContentError(problems)
    project: Any = document.data.get("project")
    name, version, extras = (_field(project, key) for key in ("name", "version", "optional-dependencies"))
    if not isinstance(name, str):
        raise ContentError([document.problem(("project",), "the package has no name", 'write name = "…" in [project]')])
    return Package(
        name, version if isinstance(version, str) else None, tuple(extras if isinstance(extras, dict) else ())
    )


def installation(python: Path, name: str, variables: Mapping[str, str]) -> Installation:
    """What the environment of the interpreter `python` has, above all of the distribution `name`.

    Raises WorldError when the interpreter does not answer.
    """
    try:
        # -I: the folder that we stand in must not decide what is found
        answer = subprocess.run(  # noqa: S603
            [python, "-I", "-c", ASK, name],
            env=dict(variables),
            capture_output=True,
            timeout=ASKING_SECONDS,
            check=True,
        ).stdout
        found = json.loads(answer)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise WorldError(f"the interpreter {python} does not work: {error}") from error
    versions: dict[str, str] = {canonicalize_name(name): version for name, version in found["versions"].items()}
    return Installation(
        found["python"], found["version"], versions, tuple(found["requires"]), _editable_source(found["url"])
    )


def check_installed(root: Path, demo: Demo, found: Installation, mend: str) -> None:
    """Raise WorldError unless the environment runs the demo's own source, on a Python that the demo allows.

    Results would otherwise be those of another copy: an environment that many work trees share has the demo of one.
    """
    if not SpecifierSet(demo.manifest.python).contains(found.python, prereleases=True):
        raise WorldError(f"'{demo.name}' needs Python {demo.manifest.python}, and the environment has {found.python}")
    if found.source is None:
        raise WorldError(f"the environment does not have '{demo.name}' installed editable; {mend}")
    if found.source.resolve() != (root / demo.folder).resolve():
        raise WorldError(f"the environment has '{demo.name}' from {found.source}; {mend}")


def _field(project: Any, key: str) -> Any:
    return project.get(key) if isinstance(project, dict) else None


def _required(requirement: str) -> str | None:
    """The name of a requirement, unless it belongs to an extra or to another platform."""
    try:
        parsed = Requirement(requirement)
    except InvalidRequirement:
        return None
    return None if parsed.marker and not parsed.marker.evaluate({"extra": ""}) else parsed.name


def _editable_source(text: str | None) -> Path | None:
    """The folder in a direct_url.json (PEP 610), if it is editable."""
    record = json.loads(text) if text else {}
    if not record.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(record["url"]).path))
