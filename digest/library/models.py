"""The content model: what the front matter of an entry, an issue, an author or a page may say.

Types come from here, not from YAML: the reader hands every value over as the text that was written (see `yaml.py`).
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
ARXIV = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+/\d{7}")
DOI = re.compile(r"10\.\d{4,9}/\S+")
SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*(?: (?:AND|OR|WITH) [A-Za-z0-9][A-Za-z0-9.+-]*)*")
TRACKING = re.compile(
    r"(?:utm_.+|mtm_.+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|_hsenc|_hsmi|mkt_tok|yclid|_bhlid)$"
)
LINK_LABELS = ("paper", "course", "github", "website", "docs", "blog", "video", "demo")

LinkLabel = Literal["paper", "course", "github", "website", "docs", "blog", "video", "demo"]


def web_address(value: str) -> str:
    """The address itself when it may stand on a page: https, a host, no credentials, no tracking parameters."""
    if re.search(r"[\s<>\"\\^`{|}\x00-\x1f]", value):
        raise ValueError(f"'{value}' has a character that no address has; percent-encode it")
    try:
        parts = urlsplit(value)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError(f"'{value}' is not an address; write https://host/path") from None
    if parts.scheme != "https" or not parts.hostname or not port_is_valid:
        raise ValueError(f"'{value}' is not an https address; write https://host/path")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"'{parts.hostname}' is given with credentials; remove what stands before the @")
    tracking = sorted(name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if TRACKING.match(name))
    if tracking:
        raise ValueError(f"the address carries the tracking parameter '{tracking[0]}'; remove it")
    return value


def _one_sentence(value: str) -> str:
    text = " ".join(value.split())
    if not text:
        raise ValueError("the text is empty; write one sentence")
    return text


def _matching(pattern: re.Pattern[str], what: str, mend: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"'{value}' is not {what}; {mend}")
        return value

    return AfterValidator(check)


def _calendar_date(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(f"'{value}' is not a date; write it as 2021-05-14")
    return value


Sentence = Annotated[str, AfterValidator(_one_sentence)]
Address = Annotated[str, AfterValidator(web_address), Field(json_schema_extra={"format": "uri"})]
Slug = Annotated[str, _matching(re.compile(SLUG), "a slug", "use lower-case words joined by hyphens")]
Identifier = Annotated[str, _matching(re.compile(rf"{SLUG}(?:/{SLUG})*"), "an id", "write it as papers/dino")]
License = Annotated[str, _matching(SPDX, "a licence id", "write its SPDX id, such as CC-BY-4.0 or MIT")]
Day = Annotated[date, BeforeValidator(_calendar_date)]


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


class Figure(Model):
    """A picture in `site/figures/`, and what a page must say of it. `dark` is the same for the dark theme."""

    file: Annotated[
        str,
        _matching(re.compile(r"[\w-]+\.(?:svg|png|jpg|webp)"), "a figure's file", "name a .svg, .png, .jpg or .webp"),
    ]
    dark: (
        Annotated[
            str,
            _matching(
                re.compile(r"[\w-]+\.(?:svg|png|jpg|webp)"), "a figure's file", "name a .svg, .png, .jpg or .webp"
            ),
        ]
        | None
    ) = None
    alt: Sentence
    caption: Sentence
    credit: Sentence
    source: Annotated[str, AfterValidator(lambda value: value if value == "own" else web_address(value))] = Field(
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

    @property
    def address(self) -> str:
        """Where its page stands in the site."""
        return f"{self.id}/"


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
    redirect_from: tuple[Identifier, ...] = ()

    @property
    def name(self) -> str:
        """The last part of the id: what the entry is called in file names."""
        return self.id.rpartition("/")[2]

    @model_validator(mode="after")
    def _updated_later(self) -> Self:
        if self.updated and self.updated < self.added:
            raise ValueError(f"updated {self.updated} is before added {self.added}; mend one of the two dates")
        return self


class Paper(Entry):
    """A paper. `demo` names the folder of `demos/` that runs it."""

    kind = "paper"

    authors: tuple[Sentence, ...] = Field(min_length=1)
    published: Day
    venue: Sentence | None = None
    arxiv: Annotated[str, _matching(ARXIV, "an arXiv id", "write it as 2104.14294, without a version")] | None = Field(
        default=None, json_schema_extra={"type": ["string", "number"]}
    )
    doi: Annotated[str, _matching(DOI, "a DOI", "write it as 10.48550/arXiv.2104.14294")] | None = None
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

    number: int = Field(ge=1)
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
    def name(self) -> str:
        """The last part of the id, which is the date."""
        return self.id.rpartition("/")[2]


CLOSING = "<!-- closing -->"
ENTRY_FOLDERS: dict[str, type[Paper] | type[Course] | type[Project]] = {
    "papers": Paper,
    "courses": Course,
    "projects": Project,
}
AnyEntry = Paper | Course | Project
