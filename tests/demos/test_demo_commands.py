"""`digest demo list`, `run`, `test` and `new`."""

import io
import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from digest.demos import commands
from digest.demos.commands import DemoRow, World, find_demo, list_demos, new_demo, run_demo
from digest.demos.environment import VARIABLE
from digest.library.demos import read_demo
from digest.library.problems import CommandError, ContentError
from tests.demos.conftest import MEASURE, TEMPLATES, Project

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
WORDS = "import sys\nprint(sys.argv[1:])\n"


class Outside(World):
    """A world at noon whose output can be read."""

    @property
    def shown(self) -> str:
        """What the commands printed."""
        assert isinstance(self.output, io.BytesIO)
        return self.output.getvalue().decode()

    @property
    def said(self) -> str:
        """What was said to the curator."""
        assert isinstance(self.console.file, io.StringIO)
        return self.console.file.getvalue()


@pytest.fixture
def world(variables: dict[str, str]) -> Outside:
    """A world at noon with a lent environment."""
    return Outside(Console(file=io.StringIO(), width=40), io.BytesIO(), variables, lambda: NOON)


def log_of(project: Project, name: str) -> Path:
    """The log of a command that ran at noon."""
    return project.root / ".digest" / "demos" / "coin" / "logs" / f"20261124T120000.000000Z-{name}.log"


def test_a_demo_of_ones_own_passes_its_test_in_an_environment_of_its_own(tmp_path: Path):
    folder = new_demo(tmp_path, "coin-toss", TEMPLATES)
    world = Outside(Console(file=io.StringIO()), io.BytesIO(), os.environ, lambda: NOON)
    results = commands.test_demo(tmp_path, "coin-toss", world)
    assert "7 passed" in world.shown
    demo, problems = read_demo(tmp_path, "coin-toss")
    assert demo, problems
    assert (demo.status, demo.results) == ("passed", (results,))
    circle, coverage = results.metrics
    assert circle.interval
    assert circle.interval[0] < 3.14159265 < circle.interval[1]
    assert (circle.held, coverage.held) == (True, True)
    assert abs(circle.controls[0].value - 2) < 0.02
    assert (folder / "results" / "figures" / "points.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert run_demo(tmp_path, "coin-toss", ["show", "--samples", "100", "--seed", "1"], world) == 0
    assert world.shown.endswith("pi is 3.1200, between 2.7952 and 3.4448 (95 %)\n")


def test_a_new_demo_has_the_licence_that_was_asked_for(tmp_path: Path):
    folder = new_demo(tmp_path, "coin-toss", TEMPLATES, "MIT")
    assert folder == tmp_path / "demos" / "coin-toss"
    assert (folder / "LICENSE").read_text(encoding="utf-8").startswith("MIT License\n")
    new_demo(tmp_path, "coin", TEMPLATES)
    assert list_demos(tmp_path)[0][0].title == "Coin"


def test_what_is_said_stays_one_plain_line(world: Outside):
    sentence = f"[bold]{'a/long/path' * 10}[/bold] of 12 files"
    world.say(sentence)
    assert world.said == f"{sentence}\n"


def test_the_list_has_a_row_for_every_demo(project: Project, world: Outside):
    assert list_demos(project.root) == ([DemoRow("coin", "Coin", "not-run", None)], [])
    commands.test_demo(project.root, "coin", world)
    assert list_demos(project.root) == ([DemoRow("coin", "Coin", "passed", NOON)], [])
    project.write(check="print('changed')")
    assert list_demos(project.root) == ([DemoRow("coin", "Coin", "changed", NOON)], [])


def test_the_list_names_what_is_wrong(project: Project):
    (project.root / "demos" / "apple").mkdir()
    rows, problems = list_demos(project.root)
    assert [row.name for row in rows] == ["coin"]
    assert [problem.path for problem in problems] == ["demos/apple/demo.toml"]


def test_a_test_that_failed_here_is_listed_until_the_source_changes(project: Project, world: Outside):
    commands.test_demo(project.root, "coin", world)
    project.write(measure="raise SystemExit(1)")
    with pytest.raises(ContentError, match="the results command failed with exit status 1"):
        commands.test_demo(project.root, "coin", world)
    assert list_demos(project.root)[0] == [DemoRow("coin", "Coin", "failed", NOON)]
    project.write(measure=MEASURE)
    assert list_demos(project.root)[0][0].status == "passed"


def test_a_test_that_passes_again_is_no_failure(project: Project, world: Outside):
    project.write(check="import os\nraise SystemExit('BROKEN' in os.environ)")
    broken = Outside(world.console, world.output, {**world.variables, "BROKEN": "1"}, world.now)
    with pytest.raises(ContentError):
        commands.test_demo(project.root, "coin", broken)
    assert list_demos(project.root)[0][0].status == "failed"
    commands.test_demo(project.root, "coin", world)
    assert list_demos(project.root)[0][0].status == "passed"


def test_a_test_says_where_the_results_are_and_whether_each_claim_held(project: Project, world: Outside):
    measure = MEASURE.replace('"metrics": [metric]', '"metrics": [metric, other, plain]')
    other = "other = metric | {'name': 'tails', 'held': False, 'unit': '%', 'value': 49.99999999}\n"
    plain = "plain = {'name': 'edges', 'value': 0, 'command': 'coin'}\n"
    project.write(measure=measure.replace("figure =", f"{other}{plain}figure ="))
    results = commands.test_demo(project.root, "coin", world)
    assert world.said.splitlines() == [
        f"tests: python check.py  (log: {log_of(project, 'test-tests')})",
        f"results: python measure.py {{out}}  (log: {log_of(project, 'test-results')})",
        f"passed in {results.seconds:.1f} s; the results are in demos/coin/results/laptop.json",
        "heads = 0.5: It is fair. (held)",
        "tails = 50 %: It is fair. (DID NOT HOLD)",
    ]
    assert world.shown == "checked\nmeasured\n"


def test_old_results_that_cannot_be_read_do_not_stop_a_test(project: Project, world: Outside):
    (project.folder / "results").mkdir()
    (project.folder / "results" / "laptop.json").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    commands.test_demo(project.root, "coin", world)
    assert project.demo.status == "passed"


def test_a_run_without_a_command_is_the_first_one(project: Project, world: Outside):
    project.manifest(show="python check.py --fair 'a b'")
    project.write(check=WORDS)
    assert run_demo(project.root, "coin", [], world) == 0
    assert world.shown == "['--fair', 'a b']\n"
    log = log_of(project, "show")
    assert world.said == f"'coin show' ended with exit status 0; the log is {log}\n"
    assert log.read_text(encoding="utf-8") == world.shown


def test_a_run_takes_a_command_and_arguments(project: Project, world: Outside):
    project.write(check=WORDS)
    assert run_demo(project.root, "coin", ["check", "--many", "show"], world) == 0
    assert run_demo(project.root, "coin", ["--many", "check"], world) == 0
    assert world.shown == "['--many', 'show']\n['--many', 'check']\n"
    assert log_of(project, "check").is_file()


def test_a_run_passes_the_exit_status_on(project: Project, world: Outside):
    project.write(check="raise SystemExit(7)")
    assert run_demo(project.root, "coin", [], world) == 7


def test_a_command_that_the_demo_does_not_have_is_refused(project: Project, world: Outside):
    with pytest.raises(CommandError) as error:
        run_demo(project.root, "coin", ["shwo"], world)
    assert str(error.value) == "'coin' has no command 'shwo'; did you mean 'show'?"


def test_a_demo_that_is_not_there_is_refused_with_the_nearest(project: Project, world: Outside):
    for command in (run_demo, commands.test_demo):
        with pytest.raises(CommandError) as error:
            command(project.root, "coins", world=world)
        assert str(error.value) == "there is no demo 'coins'; did you mean 'coin'?"


def test_a_demo_whose_manifest_is_at_fault_is_refused_with_every_fault(project: Project):
    (project.folder / "demo.toml").write_text('name = "coin"\n', encoding="utf-8")
    with pytest.raises(ContentError) as error:
        find_demo(project.root, "coin")
    assert len(error.value.problems) == 9


def test_what_takes_long_shows_a_sign_on_a_terminal_alone(variables: dict[str, str]):
    for terminal, shown in ((True, True), (False, False)):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=80)
        with World(console, io.BytesIO(), variables, lambda: NOON).busy("making the environment"):
            pass
        assert ("making the environment" in console.file.getvalue()) == shown  # type: ignore[attr-defined]


def test_ctrl_c_ends_a_run_and_leaves_its_log(project: Project, variables: dict[str, str]):
    project.write(check="print('ready', flush=True)\nimport time\ntime.sleep(300)")
    digest = """
        import sys
        from pathlib import Path
        from digest.demos.commands import run_demo
        try:
            run_demo(Path(sys.argv[1]), "coin")
        except KeyboardInterrupt:
            sys.exit(130)
    """
    outer = {**os.environ, VARIABLE: variables[VARIABLE]}
    words = [sys.executable, "-c", textwrap.dedent(digest), str(project.root)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=outer) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (130, b"")
    logs = list((project.root / ".digest" / "demos" / "coin" / "logs").iterdir())
    assert [log.read_text(encoding="utf-8") for log in logs] == ["ready\n"]


def test_a_run_may_read_the_keyboard(project: Project, variables: dict[str, str]):
    project.write(check="print(input().upper())")
    imports = "import sys; from pathlib import Path; from digest.demos.commands import run_demo"
    digest = f"{imports}; run_demo(Path(sys.argv[1]), 'coin')"
    outer = {**os.environ, VARIABLE: variables[VARIABLE]}
    words = [sys.executable, "-c", digest, str(project.root)]
    assert subprocess.run(words, input=b"heads\n", stdout=subprocess.PIPE, env=outer, check=True).stdout == b"HEADS\n"
