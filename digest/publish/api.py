"""The site as data: JSON files under `api/v1/`, for programs that want what the pages say."""

from digest.library.demos import Demo
from digest.library.models import AnyEntry, Course, Issue, Paper
from digest.library.results import Results
from digest.publish.addresses import absolute
from digest.publish.answers import (
    Answer,
    CourseAnswer,
    DemoAnswer,
    EntryAnswer,
    FeedAnswer,
    FigureAnswer,
    IndexAnswer,
    IssueAnswer,
    LinkAnswer,
    PaperAnswer,
    ProjectAnswer,
    Reference,
    RunAnswer,
)
from digest.publish.edition import Edition
from digest.publish.feeds import feed_groups
from digest.publish.fulltext import body_html, entry_demo, issue_author, issue_html
from digest.publish.source import entry_markdown, freed, issue_source
from digest.publish.views.entries import link_views

BASE = "api/v1/"


def api(edition: Edition, item: AnyEntry | Issue | None) -> dict[str, bytes]:
    """The API's file of an issue or an entry by its address; of None, the index."""
    name = item.id if item else "index"
    return {f"{BASE}{name}.json": f"{_answer(edition, item).model_dump_json(indent=2)}\n".encode()}


def _answer(edition: Edition, item: AnyEntry | Issue | None) -> Answer:
    if item is None:
        return index_answer(edition)
    return issue_answer(edition, item) if isinstance(item, Issue) else entry_answer(edition, item)


def index_answer(edition: Edition) -> IndexAnswer:
    """What `index.json` says."""
    newsletter = edition.newsletter
    site = newsletter.address
    return IndexAnswer(
        name=newsletter.name,
        url=site,
        description=newsletter.description,
        language=newsletter.language,
        license=newsletter.settings.license,
        issues=tuple(_reference(edition, issue) for issue in edition.issues),
        entries=tuple(_reference(edition, entry) for entry in edition.entries()),
        feeds=tuple(
            FeedAnswer(title=group.title, rss=site + group.rss, atom=site + group.atom, json_feed=site + group.json)
            for group in feed_groups(edition)
        ),
    )


def issue_answer(edition: Edition, issue: Issue) -> IssueAnswer:
    """What an issue's file says."""
    author = issue_author(edition, issue)
    return IssueAnswer(
        id=issue.id,
        number=issue.number,
        date=issue.date,
        updated=issue.updated or issue.date,
        title=issue.title,
        takeaway=issue.takeaway,
        author=author.name if author else edition.newsletter.name,
        url=absolute(edition.newsletter.address, issue),
        markdown=issue_source(edition, issue),
        html=issue_html(edition, issue),
        license=edition.newsletter.settings.license,
        entries=tuple(_reference(edition, entry) for entry in edition.entries_of(issue)),
    )


def entry_answer(edition: Edition, entry: AnyEntry) -> EntryAnswer:
    """What an entry's file says."""
    common = _common(edition, entry)
    if isinstance(entry, Paper):
        own = {name: getattr(entry, name) for name in ("authors", "published", "venue", "arxiv", "doi")}
        return PaperAnswer.model_validate(common | own | {"demo": _demo(edition, entry)})
    if isinstance(entry, Course):
        own = {name: getattr(entry, name) for name in ("provider", "instructors", "level", "duration", "price")}
        return CourseAnswer.model_validate(common | own)
    own = {"repository": entry.repository, "project_license": entry.license, "language": entry.language}
    return ProjectAnswer.model_validate(common | own | {"demo": _demo(edition, entry)})


def _common(edition: Edition, entry: AnyEntry) -> dict[str, object]:
    links = link_views(entry)
    return {
        "id": entry.id,
        "kind": entry.kind,
        "title": entry.title,
        "takeaway": entry.takeaway,
        "url": absolute(edition.newsletter.address, entry),
        "added": entry.added,
        "updated": entry.updated or entry.added,
        "tags": entry.tags,
        "links": {link.label: LinkAnswer(text=link.text, url=link.url, note=link.note or None) for link in links},
        "figures": _figures(edition, entry),
        "markdown": entry_markdown(edition, entry),
        "html": body_html(edition, entry),
        "license": edition.newsletter.settings.license,
        "issues": tuple(_reference(edition, issue) for issue in edition.mentions(entry)),
    }


def _reference(edition: Edition, item: AnyEntry | Issue) -> Reference:
    site = edition.newsletter.address
    return Reference(
        id=item.id,
        kind=item.kind,
        title=item.title,
        takeaway=item.takeaway,
        date=item.date if isinstance(item, Issue) else item.added,
        url=absolute(site, item),
        api=absolute(site, f"{BASE}{item.id}.json"),
    )


def _figures(edition: Edition, entry: AnyEntry) -> tuple[FigureAnswer, ...]:
    site = edition.newsletter.address
    answers: list[FigureAnswer] = []
    for name, figure in entry.figures.items():
        file = edition.library.figures[figure.file]
        answer = FigureAnswer(
            id=name,
            url=f"{site}figures/{figure.file}",
            dark_url=f"{site}figures/{figure.dark}" if figure.dark else None,
            width=file.width,
            height=file.height,
            alt=figure.alt,
            caption=freed(figure.caption, "", site, site),
            credit=figure.credit,
            source=figure.source,
            license=figure.license,
        )
        answers.append(answer)
    return tuple(answers)


def _demo(edition: Edition, entry: AnyEntry) -> DemoAnswer | None:
    demo = entry_demo(edition, entry)
    if not demo:
        return None
    return DemoAnswer(
        name=demo.name,
        title=demo.manifest.title,
        summary=demo.manifest.summary,
        status=demo.status,
        command=f"digest demo run {demo.name}",
        url=absolute(edition.newsletter.address, f"demos/#{demo.name}"),
        runs=tuple(_run(demo, results) for results in demo.results),
    )


def _run(demo: Demo, results: Results) -> RunAnswer:
    return RunAnswer(
        name=results.name,
        date=results.date.isoformat(),
        current=demo.is_current(results),
        commit=results.commit,
        hardware=results.hardware.summary,
        python=results.python,
        seconds=results.seconds,
        checks=results.checks,
        metrics=results.metrics,
    )
