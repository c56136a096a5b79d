"""What a run measured: the form of results/*.json, and what is refused."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.library.results import Check, Control, Figure, Hardware, Metric, Paper, Results, parse_json, parse_results

PATH = "demos/coin/results/laptop.json"


def written(**changes: Any) -> dict[str, Any]:
    """The data of a results file that is right, with changes."""
    metric = {"name": "heads", "value": 0.5, "interval": [0.4, 0.6], "unit": "", "command": "coin toss"}
    data = {
        "format": 1,
        "demo": "coin",
        "version": "0.1.0",
        "commit": "a" * 40,
        "source": "sha256:" + "b" * 64,
        "date": "2026-11-24T12:00:00Z",
        "seconds": 1.5,
        "python": "3.11.7",
        "libraries": {"torch": "2.9.1"},
        "hardware": {"machine": "x86_64", "processor": "AMD EPYC", "cores": 2, "memory": 8_200_000_000},
        "checks": [{"name": "tests", "passed": True, "seconds": 1, "command": "pytest -q tests"}],
        "metrics": [metric],
        "figures": [{"file": "figures/a.svg", "caption": "A coin.", "alt": "A coin.", "license": "CC-BY-4.0"}],
    }
    return data | changes


def metric(**changes: Any) -> dict[str, Any]:
    """The changes that give the results one metric, itself with changes."""
    return {"metrics": [{"name": "heads", "value": 0.5, "command": "coin toss"} | changes]}


def faults(data: Any) -> list[str]:
    """What is said of a results file with this data, without its path."""
    results, problems = parse_results(json.dumps(data), PATH)
    assert results is None
    assert all(str(problem).startswith(f"{PATH}:1:1: ") for problem in problems)
    return [f"{problem.what}; {problem.mend}" for problem in problems]


def test_results_are_read():
    results, problems = parse_results(json.dumps(written()), PATH)
    assert problems == []
    assert results == Results(
        name="laptop",
        demo="coin",
        version="0.1.0",
        commit="a" * 40,
        source="sha256:" + "b" * 64,
        date=datetime(2026, 11, 24, 12, tzinfo=UTC),
        seconds=1.5,
        python="3.11.7",
        libraries={"torch": "2.9.1"},
        hardware=Hardware(machine="x86_64", processor="AMD EPYC", cores=2, memory=8_200_000_000),
        checks=(Check(name="tests", passed=True, seconds=1.0, command="pytest -q tests"),),
        metrics=(Metric(name="heads", value=0.5, interval=(0.4, 0.6), command="coin toss"),),
        figures=(Figure(file="figures/a.svg", caption="A coin.", alt="A coin.", license="CC-BY-4.0"),),
    )


def test_a_metric_may_have_a_claim_the_papers_value_and_controls():
    claim = {"claim": "It is fair.", "held": False, "paper": {"value": 0.51, "where": "Table 2"}}
    results, problems = parse_results(
        json.dumps(written(**metric(**claim, controls=[{"name": "a bent coin", "value": 0.9}]))), PATH
    )
    assert results, problems
    assert results.metrics[0].held is False
    assert results.metrics[0].paper == Paper(value=0.51, where="Table 2")
    assert results.metrics[0].controls == (Control(name="a bent coin", value=0.9, interval=None),)


@pytest.mark.parametrize("commit", [None, "0" * 40, "0" * 64, "0" * 40 + "-dirty"])
def test_a_commit_is_a_hash_and_says_when_files_differed_from_it(commit: str | None):
    results, problems = parse_results(json.dumps(written(commit=commit)), PATH)
    assert results, problems
    assert results.commit == commit


def test_results_are_written_for_people_to_read_too():
    results, _ = parse_results(json.dumps(written(python="3.11.7é")), PATH)
    assert results
    lines = results.text().splitlines()
    assert lines[:3] == ["{", '  "format": 1,', '  "demo": "coin",']
    assert '  "python": "3.11.7é",' in lines


def test_an_interval_may_be_a_point():
    results, problems = parse_results(json.dumps(written(**metric(interval=[0.5, 0.5]))), PATH)
    assert results, problems
    assert results.metrics[0].interval == (0.5, 0.5)


def test_results_passed_when_every_check_did():
    check = {"name": "tests", "passed": True, "seconds": 1, "command": "pytest"}
    other = check | {"name": "parity", "passed": False}
    outcomes = []
    for checks in ([check], [check, other]):
        results, _ = parse_results(json.dumps(written(checks=checks)), PATH)
        assert results
        outcomes.append(results.passed)
    assert outcomes == [True, False]


def test_the_hardware_is_summed_up_in_a_few_words():
    laptop = Hardware(machine="x86_64", processor="AMD EPYC", cores=2, memory=8_200_000_000)
    assert laptop.summary == "2 cores of AMD EPYC, 8 GB"
    big = laptop.model_copy(update={"cores": 1, "memory": 128_000_000_000, "accelerator": "NVIDIA H100"})
    assert big.summary == "1 core of AMD EPYC, 128 GB, NVIDIA H100"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (written(surprise=1), "surprise: unknown field 'surprise'"),
        (written(name="laptop"), "unknown field 'name'; remove it: the file's own name is the run's"),
        (written(format=2), "format: 'format' cannot be 2; "),
        (written(commit="HEAD"), "commit: 'commit' cannot be 'HEAD'; "),
        (written(source="b" * 64), "source: 'source' cannot be"),
        (
            written(date="2026-11-24T12:00:00"),
            "date: '2026-11-24T12:00:00' has no time zone; write it like 2021-05-14T",
        ),
        (written(date="today"), "date: 'today' is no date and time; write it like 2021-05-14T09:30:00+00:00"),
        (written(date=1621000000), "date: 1621000000 is no date and time; write it like 2021-05-14T09:30:00+00:00"),
        (written(seconds=-1), "seconds: 'seconds' cannot be -1; "),
        (written(checks=[]), "checks: the list is empty; a run measures at least one thing, and checks at least one"),
        (written(metrics=[]), "metrics: the list is empty; a run measures at least one thing, and checks at least one"),
        (written(**metric(value="0.5")), "metrics.0.value: 'value' cannot be '0.5'; "),
        (written(**metric(value=True)), "metrics.0.value: 'value' cannot be True; "),
        (written(**metric(name=" ")), "metrics.0.name: the text is empty; write it out, or leave the field out"),
        (
            written(**metric(interval=[0.6, 0.4])),
            "metrics.0.interval: the interval runs from 0.6 down to 0.4; write the smaller number first",
        ),
        (
            written(**metric(claim="It is fair.")),
            "metrics.0: the claim has no outcome; say with `held` whether it was true",
        ),
        (
            written(**metric(held=True)),
            "metrics.0: `held` is set without a claim; write the claim, or leave `held` out",
        ),
        (
            written(**metric(claim="It is fair.", held="yes")),
            "metrics.0.held: 'held' cannot be 'yes'; ",
        ),
        (
            written(metrics=2 * written()["metrics"]),
            "the whole: the metric 'heads' is there twice; keep one of the two",
        ),
        (written(checks=2 * written()["checks"]), "the whole: the check 'tests' is there twice; keep one of the two"),
        (
            written(figures=2 * written()["figures"]),
            "the whole: the figure 'figures/a.svg' is there twice; keep one of the two",
        ),
        (
            written(hardware=written()["hardware"] | {"cores": 0}),
            "hardware.cores: 'cores' cannot be 0; ",
        ),
        ([1], "expected one object; let `digest demo test` write the file"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(data: Any, fault: str):
    assert [found[: len(fault)] for found in faults(data)] == [fault]


@pytest.mark.parametrize(
    "file", ["/a.svg", "../a.svg", "figures/../../a.svg", "a\\b.svg", "./a.svg", "figures//a.svg", "", ".", "a\0.svg"]
)
def test_a_figure_stays_inside_the_folder(file: str):
    figure = written()["figures"][0] | {"file": file}
    fault = f"figures.0.file: {file!r} does not stay inside the folder; name a file below it, like figures/curve.svg"
    assert faults(written(figures=[figure])) == [fault]


@pytest.mark.parametrize("file", ["a.html", "a", "figures/a.svg/b"])
def test_a_figure_is_a_picture(file: str):
    figure = written()["figures"][0] | {"file": file}
    kinds = ".avif, .jpeg, .jpg, .png, .svg, .webp"
    fault = f"figures.0.file: {file!r} is no picture that a page can show; write one of {kinds}"
    assert faults(written(figures=[figure])) == [fault]


@pytest.mark.parametrize("license_id", ["CC-BY-4.0", "MIT OR Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"])
def test_a_licence_is_an_spdx_expression(license_id: str):
    figure = written()["figures"][0] | {"license": license_id}
    results, problems = parse_results(json.dumps(written(figures=[figure])), PATH)
    assert results, problems
    assert results.figures[0].license == license_id


@pytest.mark.parametrize("license_id", ["", "all rights reserved", "MIT OR"])
def test_another_licence_is_refused(license_id: str):
    figure = written()["figures"][0] | {"license": license_id}
    fault = f"figures.0.license: {license_id!r} is no SPDX licence; write one like Apache-2.0 or CC-BY-4.0"
    assert faults(written(figures=[figure])) == [fault]


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ('{"a": NaN}', (1, 1), "NaN is not a number that JSON has"),
        ('{"a": -Infinity}', (1, 1), "-Infinity is not a number that JSON has"),
        ('{"a": 1, "a": 2}', (1, 1), "the key 'a' is there twice; keep one of the two"),
        ('{"a":\n  1,}', (2, 5), "broken JSON: Illegal trailing comma before end of object"),
        ('{"a":\n  ]', (2, 3), "broken JSON: Expecting value"),
        ("[" * 100_000, (1, 1), "the JSON is nested too deeply"),
    ],
)
def test_broken_json_is_a_problem_with_its_place(text: str, place: tuple[int, int], what: str):
    data, problems = parse_json(text, "metrics.json")
    assert data is None
    assert [(problem.path, problem.mend) for problem in problems] == [
        ("metrics.json", "have its writer write it again")
    ]
    if "trailing comma" in what:  # Python 3.13 says it so; before, it expected a property name one further
        assert problems[0].line == 2
        assert problems[0].what.startswith("broken JSON: ")
    else:
        assert ((problems[0].line, problems[0].column), problems[0].what) == (place, what)


def test_broken_json_in_a_results_file_is_a_problem():
    results, problems = parse_results("{", PATH)
    assert results is None
    assert [problem.path for problem in problems] == [PATH]


texts = st.text(min_size=1).filter(str.strip)
numbers = st.floats(allow_nan=False, allow_infinity=False)
seconds = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
intervals = st.none() | st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))]))
claims = st.one_of(st.just({}), st.fixed_dictionaries({"claim": texts, "held": st.booleans()}))
papers = st.none() | st.builds(Paper, value=numbers, where=texts)
controls = st.lists(st.builds(Control, name=texts, value=numbers, interval=intervals), max_size=2).map(tuple)
metrics = st.builds(
    lambda claim, **fields: Metric(**fields, **claim),
    claims,
    name=texts,
    value=numbers,
    interval=intervals,
    unit=st.text(),
    paper=papers,
    command=texts,
    controls=controls,
)
pictures = st.from_regex(r"[a-z]{1,8}/[a-z]{1,8}\.(svg|png)", fullmatch=True)
figures = st.builds(Figure, file=pictures, caption=texts, alt=texts, license=st.just("CC0-1.0"))
measured = st.builds(
    Results,
    name=st.just("laptop"),
    format=st.just(1),
    demo=texts,
    version=texts,
    commit=st.none() | st.from_regex(r"[0-9a-f]{40}(-dirty)?", fullmatch=True),
    source=st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True),
    date=moments,
    seconds=seconds,
    python=texts,
    libraries=st.dictionaries(texts, texts, max_size=3),
    hardware=st.builds(
        Hardware,
        machine=texts,
        processor=texts,
        cores=st.integers(1, 512),
        memory=st.integers(1, 2**45),
        accelerator=st.none() | texts,
    ),
    checks=st.lists(
        st.builds(Check, name=texts, passed=st.booleans(), seconds=seconds, command=texts),
        min_size=1,
        max_size=2,
        unique_by=lambda check: check.name,
    ).map(tuple),
    metrics=st.lists(metrics, min_size=1, max_size=3, unique_by=lambda metric: metric.name).map(tuple),
    figures=st.lists(figures, max_size=2, unique_by=lambda figure: figure.file).map(tuple),
)


@given(measured)
def test_results_survive_being_written_and_read(results: Results):
    assert parse_results(results.text(), PATH) == (results, [])
    assert results.text().endswith("}\n")


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_any_text_gives_results_or_problems(text: str):
    results, problems = parse_results(text, PATH)
    assert (results is None) == bool(problems)
