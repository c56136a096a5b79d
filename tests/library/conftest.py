"""What the tests of the library share."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from digest.library import prose, reading

# Property tests are not timed: the machine may be doing something else.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True, scope="session")
def _nothing_is_remembered() -> None:
    """What was rendered before the tests began, by code that may have been another, is forgotten."""
    for memory in (prose.memory, reading.memory):
        memory.turn({})
        memory.turn({})
    prose.line_prose.cache_clear()


@pytest.fixture
def too_deep() -> Iterator[str]:
    """A list too deep for the renderer, whose stack is made small so that this takes no time."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    yield "".join("    " * depth + "- a\n" for depth in range(90))
    sys.setrecursionlimit(limit)
