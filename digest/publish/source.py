"""Sources: an issue or an entry as Markdown that stands on its own, for whoever copies it or has a program read it."""

import re
from collections.abc import Callable, Mapping

from digest.library.models import AnyEntry, Figure, Issue
from digest.library.prose import render
from digest.publish.addresses import absolute
from digest.publish.edition import Edition
from digest.publish.fulltext import demo_sentence, entry_demo, issue_author
from digest.publish.quantities import day
from digest.publish.views.entries import link_views
from digest.publish.views.figures import license_name

TOKEN = re.compile(
    r"(?P<code>^[ ]{0,3}(?P<fence>```+|~~~+)[^\n]*\n.*?(?:^[ ]{0,3}(?P=fence)[^\n]*$|\Z)"
    r"|(?P<tick>`+)[^`].*?(?<!`)(?P=tick)(?!`))"
    r"|^(?P<heading>#{1,5})(?=[ \t])"
    r"|!\[[^\]\n]*\]\(figure:(?P<figure>[^)\s]*)\)"
    r"|(?P<before>\]\(\s*<?|^[ ]{0,3}\[[^\]\n]+\]:\s*<?)(?P<target>[^\s()<>]+)",
    re.MULTILINE | re.DOTALL,
)
"""What of Markdown changes when it leaves the site: headings, figures, links. Code comes first, and stays."""


def sources(edition: Edition, item: AnyEntry | Issue) -> dict[str, bytes]:
    """The `source.txt` beside the page of an issue or entry, by its address."""
    text = issue_source(edition, item) if isinstance(item, Issue) else entry_source(edition, item)
    return {f"{item.address}source.txt": text.encode()}


def entry_source(edition: Edition, entry: AnyEntry) -> str:
    """An entry as Markdown: title, takeaway, links, body, and where it comes from."""
    parts = [f"# {entry.title}", *_entry_parts(edition, entry, 0), "---", _origin(edition, entry, day(entry.added))]
    return "\n\n".join(parts) + "\n"


def issue_source(edition: Edition, issue: Issue) -> str:
    """An issue as Markdown: greeting, every entry, closing, and where it comes from."""
    address = edition.newsletter.address
    page = absolute(address, issue)
    parts = [f"# {issue.title}", f"> {issue.takeaway}", freed(issue.greeting, issue.id, address, page)]
    for entry in edition.entries_of(issue):
        parts += [f"## {entry.title}", *_entry_parts(edition, entry, 1)]
    parts.append(freed(issue.closing, issue.id, address, page))
    if issue.credit:
        parts.append(freed(issue.credit, "", address, page))
    parts += ["---", _origin(edition, issue, f"No. {issue.number}, {day(issue.date)}")]
    return "\n\n".join(part for part in parts if part) + "\n"


def entry_markdown(edition: Edition, entry: AnyEntry, deeper: int = 0) -> str:
    """The body of an entry as Markdown, with every address absolute and headings `deeper` levels down."""
    site = edition.newsletter.address

    def show(name: str) -> str:
        return _figure(site, entry.figures[name])

    return freed(entry.body, entry.id, site, absolute(site, entry), show, deeper)


def freed(
    body: str,
    identifier: str,
    site: str,
    page: str,
    figure: Callable[[str], str] = lambda name: name,
    deeper: int = 0,
) -> str:
    """Markdown of the file `identifier` that no longer needs the site around it: its links lead there from anywhere."""
    targets: dict[str, str] = {}
    for reference in render(body, identifier).references:
        if reference.target is not None:
            targets[reference.written] = site + reference.target.removeprefix("digest:")
        elif reference.written.startswith("#"):
            targets[reference.written] = page + reference.written
    return TOKEN.sub(lambda match: _changed(match, targets, figure, deeper), body).strip()


def _changed(match: re.Match[str], targets: Mapping[str, str], figure: Callable[[str], str], deeper: int) -> str:
    if match["code"]:
        return match[0]
    if match["heading"]:
        return match["heading"] + "#" * min(deeper, 6 - len(match["heading"]))
    if match["figure"] is not None:
        return figure(match["figure"])
    return match["before"] + targets.get(match["target"], match["target"])


def _entry_parts(edition: Edition, entry: AnyEntry, deeper: int) -> list[str]:
    site = edition.newsletter.address
    links = [f"- {link.text}: <{link.url}>{f' ({link.note})' if link.note else ''}" for link in link_views(entry)]
    placed = edition.prose(entry).figures
    lead = [_figure(site, figure) for name, figure in entry.figures.items() if name not in placed]
    demo = entry_demo(edition, entry)
    said = [demo_sentence(demo)] if demo else []
    return [f"> {entry.takeaway}", "\n".join(links), *lead, entry_markdown(edition, entry, deeper), *said]


def _figure(site: str, figure: Figure) -> str:
    alt = re.sub(r"([\[\]\\])", r"\\\1", figure.alt)
    credit = figure.credit if figure.source == "own" else f"[{figure.credit}]({figure.source})"
    caption = freed(figure.caption, "", site, site)
    return f"![{alt}]({site}figures/{figure.file})\n\n{caption} {credit}; {license_name(figure.license)}."


def _origin(edition: Edition, item: AnyEntry | Issue, when: str) -> str:
    newsletter = edition.newsletter
    author = issue_author(edition, item) if isinstance(item, Issue) else None
    by = f", by {author.name}" if author else ""
    where = f"<{absolute(newsletter.address, item)}>"
    return f"{newsletter.name}, {when}{by}. {where} {license_name(newsletter.settings.license)}."
