"""Demos as templates see them: what they need, how they start, and what their runs measured."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from digest.library.demos import Demo, format_limit
from digest.library.results import Figure, Metric, Results
from digest.publish.edition import Edition
from digest.publish.quantities import duration, number, short_day, span
from digest.publish.views.figures import FigureView, license_name, license_url, line_markup
from digest.publish.views.references import EntryRef, entry_ref

GPU = {"none": "CPU", "optional": "CPU or GPU", "required": "GPU"}


@dataclass(frozen=True)
class CommandView:
    label: str
    text: str


@dataclass(frozen=True)
class CheckView:
    name: str
    passed: bool
    seconds: str
    command: str


@dataclass(frozen=True)
class ControlView:
    name: str
    value: str


@dataclass(frozen=True)
class MetricView:
    name: str
    value: str
    interval: str
    unit: str
    paper: str
    paper_where: str
    claim: str
    held: bool | None
    command: str
    controls: tuple[ControlView, ...]


@dataclass(frozen=True)
class RunView:
    name: str
    date: date
    duration: str
    hardware: str
    python: str
    commit: str
    version: str
    changed: bool
    checks: tuple[CheckView, ...]
    metrics: tuple[MetricView, ...]
    figures: tuple[FigureView, ...]
    control_names: tuple[str, ...]


@dataclass(frozen=True)
class DemoView:
    name: str
    title: str
    summary: str
    address: str
    entries: tuple[EntryRef, ...]
    needs: tuple[str, ...]
    license: str
    status: Literal["passed", "failed", "changed", "not-run"]
    status_text: str
    commands: tuple[CommandView, ...]
    runs: tuple[RunView, ...]


def demo_view(edition: Edition, demo: Demo, base: str) -> DemoView:
    """A demo with what it needs, how it starts and what its runs measured, for a page with its root at `base`."""
    manifest = demo.manifest
    entries = (edition.library.entries.get(name) for name in manifest.entries)
    return DemoView(
        name=demo.name,
        title=manifest.title,
        summary=manifest.summary,
        address=f"demos/#{demo.name}",
        entries=tuple(entry_ref(edition, entry) for entry in entries if entry),
        needs=(GPU[manifest.gpu], f"{manifest.disk} disk", f"{format_limit(manifest.verify.limit)} at most"),
        license=manifest.license,
        status=demo.status,
        status_text=_status_text(demo),
        commands=_commands(edition, demo),
        runs=tuple(_run_view(edition, demo, results, base) for results in demo.results),
    )


def _status_text(demo: Demo) -> str:
    if not demo.last_run:
        return "not run yet"
    current = [results.date for results in demo.results if demo.is_current(results)]
    words = "changed since" if demo.status == "changed" else demo.status
    return f"{words} {short_day(max(current, default=demo.last_run.date))}"


def _commands(edition: Edition, demo: Demo) -> tuple[CommandView, ...]:
    first = next(iter(demo.manifest.commands.values()))
    package = f"git+{edition.newsletter.repository}#subdirectory={demo.folder}"
    return (
        CommandView("From a clone", f"digest demo run {demo.name}"),
        CommandView("Without one", f'pip install "{package}"\n{first}'),
    )


def _run_view(edition: Edition, demo: Demo, results: Results, base: str) -> RunView:
    controls = dict.fromkeys(control.name for metric in results.metrics for control in metric.controls)
    return RunView(
        name=results.name,
        date=results.date.date(),
        duration=duration(results.seconds),
        hardware=results.hardware.summary,
        python=results.python,
        commit=_short_commit(results.commit or ""),
        version=results.version,
        changed=not demo.is_current(results),
        checks=tuple(
            CheckView(check.name, check.passed, duration(check.seconds), check.command) for check in results.checks
        ),
        metrics=tuple(_metric_view(metric) for metric in results.metrics),
        figures=tuple(_figure_view(edition, demo, figure, base) for figure in results.figures),
        control_names=tuple(controls),
    )


def _short_commit(commit: str) -> str:
    """The first of a commit's letters, and whether the tree held more than it: "1a2b3c4", "1a2b3c4-dirty"."""
    whole, _, dirty = commit.partition("-")
    return f"{whole[:7]}-{dirty}" if dirty else whole[:7]


def _metric_view(metric: Metric) -> MetricView:
    return MetricView(
        name=metric.name,
        value=number(metric.value),
        interval=span(*metric.interval) if metric.interval else "",
        unit=metric.unit,
        paper=number(metric.paper.value) if metric.paper else "",
        paper_where=metric.paper.where if metric.paper else "",
        claim=metric.claim or "",
        held=metric.held,
        command=metric.command,
        controls=tuple(ControlView(control.name, number(control.value)) for control in metric.controls),
    )


def _figure_view(edition: Edition, demo: Demo, figure: Figure, base: str) -> FigureView:
    address = f"{demo.folder}/{figure.file}"
    file = edition.library.demo_figures[address]
    return FigureView(
        src=address,
        dark_src="",
        width=file.width,
        height=file.height,
        alt=figure.alt,
        caption=line_markup(figure.caption, base),
        credit=f"Drawn by the demo {demo.name}",
        source="",
        license=figure.license,
        license_name=license_name(figure.license),
        license_url=license_url(figure.license),
    )
