"""Checking a library: what no file shows by itself, because it lies between two of them or in the prose."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from digest.library.models import AnyEntry, Issue, Page, Paper, Project, Written, web_address
from digest.library.nearest import did_you_mean
from digest.library.newsletter import Newsletter
from digest.library.problems import Problem
from digest.library.prose import Heading, Prose, render
from digest.library.reading import Library
from digest.library.yaml import Document


def check_library(library: Library, newsletter: Newsletter) -> list[Problem]:
    """Every mistake that lies between the files of a library, or in its prose."""
    problems = [
        *_issue_problems(library),
        *_number_problems(library),
        *_twin_problems(library),
        *_demo_problems(library),
        *_redirect_problems(library),
    ]
    for entry in library.entries.values():
        problems += _entry_problems(entry, library, newsletter)
    for written in (*library.entries.values(), *library.issues, *library.pages.values()):
        problems += _prose_problems(written, library)
    return problems


def _issue_problems(library: Library) -> Iterator[Problem]:
    known = library.entries.keys() | library.unread
    for issue in library.issues:
        document = library.documents[issue.id]
        if issue.name != issue.date.isoformat():
            mend = f"name the file {issue.date.isoformat()}.md, or mend the date"
            yield document.problem(("date",), f"the date is not the file's name '{issue.name}'", mend)
        if issue.author not in library.authors:
            yield document.problem(
                ("author",), f"there is no author '{issue.author}'", did_you_mean(issue.author, library.authors)
            )
        for index, name in enumerate(issue.entries):
            if name in issue.entries[:index]:
                yield document.problem(("entries", index), f"'{name}' stands twice in the issue", "remove one")
            elif name not in known:
                yield document.problem(("entries", index), f"there is no entry '{name}'", did_you_mean(name, known))
        if issue.updated and issue.updated < issue.date:
            yield document.problem(
                ("updated",), f"updated {issue.updated} is before the issue's date", "mend one of the two"
            )


def _number_problems(library: Library) -> Iterator[Problem]:
    issues = library.issues[::-1]
    if issues and issues[0].number != 1 and not any(name.startswith("issues/") for name in library.unread):
        document = library.documents[issues[0].id]
        yield document.problem(("number",), f"the first issue has number {issues[0].number}", "number it 1")
    for earlier, later in pairwise(issues):
        document = library.documents[later.id]
        if later.date == earlier.date:
            yield document.problem(("date",), f"{earlier.path} has the same date", "mend one of the two")
        elif later.number == earlier.number:
            yield document.problem(
                ("number",), f"{earlier.path} has number {later.number} too", "renumber one of the two"
            )
        elif later.number != earlier.number + 1 and not any(name.startswith("issues/") for name in library.unread):
            what = f"number {later.number} comes after number {earlier.number} of {earlier.path}"
            yield document.problem(("number",), what, f"number it {earlier.number + 1}")


def _twin_problems(library: Library) -> Iterator[Problem]:
    seen: dict[str, AnyEntry] = {}
    for entry in library.entries.values():
        for name, location in _identities(entry):
            twin = seen.setdefault(name, entry)
            if twin is not entry:
                what = f"{twin.path} has the same {name.partition(':')[0]}"
                yield library.documents[entry.id].problem(location, what, "keep one of the two entries")


def _identities(entry: AnyEntry) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(entry, Paper):
        if entry.arxiv:
            yield f"arXiv id:{entry.arxiv}", ("arxiv",)
        if entry.doi:
            yield f"DOI:{entry.doi.casefold()}", ("doi",)
    if isinstance(entry, Project):
        yield f"repository:{_plain_address(entry.repository)}", ("repository",)
    for label in {"paper": ("paper",), "course": ("course",), "project": ("website",)}[entry.kind]:
        if link := entry.links.get(label):  # type: ignore[call-overload]
            yield f"address:{_plain_address(link.url)}", ("links", label)


def _plain_address(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.rstrip("/").removesuffix(".git")
    return f"{(parts.hostname or '').removeprefix('www.')}{path}{'?' + parts.query if parts.query else ''}".casefold()


def _demo_problems(library: Library) -> Iterator[Problem]:
    for entry in library.entries.values():
        if isinstance(entry, Paper | Project) and entry.demo and entry.demo not in library.demos:
            mend = did_you_mean(entry.demo, library.demos)
            yield library.documents[entry.id].problem(("demo",), f"there is no demo '{entry.demo}'", mend)
    for demo in library.demos.values():
        path = f"{demo.folder}/demo.toml"
        for name in demo.manifest.entries:
            entry_found = library.entries.get(name)
            if name not in library.entries.keys() | library.unread:
                mend = did_you_mean(name, library.entries)
                yield Problem(path, 1, 1, f"entries: there is no entry '{name}'", mend)
            elif entry_found and getattr(entry_found, "demo", None) != demo.name:
                yield Problem(
                    path, 1, 1, f"entries: {entry_found.path} does not name this demo", f"add `demo: {demo.name}` there"
                )


def _redirect_problems(library: Library) -> Iterator[Problem]:
    taken: dict[str, str] = {name: item.path for name, item in library.entries.items()}
    taken |= {issue.id: issue.path for issue in library.issues} | {
        name: page.path for name, page in library.pages.items()
    }
    for entry in library.entries.values():
        for index, name in enumerate(entry.redirect_from):
            if name in taken:
                what = f"'{name}' is already the address of {taken[name]}"
                yield library.documents[entry.id].problem(("redirect_from", index), what, "remove the line")
            taken.setdefault(name, entry.path)


def _entry_problems(entry: AnyEntry, library: Library, newsletter: Newsletter) -> Iterator[Problem]:
    document = library.documents[entry.id]
    prose = render(entry.body, entry.id)
    yield from _figure_problems(entry, prose, document, library)
    yield from _link_problems(entry, document)
    sections = [heading for heading in prose.headings if heading.level == 2]
    found = [heading.text for heading in sections]
    if found != list(newsletter.sections):
        wrong = next((heading for heading in sections if heading.text not in newsletter.sections), None)
        if wrong:
            mend = did_you_mean(wrong.text, newsletter.sections)
            yield Problem(
                entry.path, entry.body_line + wrong.line, 1, f"'{wrong.text}' is no section of an entry", mend
            )
        else:
            mend = "write ## " + ", ## ".join(newsletter.sections) + ", each once and in this order"
            yield Problem(entry.path, entry.body_line, 1, f"the sections are {', '.join(found) or 'missing'}", mend)


def _figure_problems(entry: AnyEntry, prose: Prose, document: Document, library: Library) -> Iterator[Problem]:
    for name, figure in entry.figures.items():
        for field in ("file", "dark"):
            file = getattr(figure, field)
            if file and file not in library.figures:
                mend = did_you_mean(file, library.figures)
                yield document.problem(("figures", name, field), f"there is no site/figures/{file}", mend)
    for name in prose.figures:
        if name not in entry.figures:
            line, column = _place_of(entry.body, f"figure:{name}")
            mend = did_you_mean(name, entry.figures)
            yield Problem(entry.path, entry.body_line + line, column + 1, f"there is no figure '{name}' above", mend)


def _link_problems(entry: AnyEntry, document: Document) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for label, link in entry.links.items():
        twin = seen.setdefault(_plain_address(link.url), label)
        if twin != label:
            yield document.problem(("links", label), f"'{twin}' has the same address", "keep one of the two labels")


def _prose_problems(written: Written, library: Library) -> Iterator[Problem]:
    prose = render(written.body, written.id)
    yield from _heading_problems(written, prose.headings)
    if not isinstance(written, AnyEntry):
        for name in prose.figures:
            line, column = _place_of(written.body, f"figure:{name}")
            yield _in_body(written, line, column, "only entries have figures", "move it to an entry")
    for picture in prose.pictures:
        line, column = _place_of(written.body, picture)
        mend = (
            "put the file in site/figures/, describe it under `figures:`, and write ![](figure:ID) on a line of its own"
        )
        yield _in_body(written, line, column, f"'{picture or 'a picture'}' is no figure", mend)
    for reference in prose.references:
        if reference.target is not None:
            problem = _inside_problem(reference.target, library)
        elif reference.written.startswith("#"):
            problem = _anchor_problem(reference.written[1:], written, {heading.id for heading in prose.headings})
        else:
            problem = _outside_problem(reference.written)
        if problem:
            yield _in_body(written, reference.line, reference.column, *problem)


def _heading_problems(written: Written, headings: Iterable[Heading]) -> Iterator[Problem]:
    level = 1
    for number, line in enumerate(written.body.split("\n")):
        if line.startswith("# "):
            yield _in_body(
                written, number, 0, "a body has no heading of the first level", "the title is that; begin with ##"
            )
            break
    for heading in headings:
        if heading.level > level + 1:
            what = f"'{heading.text}' skips a level of headings"
            yield _in_body(written, heading.line, 0, what, f"write it with {'#' * (level + 1)}")
        level = heading.level


def _inside_problem(target: str, library: Library) -> tuple[str, str] | None:
    address, _, anchor = target.removeprefix("digest:").partition("#")
    if address and not address.endswith("/"):
        return None
    name = address.rstrip("/") or "index"
    everything = written_by_id(library)
    if name in library.unread or name.partition("/")[0] in ("tags", "archive", "authors", "demos") or name in _INDEXES:
        return None
    if name not in everything:
        return f"'{name}.md' does not exist", did_you_mean(name, everything)
    found = everything[name]
    ids = {heading.id for heading in render(found.body, found.id).headings}
    if isinstance(found, Issue):
        ids |= {entry.rpartition("/")[2] for entry in found.entries}
    return _anchor_problem(anchor, found, ids) if anchor else None


_INDEXES = {"index", "papers", "courses", "projects"}


def _anchor_problem(anchor: str, written: Written, ids: set[str]) -> tuple[str, str] | None:
    if not anchor or anchor in ids or anchor.startswith(("fn:", "fnref:", "fn", "fnref")):
        return None
    return f"there is no '#{anchor}' in {written.path}", did_you_mean(anchor, ids)


def _outside_problem(address: str) -> tuple[str, str] | None:
    if address.startswith("mailto:"):
        return None
    try:
        web_address(address)
    except ValueError as error:
        what, _, mend = str(error).partition("; ")
        return what, mend
    return None


def written_by_id(library: Library) -> dict[str, Written]:
    """Everything written in a library: entries, issues and pages, by id."""
    pages: dict[str, Page] = dict(library.pages)
    return {**library.entries, **{issue.id: issue for issue in library.issues}, **pages}


def _place_of(body: str, text: str) -> tuple[int, int]:
    offset = max(0, body.find(text))
    return body.count("\n", 0, offset), offset - (body.rfind("\n", 0, offset) + 1)


def _in_body(written: Written, line: int, column: int, what: str, mend: str) -> Problem:
    return Problem(written.path, written.body_line + line, column + 1, what, mend)
