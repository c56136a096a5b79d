"""No shell: whatever a demo is called and says, it reaches a program as a word and is never a command."""

import ast
import json
import shlex
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import digest
from digest.demos.running import run
from digest.library.demos import command_words

PACKAGE = Path(digest.__file__).parent
STARTERS = {"system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell", "spawnl", "spawnlp", "execlp"}
HOSTILE = [
    "; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "| tee pwned",
    "&& touch pwned",
    "> pwned",
    "${HOME}",
    "*",
]
HOSTILE += ["a\nb", "'", '"', "\\", "-c", "--help", "é\u202e", "a b", ""]
ECHO = "import json, sys; print(json.dumps(sys.argv[1:]))"
STARTING = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
Started = list[tuple[str, tuple[object, ...]]]


@cache
def ear() -> list[Started]:
    """Where programs that Python starts are noted, as the interpreter itself reports them (PEP 578), while anyone asks.

    What listens to it can never be removed, so there is one.
    """
    asking: list[Started] = []

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        for started in asking:
            if event in STARTING:
                started.append((event, arguments))

    sys.addaudithook(listen)
    return asking


@pytest.fixture
def started() -> Iterator[Started]:
    """The programs that Python starts while the test runs."""
    found: Started = []
    ear().append(found)
    yield found
    ear().remove(found)


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the package, with its place."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{file.relative_to(PACKAGE)}:{node.lineno}", node


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_no_call_in_the_package_asks_for_a_shell() -> None:
    found = list(calls())
    assert len(found) > 1000
    for place, call in found:
        assert "shell" not in {keyword.arg for keyword in call.keywords}, place
        assert called(call) not in STARTERS, place


def test_every_program_is_started_with_a_list_of_words() -> None:
    found: list[str] = []
    for place, call in calls():
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if isinstance(owner, ast.Name) and owner.id == "subprocess" and called(call) in ("run", "Popen"):
            found.append(place)
            words = call.args[0]
            assert isinstance(words, ast.List) or ast.unparse(words) == "list(words)", place
    assert len(found) >= 3


@pytest.mark.parametrize("word", HOSTILE)
def test_a_word_of_a_command_is_one_word_of_the_program(word: str, tmp_path: Path, started: Started) -> None:
    words = command_words(f"coin {shlex.quote(word)}")
    assert words == ["coin", word]
    log = tmp_path / "log"
    ending = run([sys.executable, "-c", ECHO, *words[1:]], folder=tmp_path, variables={"HOME": "/"}, log=log)
    assert ending.status == 0
    assert json.loads(log.read_text(encoding="utf-8")) == [word]
    assert [file.name for file in tmp_path.iterdir()] == ["log"]
    assert [event for event, _ in started] == ["subprocess.Popen"]
    program, arguments = started[0][1][:2]
    assert (program, arguments) == (sys.executable, [sys.executable, "-c", ECHO, word])


@pytest.mark.parametrize("line", ["coin ; touch pwned", "coin && touch pwned", "coin $(touch pwned)", "coin > pwned"])
def test_what_a_shell_would_act_on_is_a_word(line: str) -> None:
    assert command_words(line) == line.split()


@pytest.mark.parametrize("line", ["/bin/sh -c x", "../../bin/sh", "./x", "", "''"])
def test_a_command_is_a_program_of_the_demo_s_own(line: str) -> None:
    with pytest.raises(ValueError, match=r"is a path|is empty"):
        command_words(line)
