"""The Python environment of a demo: made when first needed, made again when its pins change, or lent."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.demos import environment
from digest.demos.environment import VARIABLE, Environment, environment_of
from digest.library.problems import ContentError, WorldError
from tests.demos.conftest import PYPROJECT, Project, make_environment

OUTER = {"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1"}


class Signs:
    """What was said to take long."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    @contextmanager
    def __call__(self, sentence: str) -> Iterator[None]:
        self.sentences.append(sentence)
        yield


def folder_of(project: Project, outer: dict[str, str] | None = None, signs: Signs | None = None) -> Path:
    """The folder of the environment that a project's demo gets."""
    with environment_of(project.root, project.demo, outer or OUTER, signs or Signs()) as found:
        return found.folder


def names_in(folder: Path) -> list[str]:
    """The names of what lies in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


def pretend_to_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have environments made by a step that only writes a file: how pip does it is another test's matter."""

    def steps(*words: object) -> Iterator[tuple[str, list[str]]]:
        python = words[-1].python  # type: ignore[attr-defined]
        make = "import sys; from pathlib import Path; p = Path(sys.argv[1]); p.parent.mkdir(parents=True); p.touch()"
        yield "create", [sys.executable, "-c", make, str(python)]

    monkeypatch.setattr(environment, "_steps", steps)


def test_an_environment_is_made_once_with_the_demo_in_it(project: Project):
    project.write(check="def main():\n    print('tossed')\n")
    (project.folder / "pyproject.toml").write_text(
        PYPROJECT + "[project.optional-dependencies]\ntest = []\n", encoding="utf-8"
    )
    (project.root / "constraints.txt").write_text("coin==1.2.3\n", encoding="utf-8")
    signs = Signs()
    with environment_of(project.root, project.demo, OUTER, signs) as made:
        assert made.ours
        assert made.folder.parent == project.root / ".digest" / "demos" / "coin"
        program = made.program("coin", project.demo)
        tossed = subprocess.run([program], env=made.variables({}), capture_output=True, text=True, check=True).stdout
    assert tossed == "tossed\n"
    assert folder_of(project, signs=signs) == made.folder
    assert signs.sentences == ["making the environment of 'coin', once: 1 MB"]
    assert not list(project.folder.glob("*.egg-info"))


def test_constraints_are_held(project: Project):
    (project.root / "constraints.txt").write_text("coin==9\n", encoding="utf-8")
    with pytest.raises(WorldError) as error:
        folder_of(project)
    log = project.root / ".digest" / "demos" / "coin" / "logs" / "environment-install.log"
    assert str(error.value).startswith("the environment of 'coin' cannot be made: ")
    assert str(error.value).endswith(f"; the log is {log}")
    assert "coin" in log.read_text(encoding="utf-8")
    assert names_in(log.parents[1]) == ["lock", "logs"]


@pytest.mark.parametrize("file", ["demos/coin/pyproject.toml", "constraints.txt"])
def test_changed_pins_have_it_made_again_and_the_old_one_removed(
    project: Project, monkeypatch: pytest.MonkeyPatch, file: str
):
    pretend_to_make(monkeypatch)
    first = folder_of(project)
    assert folder_of(project) == first
    with (project.root / file).open("a", encoding="utf-8") as pins:
        pins.write("\n# changed\n")
    second = folder_of(project)
    assert second != first
    assert (second / "complete").is_file()
    assert not first.exists()


def test_an_extra_named_like_a_command_belongs_to_the_environment(project: Project, monkeypatch: pytest.MonkeyPatch):
    pyproject = PYPROJECT + "[project.optional-dependencies]\nshow = []\nserve = []\ntest = []\n"
    (project.folder / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    package = environment.read_package(project.root, project.demo)
    steps = dict(environment._steps(project.root, project.demo, package, Environment(Path("/e"), ours=True)))
    assert steps["create"] == [sys.executable, "-m", "venv", "/e"]
    options = ["--no-input", "--progress-bar", "off", "--disable-pip-version-check"]
    assert steps["install"] == ["/e/bin/python", "-m", "pip", "install", *options, "--editable", ".[show,test]"]
    pretend_to_make(monkeypatch)
    first = folder_of(project)
    project.manifest()
    manifest = project.folder / "demo.toml"
    manifest.write_text(manifest.read_text("utf-8").replace("commands.check", "commands.serve"), encoding="utf-8")
    assert folder_of(project) != first


def test_the_constraints_are_given_to_pip_by_their_whole_path(project: Project):
    (project.root / "constraints.txt").touch()
    package = environment.read_package(project.root, project.demo)
    steps = dict(environment._steps(project.root, project.demo, package, Environment(Path("/e"), ours=True)))
    pins = ["--constraint", str(project.root / "constraints.txt")]
    assert steps["install"][-4:] == [*pins, "--editable", "."]


def test_what_an_interrupted_making_left_is_made_again(project: Project, monkeypatch: pytest.MonkeyPatch):
    pretend_to_make(monkeypatch)
    made = folder_of(project)
    (made / "complete").unlink()
    (made / "half").touch()
    assert folder_of(project) == made
    assert not (made / "half").exists()


def test_an_environment_whose_python_is_gone_is_made_again(project: Project, monkeypatch: pytest.MonkeyPatch):
    pretend_to_make(monkeypatch)
    made = folder_of(project)
    (made / "bin" / "python").unlink()
    assert folder_of(project) == made
    assert (made / "bin" / "python").exists()


def test_ctrl_c_while_it_is_made_leaves_nothing(project: Project, monkeypatch: pytest.MonkeyPatch):
    pretend_to_make(monkeypatch)
    kept = folder_of(project)

    def interrupted(*_words: object, **_options: object) -> None:
        raise KeyboardInterrupt

    (project.root / "constraints.txt").touch()
    (project.root / "constraints.txt").write_text("# changed", encoding="utf-8")
    monkeypatch.setattr(environment, "_take_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder_of(project)
    assert names_in(kept.parent) == [kept.name, "lock", "logs"]


def test_two_digests_do_not_make_it_at_once(project: Project, monkeypatch: pytest.MonkeyPatch):
    pretend_to_make(monkeypatch)
    holder = """
        import fcntl, sys
        lock = open(sys.argv[1], "wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
        print("held", flush=True)
        sys.stdin.read()
    """
    lock = project.root / ".digest" / "demos" / "coin" / "lock"
    lock.parent.mkdir(parents=True)
    words = [sys.executable, "-c", "\n".join(line.strip() for line in holder.splitlines()), str(lock)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        said: list[str] = []

        @contextmanager
        def waiting(sentence: str) -> Iterator[None]:
            said.append(sentence)
            other.communicate()  # the other digest ends once we wait for it
            yield

        with environment_of(project.root, project.demo, OUTER, waiting) as made:
            assert (made.folder / "complete").is_file()
    assert said[0] == "waiting for another digest that uses the environment of 'coin'"


def test_one_that_another_digest_made_meanwhile_is_used(project: Project, monkeypatch: pytest.MonkeyPatch):
    pretend_to_make(monkeypatch)
    signs = Signs()
    answers = iter([False, True, True])
    monkeypatch.setattr(environment, "_is_complete", lambda _found: next(answers))
    folder_of(project, signs=signs)
    assert signs.sentences == []


def test_a_python_that_the_demo_does_not_allow_is_refused_before_anything_is_made(project: Project):
    project.manifest(python=">=99")
    with pytest.raises(WorldError) as error:
        folder_of(project)
    version = ".".join(map(str, sys.version_info[:3]))
    assert str(error.value) == f"'coin' needs Python >=99, and digest runs on {version}"
    assert names_in(project.root / ".digest" / "demos" / "coin") == ["lock"]


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("start\nERROR: no coin\nERROR: no luck\nhint\n\n", "no luck"),
        ("start\nthe end \n\n", "the end"),
        ("", "no reason was given"),
    ],
)
def test_the_reason_is_the_last_error_of_the_log(tmp_path: Path, log: str, reason: str):
    (tmp_path / "log").write_text(log, encoding="utf-8")
    assert environment._last_error(tmp_path / "log") == reason


def test_the_variable_lends_one_environment_to_every_demo(project: Project, lent: Environment):
    outer = {VARIABLE: str(lent.folder)}
    with environment_of(project.root, project.demo, outer, Signs()) as found:
        assert found == lent
    assert not (project.root / ".digest").exists()


def test_a_lent_folder_that_is_no_environment_is_refused(project: Project, tmp_path: Path):
    with pytest.raises(WorldError) as error:
        folder_of(project, {VARIABLE: str(tmp_path)})
    assert str(error.value) == (
        f"DIGEST_DEMO_ENVIRONMENT names {tmp_path}, which is no virtual environment; make one or unset the variable"
    )


def test_a_lent_environment_with_the_demo_of_another_work_tree_is_refused(project: Project, tmp_path: Path):
    other = Project(tmp_path / "other")
    lent = make_environment(tmp_path / "lent", other.folder)
    with pytest.raises(WorldError) as error:
        folder_of(project, {VARIABLE: str(lent.folder)})
    assert str(error.value) == (
        f"the environment has 'coin' from {other.folder}; install the demo there: "
        f"{lent.folder}/bin/python -m pip install --editable demos/coin[test]"
    )


def test_a_program_is_the_environments_own(project: Project, lent: Environment):
    assert lent.program("python", project.demo) == lent.folder / "bin" / "python"


def test_a_program_from_elsewhere_is_not_taken(project: Project, lent: Environment):
    with pytest.raises(WorldError) as error:
        lent.program("ls", project.demo)
    assert str(error.value) == (
        f"there is no program 'ls' in {lent.folder}/bin; install the demo there: "
        f"{lent.folder}/bin/python -m pip install --editable demos/coin[test]"
    )
    with pytest.raises(ContentError) as content:
        Environment(lent.folder, ours=True).program("ls", project.demo)
    assert str(content.value) == (
        "demos/coin/pyproject.toml:1:1: the environment of 'coin' has no program 'ls'; "
        "declare what installs it: a dependency, a script, or the extra `test`"
    )


def test_nothing_of_another_python_reaches_the_programs():
    outer = {"PATH": "/usr/bin", "HOME": "/home/a", "VIRTUAL_ENV": "/other"}
    foreign = dict.fromkeys(
        ["PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__", "DIGEST_DEMO_ENVIRONMENT"], "/other"
    )
    assert Environment(Path("/e"), ours=True).variables(outer | foreign) == {
        "PATH": "/e/bin:/usr/bin",
        "HOME": "/home/a",
        "VIRTUAL_ENV": "/e",
        "PYTHONUNBUFFERED": "1",
    }
    assert Environment(Path("/e"), ours=True).variables({})["PATH"] == f"/e/bin:{os.defpath}"
