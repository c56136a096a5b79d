"""YAML with places: front matter read so that every value and every mistake has its line and column.

Scalars stay the text that was written (`arxiv: 2104.10930` keeps its zero, `license: no` stays "no"): the types come
from the models, which parse the text. Anchors and aliases, which can explode, tags and merges, which mean something
else than they say, and duplicate keys, which hide one another, are problems rather than features.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from digest.library.problems import Problem
from digest.library.text import UNSEEN

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NULLS = {"", "~", "null", "Null", "NULL"}
DEEPEST = 20
QUOTE = "put the text in quotes"

Step = str | int
Location = tuple[Step, ...]


@dataclass(frozen=True)
class Place:
    """A line and a column of a file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """A YAML document: its plain `data` (mappings, lists, text, None) and where each value and key stands."""

    path: str
    data: Any
    values: dict[Location, Place]
    keys: dict[Location, Place]

    def place(self, location: Location) -> Place:
        """Where the value at `location` stands, or the nearest thing around it that does."""
        for length in range(len(location), -1, -1):
            if found := self.values.get(location[:length]):
                return found
        return Place(1, 1)

    def at(self, location: Location) -> "Document":
        """The part of the document that `location` leads to, as a document of its own."""
        data = self.data
        for step in location:
            data = data.get(step) if isinstance(data, dict) else None
        depth = len(location)
        values = {steps[depth:]: place for steps, place in self.values.items() if steps[:depth] == location}
        keys = {
            steps[depth:]: place for steps, place in self.keys.items() if steps[:depth] == location and steps[depth:]
        }
        return Document(self.path, data, {(): self.place(location)} | values, keys)

    def problem(self, location: Location, what: str, mend: str) -> Problem:
        """A problem at the value that `location` leads to."""
        place = self.place(location)
        return Problem(self.path, place.line, place.column, what, mend)

    def key_problem(self, location: Location, what: str, mend: str) -> Problem:
        """A problem at the key that `location` leads to."""
        place = self.keys.get(location) or self.place(location)
        return Problem(self.path, place.line, place.column, what, mend)


def load(
    text: str, path: str, first_line: int = 1, only: tuple[Location, ...] = ((),)
) -> tuple[Document, list[Problem]]:
    """The document in `text`, whose first line is `first_line` of the file `path`, with what is wrong in its YAML.

    Of a file that others read too, `only` names the parts that are ours: what stands elsewhere is neither kept nor
    judged, apart from its syntax (https://yaml.org/spec/1.1/). Where that is broken the data is None.
    """
    reader = _Reader(text.removeprefix("\ufeff"), path, first_line, only)
    try:
        data = reader.read()
    except yaml.YAMLError as error:
        reader.problems.append(reader.syntax_problem(error))
        data = None
    except UnicodeEncodeError as error:
        reader.complain(reader.place(error.start), "broken YAML: half a character (a lone surrogate)", "remove it")
        data = None
    values = {(): Place(first_line, 1)} | reader.values
    return Document(path, data, values, reader.keys), reader.problems


@dataclass
class _Reader:
    text: str
    path: str
    first_line: int
    only: tuple[Location, ...]
    values: dict[Location, Place] = field(default_factory=dict)
    keys: dict[Location, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> Any:
        self.line_starts = [0, *(index + 1 for index, character in enumerate(self.text) if character == "\n")]
        self.is_whole = True
        self.events: Iterator[Any] = yaml.parse(self.text, Loader=Loader)
        self.next()
        start = self.next()
        if isinstance(start, yaml.StreamEndEvent):
            return None
        data = self.node(self.next(), ())
        self.next()
        second = self.next()
        if isinstance(second, yaml.DocumentStartEvent):
            self.refuse(second, "a second YAML document begins here", "keep one of the two")
        return data if self.is_whole else None

    def next(self) -> Any:
        return next(self.events)

    def node(self, event: Any, location: Location) -> Any:
        self.values[location] = self.place_of(event)
        self.refuse_features(event)
        if isinstance(event, yaml.AliasEvent):
            self.is_whole = False
            return None
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if len(location) == DEEPEST:
            self.is_whole = False
            self.refuse(event, f"more than {DEEPEST} levels stand inside one another", "flatten it")
            self.skip(event)
            return None
        return self.sequence(location) if isinstance(event, yaml.SequenceStartEvent) else self.mapping(location)

    def scalar(self, event: Any) -> str | None:
        if UNSEEN.search(event.value):
            self.refuse(event, "the text holds a character that nobody sees", "remove its escape")
        return None if event.implicit[0] and event.value in NULLS else event.value

    def sequence(self, location: Location) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            items.append(self.node(event, (*location, len(items))))
        return items

    def mapping(self, location: Location) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        while not isinstance(key := self.next(), yaml.MappingEndEvent):
            self.refuse_features(key)
            if not isinstance(key, yaml.ScalarEvent):
                self.skip(key)
                self.refuse(key, "a key must be plain text", "name the field")
            elif key.value == "<<" and key.implicit[0]:
                self.refuse(key, "YAML merges are not read here", "write the fields out")
            elif key.value in fields:
                self.refuse(key, f"'{key.value}' is written twice", "keep one of the two")
            elif self.is_ours(inside := (*location, key.value)):
                self.keys[inside] = self.place_of(key)
                fields[key.value] = self.node(self.next(), inside)
                continue
            self.skip(self.next())
        return fields

    def is_ours(self, location: Location) -> bool:
        return any(location[: len(ours)] == ours[: len(location)] for ours in self.only)

    def skip(self, event: Any) -> None:
        """Passes over the rest of the node that begins with `event`."""
        depth = int(isinstance(event, yaml.CollectionStartEvent))
        while depth:
            event = self.next()
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)

    def refuse_features(self, event: Any) -> None:
        if event.anchor:
            self.refuse(event, "YAML anchors and aliases are not read here", "write the value out")
        if getattr(event, "tag", None):
            self.refuse(event, f"the YAML tag '{event.tag}' is not read here", QUOTE)

    def refuse(self, event: Any, what: str, mend: str) -> None:
        self.complain(self.place_of(event), what, mend)

    def complain(self, place: Place, what: str, mend: str) -> None:
        self.problems.append(Problem(self.path, place.line, place.column, what, mend))

    def place_of(self, event: Any) -> Place:
        return self.place(event.start_mark.index)

    def place(self, index: int) -> Place:
        """The place of a character. YAML counts other line ends than editors do, so its own lines are not used."""
        line = bisect_right(self.line_starts, index) - 1
        return Place(line + self.first_line, index - self.line_starts[line] + 1)

    def syntax_problem(self, error: yaml.YAMLError) -> Problem:
        mark = getattr(error, "problem_mark", None)
        begun = getattr(error, "context_mark", None) or mark
        message = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable text"
        index = mark.index if mark else min(getattr(error, "position", 0), len(self.text))
        character = self.text[index : index + 1]
        what, mend = f"broken YAML: {message}", "put quotes around text that holds `: `, `#` or brackets"
        for part, (clear, remedy) in SYNTAX.items():
            if part in message:
                what, mend = f"broken YAML: {clear}", remedy
        if "cannot start any token" in message and character == "\t":
            what, mend = "broken YAML: a tab where spaces belong", "indent with spaces"
        elif "cannot start any token" in message:
            what, mend = f"broken YAML: text cannot begin with '{character}'", QUOTE
        elif begun and message in FROM_THE_BEGINNING:
            index = begun.index
        place = self.place(index)
        return Problem(self.path, place.line, place.column, what, mend)


FROM_THE_BEGINNING = ("found unexpected end of stream", "did not find expected alphabetic or numeric character")
"""Messages about something that began elsewhere, where the mistake is."""
SYNTAX = {
    "mapping values are not allowed": ("a second `: ` in one value", QUOTE),
    "could not find expected ':'": ("a line without a colon", "write `field: value`, or indent what goes on"),
    "did not find expected ',' or ']'": ("the brackets are not closed", "close them with ]"),
    "did not find expected ',' or '}'": ("the braces are not closed", "close them with }"),
    "did not find expected node content": ("a value is missing", "write it, or close the brackets before"),
    "found unexpected end of stream": ("the quotes are not closed", "close them"),
    "did not find expected key": (
        "the line does not fit those above",
        "indent it like its neighbours, and double a quote inside quotes",
    ),
    "did not find expected '-' indicator": ("the line does not fit the list above", "begin it with `- `, or indent it"),
    "alphabetic or numeric character": ("text cannot begin with '*' or '&'", QUOTE),
    "found unknown escape character": (
        "no such escape in double quotes",
        "use single quotes, or \\\\ for a backslash",
    ),
    "exceeded maximum nesting depth": (f"more than {DEEPEST} levels stand inside one another", "flatten it"),
}
