"""Building: from a project's folder to `build/site`, which is replaced whole or not at all."""

import os
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
from digest.publish.engines import DOCS, ENGINES, THEME, Engine, Workplace, configuration
from digest.publish.links import check_site
from digest.publish.templates import Templates, project_templates


@dataclass
class Report:
    """What a build did: the seconds of each part, the pages it made, and what the engine warned of."""

    site: Path
    seconds: dict[str, float] = field(default_factory=dict)
    pages: int = 0
    warnings: list[str] = field(default_factory=list)

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
    problems = [*problems, *library_problems, *templates.check_theme()]
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
    engine: str = "mkdocs",
    strict: bool = False,
    step: Callable[[str], None] = lambda _: None,
) -> Report:
    """Builds the project at `root` into `root/build/site`, calling `step` with the name of each part as it begins.

    Raises ContentError when the content or the finished site has mistakes (with `strict`, also when the engine warns),
    and WorldError when the disk or the engine fails. Either way the site that stood before stands still.
    """
    report = Report(root / "build" / "site")
    with report.part("read"):
        step("reading")
        edition = read_edition(root, drafts=drafts)
    with _disk_errors():
        return _build(root, edition, ENGINES[engine], report, strict, step)


def _build(
    root: Path, edition: Edition, engine: Engine, report: Report, strict: bool, step: Callable[[str], None]
) -> Report:
    workplace = Workplace(root / "build", root / "build" / ".sites" / f"{os.getpid()}-{time.time_ns()}")
    try:
        with report.part("assemble"):
            step("assembling")
            made = assemble(edition)
            write_docs(workplace, edition, made)
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
        report.pages = sum(1 for name in made if name.endswith(".md"))
        swap(workplace.site, report.site)
    finally:
        if report.site.resolve() != workplace.site.resolve():
            shutil.rmtree(workplace.site, ignore_errors=True)
    return report


def write_docs(workplace: Workplace, edition: Edition, made: Mapping[str, bytes]) -> None:
    """Brings `build/docs` and `build/theme` to what they should hold, writing only what changed."""
    docs = dict(made)
    for name, file in copied(edition).items():
        docs[name] = file.read_bytes()
    theme = {name: file.read_bytes() for name, file in edition.templates.theme().items()}
    mirror(workplace.build / DOCS, docs)
    mirror(workplace.build / THEME, theme)
    site = workplace.site.relative_to(workplace.build).as_posix()
    workplace.configuration.write_text(configuration("../mkdocs.yml", site), encoding="utf-8")


def mirror(folder: Path, files: Mapping[str, bytes]) -> None:
    """Makes `folder` hold `files` and nothing else; a file whose bytes are right is left alone."""
    for present in sorted(folder.rglob("*"), reverse=True) if folder.is_dir() else []:
        if present.is_dir() and not present.is_symlink():
            if not any(present.iterdir()):
                present.rmdir()
        elif present.relative_to(folder).as_posix() not in files:
            present.unlink()
    for name, data in files.items():
        file = folder / name
        if file.is_file() and file.read_bytes() == data:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def overlay(workplace: Workplace, made: Mapping[str, bytes]) -> None:
    """Puts our own files over those an engine made under the same name, such as its sitemap."""
    for name, data in made.items():
        if not name.endswith(".md"):
            file = workplace.site / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


def swap(new: Path, site: Path) -> None:
    """Makes `site` show the folder `new`, in one step, and removes what it showed before.

    A rename cannot replace a folder that is not empty, but it can replace a symbolic link to one.
    """
    old = site.resolve() if site.is_symlink() else None
    if site.is_dir() and not site.is_symlink():
        shutil.rmtree(site)
    link = site.with_name(f".{site.name}-{os.getpid()}")
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(new, site.parent), target_is_directory=True)
    link.replace(site)
    if old and old != new.resolve() and old.parent == new.parent.resolve():
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise WorldError(
            f"the disk refuses: {(error.strerror or str(error)).lower()}{where}; the site is as it was"
        ) from None
