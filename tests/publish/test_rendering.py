"""Rendering ahead: several processes render what one would."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from projects import write_project

from digest.library.prose import memory, render
from digest.library.reading import Library, read_library
from digest.publish import rendering
from digest.publish.rendering import render_ahead


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library, of which nothing has been rendered, and one page cannot be."""
    deep = "---\ntitle: A\ntakeaway: B.\n---\n" + "[" * 200
    found, _ = read_library(write_project(tmp_path, {"site/deep.md": deep}))
    for _ in range(2):
        memory.turn({})
    yield found
    for _ in range(2):
        memory.turn({})


def test_several_processes_render_the_same_as_one(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "WORTH_A_PROCESS", 2)
    monkeypatch.setattr(rendering, "cores", lambda: 3)
    render_ahead(library)
    together = dict(memory.used)
    bodies = {(body, item.id) for item in library.written.values() for body, _ in item.parts}
    assert together.keys() == {body for body in bodies if body[1] != "deep"}
    for _ in range(2):
        memory.turn({})
    assert {body: render(*body) for body in together} == together


def test_few_bodies_are_left_for_whoever_asks(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "cores", lambda: 8)
    render_ahead(library)
    assert memory.used == {}
