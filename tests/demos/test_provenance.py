"""Where a run took place: the commit and the machine."""

import os
import platform
import subprocess
from pathlib import Path

import pytest

from digest.demos import provenance
from digest.demos.provenance import commit_of, hardware
from tests.demos.conftest import Project


def git(root: Path, *words: str) -> str:
    """What git prints, in a repository with an author and without the machine's own settings."""
    variables = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", *author, *words], cwd=root, env=variables, capture_output=True, text=True, check=True
    ).stdout.strip()


def commit(root: Path) -> str:
    """The hash of a commit of everything in the project."""
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "All")
    return git(root, "rev-parse", "HEAD")


def test_the_commit_is_the_heads(project: Project):
    assert commit_of(project.root, "demos/coin") is None
    head = commit(project.root)
    assert len(head) == 40
    assert commit_of(project.root, "demos/coin") == head


def test_a_changed_or_a_new_file_of_the_demo_makes_it_dirty(project: Project):
    head = commit(project.root)
    project.write(check="print('changed')")
    assert commit_of(project.root, "demos/coin") == f"{head}-dirty"
    git(project.root, "checkout", "--quiet", ".")
    project.write(new="")
    assert commit_of(project.root, "demos/coin") == f"{head}-dirty"


def test_results_and_what_lies_elsewhere_do_not(project: Project):
    head = commit(project.root)
    (project.folder / "results").mkdir()
    (project.folder / "results" / "laptop.json").touch()
    (project.root / "README.md").touch()
    assert commit_of(project.root, "demos/coin") == head


def test_before_the_first_commit_there_is_none(project: Project):
    git(project.root, "init", "--quiet")
    assert commit_of(project.root, "demos/coin") is None


def test_without_git_there_is_none(project: Project, monkeypatch: pytest.MonkeyPatch):
    commit(project.root)
    monkeypatch.setenv("PATH", str(project.root))
    assert commit_of(project.root, "demos/coin") is None


def test_when_the_changes_cannot_be_told_it_is_dirty(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "git").write_text('#!/bin/sh\ntest "$2" = rev-parse && echo abc\n', encoding="utf-8")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert commit_of(project.root, "demos/coin") == "abc-dirty"


def test_the_machine_is_described(tmp_path: Path):
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Coin Tosser 3 \n", encoding="utf-8")
    found = hardware("NVIDIA H100", tmp_path / "cpuinfo")
    assert (found.machine, found.processor, found.accelerator) == (platform.machine(), "Coin Tosser 3", "NVIDIA H100")
    assert found.cores == len(os.sched_getaffinity(0))
    assert 2**26 < found.memory < 2**50


def test_a_machine_that_does_not_name_its_processor_gives_its_architecture(tmp_path: Path):
    (tmp_path / "cpuinfo").write_text("Features : asimd\n", encoding="utf-8")
    expected = platform.processor() or platform.machine()
    assert hardware(None, tmp_path / "cpuinfo").processor == expected
    assert hardware(None, tmp_path / "absent").processor == expected


def test_where_cores_cannot_be_reserved_all_are_usable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    assert provenance._usable_cores() == os.cpu_count()
