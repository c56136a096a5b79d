"""Keeping: what was read and rendered is known to the next build, as long as the same tools would read it the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from projects import write_project

from digest.library import prose, reading
from digest.publish.build import read_edition
from digest.publish.keeping import Kept


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Nothing is known when a test begins."""
    forget()
    yield
    forget()


def forget() -> None:
    for memory in (prose.memory, reading.memory):
        memory.turn({})
        memory.turn({})


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is rendered from here on."""
    found: list[str] = []
    render = prose._rendered
    monkeypatch.setattr(prose, "_rendered", lambda body, name: found.append(name) or render(body, name))
    return found


def read(root: Path, file: Path, tools: str = "tools") -> object:
    kept = Kept(file, tools)
    kept.recall()
    edition = read_edition(root, drafts=False)
    kept.save()
    return edition.library.written, [edition.prose(entry) for entry in edition.entries()]


def test_the_next_build_knows_what_this_one_read(tmp_path: Path, rendered: list[str]) -> None:
    root = write_project(tmp_path / "project")
    first = read(root, tmp_path / "kept")
    assert "papers/dino" in rendered
    forget()
    rendered.clear()
    assert read(root, tmp_path / "kept") == first
    assert rendered == []


def test_only_what_has_changed_is_read_again(tmp_path: Path, rendered: list[str]) -> None:
    root = write_project(tmp_path / "project")
    read(root, tmp_path / "kept")
    with (root / "site/papers/vit.md").open("a") as file:
        file.write("More.\n")
    forget()
    rendered.clear()
    read(root, tmp_path / "kept")
    assert rendered == ["papers/vit"]


def test_nothing_new_is_nothing_to_write(tmp_path: Path) -> None:
    root = write_project(tmp_path / "project")
    read(root, tmp_path / "kept")
    before = (tmp_path / "kept").stat()
    forget()
    read(root, tmp_path / "kept")
    assert (tmp_path / "kept").stat() == before


@pytest.mark.parametrize("damage", ["another tool", "gone", "damaged"])
def test_what_other_tools_have_read_or_was_damaged_is_read_anew(
    tmp_path: Path, rendered: list[str], damage: str
) -> None:
    root = write_project(tmp_path / "project")
    first = read(root, tmp_path / "kept")
    if damage == "gone":
        (tmp_path / "kept").unlink()
    elif damage == "damaged":
        data = (tmp_path / "kept").read_bytes()
        (tmp_path / "kept").write_bytes(data.replace(b"It scales.", b"It SCALES."))
    forget()
    rendered.clear()
    assert read(root, tmp_path / "kept", "another" if damage == "another tool" else "tools") == first
    assert "papers/dino" in rendered
