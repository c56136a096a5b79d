"""Memory: what outside links answered, kept for a week in `.digest/links.sqlite`, which may be deleted at any time."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.curate.findings import Finding, Verdict
from digest.library.problems import WorldError

WEEK = timedelta(days=7)
FORM = 1
TABLE = "CREATE TABLE answers (address TEXT PRIMARY KEY, asked TEXT, verdict TEXT, why TEXT, moved_to TEXT)"


class Memory:
    """Findings by address, each written to `file` as soon as it is kept. One that is damaged is begun anew.

    Dead links are not kept: there are few, and one that lives again shows at once. Nor is what a host says of itself,
    such as that it is busy.
    """

    def __init__(self, file: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.file = file
        self.now = now
        with self._disk_errors():
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                self.connection = self._opened()
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                file.unlink()
                self.connection = self._opened()

    def recall(self) -> dict[str, Finding]:
        """What is known, no older than a week."""
        with self._disk_errors():
            rows = self.connection.execute("SELECT address, verdict, why, moved_to FROM answers").fetchall()
        return {address: Finding(Verdict(verdict), why, moved_to) for address, verdict, why, moved_to in rows}

    def keep(self, address: str, finding: Finding) -> None:
        """Keeps a finding about a link that is not dead."""
        row = (address, self.now().isoformat(), finding.verdict, finding.why, finding.moved_to)
        if finding.verdict is not Verdict.DEAD and not finding.of_host:
            with self._disk_errors():
                self.connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", row)

    def close(self) -> None:
        """Lets go of the file."""
        self.connection.close()

    def _opened(self) -> sqlite3.Connection:
        """The file, in the form that is ours, without what is older than a week or from the future."""
        connection = sqlite3.connect(self.file, isolation_level=None)
        try:
            if connection.execute("PRAGMA user_version").fetchone() != (FORM,):
                connection.execute("DROP TABLE IF EXISTS answers")
                connection.execute(TABLE)
                connection.execute(f"PRAGMA user_version = {FORM}")
            now = self.now()
            oldest = (now - WEEK).isoformat()
            connection.execute("DELETE FROM answers WHERE asked < ? OR asked > ?", (oldest, now.isoformat()))
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise WorldError(f"{self.file} cannot be written ({why.lower()})") from None
