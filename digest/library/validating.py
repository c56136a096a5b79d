"""Validating: a model made of what a file says, or what is wrong with it in words that an editor can act on."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from digest.library.nearest import did_you_mean
from digest.library.problems import Problem
from digest.library.yaml import Document, Location, Step

Model = TypeVar("Model", bound=BaseModel)
KEY = "[key]"
"""The step that pydantic adds when a mapping's key, and not its value, is at fault."""
SHOWN = 80


def validate(model: type[Model], document: Document, extra: Mapping[str, Any]) -> tuple[Model | None, list[Problem]]:
    """The model made of a document's mapping and of `extra` (what the file does not write), with its problems."""
    if not isinstance(document.data, dict):
        return None, [document.problem((), "expected a mapping of fields", "write lines of the form `field: value`")]
    by_hand = [
        document.key_problem((name,), f"'{name}' is not written by hand", "remove the line")
        for name in document.data
        if name in extra
    ]
    try:
        made = model.model_validate({**document.data, **extra})
    except ValidationError as error:
        found = [_problem(details, model, document) for details in _errors(error)]
        return None, [*by_hand, *found]
    return (None, by_hand) if by_hand else (made, [])


def validate_plain(model: type[Model], data: Any, path: str) -> tuple[Model | None, list[Problem]]:
    """The model made of plain `data` (from TOML or JSON), whose problems name the field since no line is known."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        document = Document(path, data, {}, {})
        problems = []
        for details in _errors(error):
            problem = _problem(details, model, document)
            field = ".".join(str(step) for step in details["loc"]) or "the whole"
            problems.append(Problem(path, 1, 1, f"{field}: {problem.what}", problem.mend))
        return None, problems


def _errors(error: ValidationError) -> list[ErrorDetails]:
    """The errors, without the one that pydantic adds to a list when its only items have errors of their own."""
    return [
        details
        for details in error.errors(include_url=False)
        if details["type"] != "too_short" or len(details["input"]) < details["ctx"]["min_length"]
    ]


def _problem(details: ErrorDetails, model: type[BaseModel], document: Document) -> Problem:
    location = tuple(step for step in details["loc"] if step != KEY)
    name = str(location[-1]) if location else ""
    if details["type"] == "extra_forbidden":
        mend = did_you_mean(name, _fields_at(model, location[:-1]))
        return document.key_problem(location, f"unknown field '{name}'", mend)
    if details["type"] == "missing":
        mend = "add it" if name.isdigit() else f"add `{name}: …`"
        return document.problem(location[:-1], f"{_field(location)} is missing", mend)
    if KEY in details["loc"]:
        return document.key_problem(location, *_key_sentence(details, name))
    return document.problem(location, *_sentence(details, location))


def _key_sentence(details: ErrorDetails, name: str) -> tuple[str, str]:
    if options := _options(details):
        return f"unknown field '{name}'", did_you_mean(name, options)
    return _sentence(details, (name,))


def _sentence(details: ErrorDetails, location: Location) -> tuple[str, str]:
    kind, given = details["type"], details["input"]
    message = details["msg"].removeprefix("Value error, ")
    field = _field(location)
    if kind == "value_error":
        what, _, mend = message.partition("; ")
        return what, mend or "write another value"
    if given is None:
        return f"{field} is empty", "write its value, or remove the line"
    if kind == "too_short" and not given:
        return f"{field} is empty", "name at least one"
    what = f"{field} cannot be {_shown(given)}"
    if options := _options(details):
        return what, did_you_mean(str(given), options)
    return what, MENDS.get(kind, "").format(**details.get("ctx", {})) or message[:1].lower() + message[1:]


MENDS = {
    "string_type": "write it as text",
    "tuple_type": "write a list, such as [first, second]",
    "mapping_type": "write lines of the form `name: value` under it",
    "dict_type": "write lines of the form `name: value` under it",
    "model_type": "write lines of the form `name: value` under it",
    "int_parsing": "write a whole number",
    "greater_than_equal": "write {ge} or more",
    "less_than_equal": "write {le} or less",
}


def _field(location: Iterable[Step]) -> str:
    subject = "this"
    for step in location:
        subject = f"item {step + 1} of {subject}" if isinstance(step, int) else f"'{step}'"
    return subject


def _shown(given: Any) -> str:
    if isinstance(given, dict):
        return "a mapping"
    if isinstance(given, list | tuple):
        return "a list"
    text = repr(given)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _options(details: ErrorDetails) -> list[str]:
    """The words that a choice allows, if it is one."""
    return re.findall(r"'([^']*)'", details["ctx"]["expected"]) if details["type"] == "literal_error" else []


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    """The field names of the models that `location` leads to inside `model`."""
    schema = model.model_json_schema()
    nodes = [schema]
    for step in location:
        nodes = [inner for node in _alternatives(nodes, schema) for inner in _members(node, step)]
    return [name for node in _alternatives(nodes, schema) for name in node.get("properties", {})]


def _alternatives(nodes: Iterable[Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas that these stand for, once references and choices are followed."""
    found: list[dict[str, Any]] = []
    for node in nodes:
        if "$ref" in node:
            found += _alternatives([schema["$defs"][node["$ref"].rpartition("/")[2]]], schema)
        elif "anyOf" in node:
            found += _alternatives(node["anyOf"], schema)
        else:
            found.append(node)
    return found


def _members(node: dict[str, Any], step: Step) -> list[Any]:
    """The schemas of the member `step` of a list or a mapping."""
    if isinstance(step, int):
        members = [*node.get("prefixItems", [])[step : step + 1], node.get("items")]
    else:
        members = [node.get("properties", {}).get(step) or node.get("additionalProperties")]
    return [member for member in members if isinstance(member, dict)]
