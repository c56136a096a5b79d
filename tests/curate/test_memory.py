"""Memory: what was learnt is kept for a week, and never in the way."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.curate.dialing import Fault
from digest.curate.findings import Finding, Verdict
from digest.curate.memory import Memory
from digest.library.problems import WorldError
from tests.curate.hosts import BEGIN

FINE = Finding(Verdict.FINE)
Open = Callable[..., Memory]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".digest" / "links.sqlite"


@pytest.fixture
def memory(file: Path) -> Iterator[Open]:
    """Opens the memory, some time after the beginning."""
    opened: list[Memory] = []

    def open_memory(**later: float) -> Memory:
        moment: datetime = BEGIN + timedelta(**later)
        opened.append(Memory(file, lambda: moment))
        return opened[-1]

    yield open_memory
    for made in opened:
        made.close()


def test_what_was_kept_is_recalled_by_the_next_who_opens_it(memory: Open) -> None:
    findings = {
        "https://a.test/1": FINE,
        "https://a.test/2": Finding(Verdict.MOVED, moved_to="https://b.test/'; DROP TABLE answers"),
        "https://a.test/3": Finding(Verdict.UNCLEAR, "a.test answers 403 (forbidden)"),
    }
    first = memory()
    assert first.recall() == {}
    for address, finding in findings.items():
        first.keep(address, finding)
    assert memory().recall() == findings


def test_the_last_that_was_kept_counts(memory: Open) -> None:
    memory().keep("https://a.test/", Finding(Verdict.UNCLEAR, "why"))
    memory().keep("https://a.test/", FINE)
    assert memory().recall() == {"https://a.test/": FINE}


@pytest.mark.parametrize(
    "finding",
    [
        Finding(Verdict.DEAD, "a.test answers 404 (not found)"),
        Finding(Verdict.UNCLEAR, "a.test asks to be left alone for 9 min", fault=Fault.BUSY, of_host="a.test"),
    ],
)
def test_what_may_be_otherwise_soon_is_not_kept(memory: Open, finding: Finding) -> None:
    memory().keep("https://a.test/", finding)
    assert memory().recall() == {}


def test_what_is_known_is_known_for_a_week(memory: Open) -> None:
    memory().keep("https://a.test/", FINE)
    assert memory(days=7).recall() == {"https://a.test/": FINE}
    assert memory(days=7, seconds=1).recall() == {}
    assert memory().recall() == {}, "it was forgotten, not hidden"


def test_what_comes_from_the_future_is_not_believed(memory: Open) -> None:
    memory(seconds=1).keep("https://a.test/", FINE)
    assert memory().recall() == {}


def test_it_may_be_deleted(memory: Open, file: Path) -> None:
    memory().keep("https://a.test/", FINE)
    file.unlink()
    assert memory().recall() == {}


@pytest.mark.parametrize("data", [b"not a database, but longer than the head of one" * 9, b"SQLite format 3\x00" * 99])
def test_one_that_is_damaged_is_begun_anew(memory: Open, file: Path, data: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(data)
    memory().keep("https://a.test/", FINE)
    assert memory().recall() == {"https://a.test/": FINE}


def test_one_of_another_form_is_begun_anew(memory: Open, file: Path) -> None:
    file.parent.mkdir()
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE answers (something TEXT)")
    connection.close()
    memory().keep("https://a.test/", FINE)
    assert memory().recall() == {"https://a.test/": FINE}


def test_where_nothing_can_be_written_it_says_so(memory: Open, file: Path) -> None:
    file.parent.write_text("in the way", encoding="utf-8")
    with pytest.raises(WorldError) as caught:
        memory()
    assert str(caught.value) == f"{file} cannot be written (file exists)"


def test_where_the_file_is_a_folder_it_says_so(memory: Open, file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(WorldError) as caught:
        memory()
    assert str(caught.value) == f"{file} cannot be written (unable to open database file)"


def test_what_goes_wrong_later_is_said_too(memory: Open, file: Path) -> None:
    made = memory()
    made.connection.execute("DROP TABLE answers")
    for action in (made.recall, lambda: made.keep("https://a.test/", FINE)):
        with pytest.raises(WorldError) as caught:
            action()
        assert str(caught.value) == f"{file} cannot be written (no such table: answers)"
