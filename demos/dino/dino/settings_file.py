"""Settings from a TOML file, in sections or not, with the line of each."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from dino.config import SETTINGS, Config
from dino.errors import CommandError
from dino.settings import Source, meant

SECTIONS = tuple(section.name for section in fields(Config))
HEADER = re.compile(r"\s*\[\s*([\w-]+)\s*\]")
KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*(?:\.\s*["']?([\w-]+)["']?\s*)?=""")

Lines = Mapping[tuple[str, str], int]


def file_source(path: Path) -> Source:
    """The settings in the file; what is in no place of its own is among the faults. Raises CommandError for no TOML."""
    text = _read(path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{path} is no TOML: {error}") from None
    lines = _lines(text)
    values: dict[str, Any] = {}
    places: dict[str, int] = {}
    faults: list[str] = []
    for section, name, value in _entries(content):
        line = lines.get((section, name))
        place = f"{path}:{line}" if line else str(path)
        fault = _misplaced(section, name, value) or ("is set twice; leave one" if name in values else "")
        if fault:
            faults.append(f"{place}: {name} {fault}")
            continue
        values[name] = value
        places |= {name: line} if line else {}
    return Source(str(path), values, places, tuple(faults))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be read ({(error.strerror or 'unknown').lower()})") from None
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is no TOML: byte {error.start + 1} is no UTF-8") from None


def _entries(content: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """(section, name, value) of every entry; the section is empty for what stands in none."""
    entries = []
    for name, value in content.items():
        if name in SECTIONS and isinstance(value, dict):
            entries += [(name, inner, of_inner) for inner, of_inner in value.items()]
        else:
            entries.append(("", name, value))
    return entries


def _misplaced(section: str, name: str, value: Any) -> str:
    if not section and isinstance(value, dict):
        return f"is no section{meant(name, SECTIONS)}"
    if section and name in SETTINGS and SETTINGS[name].section != section:
        return f"stands in [{section}]; it belongs in [{SETTINGS[name].section}]"
    return ""


def _lines(text: str) -> Lines:
    """The line of every entry and of every section's heading, as far as it can be told without a parser."""
    found: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            section = header[1]
            found.setdefault(("", section), number)
        elif key := KEY.match(line):
            place = (key[1], key[2]) if key[2] else (section, key[1])
            found.setdefault(place, number)
    return found
