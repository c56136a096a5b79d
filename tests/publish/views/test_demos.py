"""Demos as templates see them: what they need, how they start, and what their runs measured."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from editions import FILES, small_edition, write_results

from digest.library.demos import read_demo
from digest.publish.edition import Edition
from digest.publish.views.demos import (
    CheckView,
    CommandView,
    ControlView,
    DemoView,
    MetricView,
    RunView,
    demo_view,
)
from digest.publish.views.figures import FigureView, safe
from digest.publish.views.references import entry_ref


def view(edition: Edition) -> DemoView:
    return demo_view(edition, edition.library.demos["coin"], "../../")


def with_results(root: Path, *results: dict[str, Any]) -> Edition:
    """The newsletter whose demo has these results instead."""
    edition = small_edition(root)
    (root / "demos/coin/results/laptop.json").unlink()
    for changes in results:
        write_results(root, "2026-11-24T08:00:00+00:00", name=changes["name"])
        file = root / f"demos/coin/results/{changes['name']}.json"
        written = json.loads(file.read_text()) | {key: value for key, value in changes.items() if key != "name"}
        file.write_text(json.dumps(written))
    demo, problems = read_demo(root, "coin")
    assert demo, problems
    assert not problems, problems
    library = edition.library
    object.__setattr__(library, "demos", {"coin": demo})
    return edition


def test_a_demo_has_its_words_its_place_and_its_entries(edition: Edition) -> None:
    demo = view(edition)
    assert (demo.name, demo.title, demo.summary, demo.address, demo.license) == (
        "coin",
        "Coin",
        "Toss a coin.",
        "demos/#coin",
        "Apache-2.0",
    )
    assert demo.entries == (entry_ref(edition, edition.library.entries["papers/dino"]),)


@pytest.mark.parametrize(("gpu", "text"), [("none", "CPU"), ("optional", "CPU or GPU"), ("required", "GPU")])
def test_a_demo_says_what_it_needs(tmp_path: Path, gpu: str, text: str) -> None:
    manifest = FILES["demos/coin/demo.toml"].replace('gpu = "none"', f'gpu = "{gpu}"')
    edition = small_edition(tmp_path, {"demos/coin/demo.toml": manifest})
    assert view(edition).needs == (text, "50 MB disk", "30 min at most")


def test_a_demo_starts_from_a_clone_and_without_one(edition: Edition) -> None:
    assert view(edition).commands == (
        CommandView("From a clone", "digest demo run coin"),
        CommandView("Without one", 'pip install "git+https://github.com/news/ml#subdirectory=demos/coin"\ncoin toss'),
    )


def test_an_entry_that_is_not_published_is_not_named(tmp_path: Path) -> None:
    edition = small_edition(tmp_path)
    object.__setattr__(edition.library, "entries", {})
    assert view(edition).entries == ()


def test_a_demo_that_was_not_run_says_so(tmp_path: Path) -> None:
    demo = view(with_results(tmp_path))
    assert (demo.status, demo.status_text, demo.runs) == ("not-run", "not run yet", ())


def test_a_demo_that_passed_says_when(edition: Edition) -> None:
    assert (view(edition).status, view(edition).status_text) == ("passed", "passed 24 Nov 2026")


def test_a_demo_that_failed_says_when(tmp_path: Path) -> None:
    check = {"name": "tests", "passed": False, "seconds": 3, "command": "pytest"}
    demo = view(with_results(tmp_path, {"name": "laptop", "checks": [check]}))
    assert (demo.status, demo.status_text) == ("failed", "failed 24 Nov 2026")


def test_a_demo_whose_source_changed_says_since_when(tmp_path: Path) -> None:
    demo = view(with_results(tmp_path, {"name": "laptop", "source": f"sha256:{'0' * 64}"}))
    assert (demo.status, demo.status_text) == ("changed", "changed since 24 Nov 2026")
    assert demo.runs[0].changed


def test_the_day_is_that_of_the_newest_run_of_the_present_source(tmp_path: Path) -> None:
    edition = with_results(
        tmp_path,
        {"name": "a", "date": "2026-10-01T08:00:00+00:00"},
        {"name": "b", "date": "2026-10-03T08:00:00+00:00"},
        {"name": "c", "date": "2026-12-24T08:00:00+00:00", "source": f"sha256:{'0' * 64}"},
    )
    assert view(edition).status_text == "passed 3 Oct 2026"


def test_a_run_says_where_when_how_long_and_of_what(edition: Edition) -> None:
    (run,) = view(edition).runs
    assert run == RunView(
        name="laptop",
        date=date(2026, 11, 24),
        duration="12 s",
        hardware="2 cores of AMD EPYC, 8 GB",
        python="3.11.7",
        commit="aaaaaaa",
        version="0.1.0",
        changed=False,
        checks=(CheckView("tests", True, "3 s", "pytest"),),
        metrics=(MetricView("heads", "0.5", "0.4–0.6", "share", "", "", "", None, "coin toss", ()),),
        figures=(),
        control_names=(),
    )


@pytest.mark.parametrize(
    ("commit", "text"), [("0123456789" * 4, "0123456"), (f"{'b' * 40}-dirty", "bbbbbbb-dirty"), (None, "")]
)
def test_a_commit_is_seven_letters_and_says_whether_the_tree_held_more(
    tmp_path: Path, commit: str | None, text: str
) -> None:
    assert view(with_results(tmp_path, {"name": "laptop", "commit": commit})).runs[0].commit == text


def test_a_metric_stands_beside_the_paper_s_own_and_its_controls(tmp_path: Path) -> None:
    controls = [{"name": "untrained", "value": 12.5}, {"name": "random", "value": 0.1}]
    metrics = [
        {
            "name": "k-NN",
            "value": 78.31,
            "interval": [-1, 79],
            "unit": "%",
            "claim": "It is near the paper's.",
            "held": False,
            "paper": {"value": 78.3, "where": "Table 2"},
            "command": "dino knn",
            "controls": controls,
        },
        {"name": "linear", "value": 2500, "command": "dino linear", "controls": controls[1:]},
    ]
    (run,) = view(with_results(tmp_path, {"name": "h100", "metrics": metrics})).runs
    assert run.metrics == (
        MetricView(
            name="k-NN",
            value="78.31",
            interval="-1 to 79",
            unit="%",
            paper="78.3",
            paper_where="Table 2",
            claim="It is near the paper's.",
            held=False,
            command="dino knn",
            controls=(ControlView("untrained", "12.5"), ControlView("random", "0.1")),
        ),
        MetricView("linear", "2,500", "", "", "", "", "", None, "dino linear", (ControlView("random", "0.1"),)),
    )
    assert run.control_names == ("untrained", "random")


def test_a_figure_of_a_run_is_credited_to_the_demo(tmp_path: Path) -> None:
    small_edition(tmp_path)
    results = json.loads((tmp_path / "demos/coin/results/laptop.json").read_text())
    figure = {"file": "figures/loss.svg", "caption": "See [us](about.md).", "alt": "A line", "license": "CC-BY-4.0"}
    files = {
        "demos/coin/results/laptop.json": json.dumps(results | {"figures": [figure]}),
        "demos/coin/results/figures/loss.svg": FILES["site/figures/loss.svg"],
    }
    (run,) = view(small_edition(tmp_path, files)).runs
    assert run.figures == (
        FigureView(
            src="demos/coin/figures/loss.svg",
            dark_src="",
            width=600,
            height=200,
            alt="A line",
            caption=safe('See <a href="../../about/">us</a>.'),
            credit="Drawn by the demo coin",
            source="",
            license="CC-BY-4.0",
            license_name="CC BY 4.0",
            license_url="https://creativecommons.org/licenses/by/4.0/",
        ),
    )
