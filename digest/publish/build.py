"""Building: from a project's folder to `build/site`, which is replaced whole or not at all."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from digest.library.checking import check_library
from digest.library.newsletter import Newsletter, read_newsletter
from digest.library.problems import ContentError, Problem, WorldError
from digest.library.reading import Library, read_library
from digest.publish.assemble import assemble, copied
from digest.publish.edition import Edition
from digest.publish.engines import DOCS, ENGINES, Engine, Workplace, configuration, handed_on
from digest.publish.folders import alone, mirror, put, standby, swap
from digest.publish.keeping import kept_cards
from digest.publish.links import check_site
from digest.publish.pages import taken_addresses
from digest.publish.templates import Templates, project_templates
from digest.publish.theme import check_theme

CARDS = ".cards"
"""Inside `build/`: the share cards that were drawn before."""


@dataclass
class Report:
    """What a build did: the seconds of each part, the pages it made, which engine made them, its warnings."""

    site: Path
    seconds: dict[str, float] = field(default_factory=dict)
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
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun


def read_project(root: Path) -> tuple[Library, Newsletter | None, Templates, list[Problem]]:
    """The project at `root` and every mistake in its content."""
    newsletter, problems = read_newsletter(root)
    library, library_problems = read_library(root)
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
    step: Callable[[str], None] = lambda _: None,
) -> Report:
    """Builds the project at `root` into `root/build/site`, calling `step` with the name of each part as it begins.

    Where no `engine` is named, it is the project's.

    Raises ContentError when the content or the finished site has mistakes (with `strict`, also when the engine warns),
    and WorldError when the disk or the engine fails. Either way the site that stood before stands still. While another
    build is at work there, this one waits.
    """
    report = Report(root / "build" / "site")
    with _disk_errors():
        with report.part("read"):
            step("reading")
            edition = read_edition(root, drafts=drafts)
        report.engine = engine or edition.newsletter.settings.engine
        with alone(root / "build", lambda: step("waiting for another build")):
            workplace = Workplace(root / "build", standby(root / "build"))
            try:
                _make(workplace, edition, ENGINES[report.engine], report, strict, step)
            except BaseException:
                shutil.rmtree(workplace.site, ignore_errors=True)
                raise
            swap(workplace.site, report.site)
    return report


def _make(
    workplace: Workplace, edition: Edition, engine: Engine, report: Report, strict: bool, step: Callable[[str], None]
) -> None:
    with report.part("assemble"):
        step("assembling")
        made: dict[str, bytes | Path] = {**copied(edition), **assemble(edition)}
    with report.part("cards"):
        step("drawing cards")
        made |= kept_cards(edition, workplace.build / CARDS)
    with report.part("write"):
        step("writing")
        write_docs(workplace, edition, made)
    report.pages = sum(1 for name in made if name.endswith(".md"))
    with report.part("engine"):
        step("making HTML")
        report.warnings = engine(workplace)
    with report.part("check"):
        step("checking links")
        overlay(workplace, made)
        problems = check_site(workplace.site, edition.newsletter.address)
        if strict:
            mend = "mend what it names, or build without --strict"
            problems += [Problem("mkdocs.yml", 1, 1, f"the engine warns: {text}", mend) for text in report.warnings]
        if problems:
            raise ContentError(problems)


def write_docs(workplace: Workplace, edition: Edition, made: Mapping[str, bytes | Path]) -> None:
    """Brings `build/docs` and `build/theme` to what they should hold, writing only what changed."""
    mirror(workplace.build / DOCS, made)
    mirror(workplace.theme, edition.templates.theme())
    site = workplace.site.relative_to(workplace.build).as_posix()
    put(workplace.configuration, configuration("../mkdocs.yml", site).encode())


def overlay(workplace: Workplace, made: Mapping[str, bytes | Path]) -> None:
    """Puts what is no page into the site, over what an engine made under the same name, such as its sitemap."""
    for name, content in made.items():
        if not name.endswith(".md"):
            put(workplace.site / name, content)


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise WorldError(
            f"the disk refuses: {(error.strerror or str(error)).lower()}{where}; the site is as it was"
        ) from None
