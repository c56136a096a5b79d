"""Validating: what is wrong with a field is said in words that an editor can act on."""

from collections.abc import Mapping
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from digest.library.validating import validate, validate_plain
from digest.library.yaml import load


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Inner(Form):
    width: int = Field(default=1, ge=1, le=9)


def _bare(value: object) -> object:
    if value == "bare":
        raise ValueError("no bare text")
    return value


class Outer(Form):
    title: Annotated[str, BeforeValidator(_bare)] = ""
    status: Literal["draft", "published"] = "draft"
    format: Literal[1] = 1
    names: tuple[str, ...] = ()
    some: Annotated[tuple[str, ...], Field(min_length=1)] = ("x",)
    inner: Inner = Inner()
    maybe: Inner | None = None
    items: tuple[Inner, ...] | None = ()
    pair: tuple[Inner, int] | None = None
    by_label: Mapping[Literal["left", "right"], Inner] = {}


def problems_of(text: str, extra: Mapping[str, object] | None = None) -> list[str]:
    """What is wrong with a front matter of an Outer that begins on the second line, in its order."""
    document, problems = load(text, "a.md", first_line=2)
    assert problems == []
    return [str(problem) for problem in sorted(validate(Outer, document, extra or {})[1])]


def test_a_mapping_without_mistakes_makes_the_model():
    document, _ = load("title: x\nnames: [a]\n", "a.md")
    assert validate(Outer, document, {"status": "published"}) == (
        Outer(title="x", names=("a",), status="published"),
        [],
    )


@pytest.mark.parametrize("text", ["", "just text", "[a]"])
def test_what_is_no_mapping_is_told_to_be_one(text: str):
    assert problems_of(text) == ["a.md:2:1: expected a mapping of fields; write lines of the form `field: value`"]


def test_every_field_that_is_not_written_by_hand_is_named_beside_all_else():
    document, _ = load("id: x\nstatus: draft\nnames: x\n", "a.md", 2)
    made, problems = validate(Outer, document, {"id": "a", "status": "draft"})
    assert made is None
    assert [str(problem) for problem in sorted(problems)] == [
        "a.md:2:1: 'id' is not written by hand; remove the line",
        "a.md:2:1: unknown field 'id'; known are by_label, format, inner, items, maybe, names, pair, some, status, "
        "title",
        "a.md:3:1: 'status' is not written by hand; remove the line",
        "a.md:4:8: 'names' cannot be 'x'; write a list, such as [first, second]",
    ]


def test_a_field_written_by_hand_alone_makes_no_model():
    document, _ = load("title: x\n", "a.md")
    made, problems = validate(Outer, document, {"title": "y"})
    assert made is None
    assert [str(problem) for problem in problems] == ["a.md:1:1: 'title' is not written by hand; remove the line"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("titel: x", "2:1: unknown field 'titel'; did you mean 'title'?"),
        ("inner: {widht: 1}", "2:9: unknown field 'widht'; did you mean 'width'?"),
        ("maybe: {widht: 1}", "2:9: unknown field 'widht'; did you mean 'width'?"),
        ("items: [{width: 1}, {widht: 1}]", "2:22: unknown field 'widht'; did you mean 'width'?"),
        ("pair: [{widht: 1}, 1]", "2:9: unknown field 'widht'; did you mean 'width'?"),
        ("by_label: {left: {widht: 1}}", "2:19: unknown field 'widht'; did you mean 'width'?"),
        ("by_label: {rihgt: {}}", "2:12: unknown field 'rihgt'; did you mean 'right'?"),
    ],
)
def test_an_unknown_field_names_the_nearest_known_one_however_deep(text: str, said: str):
    assert problems_of(text) == [f"a.md:{said}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title:", "2:7: 'title' is empty; write its value, or remove the line"),
        ("title: [a]", "2:8: 'title' cannot be a list; write it as text"),
        ("title: {a: b}", "2:8: 'title' cannot be a mapping; write it as text"),
        ("title: bare", "2:8: no bare text; write another value"),
        ("names: [a, [b]]", "2:12: item 2 of 'names' cannot be a list; write it as text"),
        ("some: []", "2:7: 'some' is empty; name at least one"),
        ("status: publishd", "2:9: 'status' cannot be 'publishd'; did you mean 'published'?"),
        ("status: xyz", "2:9: 'status' cannot be 'xyz'; known are draft, published"),
        ("format: 2", "2:9: 'format' cannot be '2'; input should be 1"),
        ("inner: x", "2:8: 'inner' cannot be 'x'; write lines of the form `name: value` under it"),
        ("by_label: [x]", "2:11: 'by_label' cannot be a list; write lines of the form `name: value` under it"),
        ("inner: {width: x}", "2:16: 'width' cannot be 'x'; write a whole number"),
        ("inner: {width: ''}", "2:16: 'width' cannot be ''; write a whole number"),
        ("inner: {width: 0}", "2:16: 'width' cannot be '0'; write 1 or more"),
        ("inner: {width: 10}", "2:16: 'width' cannot be '10'; write 9 or less"),
        ("pair: [{}]", "2:7: item 2 of 'pair' is missing; add it"),
    ],
)
def test_a_value_that_cannot_be_is_told_what_to_be(text: str, said: str):
    assert problems_of(text) == [f"a.md:{said}"]


def test_a_long_value_is_cut():
    assert problems_of("names: " + "x" * 78) == [
        f"a.md:2:8: 'names' cannot be '{'x' * 78}'; write a list, such as [first, second]"
    ]
    assert problems_of("names: " + "x" * 79) == [
        f"a.md:2:8: 'names' cannot be '{'x' * 79}…; write a list, such as [first, second]"
    ]


def test_a_missing_field_is_told_where_it_belongs():
    class Needs(Form):
        deep: dict[str, "Needed"]

    class Needed(Form):
        name: str

    Needs.model_rebuild(_types_namespace={"Needed": Needed})
    document, _ = load("deep:\n  x: {}\n", "a.md", 2)
    assert [str(problem) for problem in validate(Needs, document, {})[1]] == [
        "a.md:3:6: 'name' is missing; add `name: …`"
    ]


def test_plain_data_has_no_lines_so_that_problems_name_the_field():
    assert validate_plain(Outer, {"title": "x"}, "a.json") == (Outer(title="x"), [])
    made, problems = validate_plain(Outer, {"inner": {"width": "x", "hight": 1}, "titel": True}, "a.json")
    assert made is None
    assert [str(problem) for problem in sorted(problems)] == [
        "a.json:1:1: inner.hight: unknown field 'hight'; known are width",
        "a.json:1:1: inner.width: 'width' cannot be 'x'; write a whole number",
        "a.json:1:1: titel: unknown field 'titel'; did you mean 'title'?",
    ]


def test_plain_data_that_is_no_mapping_is_wrong_as_a_whole():
    _, problems = validate_plain(Outer, [1], "a.json")
    assert [str(problem) for problem in problems] == [
        "a.json:1:1: the whole: this cannot be a list; write lines of the form `name: value` under it"
    ]
