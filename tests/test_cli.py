"""The command line: what it says, where it says it, and the exit status it ends with."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from typer.main import get_command

from digest import __version__, cli
from digest.__main__ import main
from digest.library.problems import Problem
from digest.library.scaffold import new_newsletter
from digest.publish.templates import packaged_folder

PROGRAM = [sys.executable, "-m", "digest"]


@dataclass(frozen=True)
class Ending:
    """How a command ended: its exit status, and what it wrote to each stream."""

    status: int
    out: str
    err: str


Run = Callable[..., Ending]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process."""

    def run_words(*words: str) -> Ending:
        monkeypatch.setattr(sys, "argv", ["digest", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return Ending(ended.value.code if isinstance(ended.value.code, int) else 0, written.out, written.err)

    return run_words


@pytest.fixture
def letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new newsletter, which is the current folder."""
    made = new_newsletter(tmp_path / "my-letter", None, packaged_folder(), date(2026, 1, 2))
    monkeypatch.chdir(made)
    return made


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command by its words, such as ("demo", "run")."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


COMMANDS = [words for words, _ in commands(get_command(cli.app))]


# help, version, completion


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(run: Run, words: tuple[str, ...]) -> None:
    ending = run(*words, "--help")
    text = " ".join(re.sub(r"[│╭╰─╮╯]", " ", ending.out).split())
    assert (ending.status, ending.err) == (0, "")
    assert f"Example: digest {' '.join(words)}" in text


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_and_argument_says_what_it_is_for(words: tuple[str, ...]) -> None:
    [command] = [command for name, command in commands(get_command(cli.app)) if name == words]
    for parameter in command.params:
        assert (parameter.help or "").endswith("."), parameter.name


def test_without_a_command_it_says_what_there_is(run: Run) -> None:
    ending = run()
    assert ending.status == 2
    assert "Usage: digest [OPTIONS] COMMAND" in ending.out + ending.err


def test_it_says_its_version(run: Run) -> None:
    assert run("--version") == Ending(0, f"digest {__version__}\n", "")


def test_a_shell_is_taught_to_complete() -> None:
    words = {"_DIGEST_COMPLETE": "complete_bash", "COMP_WORDS": "digest sc", "COMP_CWORD": "1"}
    completed = subprocess.run(
        ["digest"], env=program_environment() | words, capture_output=True, text=True, check=False
    )
    assert completed.stdout.split() == ["schema"]
    script = subprocess.run(
        ["digest"],
        env=program_environment() | {"_DIGEST_COMPLETE": "source_bash"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "complete -o default -F _digest_completion digest" in script.stdout


def program_environment() -> dict[str, str]:
    """The environment in which `digest` is this one."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def test_an_unknown_option_is_the_command_lines_fault(run: Run) -> None:
    ending = run("build", "--nonsense")
    assert (ending.status, ending.out) == (2, "")
    assert "No such option: --nonsense" in ending.err


def test_an_unknown_command_is_the_command_lines_fault(run: Run) -> None:
    ending = run("nonsense")
    assert (ending.status, ending.out) == (2, "")
    assert "No such command 'nonsense'" in ending.err


# init


def test_init_makes_a_newsletter_and_says_how_to_go_on(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ending = run("init", "my-letter", "--name", "The Letter")
    assert ending == Ending(0, "", f"{tmp_path / 'my-letter'} is ready: cd my-letter && digest build\n")
    assert 'site_name: "The Letter"' in (tmp_path / "my-letter" / "mkdocs.yml").read_text(encoding="utf-8")


def test_the_first_issue_of_a_new_newsletter_is_todays(run: Run, tmp_path: Path) -> None:
    before = date.today()
    run("init", str(tmp_path / "my-letter"))
    [issue] = (tmp_path / "my-letter" / "site" / "issues").iterdir()
    assert before <= date.fromisoformat(issue.stem) <= date.today()


def test_init_refuses_a_folder_that_holds_something(run: Run, letter: Path) -> None:
    ending = run("init", str(letter))
    sentence = f"digest: {letter} holds '.github' already; name a folder that is empty or not there yet\n"
    assert ending == Ending(2, "", sentence)


def test_init_on_a_disk_that_refuses_is_the_worlds_fault(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ending = run("init", str(tmp_path / "file" / "my-letter"))
    assert ending == Ending(3, "", f"digest: {tmp_path}/file/my-letter cannot be written (file exists)\n")


# check


@pytest.mark.usefixtures("letter")
def test_check_of_a_sound_newsletter_says_so(run: Run) -> None:
    assert run("check") == Ending(0, "", "nothing to mend\n")


def test_check_reports_every_mistake_with_its_place_in_order(run: Run, letter: Path) -> None:
    spoil(letter)
    assert run("check") == Ending(
        1,
        "",
        "site/issues/2026-01-02.md:8:5: there is no entry 'papers/attention'; "
        "did you mean 'papers/attention-is-all-you-need'?\n"
        "site/projects/numpy.md:2:1: 'license' is missing; add `license: …`\n"
        "site/projects/numpy.md:5:1: unknown field 'licence'; did you mean 'license'?\n"
        "3 to mend\n",
    )


def spoil(letter: Path) -> None:
    edit(letter / "site/issues/2026-01-02.md", "papers/attention-is-all-you-need\n", "papers/attention\n")
    edit(letter / "site/projects/numpy.md", "license:", "licence:")


def test_check_can_be_read_by_a_script(run: Run, letter: Path) -> None:
    spoil(letter)
    ending = run("check", "--json")
    assert (ending.status, ending.err) == (1, "")
    assert json.loads(ending.out)[0] == {
        "path": "site/issues/2026-01-02.md",
        "line": 8,
        "column": 5,
        "what": "there is no entry 'papers/attention'",
        "mend": "did you mean 'papers/attention-is-all-you-need'?",
    }


@pytest.mark.usefixtures("letter")
def test_a_script_reads_of_a_sound_newsletter_that_there_is_nothing(run: Run) -> None:
    assert run("check", "--json") == Ending(0, "[]\n", "")


def test_check_speaks_as_ci_systems_show_it(run: Run, letter: Path) -> None:
    edit(letter / "site/projects/numpy.md", "https://numpy.org/\n", "https://numpy.org/?a=100%&utm_source=x\n")
    ending = run("check", "--annotate")
    message = "the address carries the tracking parameter 'utm_source'; remove it"
    assert ending == Ending(1, f"::error file=site/projects/numpy.md,line=9,col=12::{message}\n", "")


def test_what_ci_would_take_for_its_own_signs_is_escaped() -> None:
    problem = Problem("a.md", 1, 2, "100% odd", "mend it")
    assert cli._annotation(problem) == "::error file=a.md,line=1,col=2::100%25 odd; mend it"


def test_check_looks_at_the_built_site_too(run: Run, letter: Path) -> None:
    assert run("build").status == 0
    (letter / "build" / "site" / "about" / "index.html").unlink()
    ending = run("check")
    assert ending.status == 1
    assert re.match(r"build/site/\S+\.html:\d+:1: '[^']*about/' leads nowhere", ending.err)


def test_check_records_what_is_published_and_misses_it_when_it_is_gone(run: Run, letter: Path) -> None:
    assert run("check", "--record") == Ending(0, "", "recorded every address in published.txt\nnothing to mend\n")
    assert "\nprojects/numpy/\n" in (letter / "published.txt").read_text(encoding="utf-8")
    edit(letter / "site/issues/2026-01-02.md", "projects/numpy", "projects/num")
    (letter / "site/projects/numpy.md").rename(letter / "site/projects/num.md")
    edit(letter / "site/papers/attention-is-all-you-need.md", "projects/numpy.md", "projects/num.md")
    kept = (letter / "published.txt").read_bytes()
    ending = run("check", "--record")
    assert ending.status == 1
    assert re.match(r"published.txt:\d+:1: 'projects/numpy/' was published and would be gone; write `redir", ending.err)
    assert ending.err.endswith("\n1 to mend\n")
    assert (letter / "published.txt").read_bytes() == kept
    edit(letter / "site/projects/num.md", "added:", "redirect_from: [projects/numpy]\nadded:")
    assert run("check", "--record").status == 0
    assert run("build").status == 0
    assert 'url=../../projects/num/"' in (letter / "build/site/projects/numpy/index.html").read_text(encoding="utf-8")


def test_outside_a_newsletter_check_says_where_to_go(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ending = run("check")
    assert (ending.status, ending.out) == (1, "")
    assert ending.err.startswith(
        "mkdocs.yml:1:1: there is no mkdocs.yml here; run `digest init DIR`, or change to the folder of a newsletter\n"
    )


# build


def test_build_makes_the_site_and_says_where(run: Run, letter: Path) -> None:
    ending = run("build")
    assert (ending.status, ending.err) == (0, "")
    assert re.fullmatch(r"\d+ pages in build/site, \d+\.\d s\n", ending.out)
    assert (letter / "build" / "site" / "index.html").is_file()


@pytest.mark.usefixtures("letter")
def test_build_says_how_long_each_part_took(run: Run) -> None:
    lines = run("build", "--timings").out.splitlines()
    assert [re.fullmatch(r" *(\w+)  +\d+\.\d\d s", line)[1] for line in lines[:-1]] == [  # type: ignore[index]
        "read",
        "assemble",
        "cards",
        "engine",
        "write",
        "check",
    ]


@pytest.mark.usefixtures("letter")
def test_build_can_be_read_by_a_script(run: Run) -> None:
    ending = run("build", "--json")
    report = json.loads(ending.out)
    assert ending.err == ""
    assert (report["site"], report["warnings"]) == ("build/site", [])
    assert report["pages"] > 10
    assert set(report["seconds"]) == {"read", "assemble", "cards", "write", "engine", "check"}


@pytest.mark.usefixtures("letter")
def test_an_unknown_engine_is_the_command_lines_fault(run: Run) -> None:
    ending = run("build", "--engine", "mkdoks")
    assert (ending.status, ending.out) == (2, "")
    assert ending.err.startswith("digest: there is no engine 'mkdoks'; ")
    assert "mkdocs" in ending.err.partition("; ")[2]


def test_build_of_broken_content_leaves_the_site_that_stood(run: Run, letter: Path) -> None:
    assert run("build").status == 0
    before = (letter / "build/site/index.html").read_bytes()
    spoil(letter)
    ending = run("build")
    assert (ending.status, ending.out) == (1, "")
    assert ending.err.endswith("3 to mend\n")
    assert (letter / "build/site/index.html").read_bytes() == before


def test_build_on_a_disk_that_refuses_is_the_worlds_fault(run: Run, letter: Path) -> None:
    (letter / "build").write_text("in the way")
    ending = run("build")
    assert (ending.status, ending.out) == (3, "")
    assert ending.err.startswith("digest: ")
    assert ending.err.count("\n") == 1


def test_drafts_are_built_only_when_asked_for(run: Run, letter: Path) -> None:
    edit(letter / "site/issues/2026-01-02.md", "status: published", "status: draft")
    page = letter / "build/site/issues/2026-01-02/index.html"
    assert run("build").status == 0
    assert not page.exists()
    assert run("build", "--drafts").status == 0
    assert page.exists()


def test_what_the_engine_warns_of_is_said_and_with_strict_is_a_mistake(run: Run, letter: Path) -> None:
    edit(letter / "mkdocs.yml", "  - index.md\n", "  - index.md\n  - nowhere.md\n")
    warned = run("build")
    assert warned.status == 0
    assert warned.err.startswith("mkdocs: ")
    assert "nowhere.md" in warned.err
    strict = run("build", "--strict")
    assert (strict.status, strict.out) == (1, "")
    assert "nowhere.md" in strict.err


# serve


@pytest.fixture
def server(letter: Path) -> Iterator[subprocess.Popen[str]]:
    """A preview of the newsletter, which ends with the test whatever happens in it."""
    words = [*PROGRAM, "serve", "--port", "0"]
    with subprocess.Popen(words, cwd=letter, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_serve_shows_the_site_until_ctrl_c_which_is_one_line(server: subprocess.Popen[str]) -> None:
    assert server.stderr is not None
    built, shown = server.stderr.readline(), server.stderr.readline()
    address = shown.partition(" ")[0]
    with urlopen(address, timeout=60) as page:  # noqa: S310 - our own server
        assert b"My Letter" in page.read()
    server.send_signal(signal.SIGINT)
    out, err = server.communicate()
    assert re.fullmatch(r"built \d+ pages in \d+\.\d s\n", built)
    assert shown == f"{address} shows the site, and every save after a moment; Ctrl-C stops it\n"
    assert (server.returncode, out, err) == (130, "", "digest: stopped; nothing is half-written\n")


@pytest.mark.usefixtures("letter")
def test_a_port_that_is_taken_is_the_worlds_fault(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ending = run("serve", "--port", str(port))
    sentence = f"digest: 127.0.0.1:{port} cannot be served (address already in use); choose another with --port\n"
    assert (ending.status, ending.out, ending.err) == (3, "", sentence)


def test_ctrl_c_while_the_program_loads_is_one_line_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Impatient:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "digest.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "digest.cli")
    monkeypatch.delattr("digest.cli")
    monkeypatch.setattr(sys, "meta_path", [Impatient(), *sys.meta_path])
    assert run("--version") == Ending(130, "", "digest: stopped; nothing is half-written\n")


# schema


def test_schema_writes_one_for_each_kind_of_file(run: Run, tmp_path: Path) -> None:
    ending = run("schema", str(tmp_path / "schema"))
    names = sorted(file.name for file in (tmp_path / "schema").iterdir())
    assert ending == Ending(0, f"{len(names)} schemas in {tmp_path / 'schema'}\n", "")
    assert {"paper.schema.json", "issue.schema.json", "authors.schema.json"} <= set(names)
    for name in names:
        assert json.loads((tmp_path / "schema" / name).read_text(encoding="utf-8"))["$schema"].startswith("https://")


def test_schema_on_a_disk_that_refuses_is_the_worlds_fault(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ending = run("schema", str(tmp_path / "file"))
    assert ending == Ending(3, "", f"digest: {tmp_path}/file cannot be written (file exists)\n")


# demo


@pytest.mark.usefixtures("letter")
def test_without_demos_the_list_says_how_to_begin(run: Run) -> None:
    assert run("demo", "list") == Ending(0, "no demos yet; `digest demo new NAME` makes one\n", "")
    assert run("demo", "list", "--json") == Ending(0, "[]\n", "")


@pytest.mark.usefixtures("letter")
def test_a_new_demo_is_listed_as_not_run(run: Run) -> None:
    assert run("demo", "new", "my-demo") == Ending(0, "", "demos/my-demo is ready: digest demo test my-demo\n")
    lines = run("demo", "list").out.splitlines()
    assert lines[0].split() == ["demo", "title", "status", "last", "run"]
    assert lines[1].split() == ["my-demo", "My", "demo", "not-run", "never"]
    [row] = json.loads(run("demo", "list", "--json").out)
    assert row == {"name": "my-demo", "title": "My demo", "status": "not-run", "last_run": None}


def test_a_demo_that_cannot_be_read_is_a_mistake_with_its_place(run: Run, letter: Path) -> None:
    run("demo", "new", "my-demo")
    (letter / "demos/my-demo/demo.toml").write_text("nam = 1\n", encoding="utf-8")
    ending = run("demo", "list")
    assert ending.status == 1
    assert ending.err.startswith("demos/my-demo/demo.toml:1:1: ")


@pytest.mark.parametrize("command", ["run", "test"])
@pytest.mark.usefixtures("letter")
def test_a_demo_that_is_not_there_is_the_command_lines_fault(run: Run, command: str) -> None:
    run("demo", "new", "my-demo")
    ending = run("demo", command, "my-dmo")
    assert ending == Ending(2, "", "digest: there is no demo 'my-dmo'; did you mean 'my-demo'?\n")


@pytest.mark.usefixtures("letter")
def test_a_licence_without_a_text_is_the_command_lines_fault(run: Run) -> None:
    ending = run("demo", "new", "my-demo", "--license", "GPL-1.0")
    assert (ending.status, ending.out) == (2, "")
    assert ending.err.startswith("digest: there is no text of the licence 'GPL-1.0'; ")
