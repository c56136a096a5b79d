"""The content model: what the front matter of an entry, an issue, an author or a page may say.

Types come from here, not from YAML: the reader hands every value over as the text that was written (see `yaml.py`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue, SkipJsonSchema
from pydantic_core import CoreSchema

from digest.library.web import web_address

SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
ARXIV = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7}"
DOI = r"10\.\d{4,9}/\S+"
SPDX = r"[A-Za-z0-9][A-Za-z0-9.+-]*(?: (?:AND|OR|WITH) [A-Za-z0-9][A-Za-z0-9.+-]*)*"
FIGURE_FILE = r"[A-Za-z0-9][A-Za-z0-9_-]*\.(?:svg|png|jpg|jpeg|webp|avif)"
LONGEST_SENTENCE = 2_000
WITHOUT_WIDTH = " \u00ad\u200b\u200c\u200d\u2060"
DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
CLOSING = "<!-- closing -->"
LINK_LABELS = ("paper", "course", "github", "website", "docs", "blog", "video", "demo")

LinkLabel = Literal["paper", "course", "github", "website", "docs", "blog", "video", "demo"]


def _one_sentence(value: str) -> str:
    text = " ".join(value.split())
    if not text.strip(WITHOUT_WIDTH):
        raise ValueError("the text is empty; write one sentence")
    if len(text) > LONGEST_SENTENCE:
        raise ValueError(f"the text has more than {LONGEST_SENTENCE:,} characters; write one sentence")
    return text


@dataclass(frozen=True)
class _Matching:
    pattern: str
    what: str
    mend: str

    def __call__(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value, re.ASCII):
            raise ValueError(f"'{value}' is not {self.what}; {self.mend}")
        return value


def matching(pattern: str, what: str, mend: str) -> AfterValidator:
    """A validator of text that must match `pattern` whole, and says otherwise what it is not."""
    return AfterValidator(_Matching(pattern, what, mend))


def _calendar_date(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    parts = DAY.fullmatch(value)
    if not parts:
        raise ValueError(f"'{value}' is not a date; write it as 2021-05-14")
    day = f"{parts[1]}-{int(parts[2]):02}-{int(parts[3]):02}"
    try:
        date.fromisoformat(day)
    except ValueError:
        raise ValueError(f"'{value}' is no day of the calendar; write another date") from None
    if day != value:
        raise ValueError(f"'{value}' is not a date; write it as {day}")
    return value


def _whole_number(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch("[1-9][0-9]{0,5}", value):
        raise ValueError(f"'{value}' is not the number of an issue; count them from 1")
    return value


def _source(value: str) -> str:
    if value == "own":
        return value
    try:
        return web_address(value)
    except ValueError as error:
        what, _, mend = str(error).partition("; ")
        raise ValueError(f"{what}; {mend}, or `own` for a picture of your own") from None


Sentence = Annotated[str, AfterValidator(_one_sentence)]
Address = Annotated[str, AfterValidator(web_address), Field(json_schema_extra={"format": "uri"})]
Slug = Annotated[str, matching(SLUG, "a slug", "use lower-case words joined by hyphens")]
Identifier = Annotated[str, matching(rf"{SLUG}(?:/{SLUG})*", "an id", "write it as papers/dino")]
License = Annotated[str, matching(SPDX, "a licence id", "write its SPDX id, such as CC-BY-4.0 or MIT")]
FigureName = Annotated[str, matching(FIGURE_FILE, "a figure's file", "name a .svg, .png, .jpg, .webp or .avif")]
Day = Annotated[date, BeforeValidator(_calendar_date)]
# An editor's YAML takes 2104.14294 for a number; the reader here never does.
ArxivIdentifier = Annotated[
    str,
    matching(ARXIV, "an arXiv id", "write it as 2104.14294, without a version"),
    WithJsonSchema({"type": ["string", "number"]}),
]


class Model(BaseModel):
    """A frozen model that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Link(Model):
    """An outside address under a label. `note` says what a reader should know before following it."""

    url: Address
    note: Sentence | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_address(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "format": "uri"}, handler.resolve_ref_schema(handler(schema))]}


class Figure(Model):
    """A picture in `site/figures/`, and what a page must say of it. `dark` is the same for the dark theme."""

    file: FigureName
    dark: FigureName | None = None
    alt: Sentence
    caption: Sentence
    credit: Sentence
    source: Annotated[str, AfterValidator(_source)] = Field(
        description="'own' for a picture of our own, or the https address it comes from"
    )
    license: License


class Author(Model):
    """Someone who writes issues; `site/authors.yml` maps an id to each. `about` is a line of Markdown."""

    id: SkipJsonSchema[Slug]
    name: Sentence
    role: Sentence
    about: Sentence
    url: Address | None = None

    @property
    def address(self) -> str:
        """Where the author's page stands in the site."""
        return f"authors/{self.id}/"


class Written(Model):
    """A Markdown file of `site/`: its front matter, its body, and where it came from."""

    kind: ClassVar[str]

    id: SkipJsonSchema[Identifier]
    path: SkipJsonSchema[str]
    body: SkipJsonSchema[str]
    body_line: SkipJsonSchema[int]
    title: Sentence
    takeaway: Sentence = Field(description="What a reader should remember, in one sentence")
    redirect_from: tuple[Identifier, ...] = Field(
        default=(), description="The ids it had before, oldest first; their addresses lead to it"
    )

    @property
    def address(self) -> str:
        """Where its page stands in the site."""
        return f"{self.id}/"

    @property
    def parts(self) -> tuple[tuple[str, int], ...]:
        """The pieces of Markdown that a page shows each by itself, with the line of the file each begins on."""
        return ((self.body, self.body_line),)


class Moves(Model):
    """What `site/moved.yml` says: the id of a page that has no file of its own any more, and the one to go to."""

    moved: Mapping[Identifier, Identifier]


class Page(Written):
    """A page that is neither issue nor entry, such as about."""

    kind = "page"


class Entry(Written):
    """What every entry says, whatever its kind."""

    links: Mapping[LinkLabel, Link] = Field(min_length=1)
    tags: tuple[Slug, ...] = Field(min_length=1)
    figures: Mapping[Slug, Figure] = {}
    added: Day
    updated: Day | None = None

    @property
    def name(self) -> str:
        """The last part of the id: what the entry is called in file names."""
        return self.id.rpartition("/")[2]


class Paper(Entry):
    """A paper. `demo` names the folder of `demos/` that runs it."""

    kind = "paper"

    authors: tuple[Sentence, ...] = Field(min_length=1)
    published: Day
    venue: Sentence | None = None
    arxiv: ArxivIdentifier | None = None
    doi: Annotated[str, matching(DOI, "a DOI", "write it as 10.48550/arXiv.2104.14294")] | None = None
    demo: Slug | None = None


class Course(Entry):
    """A course."""

    kind = "course"

    provider: Sentence
    instructors: tuple[Sentence, ...] = ()
    level: Sentence | None = None
    duration: Sentence | None = None
    price: Sentence | None = None


class Project(Entry):
    """An open-source project."""

    kind = "project"

    repository: Address
    license: License
    language: Sentence
    demo: Slug | None = None


class Issue(Written):
    """An issue: a greeting, entries in order, and a sign-off after `<!-- closing -->`."""

    kind = "issue"

    number: Annotated[int, BeforeValidator(_whole_number), Field(ge=1)]
    date: Day
    author: Slug
    entries: tuple[Identifier, ...] = Field(min_length=1)
    status: Literal["draft", "published"] = "draft"
    updated: Day | None = None
    credit: Sentence | None = Field(default=None, description="Whom the issue owes something, as a line of Markdown")

    @property
    def greeting(self) -> str:
        """The Markdown before the entries."""
        return self.body.partition(CLOSING)[0]

    @property
    def closing(self) -> str:
        """The Markdown after the entries."""
        return self.body.partition(CLOSING)[2]

    @property
    def parts(self) -> tuple[tuple[str, int], ...]:
        """The greeting and the closing, with the line of the file each begins on."""
        return ((self.greeting, self.body_line), (self.closing, self.body_line + self.greeting.count("\n")))

    @property
    def name(self) -> str:
        """The last part of the id, which is the date."""
        return self.id.rpartition("/")[2]


ENTRY_FOLDERS: dict[str, type[Paper] | type[Course] | type[Project]] = {
    "papers": Paper,
    "courses": Course,
    "projects": Project,
}
AnyEntry = Paper | Course | Project
