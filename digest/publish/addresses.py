"""Addresses: where things stand in the site, and the way from one to another.

An address is a path from the site's root without a slash in front: `` for home, `papers/dino/` for a page,
`papers/dino/cite.bib` for a file.
"""

from typing import Protocol
from urllib.parse import quote, urljoin


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
    return (to_root(page) + quote(address_of(target), safe="/#:@!$&'()*+,;=~?%")) or "./"


def absolute(site: str, target: Target) -> str:
    """The whole address of a target on the site at `site`."""
    return urljoin(site, quote(address_of(target), safe="/#:@!$&'()*+,;=~?%"))


def to_root(page: str) -> str:
    """The way from a page up to the site's root: `` for home, `../../` for `papers/dino/`."""
    return "../" * page.count("/")


def markdown_file(address: str) -> str:
    """The Markdown file that an engine makes the page at `address` of: `papers/dino.md`, or `papers/index.md`."""
    if address in INDEXES:
        return f"{address}index.md"
    return f"{address.rstrip('/')}.md"


INDEXES = {"", "papers/", "courses/", "projects/", "tags/", "archive/", "authors/", "demos/"}
