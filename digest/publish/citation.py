"""How a paper, a course, a project or an issue is cited: as BibTeX and as CSL-JSON.

Sources: the BibTeX manual ("BibTeXing", Oren Patashnik, 1988), for the fields of eprints arXiv's own advice, and the
Citation Style Language's csl-data.json schema, version 1.0.2.
"""

import re
import unicodedata
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from digest.library.models import AnyEntry, Author, Course, Issue, Paper
from digest.library.newsletter import Newsletter
from digest.publish.edition import Edition
from digest.publish.names import Name, parse_name

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
JOURNAL = re.compile(
    r"^(?:nature|science|cell|pnas)\b|\b(?:journal|transactions|letters|magazine|reviews?|jmlr|tmlr|tacl|tpami|ijcv)\b",
    re.IGNORECASE,
)
PREPRINT = re.compile(r"\b(?:arxiv|biorxiv|preprint)\b", re.IGNORECASE)
LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_"},
}

CslType = Literal["article", "article-journal", "article-magazine", "paper-conference", "software", "webpage"]


class CslName(BaseModel):
    """A name as CSL-JSON writes it: in its parts, or whole as `literal`."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    family: str | None = None
    given: str | None = None
    particle: str | None = Field(default=None, alias="non-dropping-particle")
    suffix: str | None = None
    literal: str | None = None


class CslDate(BaseModel):
    """A date as CSL-JSON writes it: a year, or year, month and day."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    parts: tuple[tuple[int, ...]] = Field(alias="date-parts")


class CslItem(BaseModel):
    """One thing to cite, with the variables of CSL-JSON that the digest fills."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    id: str
    type: CslType
    title: str
    author: tuple[CslName, ...]
    issued: CslDate | None = None
    container_title: str | None = Field(default=None, alias="container-title")
    publisher: str | None = None
    number: str | None = None
    issue: str | None = None
    language: str | None = None
    doi: str | None = Field(default=None, alias="DOI")
    url: str | None = Field(default=None, alias="URL")


def citations(edition: Edition, item: AnyEntry | Issue) -> dict[str, bytes]:
    """The files beside an item's page, by their address: `cite.bib` and `cite.json`."""
    author = edition.library.authors.get(item.author) if isinstance(item, Issue) else None
    return {
        f"{item.address}cite.bib": bibtex(item, edition.newsletter, author).encode(),
        f"{item.address}cite.json": csl(item, edition.newsletter, author).encode(),
    }


def bibtex(item: AnyEntry | Issue, newsletter: Newsletter, author: Author | None = None) -> str:
    """The BibTeX entry that cites an item, with a line break at its end.

    A paper is cited as itself, a course and a project as what they are, and an issue as this newsletter's, under the
    name of its `author` (the newsletter's own where none is given).
    """
    kind, fields = _bibtex_fields(item, newsletter)
    authors = " and ".join(_bibtex_name(name) for name in _authors(item, newsletter, author))
    lines = [f"  author = {{{authors}}},", f"  title = {{{_protected(item.title)}}},"]
    lines += [f"  {name} = {value}," for name, value in fields]
    return "\n".join([f"@{kind}{{{key(item, newsletter, author)},", *lines, "}"]) + "\n"


def csl(item: AnyEntry | Issue, newsletter: Newsletter, author: Author | None = None) -> str:
    """The same citation as CSL-JSON: a list of one item, with a line break at its end."""
    text = csl_item(item, newsletter, author).model_dump_json(by_alias=True, exclude_none=True, indent=2)
    return "[\n" + "\n".join(f"  {line}" for line in text.split("\n")) + "\n]\n"


def csl_item(item: AnyEntry | Issue, newsletter: Newsletter, author: Author | None = None) -> CslItem:
    """The citation of an item in CSL's terms."""
    common = {
        "id": key(item, newsletter, author),
        "title": item.title,
        "author": tuple(_csl_name(name) for name in _authors(item, newsletter, author)),
        "url": source_url(item, newsletter),
    }
    if isinstance(item, Paper):
        return CslItem.model_validate(common | _csl_paper(item))
    if isinstance(item, Issue):
        issued = {"parts": ((item.date.year, item.date.month, item.date.day),)}
        rest = {"container_title": newsletter.name, "issue": str(item.number), "language": newsletter.language}
        return CslItem.model_validate(common | rest | {"type": "article-magazine", "issued": issued})
    if isinstance(item, Course):
        return CslItem.model_validate(common | {"type": "webpage", "container_title": item.provider})
    return CslItem.model_validate(common | {"type": "software"})


def key(item: AnyEntry | Issue, newsletter: Newsletter, author: Author | None = None) -> str:
    """The key of a citation: the first author's family name, the year, and the entry's name: `caron2021dino`."""
    first = _authors(item, newsletter, author)[0]
    family = _letters(first.family or first.literal) or item.kind
    return f"{family}{_year(item) or ''}{_letters(item.name if isinstance(item, AnyEntry) else f'no{item.number}')}"


def source_url(item: AnyEntry | Issue, newsletter: Newsletter) -> str:
    """Where the cited thing itself stands."""
    if isinstance(item, Issue):
        return f"{newsletter.address}{item.address}"
    if isinstance(item, Paper) and "paper" not in item.links:
        if item.arxiv:
            return f"https://arxiv.org/abs/{item.arxiv}"
        if item.doi:
            return f"https://doi.org/{item.doi}"
    own = {"paper": "paper", "course": "course", "project": "github"}[item.kind]
    links = {str(label): link.url for label, link in item.links.items()}
    return links.get(own) or getattr(item, "repository", None) or next(iter(links.values()))


def latex(text: str) -> str:
    """Text as LaTeX shows it. Accents stay UTF-8, and no brace is left alone: BibTeX counts even escaped ones."""
    return "".join(LATEX.get(character, character) for character in _visible(text))


def _bibtex_fields(item: AnyEntry | Issue, newsletter: Newsletter) -> tuple[str, list[tuple[str, str]]]:
    url = ("url", f"{{{_verbatim(source_url(item, newsletter))}}}")
    if isinstance(item, Paper):
        return _bibtex_paper(item, url)
    if isinstance(item, Issue):
        day = item.date
        howpublished = f"{latex(newsletter.name)}, No.~{item.number}"
        when = [("year", f"{{{day.year}}}"), ("month", MONTHS[day.month - 1]), ("day", f"{{{day.day}}}")]
        return "misc", [("howpublished", f"{{{howpublished}}}"), ("number", f"{{{item.number}}}"), *when, url]
    if isinstance(item, Course):
        return "misc", [("howpublished", f"{{Online course, {latex(item.provider)}}}"), url]
    return "misc", [("howpublished", f"{{Software, {latex(item.license)}}}"), url]


def _bibtex_paper(paper: Paper, url: tuple[str, str]) -> tuple[str, list[tuple[str, str]]]:
    kind, fields = "misc", []
    if container := _container(paper):
        is_article = _csl_type(paper) != "paper-conference"
        kind = "article" if is_article else "inproceedings"
        fields.append(("journal" if is_article else "booktitle", f"{{{_protected(container)}}}"))
    fields.append(("year", f"{{{_year(paper)}}}"))
    if _csl_type(paper) == "article":
        fields.append(("month", MONTHS[paper.published.month - 1]))
    if paper.arxiv:
        fields += [("eprint", f"{{{paper.arxiv}}}"), ("archivePrefix", "{arXiv}")]
    if paper.doi:
        fields.append(("doi", f"{{{_verbatim(paper.doi)}}}"))
    return kind, [*fields, url]


def _csl_paper(paper: Paper) -> dict[str, object]:
    kind, published = _csl_type(paper), paper.published
    issued = {"parts": ((published.year, published.month, published.day) if kind == "article" else (_year(paper),),)}
    found: dict[str, object] = {"type": kind, "issued": issued, "doi": paper.doi}
    if paper.arxiv:
        found["number"] = f"arXiv:{paper.arxiv}"
    if kind == "article":
        return found | {"publisher": "arXiv" if paper.arxiv else None}
    return found | {"container_title": paper.venue}


def _csl_type(paper: Paper) -> CslType:
    if not paper.venue or PREPRINT.search(paper.venue):
        return "article"
    return "article-journal" if JOURNAL.search(paper.venue) else "paper-conference"


def _container(paper: Paper) -> str | None:
    """Where a paper appeared: its venue, or arXiv as those cite it who know no other."""
    if _csl_type(paper) == "article" and paper.arxiv:
        return f"arXiv preprint arXiv:{paper.arxiv}"
    return paper.venue


def _year(item: AnyEntry | Issue) -> int | None:
    """The year of a citation: a paper's venue may name a later one than that of its first publication."""
    if isinstance(item, Issue):
        return item.date.year
    if isinstance(item, Paper):
        named = re.search(r"\b(?:19|20)\d\d\b", item.venue or "")
        return int(named[0]) if named else item.published.year
    return None


def _authors(item: AnyEntry | Issue, newsletter: Newsletter, author: Author | None) -> tuple[Name, ...]:
    if isinstance(item, Paper):
        return tuple(parse_name(name) for name in item.authors)
    if isinstance(item, Course):
        return tuple(parse_name(name) for name in item.instructors) or (Name(literal=item.provider),)
    if isinstance(item, Issue):
        return (parse_name(author.name) if author else Name(literal=newsletter.name),)
    owner = urlsplit(item.repository).path.strip("/").partition("/")[0]
    return (Name(literal=owner or urlsplit(item.repository).hostname or item.title),)


def _bibtex_name(name: Name) -> str:
    if name.literal:
        return f"{{{latex(name.literal)}}}"
    family = f"{name.particle} {name.family}" if name.particle else name.family
    parts = [family, name.suffix, name.given] if name.suffix else [family, name.given]
    return ", ".join(re.sub(r"\band\b", "{and}", latex(part)) for part in parts)


def _csl_name(name: Name) -> CslName:
    return CslName(
        family=name.family or None,
        given=name.given or None,
        particle=name.particle or None,
        suffix=name.suffix or None,
        literal=name.literal or None,
    )


def _protected(title: str) -> str:
    """A title whose capitals a style may not lower: words with one beyond their first letter stand in braces."""
    words = _visible(title).split(" ")
    return " ".join(f"{{{latex(word)}}}" if _has_inner_capital(word) else latex(word) for word in words)


def _has_inner_capital(word: str) -> bool:
    return any(character.isupper() for part in re.split(r"\W+", word) for character in part[1:])


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    return re.sub(r"[^a-z0-9]", "", folded.lower())


def _verbatim(address: str) -> str:
    return address.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


def _visible(text: str) -> str:
    """Text without control characters, in one line."""
    return " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text).split())
