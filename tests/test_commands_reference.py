"""The command reference, and what the other documents say of commands, are what the commands are."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from digest.cli import app

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "docs/house.md", "templates/newsletter/README.md"]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The reference as it would be written now."""
    file = tmp_path_factory.mktemp("reference") / "commands.md"
    subprocess.run([sys.executable, ROOT / "docs" / "commands.py", file], check=True)
    return file.read_text(encoding="utf-8")


def names(group: Any) -> Iterator[str]:
    for name, command in group.commands.items():
        yield name
        yield from (f"{name} {inner}" for inner in names(command)) if hasattr(command, "commands") else ()


COMMANDS = set(names(get_command(app)))


def test_the_reference_is_current(page: str) -> None:
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == page


@pytest.mark.parametrize("name", sorted(COMMANDS - {"demo"}))
def test_the_reference_has_a_section_on_every_command(page: str, name: str) -> None:
    section = page.partition(f"\n## digest {name}\n")[2].partition("\n## ")[0]
    assert f"$ digest {name}" in section
    assert f"(#digest-{name.replace(' ', '-')})" in page


def test_the_reference_lists_every_option_and_where_it_begins(page: str) -> None:
    assert "| `--port PORT` | 0 takes any free port. By default `8000`. |" in page
    assert "| `--drafts, --no-drafts` | Include draft issues. On by default. |" in page
    assert "| `[DIR]` | Where to write them. By default `build/schema`. |" in page
    assert "\n`digest demo run NAME [COMMAND] [ARGS]…`\n" in page


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_that_a_document_names_is_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```\n(.*?)```", text, re.DOTALL))
    told = re.findall(r"(?m)(?:^|&& )digest ((?:demo )?[a-z]+)", blocks) + re.findall(
        r"`digest ((?:demo )?[a-z]+)", text
    )
    assert told, f"{document} names no command"
    assert set(told) <= COMMANDS


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/commands.md", "docs/house.md"])
def test_every_target_of_make_that_a_document_names_is_there(document: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?m)^([a-z-]+):", makefile))
    assert set(re.findall(r"(?m)(?:^|`)make ([a-z-]+)", (ROOT / document).read_text(encoding="utf-8"))) <= targets
