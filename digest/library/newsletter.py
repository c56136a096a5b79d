"""The newsletter: what `mkdocs.yml` says of it, in the engine's own keys and under `extra.digest`."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from digest.library.models import Address, License, Model, Sentence, matching
from digest.library.problems import Problem
from digest.library.text import read_text
from digest.library.validating import validate
from digest.library.yaml import Document, load

PATH = "mkdocs.yml"
PLACEHOLDER_DOMAINS = (".example", ".invalid")
ENGINE_KEYS = ("site_name", "site_url", "site_description")
SETTINGS = ("extra", "digest")


def _site_address(value: str) -> str:
    if "?" in value or "#" in value:
        raise ValueError(f"'{value}' is no place for a site; end it with the path")
    return value if value.endswith("/") else f"{value}/"


def _without_slash(value: str) -> str:
    return value.rstrip("/").removesuffix(".git")


Colour = Annotated[str, matching("#[0-9a-fA-F]{6}", "a colour", "write it as #3f3fa6, in quotes")]
Language = Annotated[str, matching("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "a language", "write its tag, as in pt-BR")]
Mailbox = Annotated[
    str, matching(r"[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\"]+", "an e-mail address", "write it as editors@host.org")
]


class Shades(Model):
    """One colour in the light and in the dark theme, as CSS writes it (#rrggbb)."""

    light: Colour
    dark: Colour


class Colours(Model):
    """The colour of each kind of entry. Papers lend theirs to the masthead's mark."""

    paper: Shades = Shades(light="#3f3fa6", dark="#aeb3ff")
    course: Shades = Shades(light="#0a6b66", dark="#74d3c9")
    project: Shades = Shades(light="#9c4310", dark="#ffb27d")


class Settings(Model):
    """What stands under `extra.digest`."""

    tagline: Sentence
    repository: Annotated[Address, AfterValidator(_without_slash)] = Field(
        description="The address of the project's repository; a demo's pip form is made of it"
    )
    since: int = Field(
        ge=1990, le=9999, description="The first year the address was yours: part of feed ids, never change it"
    )
    language: Language = "en"
    colours: Colours = Colours()
    sections: tuple[Sentence, ...] = Field(
        default=("What it is", "Why it matters", "Try it"),
        min_length=1,
        description="The headings that every entry has, in order",
    )
    license: License = "CC-BY-4.0"
    engine: Literal["mkdocs", "zensical"] = Field(default="mkdocs", description="What makes the HTML")
    contact: Mailbox | None = Field(default=None, description="An e-mail address for readers")


class Newsletter(Model):
    """The newsletter as its pages know it. `address` ends in a slash."""

    name: Sentence = Field(alias="site_name")
    address: Annotated[Address, AfterValidator(_site_address)] = Field(alias="site_url")
    description: Sentence = Field(alias="site_description")
    settings: Settings = Field(alias="digest")

    @property
    def tagline(self) -> str:
        """What it is, in a few words."""
        return self.settings.tagline

    @property
    def repository(self) -> str:
        """The address of its repository, without a slash or .git at the end."""
        return self.settings.repository

    @property
    def language(self) -> str:
        """The language it is written in (BCP 47)."""
        return self.settings.language

    @property
    def colours(self) -> Colours:
        """The colour of each kind of entry."""
        return self.settings.colours

    @property
    def sections(self) -> tuple[str, ...]:
        """The headings that every entry has, in order."""
        return self.settings.sections

    @property
    def contact(self) -> str | None:
        """An e-mail address for readers."""
        return self.settings.contact

    @property
    def host(self) -> str:
        """The host of its address."""
        return urlsplit(self.address).hostname or ""

    @property
    def is_placed(self) -> bool:
        """Whether its address is one it can be published at, rather than the placeholder it began with."""
        return not self.host.endswith(PLACEHOLDER_DOMAINS)


def read_newsletter(root: Path) -> tuple[Newsletter | None, list[Problem]]:
    """The newsletter of the project at `root`, from its `mkdocs.yml`, with what is wrong in it."""
    if not (root / PATH).exists():
        mend = "run `digest init DIR`, or change to the folder of a newsletter"
        return None, [Problem(PATH, 1, 1, "there is no mkdocs.yml here", mend)]
    text = read_text(root / PATH, PATH)
    if isinstance(text, Problem):
        return None, [text]
    document, problems = load(text, PATH, only=(*((key,) for key in ENGINE_KEYS), SETTINGS))
    if problems and document.data is None:
        return None, problems
    if document.at(SETTINGS).data is None:
        what, mend = "there is no extra.digest", "add it, with tagline, repository and since under it"
        return None, [*problems, document.problem(SETTINGS, what, mend)]
    newsletter, found = validate(Newsletter, _without_engine(document), {})
    return (None if problems else newsletter), [*problems, *found]


def _without_engine(document: Document) -> Document:
    """The part of mkdocs.yml that is ours: three keys of the engine's, and `extra.digest` as `digest`."""
    settings = document.at(SETTINGS)
    data = {key: document.data[key] for key in ENGINE_KEYS if key in document.data} | {"digest": settings.data}
    values = document.values | {("digest", *steps): place for steps, place in settings.values.items()}
    keys = document.keys | {("digest", *steps): place for steps, place in settings.keys.items()}
    return Document(document.path, data, values, keys)
