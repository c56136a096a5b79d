"""Building: from a project's folder to `build/site`, which is replaced whole or not at all.

What the last build made is still in `build/`, and only what shows something new is made again: see `ledger`.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from digest.library.checking import check_library
from digest.library.newsletter import Newsletter, read_newsletter
from digest.library.problems import ContentError, Problem, WorldError
from digest.library.reading import Library, read_library
from digest.publish.assemble import assemble, copied
from digest.publish.cards import planned_cards
from digest.publish.drawing import drawings, drawn_with
from digest.publish.edition import Edition
from digest.publish.engines import ENGINES, Engine, Workplace, handed_on
from digest.publish.folders import alone, show, shows, standby, swap
from digest.publish.html import Order, make_html
from digest.publish.inputs import folder_inputs, is_closed, name_of, project_inputs, tools
from digest.publish.keeping import Kept
from digest.publish.ledger import Ledger, Made, read_ledger, write_ledger
from digest.publish.links import check_site, suspects
from digest.publish.moved import repeated
from digest.publish.pages import taken_addresses
from digest.publish.rendering import render_ahead
from digest.publish.shelf import Shelf, Stamp
from digest.publish.templates import Templates, project_templates
from digest.publish.theme import check_theme

PARTS = ("read", "assemble", "cards", "engine", "write", "check")
LEDGER, KEPT, MAKING = ".ledger", ".kept", ".making"
"""Inside `build/`: what the last build left, what it had read, and where an engine works."""

Value = TypeVar("Value")


@dataclass
class Report:
    """What a build did: the seconds of each part, the pages it made, which engine made them, its warnings."""

    site: Path
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))
    pages: int = 0
    warnings: list[str] = field(default_factory=list)
    engine: str = ""

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Times what is done inside as the part `name`."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - begun


def read_project(root: Path) -> tuple[Library, Newsletter | None, Templates, list[Problem]]:
    """The project at `root` and every mistake in its content."""
    newsletter, problems = read_newsletter(root)
    library, library_problems = read_library(root)
    render_ahead(library)
    templates = project_templates(root)
    problems = [*problems, *library_problems, *taken_addresses(library), *check_theme(templates, handed_on)]
    if newsletter:
        problems += check_library(library, newsletter)
    return library, newsletter, templates, problems


def read_edition(root: Path, *, drafts: bool) -> Edition:
    """The edition that the project at `root` would publish. Raises ContentError with every mistake."""
    library, newsletter, templates, problems = read_project(root)
    if problems or newsletter is None:
        raise ContentError(problems)
    return Edition(library if drafts else library.published(), newsletter, templates)


def build(
    root: Path,
    *,
    drafts: bool = False,
    engine: str | None = None,
    strict: bool = False,
    again: bool = False,
    step: Callable[[str], None] = lambda _: None,
) -> Report:
    """Builds the project at `root` into `root/build/site`, calling `step` with the name of each part as it begins.

    Where no `engine` is named, it is the project's. With `again` this process has built before, as a preview does: it
    knows that there is something new, and leaves what it has read in its own memory.

    Raises ContentError when the content or the finished site has mistakes (with `strict`, also when the engine warns),
    and WorldError when the disk or the engine fails. Either way the site that stood before stands still. While another
    build is at work there, this one waits.
    """
    report = Report(root / "build" / "site")
    with _disk_errors():
        with report.part("read"):
            step("reading")
            newsletter = read_newsletter(root)[0] or read_edition(root, drafts=drafts).newsletter
            report.engine = engine or newsletter.settings.engine
            names = _Names.of(root, report.engine, drafts=drafts, again=again)
        with alone(root / "build", lambda: step("waiting for another build")):
            _Build(root, names, ENGINES[report.engine], report, step).run(drafts=drafts, strict=strict, again=again)
    return report


@dataclass(frozen=True)
class _Names:
    """What a build is made of, by name: `everything`, what pages are `made_with`, what their HTML is made with.

    Those that are empty are not known: nobody has asked, or the engine runs something whose inputs nobody knows.
    """

    everything: str
    made_with: str
    html: str

    @classmethod
    def of(cls, root: Path, engine: str, *, drafts: bool, again: bool) -> "_Names":
        folders = project_templates(root).folders
        made_with = name_of([tools(), folder_inputs(folders)])
        settings = (root / "mkdocs.yml").read_bytes()
        html = name_of([made_with, engine, settings.hex()]) if is_closed(settings) else ""
        everything = name_of([html, project_inputs(root), str(drafts)]) if html and not again else ""
        return cls(everything, made_with, html)


class _Build:
    """One build, under way."""

    def __init__(self, root: Path, names: _Names, engine: Engine, report: Report, step: Callable[[str], None]) -> None:
        self.root = root
        self.folder = root / "build"
        self.names = names
        self.engine = engine
        self.report = report
        self.step = step
        self.before = read_ledger(self.folder / LEDGER)
        self.docs = Shelf(self.folder / "docs", self.before.docs)
        self.html = Shelf(self.folder / "html", self.before.html)
        self.stays = bool(names.html) and self.before.engine == names.html
        """Whether nothing that every page's HTML is made with has changed."""
        self.made: dict[str, Made] = {}
        self.changed: set[str] = set()

    def run(self, *, drafts: bool, strict: bool, again: bool) -> None:
        """Makes what is new, and swaps the site in when it is right."""
        if self.is_done(strict=strict):
            self.report.pages = len(_pages(self.before.docs))
            self.report.warnings = list(self.before.warnings)
            return
        with self.report.part("read"):
            kept = Kept(self.folder / KEPT, self.names.made_with)
            kept.recall()
            edition = read_edition(self.root, drafts=drafts)
            if not again:
                kept.save()
        with self.report.part("assemble"):
            self.step("assembling")
            self.assemble(edition)
        with self.report.part("cards"):
            self.step("drawing cards")
            self.draw(edition)
            self.docs.clear()
        with self.report.part("engine"):
            self.step("making HTML")
            self.make_html()
        with self.report.part("write"):
            self.step("writing")
            site = standby(self.folder)
            places = _site(_places(self.docs), _places(self.html))
            show(site, places, _inodes(_site(self.docs.stamps, self.html.stamps)))
        with self.report.part("check"):
            self.step("checking links")
            self.check(site, edition.newsletter.address, strict=strict)
        with self.report.part("write"):
            swap(site, self.report.site)
            write_ledger(self.folder / LEDGER, self.ledger())

    def is_done(self, *, strict: bool) -> bool:
        """Whether the site stands as it would be made, so that there is nothing to do."""
        before = self.before
        if not self.names.everything or before.inputs != self.names.everything or (strict and before.warnings):
            return False
        if not (self.docs.is_whole() and self.html.is_whole() and self.report.site.is_symlink()):
            return False
        return shows(self.report.site, _inodes(_site(before.docs, before.html)))

    def assemble(self, edition: Edition) -> None:
        """Brings `build/docs` to what the edition makes, but for the cards, and `build/theme` to the theme's files."""
        for batch in assemble(edition, self.names.made_with):
            if not self.keeps(batch.name, batch.shows):
                self.put(batch.name, batch.shows, batch.make())
        for old, new in repeated(edition, self.docs.stamps).items():
            self.docs.put(old, self.docs.folder / new)
        for name, file in copied(edition).items():
            if name not in self.docs.stamps:
                self.docs.put(name, file)
        theme = Shelf(self.folder / "theme", {})
        for name, file in edition.templates.theme().items():
            theme.put(name, file)
        theme.clear()
        self.workplace(self.folder).configure()

    def draw(self, edition: Edition) -> None:
        """Puts a share card at every address that has none which says the same."""
        theme = edition.templates.theme()
        drawn_by = drawn_with(theme)
        cards = {address: (card, name_of([card.key, drawn_by])) for address, card in planned_cards(edition).items()}
        missing = [address for address, (_, shown) in cards.items() if not self.keeps(address, shown)]
        pictures = drawings([cards[address][0] for address in missing], theme)
        for address, picture in zip(missing, pictures, strict=True):
            self.put(address, cards[address][1], {address: picture})

    def keeps(self, name: str, shown: str) -> bool:
        """Whether what was made under this name shows the same still, and lies there; it stays then."""
        known = self.before.batches.get(name)
        if not known or known.shows != shown or not all(map(self.docs.has, known.files)):
            return False
        self.made[name] = known
        for file in known.files:
            self.docs.keep(file)
        return True

    def put(self, name: str, shown: str, files: Mapping[str, bytes]) -> None:
        """Writes what was made under a name."""
        self.made[name] = Made(shown, tuple(files))
        self.changed |= {file for file, content in files.items() if self.docs.put(file, content)}

    def make_html(self) -> None:
        """Brings `build/html` to what the engine makes of `build/docs`."""
        pages = _pages(self.docs.stamps)
        order = Order(pages, self.changed, _pages(self.before.docs), self.stays, self.before.warnings)
        self.report.pages = len(pages)
        self.report.warnings = make_html(order, self.html, self.engine, self.workplace(self.folder / MAKING))
        self.html.clear()

    def workplace(self, folder: Path) -> Workplace:
        """Where the engine can work in a folder, on what was assembled."""
        return Workplace(folder, self.folder / "docs", self.folder / "theme", self.root / "mkdocs.yml")

    def check(self, site: Path, address: str, *, strict: bool) -> None:
        """Raises ContentError when a link of the site leads nowhere, or the engine warned and may not."""
        problems = check_site(site, address, self.suspects(site))
        if strict:
            mend = "mend what it names, or build without --strict"
            warnings = self.report.warnings
            problems += [Problem("mkdocs.yml", 1, 1, f"the engine warns: {text}", mend) for text in warnings]
        if problems:
            raise ContentError(problems)

    def suspects(self, site: Path) -> set[str] | None:
        """The pages whose links have to be looked at; None when it is all of them."""
        before, now = _site(self.before.docs, self.before.html), _site(self.docs.stamps, self.html.stamps)
        if not self.stays or not shows(self.report.site, _inodes(before)):
            return None
        changed = {name for name in now if name.endswith(".html") and now[name] != before.get(name)}
        return suspects(site, self.report.site, changed, before.keys() - now.keys())

    def ledger(self) -> Ledger:
        """What this build leaves."""
        return Ledger(
            inputs=self.names.everything,
            engine=self.names.html,
            batches=self.made,
            docs=self.docs.stamps,
            html=self.html.stamps,
            warnings=tuple(self.report.warnings),
        )


def _site(docs: Mapping[str, Value], html: Mapping[str, Value]) -> dict[str, Value]:
    """What of both folders stands in the site: what was assembled stands over what the engine made."""
    return {**html, **{name: value for name, value in docs.items() if not name.endswith(".md")}}


def _places(shelf: Shelf) -> dict[str, str]:
    return {name: f"{shelf.folder}/{name}" for name in shelf.stamps}


def _inodes(stamps: Mapping[str, Stamp]) -> dict[str, int]:
    return {name: stamp.inode for name, stamp in stamps.items()}


def _pages(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.endswith(".md"))


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise WorldError(
            f"the disk refuses: {(error.strerror or str(error)).lower()}{where}; the site is as it was"
        ) from None
