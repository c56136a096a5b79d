"""Metadata: what search engines read of a page, as JSON-LD in schema.org's terms (https://schema.org, JSON-LD 1.1)."""

import json
import re
from collections.abc import Mapping, Sequence

from digest.library.models import AnyEntry, Author, Course, Issue, Paper, Project
from digest.publish.addresses import absolute
from digest.publish.cards import card_address
from digest.publish.citation import source_url
from digest.publish.edition import Edition
from digest.publish.feeds import KINDS, published, updated
from digest.publish.names import is_group
from digest.publish.views.figures import license_url

Node = dict[str, object]
LISTED = 30
"""How many items a listing names at most; how many there are it says all the same."""
UNSAFE = re.compile(r"</|<!--|[\u2028\u2029]")
ESCAPED = {"</": r"<\/", "<!--": r"\u003c!--", "\u2028": r"\u2028", "\u2029": r"\u2029"}


def home(edition: Edition) -> str:
    """What the home page is: the newsletter's site, and the periodical it belongs to."""
    newsletter = edition.newsletter
    site: Node = {
        "@type": "WebSite",
        "@id": f"{newsletter.address}#site",
        "name": newsletter.name,
        "url": newsletter.address,
        "description": newsletter.description,
        "inLanguage": newsletter.language,
        "publisher": {"@id": f"{newsletter.address}#newsletter"},
    }
    periodical: Node = _periodical(edition) | {
        "description": newsletter.description,
        "inLanguage": newsletter.language,
        "license": _license(edition.newsletter.settings.license),
        "image": absolute(newsletter.address, card_address(None)),
    }
    publisher: Node = {
        "@type": "Organization",
        "@id": f"{newsletter.address}#newsletter",
        "name": newsletter.name,
        "url": newsletter.address,
    }
    if newsletter.contact:
        publisher["email"] = newsletter.contact
    return script_safe(_graph(site, periodical, publisher))


def issue(edition: Edition, item: Issue) -> str:
    """What an issue's page is: an issue of the periodical, with its parts."""
    site = edition.newsletter.address
    node: Node = _page("PublicationIssue", edition, item) | {
        "issueNumber": item.number,
        "isPartOf": _periodical(edition),
        "author": _issue_author(edition, item),
        "hasPart": [_reference(edition, entry) for entry in edition.entries_of(item)],
        "image": absolute(site, card_address(item)),
    }
    return script_safe(_graph(node, _trail(edition, ("archive/", "Archive"), (item.address, item.title))))


def entry(edition: Edition, item: AnyEntry) -> str:
    """What an entry's page is: a page about a paper, a course or a project, which is described too."""
    site = edition.newsletter.address
    folder = item.id.partition("/")[0]
    node: Node = _page("WebPage", edition, item) | {
        "isPartOf": {"@id": f"{site}#site"},
        "mainEntity": _subject(item, edition),
        "primaryImageOfPage": {"@type": "ImageObject", "url": absolute(site, card_address(item))},
        "keywords": list(item.tags),
    }
    return script_safe(_graph(node, _trail(edition, (f"{folder}/", folder.capitalize()), (item.address, item.title))))


def listing(edition: Edition, address: str, title: str, description: str) -> str:
    """What any other page is: a collection where it lists issues or entries, else a page."""
    site = edition.newsletter.address
    items = _listed(edition, address)
    node: Node = {
        "@type": "CollectionPage" if items else "WebPage",
        "@id": absolute(site, address),
        "url": absolute(site, address),
        "name": title,
        "description": description,
        "inLanguage": edition.newsletter.language,
        "isPartOf": {"@id": f"{site}#site"},
    }
    if items:
        node["mainEntity"] = _item_list(edition, items)
    above = {"tags/": "Tags", "archive/": "Archive", "authors/": "Authors"}
    parent = f"{address.partition('/')[0]}/"
    trail = [(parent, above[parent])] if parent in above and address != parent else []
    return script_safe(_graph(node, _trail(edition, *trail, (address, title))))


def script_safe(data: Mapping[str, object]) -> str:
    """Data as JSON which a script element can hold: nothing in it ends the element or begins a comment."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    return UNSAFE.sub(lambda match: ESCAPED[match[0]], text)


def _page(kind: str, edition: Edition, item: AnyEntry | Issue) -> Node:
    address = absolute(edition.newsletter.address, item)
    return {
        "@type": kind,
        "@id": address,
        "url": address,
        "name": item.title,
        "description": item.takeaway,
        "datePublished": published(item).isoformat(),
        "dateModified": updated(item).isoformat(),
        "inLanguage": edition.newsletter.language,
        "license": _license(edition.newsletter.settings.license),
    }


def _subject(item: AnyEntry, edition: Edition) -> Node:
    if isinstance(item, Paper):
        return _paper(item, edition)
    if isinstance(item, Course):
        return _course(item, edition)
    return _project(item, edition)


def _paper(paper: Paper, edition: Edition) -> Node:
    node: Node = {
        "@type": "ScholarlyArticle",
        "name": paper.title,
        "headline": paper.title,
        "author": [_person(name) for name in paper.authors],
        "datePublished": paper.published.isoformat(),
        "url": source_url(paper, edition.newsletter),
    }
    same = [f"https://arxiv.org/abs/{paper.arxiv}"] if paper.arxiv else []
    same += [f"https://doi.org/{paper.doi}"] if paper.doi else []
    if same:
        node["sameAs"] = same
    if paper.venue:
        node["isPartOf"] = {"@type": "CreativeWork", "name": paper.venue}
    return node


def _course(course: Course, edition: Edition) -> Node:
    node: Node = {
        "@type": "Course",
        "name": course.title,
        "description": course.takeaway,
        "provider": {"@type": "Organization", "name": course.provider},
        "url": source_url(course, edition.newsletter),
    }
    if course.level:
        node["educationalLevel"] = course.level
    if course.instructors:
        node["hasCourseInstance"] = {
            "@type": "CourseInstance",
            "instructor": [_person(name) for name in course.instructors],
        }
    return node


def _project(project: Project, edition: Edition) -> Node:
    return {
        "@type": "SoftwareSourceCode",
        "name": project.title,
        "description": project.takeaway,
        "codeRepository": project.repository,
        "license": _license(project.license),
        "programmingLanguage": project.language,
        "url": source_url(project, edition.newsletter),
    }


def _person(name: str) -> Node:
    """A person, or a group when the name is one of a group."""
    return {"@type": "Organization" if is_group(name) else "Person", "name": name}


def _issue_author(edition: Edition, item: Issue) -> Node:
    author: Author | None = edition.library.authors.get(item.author)
    if not author:
        return {"@id": f"{edition.newsletter.address}#newsletter"}
    node = _person(author.name) | {"url": absolute(edition.newsletter.address, author)}
    return node | {"sameAs": author.url} if author.url else node


def _periodical(edition: Edition) -> Node:
    site = edition.newsletter.address
    return {"@type": "Periodical", "@id": f"{site}#periodical", "name": edition.newsletter.name, "url": site}


def _license(identifier: str) -> str:
    """Where a licence stands; an expression of several (MIT OR Apache-2.0) has no such place and is given as it is."""
    if " " in identifier:
        return identifier
    return license_url(identifier) or f"https://spdx.org/licenses/{identifier}.html"


def _reference(edition: Edition, item: AnyEntry | Issue) -> Node:
    address = absolute(edition.newsletter.address, item)
    kind = "PublicationIssue" if isinstance(item, Issue) else "WebPage"
    return {"@type": kind, "@id": address, "url": address, "name": item.title}


def _item_list(edition: Edition, items: Sequence[AnyEntry | Issue]) -> Node:
    site = edition.newsletter.address
    elements = [
        {"@type": "ListItem", "position": position, "url": absolute(site, item), "name": item.title}
        for position, item in enumerate(items[:LISTED], start=1)
    ]
    return {"@type": "ItemList", "numberOfItems": len(items), "itemListElement": elements}


def _listed(edition: Edition, address: str) -> Sequence[AnyEntry | Issue]:
    """What the page at an address lists, newest first."""
    folder, _, rest = address.rstrip("/").partition("/")
    if address in KINDS:
        return edition.entries(kind=KINDS[address])
    if folder == "tags" and rest:
        return edition.entries(tag=rest)
    if folder == "archive":
        return [item for item in edition.issues if not rest or str(item.date.year) == rest]
    if folder == "authors" and rest:
        return [item for item in edition.issues if item.author == rest]
    return []


def _trail(edition: Edition, *steps: tuple[str, str]) -> Node:
    """The way from home to a page, as breadcrumbs."""
    site = edition.newsletter.address
    elements = [
        {"@type": "ListItem", "position": position, "name": name, "item": absolute(site, address)}
        for position, (address, name) in enumerate((("", edition.newsletter.name), *steps), start=1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": elements}


def _graph(*nodes: Node) -> Node:
    return {"@context": "https://schema.org", "@graph": list(nodes)}
