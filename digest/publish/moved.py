"""What stands at an address that a page had before: a page that leads on, and the files beside it, as they are now.

A static host has no other way. The page has no script, and neither search engines nor the site map list it.
Whoever follows a feed there is served like everyone else, and told the feed's new address by the feed itself.
"""

from collections import defaultdict
from collections.abc import Iterable

from digest.library.moving import page_names
from digest.publish.addresses import absolute
from digest.publish.api import BASE
from digest.publish.edition import Edition
from digest.publish.policy import with_policy
from digest.publish.views.page import PageView


def moves(edition: Edition) -> dict[str, str]:
    """The old ids with the ones to go to, as far as what they lead to is out."""
    names = page_names(edition.library)
    return {old: new for old, new in edition.library.moved.items() if new in names}


def repeated(edition: Edition, addresses: Iterable[str]) -> dict[str, str]:
    """The files that stand at an old address too, each with the one it repeats, of the files at `addresses`.

    They are what lies directly beside a page (citations, Markdown, feeds) and its part of the API.
    """
    beside: dict[str, list[str]] = defaultdict(list)
    for address in addresses:
        folder, slash, name = address.rpartition("/")
        if slash and name and not name.endswith((".md", ".html")):
            beside[folder].append(address)
    found: dict[str, str] = {}
    for old, new in moves(edition).items():
        found |= {old + address.removeprefix(new): address for address in beside[new]}
        answer = f"{BASE}{new}.json"
        if answer in beside[answer.rpartition("/")[0]]:
            found[f"{BASE}{old}.json"] = answer
    return found


def moved(edition: Edition, old: str, new: str) -> dict[str, bytes]:
    """The page at an old address, which leads on to the new one, by its path."""
    address = f"{new}/"
    page = PageView(f"{old}/", title_of(edition, new), "", "moved")
    context = {
        "newsletter": edition.newsletter,
        "page": page,
        "target": address,
        "canonical": absolute(edition.newsletter.address, address),
    }
    html = with_policy(edition.templates.render("pages/moved.html", context))
    return {f"{old}/index.html": html.encode()}


def title_of(edition: Edition, name: str) -> str:
    """What the page with an id is called."""
    folder, _, last = name.partition("/")
    if written := edition.library.written.get(name):
        return written.title
    if folder == "authors" and last:
        return edition.library.authors[last].name
    return last or folder.capitalize()
