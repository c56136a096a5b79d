"""The commands. Each reads, calls a room, and reports; exit status 0 done, 1 content, 2 command line, 3 the world.

Rooms that only one command enters are imported there: to build is to start often, and need not wait for the web's.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from digest import __version__
from digest.library.problems import CommandError, ContentError, Problem, WorldError
from digest.library.published import PUBLISHED
from digest.library.scaffold import new_newsletter
from digest.library.schema import schemas
from digest.publish import build as publish
from digest.publish.edition import Edition
from digest.publish.engines import ENGINES
from digest.publish.links import check_site
from digest.publish.published import check_published, record_published
from digest.publish.templates import packaged_folder

app = typer.Typer(
    name="digest",
    help="From curated entries to a published site. Start with `digest init DIR`, or `digest build` in a newsletter.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
demo_app = typer.Typer(help="The runnable demos of this newsletter.", no_args_is_help=True, rich_markup_mode="markdown")
app.add_typer(demo_app, name="demo")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script instead of a table for a person.")]
Drafts = Annotated[bool, typer.Option("--drafts", help="Include draft issues.")]


def main() -> None:
    """Runs the command line, with every error as one clear sentence and its exit status."""
    try:
        app(prog_name="digest")
    except ContentError as error:
        _report(error.problems)
        sys.exit(1)
    except CommandError as error:
        _say(f"digest: {error}")
        sys.exit(2)
    except WorldError as error:
        _say(f"digest: {error}")
        sys.exit(3)
    except SystemExit as end:
        if _was_interrupted(end):
            _say("digest: stopped; nothing is half-written")
        raise


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    if version:
        print(f"digest {__version__}")
        raise typer.Exit


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new folder; one that is there must be empty.")],
    name: Annotated[str | None, typer.Option(help="What the newsletter is called; by default what DIR is.")] = None,
) -> None:
    """A newsletter of your own in DIR, ready to build.

    Example: `digest init my-letter --name "My Letter" && cd my-letter && digest build`
    """
    made = new_newsletter(folder, name, packaged_folder(), date.today())
    _say(f"{made} is ready: cd {folder} && digest build")


@app.command()
def check(
    as_json: Json = False,
    annotate: Annotated[
        bool, typer.Option("--annotate", help="Print problems the way CI systems show them beside the changed lines.")
    ] = False,
    online: Annotated[
        bool, typer.Option("--online", help="Ask every outside link too; what it answers is kept for a week.")
    ] = False,
    record: Annotated[bool, typer.Option("--record", help="When all is well, renew the list published.txt.")] = False,
) -> None:
    """Everything that would embarrass you, before it is published: each mistake with its place and its mend.

    So is an address of published.txt that would be lost, and in the built site, when there is one, a broken link.

    Example: `digest check --json`
    """
    root = Path.cwd()
    library, newsletter, templates, problems = publish.read_project(root)
    edition = Edition(library.published(), newsletter, templates) if newsletter and not problems else None
    if edition:
        problems += check_published(root, edition, library)
        problems += check_site(root / "build" / "site", edition.newsletter.address)
    if newsletter and online:
        from digest.curate.links import check_links

        with _progress() as step:
            outside = check_links(root, library, newsletter, step)
        problems += outside.problems
        _warn(outside.warnings, annotate=annotate)
    problems = sorted(set(problems))
    if record and edition and not problems:
        record_published(root, edition)
        _say(f"recorded every address in {PUBLISHED}")
    if as_json:
        print(json.dumps([asdict(problem) for problem in problems], indent=2, ensure_ascii=False))
    elif annotate:
        for problem in problems:
            print(_annotation(problem))
    elif problems:
        _report(problems)
    else:
        _say("nothing to mend")
    if problems:
        raise typer.Exit(1)


@app.command()
def build(
    engine: Annotated[
        str | None, typer.Option(help=f"What makes the HTML: {', '.join(ENGINES)}; by default what mkdocs.yml says.")
    ] = None,
    drafts: Drafts = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail when the engine warns of anything.")] = False,
    timings: Annotated[bool, typer.Option("--timings", help="Say how long each part took.")] = False,
    as_json: Json = False,
) -> None:
    """The site, from site/, demos/ and templates/ into build/site.

    Example: `digest build --timings`
    """
    if engine is not None and engine not in ENGINES:
        raise CommandError(f"there is no engine '{engine}'; known are {', '.join(ENGINES)}")
    console = Console(stderr=True)
    with console.status("building") as status:
        report = publish.build(Path.cwd(), drafts=drafts, engine=engine, strict=strict, step=status.update)
    if as_json:
        site = report.site.relative_to(Path.cwd()).as_posix()
        print(json.dumps(asdict(report) | {"site": site}, indent=2))
        return
    for warning in report.warnings:
        _say(f"{report.engine}: {warning}")
    if timings:
        for part, seconds in report.seconds.items():
            print(f"{part:>10}  {seconds:6.2f} s")
    print(f"{report.pages} pages in {report.site.relative_to(Path.cwd())}, {sum(report.seconds.values()):.1f} s")


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8000,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    drafts: Annotated[bool, typer.Option("--drafts/--no-drafts", help="Include draft issues.")] = True,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the site in your browser.")] = False,
) -> None:
    """A preview of the site, built again at every save.

    Example: `digest serve --port 8001 --open`
    """
    from digest.publish.serve import serve as serve_site

    serve_site(Path.cwd(), host, port, drafts=drafts, say=_say, open_browser=open_browser)


@app.command()
def schema(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write them.")] = Path("build/schema"),
) -> None:
    """JSON Schemas of entries, issues and authors, for an editor's YAML support.

    Example: `digest schema build/schema`
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in schemas().items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise WorldError(f"{folder} cannot be written ({(error.strerror or str(error)).lower()})") from None
    print(f"{len(schemas())} schemas in {folder}")


@demo_app.command("list")
def demo_list(as_json: Json = False) -> None:
    """Every demo, and what its last run says.

    Example: `digest demo list --json`
    """
    from digest.demos import commands as demos

    rows, problems = demos.list_demos(Path.cwd())
    if as_json:
        print(json.dumps([_plain(asdict(row)) for row in rows], indent=2, ensure_ascii=False))
    else:
        table = Table(box=None, pad_edge=False)
        for heading in ("demo", "title", "status", "last run"):
            table.add_column(heading)
        for row in rows:
            last = row.last_run.date().isoformat() if row.last_run else "never"
            table.add_row(escape(row.name), escape(row.title), row.status, last)
        Console().print(table if rows else "no demos yet; `digest demo new NAME` makes one", highlight=False)
    if problems:
        raise ContentError(problems)


@demo_app.command("run", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def demo_run(
    name: Annotated[str, typer.Argument(help="The folder in demos/.")],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND] [ARGS]…", help="A command of its demo.toml.")
    ] = None,
) -> None:
    """Start a demo in an environment of its own; the first command of its demo.toml is the default.

    Example: `digest demo run dino train --help`
    """
    from digest.demos import commands as demos

    raise typer.Exit(demos.run_demo(Path.cwd(), name, words or []))


@demo_app.command("test")
def demo_test(name: Annotated[str, typer.Argument(help="The folder in demos/.")]) -> None:
    """Run a demo's tests, measure its results, and write them for its page.

    Example: `digest demo test dino`
    """
    from digest.demos import commands as demos

    demos.test_demo(Path.cwd(), name)


@demo_app.command("new")
def demo_new(
    name: Annotated[str, typer.Argument(help="Small letters, digits and hyphens.")],
    license_id: Annotated[str, typer.Option("--license", help="The licence of its code.")] = "Apache-2.0",
) -> None:
    """A small demo that passes its test at once, to make your own of.

    Example: `digest demo new my-demo && digest demo test my-demo`
    """
    from digest.demos import commands as demos

    made = demos.new_demo(Path.cwd(), name, packaged_folder(), license_id)
    _say(f"{made.relative_to(Path.cwd())} is ready: digest demo test {name}")


def _was_interrupted(end: BaseException | None) -> bool:
    """Whether Ctrl-C is what `end` came of: Typer makes a silent exit of it."""
    while end and not isinstance(end, KeyboardInterrupt):
        end = end.__cause__ or end.__context__
    return end is not None


def _report(problems: tuple[Problem, ...] | list[Problem]) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)
    _say(f"{len(problems)} to mend")


def _warn(warnings: list[Problem], *, annotate: bool) -> None:
    """Says what need not be mended: as CI systems show it, or else on standard error, whatever a script reads."""
    for warning in warnings:
        if annotate:
            print(_annotation(warning, "warning"))
        else:
            _say(str(replace(warning, what=f"warning: {warning.what}")))


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Shows the last step, in a terminal, of what takes more than a second."""
    status = Console(stderr=True).status("")
    begun = time.monotonic()

    def step(text: str) -> None:
        status.update(text)
        if time.monotonic() - begun > 1:
            status.start()

    try:
        yield step
    finally:
        status.stop()


def _annotation(problem: Problem, level: str = "error") -> str:
    message = f"{problem.what}; {problem.mend}".replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{level} file={problem.path},line={problem.line},col={problem.column}::{message}"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row.items()}


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
