"""The log of a run: whole lines, whatever happens."""

import importlib
import json
import math
import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dino.errors import ContentError, WorldError
from dino.journal import Journal, Record, cut, numbers, open_sinks, read


class Kept:
    def __init__(self) -> None:
        self.records: list[Record] = []
        self.closed = False

    def write(self, record: Record) -> None:
        self.records.append(record)

    def close(self) -> None:
        self.closed = True


def steps(*numbers: int) -> list[Record]:
    return [{"kind": "step", "step": number, "loss": number / 4} for number in numbers]


def written(folder: Path, *numbers: int) -> Path:
    with Journal(folder) as journal:
        for record in steps(*numbers):
            journal.write(record)
    return folder / "log.jsonl"


def test_a_record_is_one_line_of_json_in_the_order_it_was_given(tmp_path: Path) -> None:
    path = written(tmp_path / "run", 1, 2)
    assert path.read_text() == '{"kind": "step", "step": 1, "loss": 0.25}\n{"kind": "step", "step": 2, "loss": 0.5}\n'


def test_what_was_written_is_what_is_read(tmp_path: Path) -> None:
    written(tmp_path, 1, 2, 3)
    assert read(tmp_path) == steps(1, 2, 3)


def test_the_sinks_get_the_same_record_and_are_closed(tmp_path: Path) -> None:
    sink = Kept()
    with Journal(tmp_path, sinks=[sink]) as journal:
        journal.write(steps(7)[0])
    assert sink.records == steps(7)
    assert sink.closed


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_is_null_for_json_has_no_word_for_it(tmp_path: Path, value: float) -> None:
    with Journal(tmp_path) as journal:
        journal.write({"kind": "step", "step": 1, "loss": value})
    assert read(tmp_path) == [{"kind": "step", "step": 1, "loss": None}]


def test_a_new_run_in_the_same_folder_starts_a_new_log(tmp_path: Path) -> None:
    written(tmp_path, 1, 2)
    written(tmp_path, 5)
    assert read(tmp_path) == steps(5)


def test_a_resumed_run_drops_the_lines_after_its_step(tmp_path: Path) -> None:
    written(tmp_path, 1, 2, 3, 4)
    with Journal(tmp_path, resume_after=2) as journal:
        journal.write(steps(3)[0])
    assert read(tmp_path) == steps(1, 2, 3)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 200))
def test_wherever_a_kill_tears_the_file_the_resumed_log_is_whole(
    tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    path = written(folder, 1, 2, 3, 4)
    whole = path.read_bytes()
    path.write_bytes(whole[:size])
    Journal(folder, resume_after=4).close()
    assert path.read_bytes() == b"".join(
        line for line in whole[:size].splitlines(keepends=True) if line.endswith(b"\n")
    )


def test_a_process_killed_while_writing_leaves_a_log_that_resumes(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from dino.journal import Journal\n"
        "journal = Journal(pathlib.Path(sys.argv[1]))\n"
        "for step in range(10**9):\n"
        "    journal.write({'kind': 'step', 'step': step, 'loss': 1 / (step + 1)})\n"
        "    if step == 500: print('far enough', flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    with Journal(tmp_path, resume_after=499) as journal:
        journal.write(steps(500)[0])
    assert [record["step"] for record in read(tmp_path)] == list(range(501))


def test_a_torn_last_line_is_not_read_for_the_run_may_be_writing_it(tmp_path: Path) -> None:
    path = written(tmp_path, 1, 2)
    path.write_bytes(path.read_bytes() + b'{"kind": "st')
    assert read(tmp_path) == steps(1, 2)


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, 1, 2)
    path.write_text("not a record\n" + path.read_text())
    with pytest.raises(ContentError, match=r"log\.jsonl:1 is no record"):
        read(tmp_path)


def test_a_folder_without_a_log_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="the folder that `dino train` wrote"):
        read(tmp_path)


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(WorldError, match="cannot be written"):
        Journal(tmp_path / "run")


def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path) -> None:
    journal = Journal.__new__(Journal)
    journal.path, journal.sinks = tmp_path / "log.jsonl", ()
    journal._file = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(WorldError, match=r"no space left on device.*run the same command again"):
        journal.write(steps(1)[0])


def test_cutting_a_log_that_is_as_it_should_be_leaves_the_file_alone(tmp_path: Path) -> None:
    path = written(tmp_path, 1, 2)
    before = path.stat().st_ino
    assert cut(path, 2) == 0
    assert path.stat().st_ino == before
    assert cut(path, 1) == 1
    assert cut(tmp_path / "none", 1) == 0


def test_trackers_get_numbers_by_kind_and_a_k_nn_result_by_its_k() -> None:
    assert numbers({"kind": "knn", "step": 3, "k": 20, "top1": 71.5}) == {"knn/top1 k=20": 71.5}
    assert numbers({"kind": "step", "step": 3, "loss": 2, "lr": 0.1, "note": "x", "lost": None}) == {
        "step/loss": 2.0,
        "step/lr": 0.1,
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_has_the_scalars(tmp_path: Path) -> None:
    event_accumulator = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    with Journal(tmp_path, sinks=open_sinks(tmp_path, tensorboard=True)) as journal:
        for record in steps(1, 2):
            journal.write(record)
        journal.write({"kind": "warning", "step": 2, "what": "collapse", "remedy": "cool down"})
    events = event_accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("step/loss")] == [(1, 0.25), (2, 0.5)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_resumed_run_draws_no_point_twice_on_tensorboard(tmp_path: Path) -> None:
    event_accumulator = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    for resume_after, numbers_ in ((None, (1, 2, 3)), (1, (2, 3, 4))):
        sinks = open_sinks(tmp_path, tensorboard=True, resume_after=resume_after)
        with Journal(tmp_path, resume_after=resume_after, sinks=sinks) as journal:
            for record in steps(*numbers_):
                journal.write(record)
    events = event_accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("step/loss")] == [1, 2, 3, 4]


def test_a_tracker_that_cannot_write_is_told_in_a_sentence_and_the_line_is_in_the_log(tmp_path: Path) -> None:
    class Full(Kept):
        def write(self, _: Record) -> None:
            raise OSError(28, "No space left on device")

    journal = Journal(tmp_path, sinks=[Full()])
    with pytest.raises(WorldError, match=r"a tracker cannot write \(no space left on device\)"):
        journal.write(steps(1)[0])
    journal.close()
    assert read(tmp_path) == steps(1)


def fails(_: int) -> None:
    raise OSError(5, "Input/output error")


def test_a_disk_that_fails_at_the_end_is_told_and_the_sinks_are_closed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = Kept()
    journal = Journal(tmp_path, sinks=[sink])
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(WorldError, match="input/output error"):
        journal.close()
    assert sink.closed


def test_of_two_things_that_go_wrong_the_first_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(ContentError, match="the cause"), Journal(tmp_path):
        raise ContentError("the cause")


def test_weights_and_biases_is_opened_offline_and_gets_the_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W&B itself is not installed here; a module of its name with `init`, `log` and `finish` stands in."""
    calls: list[object] = []
    run = types.SimpleNamespace(
        log=lambda values, step: calls.append((values, step)), finish=lambda: calls.append("finish")
    )
    module = types.ModuleType("wandb")
    module.__spec__ = types.SimpleNamespace(name="wandb")  # type: ignore[assignment]
    module.init = lambda **options: (calls.append(options["mode"]), run)[1]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wandb", module)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    with Journal(tmp_path, sinks=open_sinks(tmp_path, wandb=True)) as journal:
        journal.write(steps(4)[0])
    assert calls == ["offline", ({"step/loss": 1.0}, 4), "finish"]


@pytest.mark.parametrize("package", ["tensorboard", "wandb"])
def test_a_tracker_that_is_not_installed_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(WorldError, match=f"--{package} needs the package {package}: run `pip install {package}`"):
        open_sinks(tmp_path, **{package: True})


def test_a_line_is_json_whatever_the_text(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write({"kind": "note", "step": 1, "what": 'two\nlines, "quoted", é, \u2028'})
    assert json.loads((tmp_path / "log.jsonl").read_text())["what"] == 'two\nlines, "quoted", é, \u2028'
    assert len(read(tmp_path)) == 1
