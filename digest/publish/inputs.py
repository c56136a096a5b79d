"""Inputs: what a build is made of, as names that change when any of it does."""

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

LIBRARIES = (
    *("jinja2", "markdown", "markupsafe", "mkdocs", "mkdocs-material", "nh3", "pillow", "pydantic", "pygments"),
    *("pyyaml", "zensical"),
)
"""Those whose work shows in the site."""
PLUGINS = {"search", "material/search"}
PARTS = ("mkdocs.yml", "site", "demos", "templates")
"""What of a project a build reads."""


def project_inputs(root: Path) -> str:
    """A name for all the files of the project at `root` that a build reads."""
    return name_of(line for part in PARTS for line in _tree(root / part))


def folder_inputs(folders: Iterable[Path]) -> str:
    """A name for all the files of some folders."""
    return name_of(line for folder in folders for line in ["folder", *_tree(folder)])


@cache
def tools() -> str:
    """A name for what does the work: our own code, Python, and the libraries."""
    ours = (file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parents[1].rglob("*.py")))
    return name_of([sys.version, *(f"{library} {_version(library)}" for library in LIBRARIES), *ours])


def is_closed(settings: bytes) -> bool:
    """Whether a `mkdocs.yml` runs nothing that reads more than the project: no plugin but search, no hook, no variable.

    Of what reads more nobody knows when it changes, so that everything has to be made anew each time.
    """
    try:
        root = yaml.compose(settings, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return False
    if not isinstance(root, yaml.MappingNode) or any(token in settings for token in (b"!ENV", b"!relative")):
        return False
    keys = {key.value: value for key, value in root.value}
    plugins = {_plugin(node) for node in getattr(keys.get("plugins"), "value", [])}
    return plugins <= PLUGINS and not keys.keys() & {"hooks", "INHERIT"}


def _plugin(node: Any) -> str:
    """The name of a plugin, written as text, as a mapping of one key in a list, or as a key of a mapping."""
    if isinstance(node, tuple):
        return str(node[0].value)
    return str(node.value[0][0].value if isinstance(node, yaml.MappingNode) and node.value else node.value)


def name_of(parts: Iterable[str]) -> str:
    """A short name for some texts: another one when any of them, or their order, is another."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        whole.update(b"%d " % len(data) + data)
    return whole.hexdigest()[:32]


def _tree(path: Path) -> Iterator[str]:
    """The path and the content of every file under a folder, in order; hidden ones are nobody's input."""
    if path.is_file():
        yield _content(path)
    for folder, inner, names in os.walk(path):
        inner[:] = sorted(name for name in inner if not name.startswith(".") and name != "__pycache__")
        below = os.path.relpath(folder, path)
        for name in [*inner, *sorted(names)]:
            yield f"{below}/{name} {_content(Path(folder, name))}"


def _content(path: Path) -> str:
    """What stands for a file's content; of a link, where it leads, and what is there."""
    link = f"{path.readlink()} " if path.is_symlink() else ""
    if not path.is_file():
        return link + "folder"
    with path.open("rb") as file:
        return link + hashlib.file_digest(file, "sha256").hexdigest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
