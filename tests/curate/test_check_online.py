"""`digest check --online`: what it says, and the exit status it ends with."""

import json
import socket
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.status import Status

from digest import cli
from digest.__main__ import main
from digest.curate.findings import Finding, Verdict
from digest.curate.links import MEMORY, mentions
from digest.curate.memory import Memory
from digest.library.scaffold import new_newsletter
from digest.publish import build
from digest.publish.templates import packaged_folder

Ending = tuple[int, str, str]
Check = Callable[..., Ending]
NUMPY = "https://numpy.org/"
PLACE = "site/projects/numpy.md:9:12"


@pytest.fixture
def letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new newsletter, which is the current folder, on a machine without a network."""
    made = new_newsletter(tmp_path / "my-letter", None, packaged_folder(), date(2026, 1, 2))
    monkeypatch.chdir(made)

    def nowhere(host: str, *_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, f"no {host}")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    return made


@pytest.fixture
def check(letter: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:  # noqa: ARG001
    """Runs `digest check --online` in this process."""

    def run(*words: str) -> Ending:
        monkeypatch.setattr(sys, "argv", ["digest", "check", "--online", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return int(ended.value.code or 0), written.out, written.err

    return run


def learn(letter: Path, **findings: Finding) -> None:
    """All links were asked a moment ago and are fine, but the one to NumPy."""
    library, newsletter, _, _ = build.read_project(letter)
    assert newsletter
    memory = Memory(letter / MEMORY, lambda: datetime.now(UTC))
    for mention in mentions(library, newsletter):
        memory.keep(mention.address, Finding(Verdict.FINE))
    for finding in findings.values():
        memory.keep(NUMPY, finding)
    memory.close()


def test_without_a_network_the_world_is_at_fault(check: Check) -> None:
    assert check() == (3, "", "digest: no host can be reached: there is no network\n")


def test_what_was_asked_this_week_needs_no_network(check: Check, letter: Path) -> None:
    learn(letter)
    assert check() == (0, "", "nothing to mend\n")
    assert check("--json") == (0, "[]\n", "")


def test_a_link_that_moved_is_to_be_mended(check: Check, letter: Path) -> None:
    learn(letter, numpy=Finding(Verdict.MOVED, moved_to="https://numpy.org/new"))
    what, mend = f"'{NUMPY}' has moved for good", "write https://numpy.org/new"
    assert check() == (1, "", f"{PLACE}: {what}; {mend}\n1 to mend\n")
    status, out, err = check("--json")
    assert (status, err) == (1, "")
    assert json.loads(out) == [
        {"path": "site/projects/numpy.md", "line": 9, "column": 12, "what": what, "mend": mend},
    ]
    assert check("--annotate") == (1, f"::error file=site/projects/numpy.md,line=9,col=12::{what}; {mend}\n", "")


def test_a_link_that_cannot_be_told_is_a_warning_and_no_failure(check: Check, letter: Path) -> None:
    learn(letter, numpy=Finding(Verdict.UNCLEAR, "numpy.org answers 403 (forbidden)"))
    what = f"'{NUMPY}' cannot be told: numpy.org answers 403 (forbidden); look at it in a browser"
    warning = f"{PLACE}: warning: {what}\n"
    assert check() == (0, "", f"{warning}nothing to mend\n")
    assert check("--json") == (0, "[]\n", warning)
    assert check("--annotate") == (0, f"::warning file=site/projects/numpy.md,line=9,col=12::{what}\n", "")


def test_outside_links_are_not_asked_unless_it_is_wanted(letter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["digest", "check"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    assert not (letter / MEMORY).exists()


def test_nothing_is_asked_where_there_is_no_newsletter(check: Check, letter: Path) -> None:
    (letter / "mkdocs.yml").unlink()
    assert check()[0] == 1
    assert not (letter / MEMORY).exists()


# Progress


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the terminal was told to show, and to stop showing."""
    told: list[str] = []
    monkeypatch.setattr(Status, "start", lambda status: told.append(f"start {status.status}"))
    monkeypatch.setattr(Status, "stop", lambda _: told.append("stop"))
    return told


def test_progress_is_shown_after_a_second(shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 11.0, 11.1])
    monkeypatch.setattr(cli.time, "monotonic", lambda: next(times))
    with cli._progress() as step:
        step("one")
        step("two")
    assert shown == ["start two", "stop"]


def test_progress_is_cleared_when_it_is_interrupted(shown: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt), cli._progress():
        raise KeyboardInterrupt
    assert shown == ["stop"]


def test_where_nobody_watches_progress_is_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = iter([0.0, 5.0])
    monkeypatch.setattr(cli.time, "monotonic", lambda: next(times))
    assert not Console(stderr=True).is_terminal
    with cli._progress() as step:
        step("one")
    assert capsys.readouterr() == ("", "")
