"""The newsletter: what `mkdocs.yml` says of it, in the engine's own keys and under `extra.digest`."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from digest.library.models import Address, License, Model, Sentence
from digest.library.problems import Problem
from digest.library.yaml import Document, load, validate

PLACEHOLDER_DOMAINS = (".example", ".invalid")


def _ends_in_slash(value: str) -> str:
    return value if value.endswith("/") else f"{value}/"


def _without_slash(value: str) -> str:
    return value.rstrip("/").removesuffix(".git")


class Shades(Model):
    """One colour in the light and in the dark theme, as CSS writes it (#rrggbb)."""

    light: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
    dark: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


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
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    colours: Colours = Colours()
    sections: tuple[Sentence, ...] = Field(
        default=("What it is", "Why it matters", "Try it"), description="The headings that every entry has, in order"
    )
    license: License = "CC-BY-4.0"
    contact: Sentence | None = Field(default=None, description="An e-mail address for readers")


class Newsletter(Model):
    """The newsletter as its pages know it. `address` ends in a slash."""

    name: Sentence = Field(alias="site_name")
    address: Annotated[Address, AfterValidator(_ends_in_slash)] = Field(alias="site_url")
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


ENGINE_KEYS = ("site_name", "site_url", "site_description")


def read_newsletter(root: Path) -> tuple[Newsletter | None, list[Problem]]:
    """The newsletter of the project at `root`, from its `mkdocs.yml`, with what is wrong in it."""
    path = "mkdocs.yml"
    try:
        text = (root / path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        mend = "run `digest init DIR`, or change to the folder of a newsletter"
        return None, [Problem(path, 1, 1, "there is no mkdocs.yml here", mend)]
    except (OSError, UnicodeDecodeError) as error:
        return None, [Problem(path, 1, 1, f"mkdocs.yml cannot be read ({error})", "save it as UTF-8 text")]
    document, problems = load(text, path)
    if problems:
        return None, problems
    return validate(Newsletter, _without_engine(document), {})


def _without_engine(document: Document) -> Document:
    """The part of mkdocs.yml that is ours: three keys of the engine's, and `extra.digest` as `digest`."""
    settings = document.at(("extra", "digest"))
    engine = document.data if isinstance(document.data, dict) else {}
    data = {key: engine[key] for key in ENGINE_KEYS if key in engine} | {"digest": settings.data or {}}
    values = document.values | {("digest", *steps): place for steps, place in settings.values.items()}
    keys = document.keys | {("digest", *steps): place for steps, place in settings.keys.items()}
    return Document(document.path, data, values, keys)
