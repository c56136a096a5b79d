"""What the tests of what comes in share: hosts that are there, with and without TLS."""

from collections.abc import Iterator

import pytest

from tests.curate.hosts import Hosts, serving
from tests.library.conftest import too_deep

__all__ = ["too_deep"]


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with serving() as made:
        yield made


@pytest.fixture
def tls_hosts() -> Iterator[Hosts]:
    with serving(tls=True) as made:
        yield made
