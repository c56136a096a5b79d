"""JSON Schemas of the content model, by which editors complete and check front matter."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from digest.library.reading import split
from digest.library.schema import schemas

ROOT = Path(__file__).parents[2]
KINDS = {"papers": "paper", "courses": "course", "projects": "project", "issues": "issue", "": "page"}


def validator(name: str) -> Any:
    """What holds data against the schema of that name."""
    schema = json.loads(schemas()[f"{name}.schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def as_an_editor_reads(text: str) -> Any:
    """YAML as an editor's support reads it: numbers are numbers, dates are text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_there_is_a_schema_of_each_kind():
    assert sorted(schemas()) == [
        "authors.schema.json",
        "course.schema.json",
        "issue.schema.json",
        "page.schema.json",
        "paper.schema.json",
        "project.schema.json",
        "settings.schema.json",
    ]


def test_a_schema_says_which_it_is_and_reads_well():
    for data in schemas().values():
        text = data.decode("utf-8")
        assert text.startswith('{\n  "$schema": "https://json-schema.org/draft/2020-12/schema",\n')
        assert text.endswith("}\n")


@pytest.mark.parametrize("file", sorted((ROOT / "site").glob("**/*.md")), ids=lambda file: file.stem)
def test_what_this_newsletter_says_fits_its_schema(file: Path):
    front = split(file.read_text(encoding="utf-8"))
    assert front is not None
    folder = file.parent.relative_to(ROOT / "site").as_posix().removeprefix(".")
    validator(KINDS[folder]).validate(as_an_editor_reads(front[0]))


def test_the_authors_and_settings_of_this_newsletter_fit_their_schemas():
    validator("authors").validate(as_an_editor_reads((ROOT / "site/authors.yml").read_text(encoding="utf-8")))
    configuration = as_an_editor_reads((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    validator("settings").validate(configuration["extra"]["digest"])


PAPER = {
    "title": "T",
    "takeaway": "W.",
    "authors": ["Ada"],
    "published": "2021-04-29",
    "links": {"paper": "https://a.org/"},
    "tags": ["a"],
    "added": "2021-05-14",
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"arxiv": 2104.14294},
        {"arxiv": "2104.14294"},
        {"links": {"paper": {"url": "https://a.org/", "note": "as of 2021"}}},
        {"updated": "2021-05-15"},
    ],
)
def test_what_may_be_written_fits(change: dict[str, Any]):
    validator("paper").validate({**PAPER, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"titel": "T"},
        {"id": "papers/a"},
        {"body": "x"},
        {"path": "x"},
        {"body_line": 1},
        {"arxiv": ["x"]},
        {"links": {}},
        {"links": {"papr": "https://a.org/"}},
        {"links": {"paper": {"note": "x"}}},
        {"links": {"paper": {"url": "https://a.org/", "nota": "x"}}},
        {"links": {"paper": 1}},
        {"tags": "a"},
        {"figures": {"a": {"file": "a.svg"}}},
        {"published": None},
    ],
)
def test_what_may_not_be_written_does_not_fit(change: dict[str, Any]):
    with pytest.raises(jsonschema.ValidationError):
        validator("paper").validate({**PAPER, **change})


def test_a_link_is_an_address_for_an_editor_too():
    link = json.loads(schemas()["paper.schema.json"])["$defs"]["Link"]
    assert link["anyOf"][0] == {"type": "string", "format": "uri"}


def test_fields_say_what_they_mean():
    paper = json.loads(schemas()["paper.schema.json"])
    assert paper["properties"]["takeaway"]["description"] == "What a reader should remember, in one sentence"
