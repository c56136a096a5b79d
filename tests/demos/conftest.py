"""Small projects with a demo in them, and a virtual environment that has the demo."""

import json
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from digest.demos.environment import VARIABLE, Environment
from digest.library.demos import Demo, read_demo

TEMPLATES = Path(__file__).parents[2] / "templates"
BACKEND = (Path(__file__).parent / "backend.py").read_text(encoding="utf-8")
CHECK = "print('checked')\n"
MEASURE = """
import json, pathlib, sys
out = pathlib.Path(sys.argv[1])
(out / "drawn").mkdir()
(out / "drawn" / "coin.svg").write_text("<svg/>")
metric = {"name": "heads", "value": 0.5, "command": "coin", "claim": "It is fair.", "held": True}
figure = {"file": "drawn/coin.svg", "caption": "A coin.", "alt": "A coin.", "license": "CC-BY-4.0"}
(out / "metrics.json").write_text(json.dumps({"metrics": [metric], "figures": [figure]}))
print("measured")
"""
PYPROJECT = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "coin"
version = "1.2.3"
"""


class Project:
    """A project in `root` with the demo `coin`, whose commands are Python files in its folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "demos" / "coin"
        self.folder.mkdir(parents=True)
        self.write(check=CHECK, measure=MEASURE)
        self.manifest()
        (self.folder / "backend.py").write_text(BACKEND, encoding="utf-8")
        (self.folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")

    def write(self, **programs: str) -> None:
        """Write Python files into the demo's folder."""
        for name, text in programs.items():
            (self.folder / f"{name}.py").write_text(text, encoding="utf-8")

    def manifest(self, **changes: str) -> None:
        """Write demo.toml, with changes to the values that tests care about."""
        values = {
            "python": ">=3.11",
            "show": "python check.py",
            "limit": "1 min",
            "tests": "python check.py",
            "results": "python measure.py {out}",
        } | changes
        text = """name = "coin"
title = "Coin"
summary = "Toss a coin."
entries = []
license = "MIT"
python = "PYTHON"
disk = "1 MB"
gpu = "none"
commands.show = "SHOW"
commands.check = "python check.py"

[verify]
limit = "LIMIT"
tests = "TESTS"
results = "RESULTS"
"""
        for name, value in values.items():
            text = text.replace(f'"{name.upper()}"', json.dumps(value))
        (self.folder / "demo.toml").write_text(text, encoding="utf-8")

    @property
    def demo(self) -> Demo:
        """The demo as it is now."""
        demo, problems = read_demo(self.root, "coin")
        assert demo, problems
        return demo


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with the demo `coin`."""
    return Project(tmp_path / "project")


@pytest.fixture
def lent(project: Project, tmp_path: Path) -> Environment:
    """A virtual environment that has the project's demo, as the variable DIGEST_DEMO_ENVIRONMENT lends one."""
    return make_environment(tmp_path / "lent", project.folder)


@pytest.fixture
def variables(lent: Environment) -> dict[str, str]:
    """The outer variables, with the environment lent by one of them."""
    return {"PATH": "/usr/bin:/bin", VARIABLE: str(lent.folder)}


def make_environment(folder: Path, demo: Path, *, record: dict[str, Any] | None = None) -> Environment:
    """A virtual environment in which the demo in the folder `demo` is installed, as pip's record of it says."""
    venv.create(folder, symlinks=True)
    record = record or {"url": demo.as_uri(), "dir_info": {"editable": True}}
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    info = folder / "lib" / version / "site-packages" / "coin-1.2.3.dist-info"
    info.mkdir()
    requires = 'Requires-Dist: rich>=14\nRequires-Dist: pytest; extra == "test"\n'
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: coin\nVersion: 1.2.3\n{requires}", encoding="utf-8")
    (info / "direct_url.json").write_text(json.dumps(record), encoding="utf-8")
    return Environment(folder, ours=False)
