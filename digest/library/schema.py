"""JSON Schemas of the content model, which editors use to complete and check front matter while it is typed."""

import json
from collections.abc import Mapping

from pydantic import BaseModel, TypeAdapter

from digest.library.models import Author, Course, Issue, Page, Paper, Project
from digest.library.newsletter import Settings

FRONT_MATTER: Mapping[str, type[BaseModel]] = {
    "paper": Paper,
    "course": Course,
    "project": Project,
    "issue": Issue,
    "page": Page,
    "settings": Settings,
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, bytes]:
    """Every schema by its file name, such as `paper.schema.json`."""
    made = {f"{name}.schema.json": model.model_json_schema() for name, model in FRONT_MATTER.items()}
    made["authors.schema.json"] = TypeAdapter(dict[str, Author]).json_schema()
    return {
        name: (json.dumps({"$schema": DIALECT, **schema}, indent=2) + "\n").encode() for name, schema in made.items()
    }
