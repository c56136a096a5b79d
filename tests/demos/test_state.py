"""What digest keeps of a demo between runs."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from digest.demos.state import forget_failure, has_failed, log_file, note_failure, state_folder
from digest.library.problems import WorldError

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_the_folder_is_made_in_the_projects_local_state(tmp_path: Path):
    folder = state_folder(tmp_path, "coin")
    assert folder == tmp_path / ".digest" / "demos" / "coin"
    assert folder.is_dir()


def test_a_folder_that_cannot_be_made_is_said_to_be(tmp_path: Path):
    (tmp_path / ".digest").touch()
    with pytest.raises(WorldError) as error:
        state_folder(tmp_path, "coin")
    assert str(error.value) == f"the folder {tmp_path}/.digest/demos/coin cannot be made: Not a directory"


def test_a_log_is_named_by_its_moment_in_utc_and_its_command(tmp_path: Path):
    moment = datetime(2026, 11, 24, 12, 30, 15, 7, tzinfo=timezone(timedelta(hours=2)))
    log = log_file(tmp_path, "coin", "show", moment)
    assert log == tmp_path / ".digest" / "demos" / "coin" / "logs" / "20261124T103015.000007Z-show.log"


def test_the_newest_twenty_logs_are_kept_and_those_of_the_environment(tmp_path: Path):
    for second in range(25):
        log = log_file(tmp_path, "coin", "show", NOON + timedelta(seconds=second))
        log.parent.mkdir(exist_ok=True)
        log.touch()
    (log.parent / "environment-install.log").touch()
    log_file(tmp_path, "coin", "show", NOON + timedelta(hours=1)).touch()
    logs = sorted(path.name for path in log.parent.iterdir())
    assert len(logs) == 21
    assert logs[0] == "20261124T120006.000000Z-show.log"
    assert logs[-1] == "environment-install.log"


def test_a_failure_is_remembered_until_the_source_changes_or_the_test_passes(tmp_path: Path):
    assert not has_failed(tmp_path, "coin", "sha256:1")
    note_failure(tmp_path, "coin", "sha256:1")
    assert has_failed(tmp_path, "coin", "sha256:1")
    assert not has_failed(tmp_path, "coin", "sha256:2")
    forget_failure(tmp_path, "coin")
    forget_failure(tmp_path, "coin")
    assert not has_failed(tmp_path, "coin", "sha256:1")


def test_asking_for_a_failure_writes_nothing(tmp_path: Path):
    has_failed(tmp_path, "coin", "sha256:1")
    assert list(tmp_path.iterdir()) == []
