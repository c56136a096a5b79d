"""`digest demo test`: the demo's tests, then its results command, then `results/laptop.json`, or nothing at all.

The results command writes into the folder that stands for `{out}`: a file `metrics.json` of the form
`digest.library.results.Measured`, and the pictures that it names::

    {"metrics": [{"name": "pi", "value": 3.14, "interval": [3.12, 3.16], "unit": "", "command": "pi reproduce",
                  "claim": "The interval holds pi.", "held": true, "paper": {"value": 3.14, "where": "Table 2"},
                  "controls": [{"name": "a diamond", "value": 2.0}]}],
     "figures": [{"file": "points.svg", "caption": "…", "alt": "…", "license": "CC-BY-4.0"}],
     "accelerator": null}

Only `metrics` must be there. `accelerator` is the name of the one that the run used, which only the demo knows.
"""

import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from digest.demos.environment import Environment
from digest.demos.package import Package, installation, read_package
from digest.demos.provenance import commit_of, hardware
from digest.demos.running import ENDING_SIGNALS, run
from digest.demos.state import log_file, state_folder
from digest.library import toml
from digest.library.demos import OUT, Demo, command_words, format_limit, source_files, source_hash
from digest.library.problems import ContentError, Problem, WorldError
from digest.library.results import Check, Figure, Measured, Results, parse_json
from digest.library.validating import validate_plain

RESULTS_NAME = "laptop"


@dataclass(frozen=True)
class Session:
    """What a run has of the world: the project, the environment, the outer variables, the clock, the terminal.

    `say(sentence)` tells the curator what begins and where its log is; `echo` gets the output of the commands.
    """

    root: Path
    demo: Demo
    environment: Environment
    outer: Mapping[str, str]
    now: Callable[[], datetime]
    say: Callable[[str], None]
    echo: BinaryIO | None = None


def verify(session: Session) -> Results:
    """The results of a run whose tests passed, as they now stand in `results/laptop.json`.

    Raises ContentError when a check fails, the limit passes, the metrics are at fault or the source changes meanwhile;
    the old results then stay as they were. A claim that did not hold is a result like any other.
    """
    demo, root = session.demo, session.root
    package = read_package(root, demo)
    files, commit, date = source_files(root / demo.folder), commit_of(root, demo.folder), session.now()
    with _scratch_folder(session) as out:
        tests = _check(session, "tests", demo.manifest.verify.limit, out)
        results = _check(session, "results", demo.manifest.verify.limit - timedelta(seconds=tests.seconds), out)
        measured = _read_measured(session, out)
        _refuse_changes(session, files)
        composed = _compose(session, package, measured, (tests, results), source_hash(files), commit, date)
        drawn = {published(figure).file: out / figure.file for figure in measured.figures}
        _write(root / demo.folder / "results", composed, drawn, _outdated(demo, composed))
    return composed


def published(figure: Figure) -> Figure:
    """The figure as the results name it: in the folder `figures/`, whatever folder of `{out}` it was drawn in."""
    return figure.model_copy(update={"file": f"figures/{PurePosixPath(figure.file).name}"})


@contextmanager
def _scratch_folder(session: Session) -> Iterator[Path]:
    state = state_folder(session.root, session.demo.name)
    try:
        state.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(dir=state, prefix="out-")
    except OSError as error:
        raise WorldError(f"there is no place to work in {state}: {error.strerror}") from error
    with folder as name:
        yield Path(name)


def _check(session: Session, name: str, limit: timedelta, out: Path) -> Check:
    """The passed check `name` ("tests", "results"), run within `limit`. Raises ContentError when it failed."""
    demo, environment = session.demo, session.environment
    line: str = getattr(demo.manifest.verify, name)
    words = [word.replace(OUT, str(out)) for word in command_words(line)]
    log = log_file(session.root, demo.name, f"test-{name}", session.now())
    session.say(f"{name}: {line}  (log: {log})")
    ending = run(
        [str(environment.program(words[0], demo)), *words[1:]],
        folder=session.root / demo.folder,
        variables=environment.variables(session.outer),
        log=log,
        echo=session.echo,
        limit=limit,
    )
    if ending.late:
        held = format_limit(demo.manifest.verify.limit)
        raise _fault(session, name, f"the {name} command was ended at the limit of {held}", f"the log is {log}")
    if ending.status:
        raise _fault(session, name, f"the {name} command failed with {ending.reason}", f"the log is {log}")
    return Check(name=name, passed=True, seconds=round(ending.seconds, 3), command=line)


def _read_measured(session: Session, out: Path) -> Measured:
    """What the results command wrote. Raises ContentError naming the field that is at fault."""
    try:
        text = (out / "metrics.json").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise _fault(session, "results", "the command wrote no metrics.json into {out}", "write one") from None
    data, problems = parse_json(text, "metrics.json")
    measured, faults = (None, problems) if problems else validate_plain(Measured, data, "metrics.json")
    if not measured:
        raise ContentError(
            problem
            for fault in faults
            for problem in _fault(session, "results", f"metrics.json: {fault.what}", fault.mend).problems
        )
    for figure in measured.figures:
        file = out / figure.file
        if not file.is_file() or not file.resolve().is_relative_to(out.resolve()):
            raise _fault(
                session, "results", f"metrics.json names {figure.file}, which is not in {OUT}", "write the file"
            )
    return measured


def _refuse_changes(session: Session, before: Mapping[str, str]) -> None:
    after = source_files(session.root / session.demo.folder)
    changed = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    if changed:
        what = f"the source changed during the run, so nothing was recorded: {', '.join(changed[:5])}"
        mend = "run it again; a demo writes into {out}, into results/ or into hidden folders, never beside its source"
        raise ContentError([Problem(f"{session.demo.folder}/{changed[0]}", 1, 1, what, mend)])


def _fault(session: Session, name: str, what: str, mend: str) -> ContentError:
    """A problem placed at the line of demo.toml that holds the command."""
    path = f"{session.demo.folder}/demo.toml"
    document, _ = toml.load((session.root / path).read_text(encoding="utf-8"), path)
    return ContentError([document.problem(("verify", name), what, mend)])


def _compose(
    session: Session,
    package: Package,
    measured: Measured,
    checks: tuple[Check, ...],
    source: str,
    commit: str | None,
    date: datetime,
) -> Results:
    environment = session.environment
    found = installation(environment.python, package.name, environment.variables(session.outer))
    return Results(
        name=RESULTS_NAME,
        demo=session.demo.name,
        version=package.version or found.version or "0",
        commit=commit,
        source=source,
        date=date.astimezone(UTC).replace(microsecond=0),
        seconds=round(sum(check.seconds for check in checks), 3),
        python=found.python,
        libraries=found.libraries,
        hardware=hardware(measured.accelerator),
        checks=checks,
        metrics=measured.metrics,
        figures=tuple(published(figure) for figure in measured.figures),
    )


def _outdated(demo: Demo, composed: Results) -> set[str]:
    """The pictures that only the former results of this name show."""
    former = {figure.file for old in demo.results if old.name == composed.name for figure in old.figures}
    shown = {figure.file for other in demo.results if other.name != composed.name for figure in other.figures}
    return former - shown - {figure.file for figure in composed.figures}


def _write(folder: Path, results: Results, drawn: Mapping[str, Path], outdated: set[str]) -> None:
    """Put the pictures and then the results in place, whole or not at all where Ctrl-C is concerned."""
    staged: dict[Path, Path] = {}
    try:
        for file, source in drawn.items():
            staged[folder / file] = _stage(folder / file, source.read_bytes())
        target = folder / f"{results.name}.json"
        staged[target] = _stage(target, results.text().encode())
        with _uninterrupted():
            for place, new in staged.items():
                new.replace(place)
            for file in outdated:
                (folder / file).unlink(missing_ok=True)
    except OSError as error:
        raise WorldError(f"the results cannot be written to {folder}: {error.strerror}") from error
    finally:
        for new in staged.values():
            new.unlink(missing_ok=True)


def _stage(target: Path, content: bytes) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f".{target.name}.new")
    new.write_bytes(content)
    return new


@contextmanager
def _uninterrupted() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
