"""Two machines for the tests, and the toys of tests/core, the faults of tests/trust and the oracle's networks."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.extend(str(Path(__file__).parents[1] / folder) for folder in ("core", "trust", "oracle"))

from network import Network, kinds, network
from toy import make_images


@pytest.fixture(scope="module", params=kinds())
def between(request: pytest.FixtureRequest) -> Iterator[Network]:
    """The network between the two processes: the loopback always, namespaces wherever they can be made."""
    with network(request.param) as made:
        yield made


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_images(tmp_path_factory.mktemp("images"))
