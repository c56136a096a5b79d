"""What the digest plugs into MkDocs: its pages are HTML already, so that nothing has to read them as Markdown.

Nothing depends on it: MkDocs alone makes the same bytes of `build/docs`, and takes about three times as long.
"""

import os
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader
from jinja2.bccache import Bucket
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import BasePlugin
from mkdocs.structure.pages import Page


class NoOptions(Config):  # type: ignore[no-untyped-call]
    """MkDocs wants to know a plugin's options, and there are none."""


class Verbatim(BasePlugin[NoOptions]):  # type: ignore[no-untyped-call]
    """Hands on the HTML of each page as it was written."""

    def __init__(self) -> None:
        super().__init__()
        self._html: dict[str, str] = {}

    def on_page_markdown(self, markdown: str, *, page: Page, **_: Any) -> str:
        """Nothing to convert; the page's HTML is kept for `on_page_content`."""
        self._html[page.file.src_uri] = markdown.strip()
        return ""

    def on_page_content(self, html: str, *, page: Page, **_: Any) -> str:  # noqa: ARG002 - MkDocs names it
        """The page's HTML as it was written."""
        return self._html.pop(page.file.src_uri)


class Visible(FileSystemLoader):
    """The templates of a theme, of which it lists none that is hidden: MkDocs leaves those out, one by one.

    Material has thirteen thousand of them, its icons.
    """

    def list_templates(self) -> list[str]:
        """The name of every template that is not hidden, in order."""
        found: set[str] = set()
        for top in self.searchpath:
            for folder, inner, names in os.walk(top):
                inner[:] = [name for name in inner if not name.startswith(".")]
                below = os.path.relpath(folder, top).replace(os.sep, "/")
                found.update(name if below == "." else f"{below}/{name}" for name in names)
        return sorted(found)


class Compiled(BytecodeCache):
    """Templates that this process has compiled: a preview builds again and again, mostly of the same ones."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Gives a template what it was compiled to, unless its words are others by now."""
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what a template was compiled to."""
        self._known[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


def quicken(config: MkDocsConfig) -> None:
    """Has MkDocs list the theme's files by `Visible`, and compile each of them once."""
    whole = config.theme.get_env

    def environment() -> Environment:
        made = whole()
        made.loader = Visible(config.theme.dirs)
        made.bytecode_cache = COMPILED
        return made

    config.theme.get_env = environment  # type: ignore[method-assign]
