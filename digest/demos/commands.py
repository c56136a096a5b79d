"""What `digest demo list`, `run`, `test` and `new` do, without a word about options or tables."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from rich.console import Console

from digest.demos.environment import environment_of
from digest.demos.running import run
from digest.demos.scaffold import scaffold
from digest.demos.state import forget_failure, has_failed, log_file, note_failure
from digest.demos.testing import Session, verify
from digest.library.demos import Demo, Status, command_words, demo_names, read_demo, read_demos
from digest.library.nearest import did_you_mean
from digest.library.problems import CommandError, ContentError, Problem
from digest.library.results import Results


@dataclass(frozen=True)
class World:
    """What the commands have of the outside: the messages' console (stderr), the output, the variables, the clock."""

    console: Console
    output: BinaryIO
    variables: Mapping[str, str]
    now: Callable[[], datetime]

    def say(self, sentence: str) -> None:
        """One line to the curator, never to the output that a script reads."""
        self.console.print(sentence, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def busy(self, sentence: str) -> Iterator[None]:
        """A moving sign beside `sentence` while the block runs; nothing where no terminal is."""
        if not self.console.is_terminal:
            yield
            return
        with self.console.status(sentence):
            yield


def this_world() -> World:
    """The process's own outside."""
    return World(Console(stderr=True), sys.stdout.buffer, os.environ, lambda: datetime.now(UTC))


@dataclass(frozen=True)
class DemoRow:
    """A line of `digest demo list`. `last_run` is the date of the newest results, on whatever machine."""

    name: str
    title: str
    status: Status
    last_run: datetime | None


def list_demos(root: Path) -> tuple[list[DemoRow], list[Problem]]:
    """A row for every demo of the project in `root`, by name, and what is wrong with the files of any.

    A demo whose last test on this machine failed is "failed" as long as its source is the one that failed.
    """
    demos, problems = read_demos(root)
    return [_row(root, demo) for demo in demos.values()], problems


def run_demo(root: Path, name: str, words: Sequence[str] = (), world: World | None = None) -> int:
    """The exit status of a demo's command, 128 + N when signal N ended it.

    `words` are a command of its demo.toml and further arguments; without a command, or when the first of them is an
    option, it is the first command of demo.toml. Raises CommandError for a name that is not known, KeyboardInterrupt on
    Ctrl-C, once everything that the command started has ended.
    """
    world = world or this_world()
    demo = find_demo(root, name)
    command, arguments = choose_command(demo, words)
    line = command_words(demo.manifest.commands[command])
    with environment_of(root, demo, world.variables, world.busy) as environment:
        program = environment.program(line[0], demo)
        log = log_file(root, name, command, world.now())
        ending = run(
            [str(program), *line[1:], *arguments],
            folder=root / demo.folder,
            variables=environment.variables(world.variables),
            log=log,
            echo=world.output,
            keyboard=True,
        )
    world.say(f"'{name} {command}' ended with {ending.reason}; the log is {log}")
    return ending.status


def test_demo(root: Path, name: str, world: World | None = None) -> Results:  # noqa: PT028 - a command, no test
    """The results that the demo's test measured, now in `demos/NAME/results/laptop.json`.

    Raises CommandError for a name that is not known, ContentError when the test failed.
    """
    world = world or this_world()
    demo = find_demo(root, name)
    with environment_of(root, demo, world.variables, world.busy) as environment:
        session = Session(root, demo, environment, world.variables, world.now, world.say, world.output)
        try:
            results = verify(session)
        except ContentError:
            note_failure(root, name, demo.source_hash)
            raise
    forget_failure(root, name)
    for sentence in sentences(results):
        world.say(sentence)
    return results


def new_demo(root: Path, name: str, templates: Path, license_id: str = "Apache-2.0") -> Path:
    """The folder of the new demo, written from `templates/demo/`. Raises CommandError for a bad or a taken name."""
    return scaffold(root, name, templates, license_id)


def find_demo(root: Path, name: str) -> Demo:
    """The demo `name` of the project in `root`, even when its old results cannot be read.

    Raises CommandError when there is none, ContentError when its demo.toml is at fault.
    """
    names = demo_names(root)
    if name not in names:
        raise CommandError(f"there is no demo '{name}'; {did_you_mean(name, names)}")
    demo, problems = read_demo(root, name)
    if not demo:
        raise ContentError(problems)
    return demo


def choose_command(demo: Demo, words: Sequence[str]) -> tuple[str, list[str]]:
    """The command of demo.toml that `words` begin with, or its first one, and the arguments that are left."""
    commands = demo.manifest.commands
    if not words or words[0].startswith("-"):
        return next(iter(commands)), list(words)
    if words[0] not in commands:
        raise CommandError(f"'{demo.name}' has no command '{words[0]}'; {did_you_mean(words[0], commands)}")
    return words[0], list(words[1:])


def sentences(results: Results) -> Iterator[str]:
    """What to tell the curator of a passed test: where it stands, and each claim with its outcome."""
    yield f"passed in {results.seconds:.1f} s; the results are in demos/{results.demo}/results/{results.name}.json"
    for metric in results.metrics:
        if metric.claim:
            outcome = "held" if metric.held else "DID NOT HOLD"
            value = f"{metric.value:g} {metric.unit}".strip()
            yield f"{metric.name} = {value}: {metric.claim} ({outcome})"


def _row(root: Path, demo: Demo) -> DemoRow:
    failed = has_failed(root, demo.name, demo.source_hash)
    last = demo.last_run
    return DemoRow(demo.name, demo.manifest.title, "failed" if failed else demo.status, last.date if last else None)
