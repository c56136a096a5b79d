"""Published addresses: what readers, feed readers and programs may hold on to, and that none of it is lost.

Pictures and what the pages are dressed in are not promised, since they belong to the pages that show them; one that
somebody adds to the list is kept like the rest.
"""

from collections.abc import Iterator
from pathlib import Path

from digest.library.moving import page_names
from digest.library.problems import Problem
from digest.library.published import HOME, PUBLISHED, read_published
from digest.library.reading import Library
from digest.publish.api import BASE
from digest.publish.assemble import copied
from digest.publish.edition import Edition
from digest.publish.feeds import feed_groups
from digest.publish.moved import moves, repeated

HEAD = "# Every address that was published. `digest check` says when one would be lost; `digest check --record` adds.\n"
SIGNPOSTS = ("sitemap.xml", "robots.txt", "llms.txt", "feeds.opml")
BESIDE = ("cite.bib", "cite.json", "source.txt")
"""What stands beside the page of an issue or an entry."""


def published_addresses(edition: Edition) -> frozenset[str]:
    """Every address of an edition that is promised to stay, old ones too; nothing is rendered to know them."""
    library = edition.library
    items = [*library.entries.values(), *edition.issues]
    pages = {f"{name}/" if name else "" for name in page_names(library)}
    beside = {f"{item.address}{name}" for item in items for name in BESIDE}
    answers = {f"{BASE}index.json", *(f"{BASE}{item.id}.json" for item in items)}
    feeds = {address for group in feed_groups(edition) for address in (group.rss, group.atom, group.json)}
    living = pages | beside | answers | feeds | {*SIGNPOSTS}
    return frozenset(living | {f"{old}/" for old in moves(edition)} | repeated(edition, living).keys())


def published_list(edition: Edition) -> str:
    """The text of the published list of an edition."""
    return HEAD + "".join(f"{address or HOME}\n" for address in sorted(published_addresses(edition)))


def record_published(root: Path, edition: Edition) -> None:
    """Writes the edition's list into the project, once `check_published` has found nothing that it would lose."""
    new = root / f"{PUBLISHED}.new"
    new.write_text(published_list(edition), encoding="utf-8")
    new.replace(root / PUBLISHED)


def check_published(root: Path, edition: Edition, library: Library) -> list[Problem]:
    """What was published and would be gone, at its line of the list; `library` has the drafts too."""
    listed, problems = read_published(root)
    gone = listed.keys() - published_addresses(edition) - copied(edition).keys()
    for address in gone:
        if not gone & {*_owners(address)}:
            what, mend = _loss(address, library)
            problems.append(Problem(PUBLISHED, listed[address], 1, what, mend))
    return sorted(problems)


def _owners(address: str) -> Iterator[str]:
    """The page that a file belongs to: what is said of it says enough."""
    folder, slash, name = address.rpartition("/")
    if slash and name:
        yield f"{folder}/"
        yield f"{address.removeprefix(BASE).removesuffix('.json')}/"


def _loss(address: str, library: Library) -> tuple[str, str]:
    name = address.rstrip("/")
    if name in page_names(library):
        return f"'{address}' was published and is only in a draft now", "publish it again"
    what = f"'{address}' was published and would be gone"
    if not address.endswith("/"):
        return what, "remove the line if nobody holds it"
    if name.partition("/")[0] in ("tags", "authors", "archive"):
        return what, f"write where to go instead in site/moved.yml: `{name}: …`"
    return what, f"write `redirect_from: [{name}]` in the file that took its place, or `{name}: …` in site/moved.yml"
