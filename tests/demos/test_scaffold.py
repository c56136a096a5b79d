"""`digest demo new`: a small demo, whole or not at all."""

import os
from pathlib import Path

import pytest

from digest.demos.scaffold import scaffold
from digest.library.demos import read_demo
from digest.library.problems import CommandError, ContentError, WorldError
from tests.demos.conftest import TEMPLATES


def files_in(folder: Path) -> list[str]:
    """Every file below a folder, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_new_demo_is_a_package_with_its_manifest_its_licence_and_its_tests(tmp_path: Path):
    folder = scaffold(tmp_path, "coin-toss", TEMPLATES)
    assert folder == tmp_path / "demos" / "coin-toss"
    assert files_in(tmp_path / "demos") == [
        f"coin-toss/{file}"
        for file in (
            "LICENSE",
            "README.md",
            "coin_toss/__init__.py",
            "coin_toss/cli.py",
            "coin_toss/estimate.py",
            "coin_toss/figure.py",
            "coin_toss/report.py",
            "demo.toml",
            "pyproject.toml",
            "results/README.md",
            "tests/test_estimate.py",
            "tests/test_report.py",
        )
    ]
    assert "{{" not in "".join((folder / file).read_text(encoding="utf-8") for file in files_in(folder))
    demo, problems = read_demo(tmp_path, "coin-toss")
    assert demo, problems
    assert (demo.manifest.title, demo.manifest.license) == ("Coin toss", "Apache-2.0")
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")


def test_the_licence_is_the_one_that_was_chosen(tmp_path: Path):
    folder = scaffold(tmp_path, "coin", TEMPLATES, "MIT")
    assert (
        (folder / "LICENSE")
        .read_text(encoding="utf-8")
        .startswith("MIT License\n\nCopyright (c) the authors of coin\n")
    )
    assert 'license = "MIT"' in (folder / "pyproject.toml").read_text(encoding="utf-8")
    assert 'license = "MIT"' in (folder / "demo.toml").read_text(encoding="utf-8")


def test_a_licence_without_a_text_is_refused(tmp_path: Path):
    with pytest.raises(CommandError) as error:
        scaffold(tmp_path, "coin", TEMPLATES, "Apache-2")
    assert str(error.value) == "there is no text of the licence 'Apache-2'; did you mean 'Apache-2.0'?"


def test_a_template_of_ones_own_takes_the_place_of_ours_or_is_added(tmp_path: Path):
    own = tmp_path / "templates" / "demo"
    (own / "package").mkdir(parents=True)
    (own / "licenses").mkdir()
    (own / "__pycache__").mkdir()
    (own / "README.md").write_text("# {{ title }} by {{ package }} {{ '<é>' }}\n", encoding="utf-8")
    (own / "package" / "new.py").write_text("{{ name }}", encoding="utf-8")
    (own / "licenses" / "0BSD.txt").write_text("Free.", encoding="utf-8")
    (own / "__pycache__" / "a.pyc").touch()
    (own / ".README.md.swp").touch()
    folder = scaffold(tmp_path, "coin-toss", TEMPLATES, "0BSD")
    assert (folder / "README.md").read_text(encoding="utf-8") == "# Coin toss by coin_toss <é>\n"
    assert (folder / "coin_toss" / "new.py").read_text(encoding="utf-8") == "coin-toss"
    assert (folder / "LICENSE").read_text(encoding="utf-8") == "Free."
    assert (folder / "demo.toml").is_file()
    assert not [file for file in files_in(folder) if "__pycache__" in file or ".swp" in file]


@pytest.mark.parametrize("name", ["Coin", "coin_toss", "1coin", "-coin", "", "../coin", "coin/toss", "cöin"])
def test_a_bad_name_is_refused(tmp_path: Path, name: str):
    with pytest.raises(CommandError) as error:
        scaffold(tmp_path, name, TEMPLATES)
    assert str(error.value) == (
        f"'{name}' is no name for a demo; write small letters, digits and hyphens, a letter first"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["random", "lambda", "tests", "pytest"])
def test_a_name_that_python_has_is_refused(tmp_path: Path, name: str):
    with pytest.raises(CommandError) as error:
        scaffold(tmp_path, name, TEMPLATES)
    assert str(error.value) == f"'{name}' is taken: Python has a module or a word of that name; choose another"


def test_what_is_there_already_is_never_touched(tmp_path: Path):
    (tmp_path / "demos").mkdir()
    (tmp_path / "demos" / "coin").symlink_to("nowhere")
    with pytest.raises(CommandError) as error:
        scaffold(tmp_path, "coin", TEMPLATES)
    assert str(error.value) == "demos/coin is already there; choose another name"


@pytest.mark.parametrize(
    ("template", "line", "what"),
    [
        ("\n{{ author }}", 1, "'author' is undefined"),
        ("\n{% if %}", 2, "Expected an expression, got 'end of statement"),
    ],
)
def test_a_broken_template_is_a_problem_and_nothing_is_written(tmp_path: Path, template: str, line: int, what: str):
    (tmp_path / "templates" / "demo").mkdir(parents=True)
    (tmp_path / "templates" / "demo" / "README.md").write_text(template, encoding="utf-8")
    with pytest.raises(ContentError) as error:
        scaffold(tmp_path, "coin", TEMPLATES)
    assert str(error.value).startswith(f"templates/demo/README.md:{line}:1: broken template: {what}")
    assert str(error.value).endswith("; a template of a demo knows license, name, package, title")
    assert not (tmp_path / "demos").exists()


def test_a_place_that_cannot_be_written_is_said_to_be(tmp_path: Path):
    (tmp_path / "demos").touch()
    with pytest.raises(WorldError) as error:
        scaffold(tmp_path, "coin", TEMPLATES)
    assert str(error.value) == f"{tmp_path}/demos/coin cannot be written: File exists"


def test_nothing_half_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(made: Path, target: Path) -> None:
        assert made.parents[1] == target.parent  # beside the target, on the same disk
        assert made.parent.name.startswith(".")  # and hidden, so that it is no demo meanwhile
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        scaffold(tmp_path, "coin", TEMPLATES)
    assert os.listdir(tmp_path / "demos") == []  # noqa: PTH208 - only whether anything is there
