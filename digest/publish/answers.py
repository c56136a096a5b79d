"""What the API answers: the models behind the JSON files under `api/v1/`, and their documentation.

A field is never removed or given another meaning within `v1`.
"""

import datetime

from pydantic import BaseModel, ConfigDict, Field

from digest.library.results import Check, Metric


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


class Reference(Answer):
    """An issue or an entry in brief: its page is at `url`, the whole of it at `api`."""

    id: str
    kind: str
    title: str
    takeaway: str
    date: datetime.date
    url: str
    api: str


class LinkAnswer(Answer):
    """An outside link of an entry."""

    text: str
    url: str
    note: str | None


class FigureAnswer(Answer):
    """A figure of an entry: its picture for light and dark grounds, and what must be said of it."""

    id: str
    url: str
    dark_url: str | None
    width: int
    height: int
    alt: str
    caption: str = Field(description="Markdown")
    credit: str
    source: str = Field(description="'own', or the address the picture comes from")
    license: str = Field(description="SPDX id")


class RunAnswer(Answer):
    """One machine's run of a demo. `current` says whether it measured the demo's present source."""

    name: str
    date: str = Field(description="RFC 3339")
    current: bool
    commit: str | None
    hardware: str
    python: str
    seconds: float
    checks: tuple[Check, ...]
    metrics: tuple[Metric, ...]


class DemoAnswer(Answer):
    """The demo of an entry, and what its runs measured."""

    name: str
    title: str
    summary: str
    status: str = Field(description="passed, failed, changed or not-run")
    command: str
    url: str
    runs: tuple[RunAnswer, ...]


class EntryAnswer(Answer):
    """An entry, whole."""

    id: str
    kind: str
    title: str
    takeaway: str
    url: str
    added: datetime.date
    updated: datetime.date
    tags: tuple[str, ...]
    links: dict[str, LinkAnswer]
    figures: tuple[FigureAnswer, ...]
    markdown: str
    html: str
    license: str
    issues: tuple[Reference, ...]


class PaperAnswer(EntryAnswer):
    """An entry about a paper."""

    authors: tuple[str, ...]
    published: datetime.date
    venue: str | None
    arxiv: str | None
    doi: str | None
    demo: DemoAnswer | None


class CourseAnswer(EntryAnswer):
    """An entry about a course."""

    provider: str
    instructors: tuple[str, ...]
    level: str | None
    duration: str | None
    price: str | None


class ProjectAnswer(EntryAnswer):
    """An entry about an open-source project."""

    repository: str
    project_license: str
    language: str
    demo: DemoAnswer | None


class IssueAnswer(Answer):
    """An issue, whole; each entry's own file says more."""

    id: str
    number: int
    date: datetime.date
    updated: datetime.date
    title: str
    takeaway: str
    author: str
    url: str
    markdown: str
    html: str
    license: str
    entries: tuple[Reference, ...]


class FeedAnswer(Answer):
    """A feed in its three formats."""

    title: str
    rss: str
    atom: str
    json_feed: str


class IndexAnswer(Answer):
    """Everything there is, in brief, newest first."""

    name: str
    url: str
    description: str
    language: str
    license: str
    issues: tuple[Reference, ...]
    entries: tuple[Reference, ...]
    feeds: tuple[FeedAnswer, ...]
