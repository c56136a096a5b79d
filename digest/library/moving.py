"""Moving: what leads from an old address to where its page is now, and what is wrong with it.

A page that is a file says under `redirect_from` which ids it had before. What has no file says it in `site/moved.yml`:
a tag that was renamed, an author who left, an entry that was withdrawn and is explained on another page.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from digest.library.models import ENTRY_FOLDERS
from digest.library.nearest import did_you_mean
from digest.library.problems import Problem
from digest.library.reading import Library
from digest.library.yaml import Document, Location

LISTS = frozenset({"", *ENTRY_FOLDERS, "tags", "archive", "authors", "demos"})
"""The pages that every newsletter has, by their address without its last slash."""
NO_PAGES = frozenset({"api", "assets", "cards", "figures", "search"})
"""Folders of the site that hold no page, and never did."""


def made_pages(library: Library) -> frozenset[str]:
    """The addresses, without their last slash, of the pages that a build makes beside those that are files."""
    tags = {f"tags/{tag}" for entry in library.entries.values() for tag in entry.tags}
    years = {f"archive/{issue.date.year}" for issue in library.issues}
    authors = {f"authors/{name}" for name in library.authors}
    return LISTS | tags | years | authors


def page_names(library: Library) -> frozenset[str]:
    """The addresses, without their last slash, of all pages."""
    return made_pages(library) | library.written.keys()


def has_moved(name: str, library: Library) -> tuple[str, str] | None:
    """What is wrong with a reference to `name`, and its mend, when that is an id which a page had before."""
    new = library.moved.get(name)
    return (f"'{name}' has moved", f"write '{new}'") if new else None


@dataclass(frozen=True)
class _Claim:
    """One line that says `old` leads to `new`, and where it stands: a value in a list, or a key."""

    old: str
    new: str
    document: Document
    location: Location
    is_key: bool = False

    def problem(self, what: str, mend: str = "remove the line") -> Problem:
        report = self.document.key_problem if self.is_key else self.document.problem
        return report(self.location, what, mend)


def moving_problems(library: Library) -> Iterator[Problem]:
    """What is wrong in `redirect_from` and `moved.yml`: old addresses that are in use, given up twice, lead nowhere."""
    claims = list(_claims(library))
    counted = Counter(claim.old for claim in claims)
    made = made_pages(library)
    for claim in claims:
        old = claim.old
        if old == claim.new:
            yield claim.problem(f"'{old}' leads to itself")
        elif old in library.written:
            yield claim.problem(f"'{old}' is already the address of {library.written[old].path}")
        elif old in made:
            yield claim.problem(f"'{old}' is the address of a page that is made")
        elif old.partition("/")[0] in NO_PAGES:
            yield claim.problem(f"'{old}' is no address of a page")
        elif counted[old] > 1:
            yield claim.problem(f"'{old}' is redirected more than once", "keep one of the lines")
        elif claim.new not in library.written.keys() | made | library.unread:
            known = library.written.keys() | made - {""}
            unknown = f"there is no page '{claim.new}'", did_you_mean(claim.new, known)
            yield claim.document.problem(claim.location, *(has_moved(claim.new, library) or unknown))


def _claims(library: Library) -> Iterator[_Claim]:
    for name, written in library.written.items():
        for index, old in enumerate(written.redirect_from):
            yield _Claim(old, name, library.documents[name], ("redirect_from", index))
    for old, new in library.moves.items():
        yield _Claim(old, new, library.documents["moved"], ("moved", old), is_key=True)
