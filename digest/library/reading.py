"""Reading `site/`: every file of a project into a Library, with every mistake on the way."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from digest.library.demos import Demo, read_demos
from digest.library.figures import FigureFile, read_figure, read_figures
from digest.library.models import ENTRY_FOLDERS, SLUG, AnyEntry, Author, Issue, Page, Written
from digest.library.nearest import did_you_mean
from digest.library.problems import Problem
from digest.library.yaml import Document, load, validate

MAX_BYTES = 1_000_000
FOLDERS = {*ENTRY_FOLDERS, "issues", "figures", "assets"}
FILES = {"authors.yml", "feeds.yml"}


@dataclass(frozen=True)
class Library:
    """Everything curated, typed. `issues` stand newest first; `unread` are ids whose file is there but has problems.

    `figures` go by their file's name, `demo_figures` by where they stand in the site (`demos/dino/figures/loss.svg`).

    `documents` hold where each value of a front matter was written, by id, for those who report problems.
    """

    entries: Mapping[str, AnyEntry] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    authors: Mapping[str, Author] = field(default_factory=dict)
    pages: Mapping[str, Page] = field(default_factory=dict)
    demos: Mapping[str, Demo] = field(default_factory=dict)
    figures: Mapping[str, FigureFile] = field(default_factory=dict)
    demo_figures: Mapping[str, FigureFile] = field(default_factory=dict)
    assets: Mapping[str, Path] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    def published(self) -> "Library":
        """The library without draft issues, and without the entries that stand in no published issue."""
        issues = tuple(issue for issue in self.issues if issue.status == "published")
        out = {identifier for issue in issues for identifier in issue.entries}
        drafted = {identifier for issue in self.issues for identifier in issue.entries} - out
        entries = {identifier: entry for identifier, entry in self.entries.items() if identifier not in drafted}
        return replace(self, entries=entries, issues=issues)


def read_library(root: Path) -> tuple[Library, list[Problem]]:
    """The library of the project at `root`, and what is wrong in each of its files by itself."""
    demos, problems = read_demos(root)
    figures, figure_problems = read_figures(root)
    demo_figures, demo_figure_problems = _read_demo_figures(root, demos.values())
    problems = [*problems, *figure_problems, *demo_figure_problems]
    written: dict[str, Written] = {}
    documents: dict[str, Document] = {}
    unread: set[str] = set()
    for identifier, path, model in _files(root / "site", problems):
        item, document, found = _read_written(root / path, path, identifier, model)
        problems += found
        documents[identifier] = document
        if item is None:
            unread.add(identifier)
        else:
            written[identifier] = item
    authors, author_document, author_problems = _read_authors(root)
    problems += author_problems
    documents["authors"] = author_document
    issues = [item for item in written.values() if isinstance(item, Issue)]
    library = Library(
        entries={name: item for name, item in written.items() if isinstance(item, AnyEntry)},
        issues=tuple(sorted(issues, key=lambda issue: (issue.date, issue.number), reverse=True)),
        authors=authors,
        pages={name: item for name, item in written.items() if isinstance(item, Page)},
        demos=demos,
        figures=figures,
        demo_figures=demo_figures,
        assets=_assets(root / "site" / "assets"),
        documents=documents,
        unread=frozenset(unread),
    )
    return library, problems


def split(text: str) -> tuple[str, str, int] | None:
    """The front matter of a Markdown file, its body, and the line the body begins on; None where there is no front."""
    match = re.match(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", text, re.DOTALL | re.MULTILINE)
    if not match:
        return None
    return match[1], text[match.end() :], text.count("\n", 0, match.end()) + 1


def _files(site: Path, problems: list[Problem]) -> Iterator[tuple[str, str, type[Written]]]:
    """Each Markdown file under `site/` as (id, path, model), in order; what does not belong there is a problem."""
    seen: dict[str, str] = {}
    for file in sorted(site.iterdir()) if site.is_dir() else []:
        inside = sorted(file.iterdir()) if file.is_dir() and file.name in FOLDERS - {"figures", "assets"} else [file]
        for member in inside:
            relative = member.relative_to(site).as_posix()
            path = f"site/{relative}"
            if problem := _misplaced(member, relative, path, seen):
                problems.append(problem)
            elif member.suffix == ".md":
                identifier = relative.removesuffix(".md")
                folder = relative.partition("/")[0] if "/" in relative else ""
                model: type[Written] = Issue if folder == "issues" else ENTRY_FOLDERS.get(folder, Page)
                yield identifier, path, model


def _misplaced(file: Path, relative: str, path: str, seen: dict[str, str]) -> Problem | None:
    if file.name.startswith(".") or relative in FILES or (file.is_dir() and relative in FOLDERS):
        return None
    if file.is_symlink():
        return Problem(path, 1, 1, "a link to another place is not read", "put the file itself here")
    if file.is_dir():
        return Problem(path, 1, 1, f"'{file.name}' is no folder of site/", did_you_mean(file.name, FOLDERS))
    if file.suffix != ".md":
        return Problem(path, 1, 1, f"'{file.name}' does not belong here", "move it to site/figures/ or site/assets/")
    twin = seen.setdefault(relative.casefold(), relative)
    if twin != relative:
        what = f"'{relative}' and '{twin}' differ only in case"
        return Problem(path, 1, 1, what, "rename one of them")
    if not re.fullmatch(SLUG, file.stem):
        mend = "rename it to lower-case words joined by hyphens"
        return Problem(path, 1, 1, f"'{file.name}' cannot be an address", mend)
    return None


def _read_written(
    file: Path, path: str, identifier: str, model: type[Written]
) -> tuple[Written | None, Document, list[Problem]]:
    nowhere = Document(path, None, {}, {})
    text, problem = _text(file, path)
    if text is None:
        return None, nowhere, [problem] if problem else []
    parts = split(text)
    if parts is None:
        what, mend = "there is no front matter", "begin with a line `---`, the fields, and another line `---`"
        return None, nowhere, [Problem(path, 1, 1, what, mend)]
    front, body, body_line = parts
    document, problems = load(front, path, first_line=2)
    if problems:
        return None, document, problems
    extra: dict[str, Any] = {"id": identifier, "path": path, "body": body, "body_line": body_line}
    item, problems = validate(model, document, extra)
    return item, document, problems


def _text(file: Path, path: str) -> tuple[str | None, Problem | None]:
    try:
        data = file.read_bytes()
    except OSError as error:
        return None, Problem(path, 1, 1, f"the file cannot be read ({error.strerror})", "mend its permissions")
    if len(data) > MAX_BYTES:
        return None, Problem(path, 1, 1, f"the file has {len(data):,} bytes", "keep it below a million")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        return None, Problem(path, line, column, "the text is not UTF-8", "save the file as UTF-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if match := re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]", text):
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
        return None, Problem(path, line, column, "there is a control character in the text", "remove it")
    return text, None


def _read_authors(root: Path) -> tuple[dict[str, Author], Document, list[Problem]]:
    path = "site/authors.yml"
    nowhere = Document(path, None, {}, {})
    if not (root / path).is_file():
        return (
            {},
            nowhere,
            [Problem(path, 1, 1, "there is no authors.yml", "write one: an id, and under it name, role, about")],
        )
    text, problem = _text(root / path, path)
    if text is None:
        return {}, nowhere, [problem] if problem else []
    document, problems = load(text, path)
    if problems or not isinstance(document.data, dict):
        what, mend = "authors.yml is no mapping", "write an id, and under it name, role and about"
        return {}, document, problems or [document.problem((), what, mend)]
    authors: dict[str, Author] = {}
    for name in document.data:
        author, found = validate(Author, document.at((name,)), {"id": name})
        problems += found
        if author:
            authors[name] = author
    return authors, document, problems


def _read_demo_figures(root: Path, demos: Iterable[Demo]) -> tuple[dict[str, FigureFile], list[Problem]]:
    figures: dict[str, FigureFile] = {}
    problems: list[Problem] = []
    for demo in demos:
        for name in sorted({figure.file for results in demo.results for figure in results.figures}):
            path = f"{demo.folder}/results/{name}"
            figure, problem = read_figure(root / path, path)
            problems += [problem] if problem else []
            if figure:
                figures[f"{demo.folder}/{name}"] = figure
    return figures, problems


def _assets(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.is_symlink())
    return {file.relative_to(folder).as_posix(): file for file in files if not file.name.startswith(".")}
