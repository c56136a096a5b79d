"""What every room's tests share: golden files, which `pytest --renew` writes anew."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

Golden = Callable[[str, bytes | str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew", action="store_true", help="write the golden files anew instead of comparing with them")


def pytest_configure() -> None:
    """Lets the programs that tests start hear Ctrl-C, which a shell's background jobs and their children ignore."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Holds what a test made against the file of that name in the `golden/` beside the test."""

    def compare(name: str, made: bytes | str) -> None:
        file = Path(request.path).parent / "golden" / name
        data = made.encode() if isinstance(made, str) else made
        if request.config.getoption("--renew"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        assert data.decode() == file.read_bytes().decode()

    return compare
