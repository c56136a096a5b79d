"""What the digest plugs into MkDocs: its pages are HTML already, so that nothing has to read them as Markdown.

Nothing depends on it: MkDocs alone makes the same bytes of `build/docs`, and takes about three times as long.
"""

from typing import Any

from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import BasePlugin
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page


class NoOptions(Config):  # type: ignore[no-untyped-call]
    """MkDocs wants to know a plugin's options, and there are none."""


class Verbatim(BasePlugin[NoOptions]):  # type: ignore[no-untyped-call]
    """Hands on the pages of one share out of `shares`, each a stretch of them; what is no page is not MkDocs' to copy.

    The home page is in every share, since the navigation is made of it.
    """

    def __init__(self, share: int = 0, shares: int = 1) -> None:
        super().__init__()
        self._share = share
        self._shares = shares
        self._html: dict[str, str] = {}

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """The files that MkDocs sees: the pages of this share, and those of the theme."""
        pages = list(files.documentation_pages())
        bounds = [len(pages) * share // self._shares for share in (self._share, self._share + 1)]
        mine = {"index.md", *(file.src_uri for file in pages[bounds[0] : bounds[1]])}
        for file in list(files):
            if file.src_dir == config.docs_dir and file.src_uri not in mine:
                files.remove(file)
        return files

    def on_page_markdown(self, markdown: str, *, page: Page, **_: Any) -> str:
        """Nothing to convert; the page's HTML is kept for `on_page_content`."""
        self._html[page.file.src_uri] = markdown.strip()
        return ""

    def on_page_content(self, html: str, *, page: Page, **_: Any) -> str:  # noqa: ARG002 - MkDocs names it
        """The page's HTML as it was written."""
        return self._html.pop(page.file.src_uri)
