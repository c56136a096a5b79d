"""A demo's test: its tests, then its results command, then results/laptop.json, or nothing at all."""

import json
import os
import platform
from datetime import UTC, datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from digest.demos import testing
from digest.demos.environment import Environment
from digest.demos.testing import Session, verify
from digest.library.problems import ContentError, WorldError
from digest.library.results import Figure, Metric, Results, parse_results
from tests.demos.conftest import MEASURE, Project
from tests.demos.test_provenance import commit

NOON = datetime(2026, 11, 24, 14, 0, 0, 7, tzinfo=timezone(timedelta(hours=2)))


class Run:
    """A test of the project's demo, in the lent environment, at noon."""

    def __init__(self, project: Project, lent: Environment) -> None:
        self.project = project
        self.lent = lent
        self.said: list[str] = []

    def __call__(self) -> Results:
        outer = {"PATH": os.environ["PATH"]}
        return verify(Session(self.project.root, self.project.demo, self.lent, outer, lambda: NOON, self.said.append))

    @property
    def fault(self) -> str:
        """What is said of a run that fails; the old results must be as they were."""
        before = self.results()
        with pytest.raises(ContentError) as error:
            self()
        assert self.results() == before
        assert not list((self.project.root / ".digest" / "demos" / "coin").glob("out-*"))
        return str(error.value)

    def results(self) -> dict[str, bytes]:
        """Every file in the demo's results."""
        folder = self.project.folder / "results"
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def run(project: Project, lent: Environment) -> Run:
    """A test of the project's demo."""
    return Run(project, lent)


def measuring(**content: Any) -> str:
    """A results command that writes this metrics.json."""
    return f"import pathlib, sys\npathlib.Path(sys.argv[1], 'metrics.json').write_text({json.dumps(content)!r})\n"


def test_a_run_that_passes_is_written_down(project: Project, run: Run):
    head = commit(project.root)
    results = run()
    text = (project.folder / "results" / "laptop.json").read_text(encoding="utf-8")
    assert parse_results(text, "laptop.json") == (results, [])
    assert text == results.text()
    assert (results.demo, results.version, results.commit) == ("coin", "1.2.3", head)
    assert results.source == project.demo.source_hash
    assert results.date == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert (results.python, results.libraries) == (platform.python_version(), {})
    assert [(check.name, check.passed, check.command) for check in results.checks] == [
        ("tests", True, "python check.py"),
        ("results", True, "python measure.py {out}"),
    ]
    assert results.seconds == round(sum(check.seconds for check in results.checks), 3)
    assert 0 < results.checks[0].seconds < 30
    assert results.metrics == (Metric(name="heads", value=0.5, command="coin", claim="It is fair.", held=True),)
    assert results.figures == (Figure(file="figures/coin.svg", caption="A coin.", alt="A coin.", license="CC-BY-4.0"),)
    assert run.results()["figures/coin.svg"] == b"<svg/>"
    assert project.demo.status == "passed"


def test_each_command_and_its_log_are_said(project: Project, run: Run):
    run()
    logs = project.root / ".digest" / "demos" / "coin" / "logs"
    assert run.said == [
        f"tests: python check.py  (log: {logs}/20261124T120000.000007Z-test-tests.log)",
        f"results: python measure.py {{out}}  (log: {logs}/20261124T120000.000007Z-test-results.log)",
    ]
    assert [log.read_text(encoding="utf-8") for log in sorted(logs.iterdir())] == ["measured\n", "checked\n"]


def test_a_claim_that_did_not_hold_is_a_result(project: Project, run: Run):
    project.write(measure=MEASURE.replace('"held": True', '"held": False'))
    assert run().metrics[0].held is False
    assert project.demo.status == "passed"


def test_the_demo_says_which_accelerator_it_used(project: Project, run: Run):
    metric = {"name": "heads", "value": 0.5, "command": "coin"}
    project.write(measure=measuring(metrics=[metric], accelerator="NVIDIA H100"))
    assert run().hardware.accelerator == "NVIDIA H100"


def test_libraries_are_those_of_the_environment(run: Run):
    site = next(run.lent.folder.glob("lib/*/site-packages"))
    (site / "rich-99.dist-info").mkdir()
    (site / "rich-99.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: rich\nVersion: 99\n", "utf-8")
    assert version("rich") != "99"
    assert run().libraries == {"rich": "99"}


def test_a_dynamic_version_is_the_installed_one(project: Project, run: Run):
    (project.folder / "pyproject.toml").write_text('[project]\nname = "coin"\n', encoding="utf-8")
    assert run().version == "1.2.3"
    (project.folder / "pyproject.toml").write_text('[project]\nname = "dice"\n', encoding="utf-8")
    assert run().version == "0"


def test_pictures_that_are_shown_no_more_are_removed_and_others_stay(project: Project, run: Run):
    first = run()
    shared = first.model_copy(update={"figures": (first.figures[0].model_copy(update={"file": "figures/shared.svg"}),)})
    folder = project.folder / "results"
    (folder / "h100.json").write_text(shared.text(), encoding="utf-8")
    (folder / "figures" / "shared.svg").touch()
    (folder / "figures" / "hand.svg").touch()
    project.write(measure=MEASURE.replace("coin.svg", "new.svg"))
    run()
    assert sorted(run.results()) == [
        "figures/hand.svg",
        "figures/new.svg",
        "figures/shared.svg",
        "h100.json",
        "laptop.json",
    ]
    project.write(measure=MEASURE.replace("coin.svg", "shared.svg"))
    run()
    project.write(measure=MEASURE)
    run()
    assert sorted(run.results()) == [
        "figures/coin.svg",
        "figures/hand.svg",
        "figures/shared.svg",
        "h100.json",
        "laptop.json",
    ]


def test_tests_that_fail_leave_the_old_results_and_run_nothing_more(project: Project, run: Run):
    run()
    project.write(check="raise SystemExit(3)")
    run.said.clear()
    fault = run.fault
    assert fault.startswith("demos/coin/demo.toml:14:9: the tests command failed with exit status 3; the log is ")
    assert fault.endswith("-test-tests.log")
    assert len(run.said) == 1


def test_a_results_command_that_fails_leaves_the_old_results(project: Project, run: Run):
    run()
    project.write(measure="import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert run.fault.startswith(
        "demos/coin/demo.toml:15:11: the results command failed with signal SIGKILL; the log is "
    )


def test_the_limit_covers_both_commands(project: Project, run: Run):
    project.manifest(limit="3 s")
    project.write(check="import time; time.sleep(1)", measure=f"import time; time.sleep(2.5)\n{MEASURE}")
    assert run.fault.startswith(
        "demos/coin/demo.toml:15:11: the results command was ended at the limit of 3 s; the log is "
    )


@pytest.mark.parametrize(
    ("measure", "fault"),
    [
        ("", "the command wrote no metrics.json into {out}; write one"),
        (
            "import pathlib, sys\npathlib.Path(sys.argv[1], 'metrics.json').write_bytes(b'\\xff')",
            "the command wrote no metrics.json into {out}; write one",
        ),
        (
            "import pathlib, sys\npathlib.Path(sys.argv[1], 'metrics.json').write_text('{')",
            "metrics.json: broken JSON: Expecting property name enclosed in double quotes; have its",
        ),
        (measuring(metrics=[]), "metrics.json: metrics: the list is empty; a run measures at least one thing, and che"),
        (
            measuring(metrics=[{"name": "heads", "value": float("nan"), "command": "coin"}]),
            "metrics.json: NaN is not a number that JSON has; have its writer write it again",
        ),
        (
            measuring(metrics=[{"name": "heads", "value": 1, "command": "coin"}] * 2),
            "metrics.json: the whole: the metric 'heads' is there twice; keep one of the two",
        ),
        (
            measuring(
                metrics=[{"name": "heads", "value": 1, "command": "coin"}],
                figures=[
                    {"file": f"{folder}/coin.svg", "caption": "A coin.", "alt": "A coin.", "license": "MIT"}
                    for folder in ("a", "b")
                ],
            ),
            "metrics.json: the whole: the figure 'coin.svg' is there twice; keep one of the two",
        ),
        (
            MEASURE.replace('"drawn/coin.svg",', '"drawn/dice.svg",'),
            "metrics.json names drawn/dice.svg, which is not in {out}; write the file",
        ),
        (
            MEASURE
            + '(out / "drawn" / "coin.svg").unlink()\n(out / "drawn" / "coin.svg").symlink_to("/etc/hostname")\n',
            "metrics.json names drawn/coin.svg, which is not in {out}; write the file",
        ),
    ],
)
def test_metrics_that_are_at_fault_are_named_and_nothing_is_written(
    project: Project, run: Run, measure: str, fault: str
):
    project.write(measure=measure)
    assert run.fault[: len("demos/coin/demo.toml:15:11: ") + len(fault)] == f"demos/coin/demo.toml:15:11: {fault}"


def test_every_fault_of_the_metrics_is_named(project: Project, run: Run):
    project.write(measure=measuring(metrics=[{"name": "", "value": "1", "command": "coin"}]))
    assert len(run.fault.splitlines()) == 2


def test_a_source_that_changes_during_the_run_is_refused(project: Project, run: Run):
    project.write(
        check="import pathlib\npathlib.Path('new.txt').touch()\npathlib.Path('measure.py').open('a').write('#')"
    )
    assert run.fault == (
        "demos/coin/measure.py:1:1: the source changed during the run, so nothing was recorded: measure.py, new.txt; "
        "run it again; a demo writes into {out}, into results/ or into hidden folders, never beside its source"
    )


def test_a_program_that_the_environment_lacks_is_said_to_be(project: Project, run: Run):
    project.manifest(tests="coin")
    with pytest.raises(WorldError, match=r"^there is no program 'coin' in "):
        run()


def test_results_that_cannot_be_written_are_said_to_be(project: Project, run: Run):
    (project.folder / "results").touch()
    with pytest.raises(WorldError) as error:
        run()
    assert str(error.value) == f"the results cannot be written to {project.folder}/results: Not a directory"


def test_what_was_half_written_is_removed(project: Project, run: Run, monkeypatch: pytest.MonkeyPatch):
    run()
    before = run.results()
    project.write(measure=MEASURE.replace("<svg/>", "<svg></svg>"))

    def interrupted(_results: Results) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(Results, "text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert run.results() == before


def test_without_a_place_to_work_in_the_run_does_not_begin(run: Run, monkeypatch: pytest.MonkeyPatch):
    def full(**_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(testing.tempfile, "TemporaryDirectory", full)
    with pytest.raises(WorldError, match=r"^there is no place to work in .*: No space left on device$"):
        run()
    assert run.said == []


def test_a_place_for_the_results_is_a_folder_below_local_state(project: Project, run: Run):
    project.write(measure=f"import sys\nprint(sys.argv[1])\n{MEASURE}")
    run()
    logs = project.root / ".digest" / "demos" / "coin" / "logs"
    out = Path(next(logs.glob("*results.log")).read_text(encoding="utf-8").splitlines()[0])
    assert out.parent == logs.parent
    assert not out.exists()
