"""YAML with places: front matter read so that every value and every mistake has its line and column.

Scalars stay the text that was written (`arxiv: 2104.10930` keeps its zero, `license: no` stays "no"): the types come
from the models, which parse the text. Anchors and aliases, which can explode, and duplicate keys, which hide one
another, are problems rather than features.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from digest.library.nearest import did_you_mean
from digest.library.problems import Problem

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NULLS = {"", "~", "null", "Null", "NULL"}

Model = TypeVar("Model", bound=BaseModel)
Step = str | int


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
    values: dict[tuple[Step, ...], Place]
    keys: dict[tuple[Step, ...], Place]

    def place(self, location: tuple[Step, ...]) -> Place:
        """Where the value at `location` stands, or the nearest thing around it that does."""
        for length in range(len(location), -1, -1):
            if found := self.values.get(location[:length]):
                return found
        return Place(1, 1)

    def at(self, location: tuple[Step, ...]) -> "Document":
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

    def problem(self, location: tuple[Step, ...], what: str, mend: str) -> Problem:
        """A problem at the value that `location` leads to."""
        place = self.place(location)
        return Problem(self.path, place.line, place.column, what, mend)


def load(text: str, path: str, first_line: int = 1) -> tuple[Document, list[Problem]]:
    """The document in `text`, whose first line is `first_line` of the file `path`, with what is wrong in its YAML."""
    document = Document(path, None, {(): Place(first_line, 1)}, {})
    try:
        root = yaml.compose(text, Loader=Loader)
    except yaml.YAMLError as error:
        return document, [_syntax_problem(error, path, first_line)]
    problems: list[Problem] = []
    for event in _anchors(text):
        place = _place(event.start_mark, first_line)
        problems.append(
            Problem(path, place.line, place.column, "YAML anchors and aliases are not read here", "write the value out")
        )
    if problems or root is None:
        return document, problems
    data = _build(root, (), document, first_line, problems)
    return Document(path, data, document.values, document.keys), problems


def validate(model: type[Model], document: Document, extra: dict[str, Any]) -> tuple[Model | None, list[Problem]]:
    """The model made of a document's mapping and of `extra` (what the file does not write), with its problems."""
    if not isinstance(document.data, dict):
        return None, [document.problem((), "expected a mapping of fields", "write lines of the form `field: value`")]
    forbidden = sorted(extra.keys() & document.data.keys())
    if forbidden:
        place = document.keys[(forbidden[0],)]
        what = f"'{forbidden[0]}' is not written by hand"
        return None, [Problem(document.path, place.line, place.column, what, "remove the line")]
    try:
        return model.model_validate(document.data | extra), []
    except ValidationError as error:
        return None, [_model_problem(details, model, document) for details in error.errors(include_url=False)]


def validate_plain(model: type[Model], data: Any, path: str) -> tuple[Model | None, list[Problem]]:
    """The model made of plain `data` (from TOML or JSON), whose problems name the field since no line is known."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        document = Document(path, data, {}, {})
        problems = []
        for details in error.errors(include_url=False):
            problem = _model_problem(details, model, document)
            field = ".".join(str(step) for step in details["loc"]) or "the whole"
            problems.append(Problem(path, 1, 1, f"{field}: {problem.what}", problem.mend))
        return None, problems


def _anchors(text: str) -> Iterator[Any]:
    if "&" not in text and "*" not in text:
        return
    for event in yaml.parse(text, Loader=Loader):
        if getattr(event, "anchor", None):
            yield event


def _build(
    node: yaml.Node, location: tuple[Step, ...], document: Document, first_line: int, problems: list[Problem]
) -> Any:
    document.values.setdefault(location, _place(node.start_mark, first_line))
    if isinstance(node, yaml.ScalarNode):
        return None if node.style is None and node.value in NULLS else node.value
    if isinstance(node, yaml.SequenceNode):
        return [
            _build(child, (*location, index), document, first_line, problems) for index, child in enumerate(node.value)
        ]
    mapping: dict[str, Any] = {}
    for key, value in node.value:
        place = _place(key.start_mark, first_line)
        if not isinstance(key, yaml.ScalarNode):
            problems.append(
                Problem(document.path, place.line, place.column, "a key must be plain text", "name the field")
            )
        elif key.value in mapping:
            what = f"'{key.value}' is written twice"
            problems.append(Problem(document.path, place.line, place.column, what, "keep one of the two"))
        else:
            document.keys[(*location, key.value)] = place
            mapping[key.value] = _build(value, (*location, key.value), document, first_line, problems)
    return mapping


def _place(mark: Any, first_line: int) -> Place:
    return Place(mark.line + first_line, mark.column + 1)


def _syntax_problem(error: yaml.YAMLError, path: str, first_line: int) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + first_line, mark.column + 1) if mark else (first_line, 1)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable text"
    return Problem(
        path, line, column, f"broken YAML: {what}", "put quotes around text that holds `: `, `#` or brackets"
    )


def _model_problem(details: ErrorDetails, model: type[BaseModel], document: Document) -> Problem:
    location = tuple(step for step in details["loc"] if step != "[key]")
    kind = details["type"]
    if kind == "extra_forbidden":
        place = document.keys.get(location) or document.place(location)
        known = _fields_at(model, location[:-1])
        return Problem(
            document.path,
            place.line,
            place.column,
            f"unknown field '{location[-1]}'",
            did_you_mean(str(location[-1]), known),
        )
    if kind == "missing":
        return document.problem(location[:-1], f"'{location[-1]}' is missing", f"add `{location[-1]}: …`")
    if "[key]" in details["loc"] and (key := document.keys.get(location)):
        what, mend = _sentence(details)
        return Problem(document.path, key.line, key.column, what, mend)
    return document.problem(location, *_sentence(details))


def _sentence(details: ErrorDetails) -> tuple[str, str]:
    message = details["msg"].removeprefix("Value error, ")
    if details["type"] == "value_error":
        what, _, mend = message.partition("; ")
        return what, mend or "write another value"
    field = details["loc"][-1] if details["loc"] else "this"
    given = details["input"]
    shown = (
        "nothing" if given is None else repr(given) if isinstance(given, str | int | float) else type(given).__name__
    )
    return f"'{field}' cannot be {shown}", message[:1].lower() + message[1:]


def _fields_at(model: type[BaseModel], location: tuple[Step, ...]) -> list[str]:
    """The field names of the model that `location` leads to inside `model`."""
    schema = model.model_json_schema()
    node: Any = schema
    for step in location:
        node = _resolve(schema, node)
        node = node.get("items", {}) if isinstance(step, int) else _member(node, step)
    return list(_resolve(schema, node).get("properties", {}))


def _member(node: dict[str, Any], step: str) -> Any:
    properties = node.get("properties", {})
    return properties.get(step) or node.get("additionalProperties") or {}


def _resolve(schema: dict[str, Any], node: Any) -> dict[str, Any]:
    while isinstance(node, dict):
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        elif "properties" not in node and (options := node.get("anyOf") or node.get("oneOf")):
            node = next((option for option in options if "$ref" in option or "properties" in option), {})
        else:
            return node
    return {}
