"""Reading `site/`: every file of a project into a Library, with every mistake on the way."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from digest.library.assets import read_assets
from digest.library.demos import Demo, demo_names, read_demos
from digest.library.figures import FigureFile, read_figure, read_figures
from digest.library.memory import Memory
from digest.library.models import ENTRY_FOLDERS, SLUG, AnyEntry, Author, Issue, Moves, Page, Written
from digest.library.nearest import did_you_mean
from digest.library.problems import Problem
from digest.library.text import read_text
from digest.library.validating import validate
from digest.library.yaml import Document, load

WRITTEN_FOLDERS = {*ENTRY_FOLDERS, "issues"}
FOLDERS = {*WRITTEN_FOLDERS, "figures", "assets"}
FILES = {"authors.yml", "feeds.yml", "moved.yml"}
GENERATED = {"tags", "archive", "authors", "demos", "api", "cards", "search"}
"""Folders of the site that are made, where nothing can be written by hand."""
TAKEN_NAMES = {"index", "404", *FOLDERS, *GENERATED}
FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
AUTHORS = "site/authors.yml"
MOVED = "site/moved.yml"


Source = Document | Callable[[], Document]
"""Where the values of a front matter stand, or what finds it out: only a file with a problem needs it."""


class Documents(Mapping[str, Document]):
    """The front matter of each file, by id, with where its values stand."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = dict(sources)

    def __getitem__(self, identifier: str) -> Document:
        source = self._sources[identifier]
        if not isinstance(source, Document):
            source = self._sources[identifier] = source()
        return source

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


memory: Memory[tuple[str, str], Written] = Memory()
"""What was read without a problem: of a file's path, and the hash of its text."""


@dataclass(frozen=True)
class Library:
    """Everything curated, typed. `issues` stand newest first; `unread` are ids whose file is there but has problems.

    `figures` go by their file's name, `demo_figures` by where they stand in the site (`demos/dino/figures/loss.svg`).

    `moves` are what `moved.yml` says, from the id of a page that was to the id of one that is.

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
    moves: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    @cached_property
    def written(self) -> Mapping[str, Written]:
        """Everything that is a Markdown file, by id: entries, issues and pages."""
        return {**self.entries, **{issue.id: issue for issue in self.issues}, **self.pages}

    @cached_property
    def moved(self) -> Mapping[str, str]:
        """Every id that a page had before, with the one to go to."""
        return {**self.moves, **{old: name for name, item in self.written.items() for old in item.redirect_from}}

    def published(self) -> "Library":
        """The library without draft issues, and without the entries that stand in drafts alone."""
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
    authors, author_document, author_problems = _read_authors(root)
    assets, asset_problems = read_assets(root)
    moves, move_document, move_problems = _read_moves(root)
    problems += [*figure_problems, *demo_figure_problems, *author_problems, *asset_problems, *move_problems]
    written: dict[str, Written] = {}
    documents: dict[str, Source] = {"authors": author_document, "moved": move_document}
    for identifier, path, model in _files(root / "site", problems):
        item, documents[identifier], found = _read_written(root / path, path, identifier, model)
        problems += found
        if item:
            written[identifier] = item
    unread_demos = {f"demos/{name}" for name in demo_names(root) if name not in demos}
    unread_authors = {f"authors/{name}" for name in author_document.data or () if name not in authors}
    issues = [item for item in written.values() if isinstance(item, Issue)]
    library = Library(
        entries={name: item for name, item in written.items() if isinstance(item, AnyEntry)},
        issues=tuple(sorted(issues, key=lambda issue: (issue.date, issue.number), reverse=True)),
        authors=authors,
        pages={name: item for name, item in written.items() if isinstance(item, Page)},
        demos=demos,
        figures=figures,
        demo_figures=demo_figures,
        assets=assets,
        moves=moves,
        documents=Documents(documents),
        unread=frozenset(documents.keys() - written.keys() - {"authors", "moved"} | unread_demos | unread_authors),
    )
    return library, problems


def split(text: str) -> tuple[str, str, int] | None:
    """The front matter of a Markdown file, its body, and the line the body begins on; None where there is no front."""
    match = FRONT_MATTER.match(text)
    if not match:
        return None
    return match[1], text[match.end() :], text.count("\n", 0, match.end()) + 1


def _files(site: Path, problems: list[Problem]) -> Iterator[tuple[str, str, type[Written]]]:
    """Each Markdown file under `site/` as (id, path, model), in order; what does not belong there is a problem."""
    if not site.is_dir():
        problems.append(Problem("site", 1, 1, "there is no folder site/", "`digest init DIR` shows what is in it"))
        return
    seen: dict[str, str] = {}
    for member in _members(site, problems):
        relative = member.relative_to(site).as_posix()
        if problem := _misplaced(member, relative, seen):
            problems.append(problem)
        elif member.suffix == ".md" and not member.name.startswith("."):
            folder, _, _ = relative.rpartition("/")
            model: type[Written] = Issue if folder == "issues" else ENTRY_FOLDERS.get(folder, Page)
            yield relative.removesuffix(".md"), f"site/{relative}", model


def _members(site: Path, problems: list[Problem]) -> Iterator[Path]:
    """What lies in `site/` and in its folders of Markdown, in order."""
    for member in sorted(site.iterdir()):
        if member.name not in WRITTEN_FOLDERS or member.is_symlink() or not member.is_dir():
            yield member
            continue
        try:
            yield from sorted(member.iterdir(), key=lambda file: file.name)
        except OSError as error:
            what = f"the folder cannot be read ({(error.strerror or 'unknown').lower()})"
            problems.append(Problem(f"site/{member.name}", 1, 1, what, "mend its permissions"))


def _misplaced(file: Path, relative: str, seen: dict[str, str]) -> Problem | None:
    path = f"site/{relative}"
    if file.name.startswith("."):
        return None
    if file.is_symlink():
        return Problem(path, 1, 1, "a link to another place is not read", "put the file itself here")
    if file.is_dir() and "/" in relative:
        return Problem(path, 1, 1, f"folders do not nest, but here is '{relative}'", "move its files up")
    if relative in FILES or (file.is_dir() and relative in FOLDERS):
        return None
    if file.is_dir():
        return Problem(path, 1, 1, f"'{file.name}' is no folder of site/", did_you_mean(file.name, FOLDERS))
    if file.suffix != ".md":
        return Problem(path, 1, 1, f"'{file.name}' does not belong here", "move it to site/figures/ or site/assets/")
    twin = seen.setdefault(relative.casefold(), relative)
    if twin != relative:
        return Problem(path, 1, 1, f"'{relative}' and '{twin}' differ only in case", "rename one of them")
    if not re.fullmatch(SLUG, file.stem):
        mend = "rename it to lower-case words joined by hyphens"
        return Problem(path, 1, 1, f"'{file.name}' cannot be an address", mend)
    if file.stem == "index" or ("/" not in relative and file.stem in TAKEN_NAMES):
        return Problem(path, 1, 1, f"the address of '{relative}' is taken by a page that is made", "rename it")
    return None


def _read_written(
    file: Path, path: str, identifier: str, model: type[Written]
) -> tuple[Written | None, Source, list[Problem]]:
    nowhere = Document(path, None, {}, {})
    text = read_text(file, path)
    if isinstance(text, Problem):
        return None, nowhere, [text]
    key = (path, hashlib.sha256(text.encode()).hexdigest())
    if known := memory.recall(key):
        return known, partial(_front, text, path), []
    parts = split(text)
    if parts is None:
        return None, nowhere, [_no_front_matter(text, path)]
    front, body, body_line = parts
    document, problems = load(front, path, first_line=2)
    if document.data is None and problems:
        return None, document, problems
    extra: dict[str, Any] = {"id": identifier, "path": path, "body": body, "body_line": body_line}
    item, found = validate(model, document, extra)
    if item and not problems:
        memory.remember(key, item)
    return (None if problems else item), document, [*problems, *found]


def _front(text: str, path: str) -> Document:
    """Where each value stands in the front matter of a file that was read without a problem."""
    front, *_ = split(text) or ("",)
    return load(front, path, first_line=2)[0]


def _no_front_matter(text: str, path: str) -> Problem:
    if re.match(r"---[ \t]*(\n|\Z)", text):
        return Problem(path, 1, 1, "the front matter has no end", "write another line `---` after the fields")
    mend = "begin with a line `---`, the fields, and another line `---`"
    return Problem(path, 1, 1, "there is no front matter", mend)


def _read_authors(root: Path) -> tuple[dict[str, Author], Document, list[Problem]]:
    document = Document(AUTHORS, None, {}, {})
    mend = "write an id, and under it name, role and about"
    if not (root / AUTHORS).is_file() or (root / AUTHORS).is_symlink():
        return {}, document, [Problem(AUTHORS, 1, 1, "there is no authors.yml", mend)]
    text = read_text(root / AUTHORS, AUTHORS)
    if isinstance(text, Problem):
        return {}, document, [text]
    document, problems = load(text, AUTHORS)
    if not isinstance(document.data, dict):
        problems = problems or [document.problem((), "authors.yml is no mapping", mend)]
        return {}, Document(AUTHORS, None, {}, {}), problems
    authors: dict[str, Author] = {}
    for name in document.data:
        author, found = validate(Author, document.at((name,)), {"id": name})
        problems += found
        if author:
            authors[name] = author
    return authors, document, problems


def _read_moves(root: Path) -> tuple[Mapping[str, str], Document, list[Problem]]:
    """What `moved.yml` says, which need not be there; its document has everything under `moved`."""
    document = Document(MOVED, None, {}, {})
    if not (root / MOVED).exists():
        return {}, document, []
    text = read_text(root / MOVED, MOVED)
    if isinstance(text, Problem):
        return {}, document, [text]
    document, problems = load(text, MOVED)
    if document.data is None:
        return {}, document, problems
    values = {("moved", *steps): place for steps, place in document.values.items()}
    keys = {("moved", *steps): place for steps, place in document.keys.items()}
    document = Document(MOVED, {"moved": document.data}, values, keys)
    moves, found = validate(Moves, document, {})
    return (moves.moved if moves else {}), document, [*problems, *found]


def _read_demo_figures(root: Path, demos: Iterable[Demo]) -> tuple[dict[str, FigureFile], list[Problem]]:
    figures: dict[str, FigureFile] = {}
    problems: list[Problem] = []
    for demo in demos:
        for name in sorted({figure.file for results in demo.results for figure in results.figures}):
            path = f"{demo.folder}/results/{name}"
            figure = read_figure(root / path, path)
            if isinstance(figure, Problem):
                problems.append(figure)
            else:
                figures[f"{demo.folder}/{name}"] = figure
    return figures, problems
