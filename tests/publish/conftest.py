"""The small newsletter that the tests of publishing share."""

from pathlib import Path

import pytest
from editions import small_edition

from digest.publish.edition import Edition


@pytest.fixture(scope="session")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    return small_edition(tmp_path_factory.mktemp("newsletter"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path
