"""The page being made, as its template sees it."""

from dataclasses import dataclass

from digest.publish.addresses import Target, relative
from digest.publish.views.references import IssueRef


@dataclass(frozen=True)
class PageView:
    """The page being made."""

    address: str
    title: str
    description: str
    kind: str

    def to(self, target: Target) -> str:
        """The link from this page to a target."""
        return relative(self.address, target)


@dataclass(frozen=True)
class KindView:
    """A kind of entry: "paper", "papers", "Papers"."""

    name: str
    plural: str
    label: str


@dataclass(frozen=True)
class YearView:
    """A year of the archive, with its issues newest first."""

    year: int
    address: str
    issues: tuple[IssueRef, ...]
