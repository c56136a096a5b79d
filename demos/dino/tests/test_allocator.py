"""Freed memory stays with a process that trains on a processor."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, torch
from dino.allocator import keep_freed_memory
{ask}
for _ in range(20):
    torch.ones(1 << 24)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    torch.ones(1 << 24)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(ask: str) -> int:
    program = [sys.executable, "-c", PROGRAM.format(ask=ask)]
    return int(subprocess.run(program, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other C libraries")
def test_pages_are_not_asked_for_again_and_again() -> None:
    assert faults("pass") > 1000
    assert faults("assert keep_freed_memory()") < 100


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    from dino.allocator import keep_freed_memory

    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_freed_memory()
