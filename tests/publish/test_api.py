import json
from dataclasses import replace
from pathlib import Path

from editions import of_each, small_edition, write_results

from digest.library.reading import read_library
from digest.publish.answers import CourseAnswer, IndexAnswer, IssueAnswer, PaperAnswer, ProjectAnswer
from digest.publish.api import api, entry_answer, index_answer
from digest.publish.edition import Edition
from digest.publish.source import entry_markdown, issue_source

SITE = "https://news.example.org/ml/"


def test_there_is_an_index_and_a_file_for_each_issue_and_entry(edition: Edition, golden):
    files = of_each(edition, api) | api(edition, None)
    assert files.keys() == {
        "api/v1/index.json",
        *("api/v1/issues/2021-05-14.json", "api/v1/issues/2021-05-21.json", "api/v1/papers/dino.json"),
        *("api/v1/papers/vit.json", "api/v1/courses/mlops.json", "api/v1/projects/opyrator.json"),
    }
    golden("api.index.json", files["api/v1/index.json"])
    golden("api.dino.json", files["api/v1/papers/dino.json"])
    golden("api.mlops.json", files["api/v1/courses/mlops.json"])
    golden("api.opyrator.json", files["api/v1/projects/opyrator.json"])
    golden("api.issue.json", files["api/v1/issues/2021-05-14.json"])


def test_every_file_is_what_its_model_says(edition: Edition):
    files = of_each(edition, api) | api(edition, None)
    for name, model in (
        ("index", IndexAnswer),
        ("issues/2021-05-14", IssueAnswer),
        ("papers/dino", PaperAnswer),
        ("courses/mlops", CourseAnswer),
        ("projects/opyrator", ProjectAnswer),
    ):
        data = files[f"api/v1/{name}.json"]
        assert data.endswith(b"}\n")
        answer = model.model_validate_json(data)
        assert list(json.loads(data)) == list(model.model_fields)
        assert f"{answer.model_dump_json(indent=2)}\n".encode() == data


def test_the_index_leads_to_every_file(edition: Edition):
    index = index_answer(edition)
    assert (index.name, index.url, index.license) == ("This Week in Machine Learning", SITE, "CC-BY-4.0")
    addresses = {reference.api.removeprefix(SITE) for reference in (*index.issues, *index.entries)}
    assert addresses | {"api/v1/index.json"} == (of_each(edition, api) | api(edition, None)).keys()
    assert [reference.date.isoformat() for reference in index.issues] == ["2021-05-21", "2021-05-14"]
    assert [reference.kind for reference in index.entries] == ["paper", "course", "paper", "project"]
    assert (index.feeds[1].rss, index.feeds[1].atom) == (f"{SITE}papers/feed.xml", f"{SITE}papers/atom.xml")
    assert index.feeds[1].json_feed == f"{SITE}papers/feed.json"


def test_a_paper_is_there_with_words_figures_links_and_mentions(edition: Edition):
    entry = edition.library.entries["papers/dino"]
    answer = entry_answer(edition, entry)
    assert isinstance(answer, PaperAnswer)
    assert list(answer.links) == ["paper", "github"]
    assert (answer.links["github"].text, answer.links["github"].note, answer.links["paper"].note) == (
        "Code",
        "archived",
        None,
    )
    loss, patches = answer.figures
    assert (loss.url, loss.dark_url) == (f"{SITE}figures/loss.svg", f"{SITE}figures/loss-dark.svg")
    assert (patches.id, patches.dark_url, patches.width, patches.height) == ("patches", None, 400, 300)
    assert loss.caption == f"The loss, see [about]({SITE}about/)."
    assert answer.markdown == entry_markdown(edition, entry)
    assert '<h2 id="what-it-is">What it is</h2>' in answer.html
    assert f'<img src="{SITE}figures/patches.svg"' in answer.html
    assert f'href="{SITE}papers/dino/#why-it-matters"' in answer.html
    assert [issue.id for issue in answer.issues] == ["issues/2021-05-21", "issues/2021-05-14"]
    assert (answer.added.isoformat(), answer.updated.isoformat()) == ("2021-05-14", "2021-05-20")
    assert (answer.arxiv, answer.venue, answer.authors[3]) == ("2104.14294", "ICCV 2021", "Hervé Jégou")


def test_a_demo_says_what_each_of_its_runs_measured(edition: Edition):
    answer = entry_answer(edition, edition.library.entries["papers/dino"])
    assert isinstance(answer, PaperAnswer)
    demo = answer.demo
    assert demo
    assert (demo.name, demo.status, demo.command, demo.url) == (
        "coin",
        "passed",
        "digest demo run coin",
        f"{SITE}demos/#coin",
    )
    (run,) = demo.runs
    assert (run.name, run.date, run.current, run.commit) == ("laptop", "2026-11-24T08:00:00+00:00", True, "a" * 40)
    assert (run.hardware, run.python, run.seconds) == ("2 cores of AMD EPYC, 8 GB", "3.11.7", 12.5)
    assert [(metric.name, metric.value, metric.interval) for metric in run.metrics] == [("heads", 0.5, (0.4, 0.6))]
    assert [(check.name, check.passed) for check in run.checks] == [("tests", True)]


def test_a_run_of_an_older_source_is_not_current(tmp_path: Path):
    edition = small_edition(tmp_path)
    write_results(tmp_path, "2026-11-24T08:00:00+00:00", source=f"sha256:{'0' * 64}")
    edition = Edition(read_library(tmp_path)[0], edition.newsletter, edition.templates)
    answer = entry_answer(edition, edition.library.entries["papers/dino"])
    assert isinstance(answer, PaperAnswer)
    assert answer.demo
    assert (answer.demo.status, answer.demo.runs[0].current) == ("changed", False)


def test_an_entry_without_a_demo_says_so(edition: Edition):
    vit, opyrator = (
        entry_answer(edition, edition.library.entries[name]) for name in ("papers/vit", "projects/opyrator")
    )
    assert isinstance(vit, PaperAnswer)
    assert isinstance(opyrator, ProjectAnswer)
    assert (vit.demo, opyrator.demo) == (None, None)
    assert (opyrator.license, opyrator.project_license) == ("CC-BY-4.0", "MIT")


def test_an_issue_is_there_with_its_words_and_entries(edition: Edition):
    answer = IssueAnswer.model_validate_json(of_each(edition, api)["api/v1/issues/2021-05-14.json"])
    assert (answer.number, answer.author, answer.updated.isoformat()) == (1, "Philips Kokoh Prasetyo", "2021-06-01")
    assert answer.markdown == issue_source(edition, edition.issues[-1])
    assert answer.html.startswith("<p>Hello!")
    assert [entry.id for entry in answer.entries] == ["papers/dino", "courses/mlops", "projects/opyrator"]
    nobody = edition.issues[0].model_copy(update={"author": "nobody"})
    orphan = Edition(replace(edition.library, issues=(nobody,)), edition.newsletter, edition.templates)
    files = api(orphan, nobody)
    found = IssueAnswer.model_validate_json(files["api/v1/issues/2021-05-21.json"])
    assert (found.author, found.updated.isoformat()) == ("This Week in Machine Learning", "2021-05-21")
