"""What the digest plugs into MkDocs: its pages are HTML already, so that nothing has to read them as Markdown.

Nothing depends on it: MkDocs alone makes the same bytes of `build/docs`, and takes about three times as long.
"""

from typing import Any

from mkdocs.config.base import Config
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
