"""Checking a library: what no file shows by itself, because it lies between two of them or in the prose."""

from collections.abc import Iterator
from itertools import pairwise

from digest.library.models import AnyEntry, Issue, Paper, Project
from digest.library.moving import has_moved, moving_problems
from digest.library.nearest import did_you_mean
from digest.library.newsletter import Newsletter
from digest.library.problems import Problem
from digest.library.proofreading import proofread
from digest.library.reading import Library
from digest.library.web import arxiv_identifier, bare_address


def check_library(library: Library, newsletter: Newsletter) -> list[Problem]:
    """Every mistake that lies between the files of a library, or in its prose."""
    problems = [
        *_number_problems(library),
        *_twin_problems(library),
        *_manifest_problems(library),
        *moving_problems(library),
    ]
    for issue in library.issues:
        problems += _issue_problems(issue, library)
    for entry in library.entries.values():
        problems += _entry_problems(entry, library)
    return [*problems, *proofread(library, newsletter.sections)]


def _number_problems(library: Library) -> Iterator[Problem]:
    """What is wrong in the row of issues. Gaps are not judged while an issue cannot be read, which may fill them."""
    is_whole = not any(name.startswith("issues/") for name in library.unread)
    issues = library.issues[::-1]
    if issues and issues[0].number != 1 and is_whole:
        document = library.documents[issues[0].id]
        yield document.problem(("number",), f"the first issue has number {issues[0].number}", "number it 1")
    for earlier, later in pairwise(issues):
        if later.date == earlier.date:
            yield library.documents[later.id].problem(
                ("date",), f"{earlier.path} has the same date", "mend one of the two"
            )
        elif later.number == earlier.number:
            what = f"{earlier.path} has number {later.number} too"
            yield library.documents[later.id].problem(("number",), what, "renumber one of the two")
        elif later.number != earlier.number + 1 and is_whole:
            what = f"number {later.number} comes after number {earlier.number} of {earlier.path}"
            yield library.documents[later.id].problem(("number",), what, f"number it {earlier.number + 1}")


def _issue_problems(issue: Issue, library: Library) -> Iterator[Problem]:
    if issue.name != issue.date.isoformat():
        mend = f"name the file {issue.date.isoformat()}.md, or mend the date"
        yield library.documents[issue.id].problem(("date",), f"the date is not the file's name '{issue.name}'", mend)
    authors_are_read = library.documents["authors"].data is not None
    if authors_are_read and issue.author not in library.authors and f"authors/{issue.author}" not in library.unread:
        mend = did_you_mean(issue.author, library.authors)
        yield library.documents[issue.id].problem(("author",), f"there is no author '{issue.author}'", mend)
    known = library.entries.keys() | library.unread
    for index, name in enumerate(issue.entries):
        if name in issue.entries[:index]:
            yield library.documents[issue.id].problem(
                ("entries", index), f"'{name}' stands twice in the issue", "remove one"
            )
        elif name not in known:
            unknown = f"there is no entry '{name}'", did_you_mean(name, library.entries)
            yield library.documents[issue.id].problem(("entries", index), *(has_moved(name, library) or unknown))
    if issue.updated and issue.updated < issue.date:
        what = f"updated {issue.updated} is before the issue's date {issue.date}"
        yield library.documents[issue.id].problem(("updated",), what, "mend one of the two dates")


def _entry_problems(entry: AnyEntry, library: Library) -> Iterator[Problem]:
    if entry.updated and entry.updated < entry.added:
        what = f"updated {entry.updated} is before added {entry.added}"
        yield library.documents[entry.id].problem(("updated",), what, "mend one of the two dates")
    for index, tag in enumerate(entry.tags):
        if tag in entry.tags[:index]:
            yield library.documents[entry.id].problem(
                ("tags", index), f"'{tag}' stands twice in the tags", "remove one"
            )
    labels: dict[str, str] = {}
    for label, link in entry.links.items():
        twin = labels.setdefault(bare_address(link.url), label)
        if twin != label:
            yield library.documents[entry.id].problem(
                ("links", label), f"'{twin}' has the same address", "keep one of the two labels"
            )
    if isinstance(entry, Paper) and entry.arxiv and (paper := entry.links.get("paper")):
        linked = arxiv_identifier(paper.url)
        if linked and linked != entry.arxiv:
            what = f"the link leads to arXiv {linked}, but the paper is {entry.arxiv}"
            yield library.documents[entry.id].problem(("links", "paper"), what, "mend one of the two")
    for name, figure in entry.figures.items():
        for field, file in (("file", figure.file), ("dark", figure.dark)):
            if file and file not in library.figures:
                mend = did_you_mean(file, library.figures)
                yield library.documents[entry.id].problem(
                    ("figures", name, field), f"there is no site/figures/{file}", mend
                )
    if isinstance(entry, Paper | Project) and entry.demo:
        demo = library.demos.get(entry.demo)
        if demo and entry.id not in demo.manifest.entries:
            what = f"{demo.folder}/demo.toml does not name this entry"
            yield library.documents[entry.id].problem(("demo",), what, f'add "{entry.id}" to its entries')
        elif not demo and f"demos/{entry.demo}" not in library.unread:
            mend = did_you_mean(entry.demo, library.demos)
            yield library.documents[entry.id].problem(("demo",), f"there is no demo '{entry.demo}'", mend)


def _twin_problems(library: Library) -> Iterator[Problem]:
    seen: dict[tuple[str, str], AnyEntry] = {}
    for entry in library.entries.values():
        for kind, name, location in _identities(entry):
            twin = seen.setdefault((kind, name), entry)
            if twin is not entry:
                what = f"{twin.path} has the same {kind}"
                yield library.documents[entry.id].problem(location, what, "keep one of the two entries")


def _identities(entry: AnyEntry) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What an entry shares with no other, each with its kind and where it is written."""
    if isinstance(entry, Paper):
        if entry.arxiv:
            yield "arXiv id", entry.arxiv, ("arxiv",)
        if entry.doi:
            yield "DOI", entry.doi.casefold(), ("doi",)
    if isinstance(entry, Project):
        yield "repository", bare_address(entry.repository), ("repository",)
    for label, link in entry.links.items():
        if (entry.kind, label) in (("paper", "paper"), ("course", "course"), ("project", "website")):
            yield "address", bare_address(link.url), ("links", label)


def _manifest_problems(library: Library) -> Iterator[Problem]:
    for demo in library.demos.values():
        path = f"{demo.folder}/demo.toml"
        for name in demo.manifest.entries:
            entry = library.entries.get(name)
            if entry is None and name not in library.unread:
                what, mend = has_moved(name, library) or (
                    f"there is no entry '{name}'",
                    did_you_mean(name, library.entries),
                )
                yield Problem(path, 1, 1, f"entries: {what}", mend)
            elif entry and getattr(entry, "demo", None) != demo.name:
                what = f"entries: {entry.path} does not name this demo"
                yield Problem(path, 1, 1, what, f"add `demo: {demo.name}` there")
