"""docs/commands.md: written from the parsers, and current."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from dino.cli import COMMANDS
from dino.config import SETTINGS
from dino.presets import PRESETS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def commands() -> ModuleType:
    spec = importlib.util.spec_from_file_location("documented_commands", DOCS / "commands.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_commands_say(commands: ModuleType) -> None:
    assert (DOCS / "commands.md").read_text(encoding="utf-8") == commands.reference(), (
        "write it anew: python docs/commands.py docs/commands.md"
    )


def test_the_page_has_every_command_every_setting_and_every_preset(commands: ModuleType) -> None:
    page = commands.reference()
    assert re.findall(r"^## dino ([\w ]+)$", page, re.MULTILINE) == list(COMMANDS)
    flags = re.findall(r"^\| `(--[\w-]+)", page.partition("## Settings")[2], re.MULTILINE)
    assert flags == ["--" + name.replace("_", "-") for name in SETTINGS]
    assert re.findall(r"^\| `(\w+)` \|", page.partition("## Presets")[2], re.MULTILINE) == list(PRESETS)


def test_every_argument_and_every_command_says_what_it_is(commands: ModuleType) -> None:
    page = commands.reference()
    assert not re.search(r"^\| `[^`]+` \|\s*\|", page, re.MULTILINE)
    assert page.count("Example: `dino ") == len(COMMANDS)
