"""A demo as a Python package, and what an environment has of it."""

import platform
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from digest.demos.environment import Environment
from digest.demos.package import Installation, Package, check_installed, installation, read_package
from digest.library.problems import ContentError, WorldError
from tests.demos.conftest import Project, make_environment


def installed(**changes: object) -> Installation:
    """An installation with nothing special about it."""
    values: dict[str, object] = {"python": "3.11.7", "version": "1", "versions": {}, "requires": (), "source": None}
    return Installation(**values | changes)  # type: ignore[arg-type]


def test_pyproject_says_name_version_and_extras(project: Project):
    (project.folder / "pyproject.toml").write_text(
        '[project]\nname = "coin"\nversion = "1"\n[project.optional-dependencies]\ntest = []\nshow = []\n',
        encoding="utf-8",
    )
    assert read_package(project.root, project.demo) == Package("coin", "1", ("test", "show"))


def test_a_dynamic_version_and_no_extras_are_allowed(project: Project):
    (project.folder / "pyproject.toml").write_text('project = {name = "coin"}', encoding="utf-8")
    assert read_package(project.root, project.demo) == Package("coin", None, ())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[project]\nversion = '1'", '1:2: the package has no name; write name = "…" in [project]'),
        ("project = 1", '1:11: the package has no name; write name = "…" in [project]'),
        ("", '1:1: the package has no name; write name = "…" in [project]'),
        (
            "[project\n",
            "1:9: broken TOML: Expected ']' at the end of a table declaration; write `key = \"value\"`, each",
        ),
    ],
)
def test_a_pyproject_that_is_no_package_is_a_problem(project: Project, text: str, fault: str):
    (project.folder / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as error:
        read_package(project.root, project.demo)
    assert str(error.value).startswith(f"demos/coin/pyproject.toml:{fault}")


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_pyproject_that_cannot_be_read_is_a_problem(project: Project, content: bytes | None):
    (project.folder / "pyproject.toml").unlink()
    if content:
        (project.folder / "pyproject.toml").write_bytes(content)
    with pytest.raises(ContentError) as error:
        read_package(project.root, project.demo)
    assert str(error.value) == (
        "demos/coin/pyproject.toml:1:1: the file cannot be read; a demo is a Python package: `digest demo new` shows "
        "its form"
    )


def test_an_environment_says_what_it_has(project: Project, lent: Environment):
    found = installation(lent.python, "coin", lent.variables({}))
    assert (found.python, found.version, found.versions["coin"]) == (platform.python_version(), "1.2.3", "1.2.3")
    assert found.requires == ("rich>=14", 'pytest; extra == "test"')
    assert found.source == project.folder


def test_the_libraries_are_those_that_the_demo_asks_for():
    found = installation(Path(sys.executable), "typer", {})
    assert found.libraries["rich"] == version("rich")
    assert "pytest" not in found.libraries
    assert found.source is None


def test_what_is_not_installed_or_not_for_here_is_no_library():
    requires = ("Zoo_Keeper>=1", "absent", 'pytest; extra == "test"', 'zoo-keeper; sys_platform == "moon"', "~broken~")
    found = installed(requires=requires, versions={"zoo-keeper": "2", "pytest": "9"})
    assert found.libraries == {"zoo-keeper": "2"}


def test_a_package_that_is_not_there_has_no_version(lent: Environment):
    found = installation(lent.python, "dice", lent.variables({}))
    assert (found.version, found.requires, found.source) == (None, (), None)


def test_an_interpreter_that_does_not_work_is_said_to_be(tmp_path: Path):
    for words in ("exit 1", "echo nonsense"):
        (tmp_path / "python").write_text(f"#!/bin/sh\n{words}\n", encoding="utf-8")
        (tmp_path / "python").chmod(0o755)
        with pytest.raises(WorldError, match=f"^the interpreter {tmp_path}/python does not work: "):
            installation(tmp_path / "python", "coin", {})
    with pytest.raises(WorldError, match=r"does not work: .*No such file"):
        installation(tmp_path / "absent", "coin", {})


def test_the_folder_that_digest_stands_in_does_not_decide_what_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lent: Environment
):
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert installation(lent.python, "coin", lent.variables({})).version == "1.2.3"


def test_the_demos_own_source_installed_editable_is_what_results_may_come_from(project: Project):
    check_installed(project.root, project.demo, installed(source=project.folder), "install it")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"python": "3.10.1"}, "'coin' needs Python >=3.11, and the environment has 3.10.1"),
        ({"source": None}, "the environment does not have 'coin' installed editable; install it"),
        ({"source": Path("/other/coin")}, "the environment has 'coin' from /other/coin; install it"),
    ],
)
def test_another_copy_or_python_is_refused(project: Project, changes: dict[str, object], sentence: str):
    with pytest.raises(WorldError) as error:
        check_installed(project.root, project.demo, installed(**{"source": project.folder} | changes), "install it")
    assert str(error.value) == sentence


def test_a_release_candidate_of_python_counts(project: Project):
    check_installed(project.root, project.demo, installed(python="3.15.0rc1", source=project.folder), "")


def test_a_folder_with_odd_letters_is_found_again(tmp_path: Path):
    project = Project(tmp_path / "a b%é")
    lent = make_environment(tmp_path / "lent", project.folder)
    assert installation(lent.python, "coin", lent.variables({})).source == project.folder


def test_an_installation_that_is_not_editable_has_no_source(project: Project, tmp_path: Path):
    lent = make_environment(tmp_path / "lent", project.folder, record={"url": project.folder.as_uri(), "dir_info": {}})
    assert installation(lent.python, "coin", lent.variables({})).source is None
