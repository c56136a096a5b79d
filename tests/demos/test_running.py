"""A demo's command is run in a process group of its own, and nothing of it is left behind."""

import io
import os
import pty
import signal
import subprocess
import sys
import termios
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from digest.demos import running
from digest.demos.running import Ending, run
from digest.library.problems import WorldError

FAMILY = """
import signal, subprocess, sys
{first}
child = subprocess.Popen([sys.executable, "-c", '''
import os, pathlib, signal, time
{child}
pathlib.Path("family").write_text(str(os.getpid()))
print("ready", flush=True)
time.sleep(300)
'''])
child.wait()
"""
STUBBORN = "signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True))"


@pytest.fixture(autouse=True)
def _a_terminal_that_can_hang_up() -> Iterator[None]:
    """Tests that `nohup` started ignore the end of their terminal; these are about those who do not."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


class Reactive(io.BytesIO):
    """An output that does something once a word has come through it."""

    def __init__(self, **reactions: signal.Signals) -> None:
        super().__init__()
        self.reactions = reactions

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        count = super().write(chunk)
        for word in [word for word in self.reactions if word.encode() in self.getvalue()]:
            os.kill(os.getpid(), self.reactions.pop(word))
        return count


def python(code: str, folder: Path, **options: object) -> Ending:
    """How a Python program ended, run with digest's own interpreter."""
    words = [sys.executable, "-u", "-c", textwrap.dedent(code)]
    return run(words, folder=folder, variables=os.environ, log=folder / "logs" / "log", **options)  # type: ignore[arg-type]


def family(first: str = "", child: str = "") -> str:
    """A program that starts a child, which says that it is ready and stays."""
    return FAMILY.format(first=first, child=child)


def runs(pid: int) -> bool:
    """Whether a process still runs (one that is dead but not reaped does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def child_of(folder: Path) -> int:
    """The process that the family's program started."""
    return int((folder / "family").read_text(encoding="utf-8"))


def test_the_output_goes_to_the_log_and_is_shown(tmp_path: Path):
    shown = io.BytesIO()
    ending = python("import sys; print('out'); print('error', file=sys.stderr)", tmp_path, echo=shown)
    assert (ending.status, ending.late, ending.reason) == (0, False, "exit status 0")
    assert 0 < ending.seconds < 60
    assert shown.getvalue() == b"out\nerror\n"
    assert (tmp_path / "logs" / "log").read_bytes() == b"out\nerror\n"


def test_the_command_runs_in_its_folder_with_its_variables_and_no_keyboard(tmp_path: Path):
    words = [sys.executable, "-c", "import os, sys; print(os.getcwd(), os.environ['COIN'], sys.stdin.read() == '')"]
    run(words, folder=tmp_path, variables={"COIN": "heads"}, log=tmp_path / "log")
    assert (tmp_path / "log").read_text(encoding="utf-8") == f"{tmp_path.resolve()} heads True\n"


def test_the_exit_status_is_the_commands_own(tmp_path: Path):
    ending = python("raise SystemExit(7)", tmp_path)
    assert (ending.status, ending.reason) == (7, "exit status 7")


def test_a_signals_number_is_added_to_128(tmp_path: Path):
    ending = python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", tmp_path)
    assert (ending.status, ending.reason) == (137, "signal SIGKILL")


@pytest.mark.parametrize(("status", "reason"), [(128, "exit status 128"), (255, "exit status 255")])
def test_a_high_exit_status_that_is_no_signal_stays_one(status: int, reason: str):
    assert Ending(status, 1, late=False).reason == reason


def test_the_limit_ends_the_command_and_what_it_started(tmp_path: Path):
    ending = python(family(), tmp_path, limit=timedelta(seconds=2.5))
    assert ending.late
    assert ending.status == 128 + signal.SIGTERM
    assert 2.5 <= ending.seconds < 2.5 + running.GRACE
    assert not runs(child_of(tmp_path))


def test_a_limit_of_nothing_ends_the_command_at_once(tmp_path: Path):
    assert python("import time; time.sleep(300)", tmp_path, limit=timedelta()).late


def test_what_will_not_end_when_asked_is_killed_after_the_grace(tmp_path: Path):
    shown = io.BytesIO()
    ending = python(family(STUBBORN, STUBBORN), tmp_path, limit=timedelta(seconds=2.5), grace=0.5, echo=shown)
    assert shown.getvalue().count(b"asked") == 2
    assert ending.status == 128 + signal.SIGKILL
    assert ending.seconds >= 3
    assert not runs(child_of(tmp_path))


def test_what_stays_in_the_background_is_ended_with_the_command(tmp_path: Path):
    leaves = family().replace("child.wait()", "child.stdout.readline()").replace("'''])", "'''], stdout=-1)")
    assert python(leaves, tmp_path).status == 0
    assert not runs(child_of(tmp_path))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_asked_to_end_ends_the_command_and_what_it_started(tmp_path: Path, sign: signal.Signals):
    with pytest.raises(KeyboardInterrupt):
        python(family(), tmp_path, echo=Reactive(ready=sign))
    assert not runs(child_of(tmp_path))


def test_one_ctrl_c_leaves_the_command_its_grace(tmp_path: Path):
    saves = "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3), print('saved', flush=True), os._exit(0)))"
    shown = Reactive(ready=signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        python(family(child=saves), tmp_path, echo=shown)
    assert shown.getvalue() == b"ready\nsaved\n"


def test_a_second_ctrl_c_cuts_the_grace_short(tmp_path: Path):
    again = Reactive(ready=signal.SIGINT, asked=signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        python(family(STUBBORN, STUBBORN), tmp_path, echo=again, grace=10_000)
    assert not runs(child_of(tmp_path))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_digest_alone_reaches_the_grandchildren(tmp_path: Path, sign: signal.Signals):
    (tmp_path / "family.py").write_text(family(), encoding="utf-8")
    digest = """
        import os, sys
        from pathlib import Path
        from digest.demos.running import run
        here = Path(sys.argv[1])
        run([sys.executable, "family.py"], folder=here, variables=os.environ, log=here / "log", echo=sys.stdout.buffer)
    """
    words = [sys.executable, "-c", textwrap.dedent(digest), str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(sign)
        _, errors = process.communicate()
    assert b"KeyboardInterrupt" in errors
    assert not runs(child_of(tmp_path))


def test_the_signal_handlers_are_put_back(tmp_path: Path):
    before = [signal.getsignal(sign) for sign in running.ENDING_SIGNALS]
    python("", tmp_path)
    assert [signal.getsignal(sign) for sign in running.ENDING_SIGNALS] == before


def test_a_signal_that_nohup_ignores_stays_ignored(tmp_path: Path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        shown = Reactive(ready=signal.SIGHUP)
        assert python("print('ready')", tmp_path, echo=shown).status == 0
    finally:
        signal.signal(signal.SIGHUP, before)
    assert shown.reactions == {}


def test_an_output_that_is_closed_does_not_stop_the_command(tmp_path: Path):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as shown:
        ending = python("print('x' * 1_000_000); print('end')", tmp_path, echo=shown)
    assert ending.status == 0
    assert (tmp_path / "logs" / "log").read_bytes().endswith(b"x\nend\n")


def test_on_a_terminal_the_command_sees_one_of_the_same_size(tmp_path: Path):
    master, slave = pty.openpty()
    with os.fdopen(master, "rb", buffering=0) as terminal, os.fdopen(slave, "wb", buffering=0) as shown:
        termios.tcsetwinsize(shown.fileno(), (40, 100))
        ending = python("import os; print(os.isatty(1), os.isatty(2), *os.get_terminal_size(1))", tmp_path, echo=shown)
        assert terminal.read(1000) == b"True True 100 40\r\n"
    assert ending.status == 0
    assert (tmp_path / "logs" / "log").read_bytes() == b"True True 100 40\n"


def test_the_keyboard_is_the_commands_own_when_it_may_read_it(tmp_path: Path):
    digest = """
        import os, sys
        from pathlib import Path
        from digest.demos.running import run
        words = [sys.executable, "-c", "print(input().upper())"]
        here = Path(sys.argv[1])
        run(words, folder=here, variables=os.environ, log=here / "log", keyboard=True)
    """
    words = [sys.executable, "-c", textwrap.dedent(digest), str(tmp_path)]
    subprocess.run(words, input=b"heads\n", check=True)
    assert (tmp_path / "log").read_bytes() == b"HEADS\n"


def test_a_program_that_is_not_there_is_said_to_be(tmp_path: Path):
    with pytest.raises(WorldError) as error:
        run(["/nowhere/coin"], folder=tmp_path, variables={}, log=tmp_path / "log")
    assert str(error.value) == "'/nowhere/coin' cannot be started: No such file or directory"


def test_a_log_that_cannot_be_written_is_said_to_be(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(WorldError) as error:
        run(["coin"], folder=tmp_path, variables={}, log=tmp_path / "file" / "log")
    assert str(error.value) == f"the log {tmp_path / 'file' / 'log'} cannot be written: File exists"


def test_without_proc_a_group_lives_while_it_can_be_signalled(tmp_path: Path):
    assert running._group_lives(os.getpgrp(), tmp_path)


def test_the_dead_that_nobody_reaped_do_not_count(tmp_path: Path):
    group = os.getpgrp()
    for pid, stat in {"self": "", "1": f"1 (a ) b) S 0 {group}0 0", "2": f"2 (x) Z 0 {group} 0", "3": "gone"}.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "stat").write_text(stat, encoding="utf-8")
    assert not running._group_lives(group, tmp_path)
    (tmp_path / "1" / "stat").write_text(f"1 (a ) b) S 0 {group} 0", encoding="utf-8")
    assert running._group_lives(group, tmp_path)


def test_a_group_that_is_gone_is_not_signalled():
    process = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    process.wait()
    assert not running._group_lives(process.pid)
    running._signal_group(process.pid, signal.SIGTERM)
