"""TOML with places: what `tomllib` reads, and where each key and value stands, so that a mistake has its line.

The places come from a scan of the lines, since `tomllib` keeps none: what is inside an inline table or an array has the
place of the key that holds it.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from digest.library.problems import Problem
from digest.library.yaml import Document, Place

KEY = r"(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')"
DOTTED = rf"{KEY}(?:\s*\.\s*{KEY})*"
TABLE = re.compile(rf"\s*\[({DOTTED})\]")
PAIR = re.compile(rf"\s*({DOTTED})\s*=\s*")
LONG_QUOTES = ('"""', "'''")
ERROR_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def load(text: str, path: str) -> tuple[Document, list[Problem]]:
    """The document in `text`, of the file `path`, with what is wrong in its TOML (https://toml.io/en/v1.0.0)."""
    values: dict[tuple[str | int, ...], Place] = {(): Place(1, 1)}
    keys: dict[tuple[str | int, ...], Place] = {}
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return Document(path, None, values, keys), [_syntax_problem(str(error), text, path)]
    for location, key, value in _pairs(text):
        if _holds(data, location):
            keys.setdefault(location, key)
            values.setdefault(location, value)
    return Document(path, data, values, keys), []


def _pairs(text: str) -> Iterator[tuple[tuple[str, ...], Place, Place]]:
    table: tuple[str, ...] = ()
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
        elif match := TABLE.match(line):
            table = _names(match[1])
            place = Place(number, match.start(1) + 1)
            yield table, place, place
        elif match := PAIR.match(line):
            yield (*table, *_names(match[1])), Place(number, match.start(1) + 1), Place(number, match.end() + 1)
            closing = _left_open(line[match.end() :])


def _left_open(value: str) -> str:
    """The quotes that a later line closes, or nothing."""
    for quotes in LONG_QUOTES:
        if value.startswith(quotes) and quotes not in value[3:]:
            return quotes
    return ""


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip("\"'") for name in re.findall(KEY, dotted))


def _holds(data: Any, location: tuple[str, ...]) -> bool:
    for name in location:
        if not isinstance(data, dict) or name not in data:
            return False
        data = data[name]
    return True


def _syntax_problem(message: str, text: str, path: str) -> Problem:
    match = ERROR_PLACE.search(message)
    what = f"broken TOML: {ERROR_PLACE.sub('', message)}"
    if match and match[1]:
        line, column = int(match[1]), int(match[2])
    else:
        line, column = text.count("\n") + 1, 1
    return Problem(path, line, column, what, 'write `key = "value"`, each key once')
