"""Proofreading: what is wrong in a library's prose. Sections, headings, pictures, links, and HTML that is dropped."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from digest.library.models import AnyEntry, Issue, Written
from digest.library.moving import has_moved, made_pages
from digest.library.nearest import did_you_mean
from digest.library.problems import Problem
from digest.library.prose import Heading, Prose, ProseError, Reference, line_prose, render
from digest.library.reading import Library
from digest.library.spots import Finder, Spot
from digest.library.web import web_address

MADE = re.compile(r"\.(?:xml|json|txt|bib|opml|png)$")
"""How files end that a build makes; whether one is there, the links of the built site show."""
NO_FIGURE = "put the file in site/figures/, describe it under `figures:`, and write ![](figure:ID) on a line of its own"

Complaint = tuple[str, str]
"""What is wrong, and how to mend it."""


def proofread(library: Library, sections: Sequence[str]) -> Iterator[Problem]:
    """Every mistake in the prose of a library whose entries have `sections`."""
    map_of_site = _Map(library)
    for written in library.written.values():
        for body, line in written.parts:
            part = _Part(written, body, line)
            yield from part.problems(map_of_site, sections)
    yield from _line_problems(library, map_of_site)


@dataclass(frozen=True)
class _Part:
    """A piece of Markdown that a page shows by itself, and the line of its file that it begins on."""

    written: Written
    body: str
    line: int

    def problems(self, site: "_Map", sections: Sequence[str]) -> Iterator[Problem]:
        try:
            prose = render(self.body, self.written.id)
        except ProseError as error:
            yield self.at(Spot(0, 0), str(error), "flatten them")
            return
        if isinstance(self.written, AnyEntry):
            yield from self.sections(prose, sections)
        yield from self.headings(prose)
        yield from self.pictures(prose)
        finder = Finder(self.body)
        for refusal in prose.refused:
            yield self.at(finder.find(refusal.pattern), refusal.what, refusal.mend)
        for anchor, count in Counter(prose.anchors).items():
            if count > 1:
                spot = finder.find(rf"\bid\s*=\s*[\"']?{re.escape(anchor)}\b")
                yield self.at(spot, f"'#{anchor}' is the id of {count} things", "rename all but one")
        for reference in prose.references:
            if complaint := site.complaint(reference, self.written, prose.anchors):
                yield self.at(Spot(reference.line, reference.column), *complaint)

    def sections(self, prose: Prose, wanted: Sequence[str]) -> Iterator[Problem]:
        """Whether the headings of the second level are those wanted, in their order."""
        headings = [heading for heading in prose.headings if heading.level == 2]
        found = [heading.text for heading in headings]
        all_sections = ", ".join(f"## {name}" for name in wanted)
        for index, heading in enumerate(headings):
            if heading.text not in wanted:
                mend = did_you_mean(heading.text, wanted)
                yield self.at_heading(heading, f"'{heading.text}' is no section of an entry", mend)
            elif heading.text in found[:index]:
                yield self.at_heading(heading, f"the section '{heading.text}' stands twice", "keep one of them")
        for name in wanted:
            if name not in found:
                yield self.at(Spot(0, 0), f"the section '{name}' is missing", f"write {all_sections}")
        if sorted(found) == sorted(wanted) and found != list(wanted):
            moved = next(heading for heading, name in zip(headings, wanted, strict=True) if heading.text != name)
            yield self.at_heading(moved, f"the section '{moved.text}' is out of order", f"write {all_sections}")

    def headings(self, prose: Prose) -> Iterator[Problem]:
        level = 1
        for heading in prose.headings:
            if not heading.text:
                yield self.at_heading(heading, "a heading has no text", "write it, or remove the line")
            if heading.level > level + 1:
                mend = f"write it with {'#' * (level + 1)}"
                yield self.at_heading(heading, f"'{heading.text}' skips a level of headings", mend)
            level = heading.level

    def pictures(self, prose: Prose) -> Iterator[Problem]:
        figures = self.written.figures if isinstance(self.written, AnyEntry) else None
        finder = Finder(self.body)
        for index, name in enumerate(prose.figures):
            spot = finder.find(rf"figure:{re.escape(name)}(?![\w-])")
            if figures is None:
                yield self.at(spot, "only entries have figures", "move it to an entry")
            elif name not in figures:
                yield self.at(spot, f"there is no figure '{name}' above", did_you_mean(name, figures))
            elif name in prose.figures[:index]:
                yield self.at(spot, f"the figure '{name}' stands twice", "keep one of them")
        for picture in prose.pictures:
            spot = finder.find(re.escape(picture) if picture else r"!\[|<img")
            yield self.at(spot, f"'{picture}' is no figure" if picture else "a picture has no address", NO_FIGURE)

    def at_heading(self, heading: Heading, what: str, mend: str) -> Problem:
        return self.at(Spot(heading.line, 0), what, mend)

    def at(self, spot: Spot, what: str, mend: str) -> Problem:
        return Problem(self.written.path, self.line + spot.line, spot.column + 1, what, mend)


@dataclass(frozen=True)
class _Map:
    """What links may lead to."""

    library: Library

    def complaint(self, reference: Reference, written: Written | None, anchors: Sequence[str]) -> Complaint | None:
        """What is wrong with a link in `written`, where `anchors` stand beside it."""
        if reference.target is not None:
            return self.inside(unquote(reference.target.removeprefix("digest:")))
        if not reference.written.startswith("#"):
            return _outside(reference.written)
        anchor = unquote(reference.written[1:])
        if written is None:
            return f"'#{anchor}' leads nowhere from here", "write the file before it, such as about.md"
        known = {*anchors, *self.anchors(written)}
        return None if anchor in known or not anchor else _no_anchor(anchor, written, known)

    def inside(self, target: str) -> Complaint | None:
        """What is wrong with the address of a page or a file of the site."""
        address, _, anchor = target.partition("#")
        if address and not address.endswith("/"):
            return self.file(address)
        name = address.rstrip("/")
        written = self.library.written.get(name)
        if written is None:
            is_there = name in self.made or name in self.library.unread
            unknown = f"'{name}.md' does not exist", did_you_mean(name, self.pages)
            return None if is_there else has_moved(name, self.library) or unknown
        known = self.anchors(written)
        return _no_anchor(anchor, written, known) if anchor and anchor not in known else None

    def file(self, address: str) -> Complaint | None:
        folder, _, name = address.partition("/")
        known = {"figures": self.library.figures, "assets": self.library.assets}.get(folder)
        if known is not None:
            return None if name in known else (f"there is no site/{address}", did_you_mean(name, known))
        if MADE.search(address):
            return None
        is_page = address in self.pages
        return f"'{address}' does not exist", f"write {address}.md" if is_page else did_you_mean(address, self.pages)

    @cached_property
    def pages(self) -> set[str]:
        """The ids of what is written, whether it could be read or not."""
        return {*self.library.written, *self.library.unread}

    @cached_property
    def made(self) -> frozenset[str]:
        return made_pages(self.library)

    def anchors(self, written: Written) -> set[str]:
        """The ids on the page of `written`. On an issue's those of its entries begin with the entry's name."""
        found: set[str] = set()
        for body, _ in written.parts:
            found |= _anchors(body, written.id)
        for name in written.entries if isinstance(written, Issue) else ():
            if entry := self.library.entries.get(name):
                found |= {entry.name, *(f"{entry.name}-{anchor}" for anchor in _anchors(entry.body, entry.id))}
        return found


def _line_problems(library: Library, site: _Map) -> Iterator[Problem]:
    """What is wrong in the single lines of Markdown: captions, credits, and what is said of authors."""
    for entry in library.entries.values():
        for name, figure in entry.figures.items():
            for complaint in _line_complaints(figure.caption, site):
                yield library.documents[entry.id].problem(("figures", name, "caption"), *complaint)
    for issue in library.issues:
        for complaint in _line_complaints(issue.credit or "", site):
            yield library.documents[issue.id].problem(("credit",), *complaint)
    for name, author in library.authors.items():
        for complaint in _line_complaints(author.about, site):
            yield library.documents["authors"].problem((name, "about"), *complaint)


def _line_complaints(text: str, site: _Map) -> Iterator[Complaint]:
    prose = line_prose(text)
    for refusal in prose.refused:
        yield refusal.what, refusal.mend
    for reference in prose.references:
        if complaint := site.complaint(reference, None, prose.anchors):
            yield complaint


def _anchors(body: str, identifier: str) -> set[str]:
    try:
        return set(render(body, identifier).anchors)
    except ProseError:
        return set()


def _no_anchor(anchor: str, written: Written, known: set[str]) -> Complaint:
    return f"there is no '#{anchor}' in {written.path}", did_you_mean(anchor, known)


def _outside(address: str) -> Complaint | None:
    if not address:
        return "the link leads nowhere", "write its address"
    if address.startswith("mailto:"):
        return None
    try:
        web_address(address)
    except ValueError as error:
        what, _, mend = str(error).partition("; ")
        return what, mend
    return None
