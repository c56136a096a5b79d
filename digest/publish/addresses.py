"""Addresses: where things stand in the site, and the way from one to another.

An address is a path from the site's root without a slash in front: `` for home, `papers/dino/` for a page,
`papers/dino/cite.bib` for a file, `demos/#dino` for a place on a page. It is plain text, which links percent-encode.
"""

from typing import Protocol
from urllib.parse import quote

from digest.library.models import ENTRY_FOLDERS

INDEXES = frozenset({"", "tags/", "archive/", "authors/", "demos/", *(f"{folder}/" for folder in ENTRY_FOLDERS)})
"""The pages that list others, which every newsletter has."""
UNQUOTED = "/#!$&'()*+,;=@~"
"""What a path may hold as it is (RFC 3986), but for the colon: before the first slash it would end a scheme."""


class Addressed(Protocol):
    """Anything that stands somewhere in the site."""

    @property
    def address(self) -> str: ...


Target = Addressed | str


def address_of(target: Target) -> str:
    """The address of a target, which may be an address already."""
    return target if isinstance(target, str) else target.address


def relative(page: str, target: Target) -> str:
    """The link from the page at address `page` to a target, such as `../../feed.xml`."""
    return to_root(page) + quote(address_of(target), safe=UNQUOTED) or "./"


def absolute(site: str, target: Target) -> str:
    """The whole address of a target on the site at `site`, which ends in a slash."""
    return site + quote(address_of(target), safe=UNQUOTED)


def to_root(page: str) -> str:
    """The way from a page up to the site's root: `` for home, `../../` for `papers/dino/`."""
    return "../" * page.count("/")


def markdown_file(address: str) -> str:
    """The Markdown file that an engine makes the page at `address` of: `papers/dino/index.md`.

    It stands where the page will, since one engine takes a page's links as they are, and the other from its file.
    """
    return f"{address}index.md"
