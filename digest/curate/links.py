"""Outside links: which the library has and where each is written, and what is wrong with them when they are asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from digest.curate.asking import ask_all
from digest.curate.client import Client, user_agent
from digest.curate.dialing import Fault
from digest.curate.findings import Finding, Verdict
from digest.curate.memory import Memory
from digest.library.models import AnyEntry, Issue, Project, Written
from digest.library.newsletter import Newsletter
from digest.library.problems import Problem, WorldError
from digest.library.prose import ProseError, line_prose, render
from digest.library.reading import Library
from digest.library.web import web_address

MEMORY = Path(".digest") / "links.sqlite"
ARCHIVE = "https://web.archive.org/web/"


@dataclass(frozen=True)
class Mention:
    """An outside address, where it is written, and when: `day` is None where no date is given."""

    url: str
    path: str
    line: int
    column: int
    day: date | None = None

    @property
    def address(self) -> str:
        """What is asked: the address without its fragment, which no host is ever told."""
        return self.url.partition("#")[0]

    @property
    def archived(self) -> str:
        """Where the Internet Archive shows its copy nearest to that day, or its newest."""
        return f"{ARCHIVE}{self.day:%Y%m%d}/{self.url}" if self.day else f"{ARCHIVE}{self.url}"


@dataclass(frozen=True)
class Report:
    """What came of asking: `problems` must be mended, `warnings` only be looked at."""

    problems: list[Problem]
    warnings: list[Problem]


def check_links(
    root: Path,
    library: Library,
    newsletter: Newsletter,
    step: Callable[[str], None] = lambda _: None,
    client: Client | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:
    """What is wrong with the outside links of the library of the project at `root`, asking those not asked this week.

    `step` is called with how far it is. What was learnt before an interruption is kept. Raises WorldError when there is
    no network, or when what was learnt cannot be kept.
    """
    found = mentions(library, newsletter)
    memory = Memory(root / MEMORY, now)
    try:
        known = _known(
            {mention.address: None for mention in found}, memory, client or Client(user_agent(newsletter)), step
        )
    finally:
        memory.close()
    return report(found, known)


def _known(addresses: Iterable[str], memory: Memory, client: Client, step: Callable[[str], None]) -> dict[str, Finding]:
    known = memory.recall()
    unknown = [address for address in addresses if address not in known]
    asked: dict[str, Finding] = {}
    with closing(ask_all(client, unknown)) as answers:
        for address, finding in answers:
            asked[address] = finding
            memory.keep(address, finding)
            step(f"asking outside links, {len(asked)} of {len(unknown)}")
    if asked and _is_offline(asked.values(), client):
        raise WorldError("no host can be reached: there is no network")
    return known | asked


def _is_offline(asked: Iterable[Finding], client: Client) -> bool:
    """Whether it is not the hosts that are away, but we: nobody was found, and not one that is always there either."""
    faults = {finding.fault for finding in asked}
    return faults <= {Fault.NAME, Fault.NETWORK} and (Fault.NETWORK in faults or not client.is_online())


def report(found: Iterable[Mention], known: Mapping[str, Finding]) -> Report:
    """What the findings say of every place where an address is written."""
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for mention in found:
        finding = known[mention.address]
        if finding.verdict is Verdict.UNCLEAR:
            warnings.append(_problem(mention, f"cannot be told: {finding.why}", "look at it in a browser"))
        elif finding.verdict is Verdict.MOVED:
            _, mark, fragment = mention.url.partition("#")
            kept = "" if "#" in finding.moved_to else mark + fragment
            problems.append(_problem(mention, "has moved for good", f"write {finding.moved_to}{kept}"))
        elif finding.verdict is Verdict.DEAD:
            mend = f"write {mention.archived} if that shows it, or remove the link"
            problems.append(_problem(mention, f"is dead: {finding.why}", mend))
    return Report(sorted(set(problems)), sorted(set(warnings)))


def _problem(mention: Mention, what: str, mend: str) -> Problem:
    return Problem(mention.path, mention.line, mention.column, f"'{mention.url}' {what}", mend)


def mentions(library: Library, newsletter: Newsletter) -> list[Mention]:
    """Every outside address of the library, wherever it is written, apart from those of the newsletter's own site.

    What may not stand on a page is left out: it has been complained of already.
    """
    everything = [*_of_fields(library), *_of_prose(library)]
    return [mention for mention in everything if _is_outside(mention.url, newsletter.address)]


def _is_outside(url: str, home: str) -> bool:
    try:
        web_address(url)
    except ValueError:
        return False
    return not f"{url}/".startswith(home)


def _of_fields(library: Library) -> Iterator[Mention]:
    """The addresses in front matter and in authors.yml, and in the lines of Markdown there."""
    for entry in library.entries.values():
        yield from _of_entry(library, entry)
    for issue in library.issues:
        yield from _of_line(library, issue.id, ("credit",), issue.credit or "", issue.date)
    for name, author in library.authors.items():
        if author.url:
            yield _at(library, "authors", (name, "url"), author.url, None)
        yield from _of_line(library, "authors", (name, "about"), author.about, None)


def _of_entry(library: Library, entry: AnyEntry) -> Iterator[Mention]:
    if isinstance(entry, Project):
        yield _at(library, entry.id, ("repository",), entry.repository, entry.added)
    for label, link in entry.links.items():
        yield _at(library, entry.id, ("links", label, "url"), link.url, entry.added)
    for name, figure in entry.figures.items():
        yield _at(library, entry.id, ("figures", name, "source"), figure.source, entry.added)
        yield from _of_line(library, entry.id, ("figures", name, "caption"), figure.caption, entry.added)


def _of_line(
    library: Library, identifier: str, location: tuple[str, ...], text: str, day: date | None
) -> Iterator[Mention]:
    for reference in line_prose(text).references:
        yield _at(library, identifier, location, reference.written, day)


def _at(library: Library, identifier: str, location: tuple[str, ...], url: str, day: date | None) -> Mention:
    document = library.documents[identifier]
    place = document.place(location)
    return Mention(url, document.path, place.line, place.column, day)


def _of_prose(library: Library) -> Iterator[Mention]:
    for written in library.written.values():
        for body, line in written.parts:
            try:
                references = render(body, written.id).references
            except ProseError:
                continue
            for reference in references:
                place = (line + reference.line, reference.column + 1)
                yield Mention(reference.written, written.path, *place, _day(written))


def _day(written: Written) -> date | None:
    if isinstance(written, Issue):
        return written.date
    return written.added if isinstance(written, AnyEntry) else None
