"""The runnable demos: their manifests, the hash of their source, and what their results say of it."""

import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.library.demos import (
    Demo,
    command_words,
    demo_names,
    format_limit,
    parse_limit,
    read_demo,
    read_demos,
    source_files,
    source_hash,
)
from digest.library.results import Check, Figure, Hardware, Metric, Results

MANIFEST = """name = "coin"
title = "Coin"
summary = "Toss a coin."
entries = ["papers/coin"]
license = "Apache-2.0"
python = ">=3.11"
disk = "50 MB"
gpu = "none"

[commands]
toss = "coin toss"
many = "coin many --count '3 times'"

[verify]
limit = "30 min"
tests = "pytest -q tests"
results = "coin reproduce --out {out}"
"""


def write_demo(root: Path, manifest: str = MANIFEST, name: str = "coin") -> Path:
    """A project with one demo in it."""
    folder = root / "demos" / name
    folder.mkdir(parents=True)
    (folder / "demo.toml").write_text(manifest, encoding="utf-8")
    return folder


def results_of(source: str, *, name: str = "laptop", passed: bool = True, day: int = 1) -> Results:
    """Results with nothing special about them."""
    return Results(
        name=name,
        demo="coin",
        version="1",
        commit=None,
        source=source,
        date=datetime(2026, 11, day, tzinfo=UTC),
        seconds=1,
        python="3.11.7",
        libraries={},
        hardware=Hardware(machine="x86_64", processor="AMD EPYC", cores=2, memory=8),
        checks=(Check(name="tests", passed=passed, seconds=1, command="pytest"),),
        metrics=(Metric(name="heads", value=0.5, command="coin toss"),),
    )


def faults(root: Path, manifest: str) -> list[str]:
    """What is said of a demo.toml, without its path."""
    write_demo(root, manifest)
    demo, problems = read_demo(root, "coin")
    assert demo is None
    return [str(problem).removeprefix("demos/coin/demo.toml:") for problem in problems]


def test_a_demo_is_read_without_running_it(tmp_path: Path):
    write_demo(tmp_path)
    demos, problems = read_demos(tmp_path)
    demo = demos["coin"]
    assert (problems, list(demos)) == ([], ["coin"])
    assert (demo.name, demo.folder, demo.results, demo.status, demo.last_run) == (
        "coin",
        "demos/coin",
        (),
        "not-run",
        None,
    )
    manifest = demo.manifest
    assert (manifest.title, manifest.summary, manifest.entries) == ("Coin", "Toss a coin.", ("papers/coin",))
    assert (manifest.license, manifest.python, manifest.disk, manifest.gpu) == ("Apache-2.0", ">=3.11", "50 MB", "none")
    assert list(manifest.commands.items()) == [("toss", "coin toss"), ("many", "coin many --count '3 times'")]
    assert (manifest.verify.limit, manifest.verify.tests, manifest.verify.results) == (
        timedelta(minutes=30),
        "pytest -q tests",
        "coin reproduce --out {out}",
    )


def test_a_project_without_demos_has_none(tmp_path: Path):
    assert read_demos(tmp_path) == ({}, [])


def test_demos_are_the_plain_folders_in_the_order_of_their_names(tmp_path: Path):
    for name in ("b", "a", ".new-x", "__pycache__"):
        (tmp_path / "demos" / name).mkdir(parents=True)
    (tmp_path / "demos" / "README.md").touch()
    assert demo_names(tmp_path) == ["a", "b"]


def test_a_folder_without_a_manifest_is_a_problem_and_the_others_are_read(tmp_path: Path):
    write_demo(tmp_path)
    (tmp_path / "demos" / "apple").mkdir()
    demos, problems = read_demos(tmp_path)
    assert list(demos) == ["coin"]
    assert [str(problem) for problem in problems] == [
        "demos/apple/demo.toml:1:1: the file cannot be read: no such file or directory; write one; "
        "`digest demo new` shows its form"
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('name = "coin"', 'name = "dice"', "1:8: the name is 'dice' but the folder is 'coin'; write name = \"coin\""),
        (
            'name = "coin"',
            'name = "Coin toss"',
            "1:8: 'Coin toss' is no name; write small letters, digits and hyphens, a letter first",
        ),
        (
            'title = "Coin"',
            'title = ""',
            "2:9: the text is empty; write it out, or leave the field out where it may be",
        ),
        ('title = "Coin"', "title = 1", "2:9: 'title' cannot be 1; "),
        ('title = "Coin"\n', "", "1:1: 'title' is missing; add `title: …`"),
        ("gpu =", "cpu = 1\ngpu =", "8:1: unknown field 'cpu'; did you mean 'gpu'?"),
        ('["papers/coin"]', '"papers/coin"', "4:11: 'entries' cannot be 'papers/coin'; "),
        ("Apache-2.0", "Apache 2", "5:11: 'Apache 2' is no SPDX licence; write one like Apache-2.0 or CC-BY-4.0"),
        (">=3.11", "3.11 or later", "6:10: '3.11 or later' is no version specifier; write one like >=3.11"),
        ("50 MB", "50", "7:8: '50' is no size; write a number and its unit, like 200 MB or 6 GB"),
        ('gpu = "none"', 'gpu = "maybe"', "8:7: 'gpu' cannot be 'maybe'; "),
        (
            'toss = "coin toss"\nmany = "coin many --count \'3 times\'"\n',
            "",
            '10:2: there is no command; write at least one, like app = "coin app"',
        ),
        ("toss =", "Toss =", "11:1: 'Toss' is no name; write small letters, digits and hyphens, a letter first"),
        ('"coin toss"', '""', "11:8: the command is empty; write the program and its arguments"),
        ('"coin toss"', "\"'' toss\"", "11:8: the command is empty; write the program and its arguments"),
        ('"coin toss"', '"./toss"', "11:8: './toss' is a path; name a program that the demo installs, like pytest"),
        ('"coin toss"', '"coin \'"', "11:8: the command cannot be read: no closing quotation; close every quote"),
        ('"30 min"', '"soon"', "15:9: 'soon' is no time limit; write one like 90 s, 30 min or 1 h 30 min"),
        ('"30 min"', "30", "15:9: 30 is no time limit; write one like 90 s, 30 min or 1 h 30 min"),
        ('"30 min"', '"25 h"', "15:9: the time limit '25 h' cannot be held; write one above 0 s and up to 24 h"),
        (
            " {out}",
            "",
            "17:11: the command says not where to write; put {out} where the folder of the results belongs",
        ),
        ("[verify]", "[verify", "14:8: broken TOML: Expected ']' at the end of a table declaration; write `key ="),
    ],
)
def test_a_mistake_has_its_line_and_column_and_how_to_mend_it(tmp_path: Path, old: str, new: str, fault: str):
    assert old in MANIFEST
    assert [found[: len(fault)] for found in faults(tmp_path, MANIFEST.replace(old, new))] == [fault]


def test_a_manifest_that_is_not_text_is_a_problem(tmp_path: Path):
    (write_demo(tmp_path) / "demo.toml").write_bytes(b"\xff")
    _, problems = read_demo(tmp_path, "coin")
    assert [str(problem) for problem in problems] == [
        "demos/coin/demo.toml:1:1: the file is not UTF-8 text; save it as UTF-8"
    ]


def test_results_are_read_in_the_order_of_their_file_names(tmp_path: Path):
    folder = write_demo(tmp_path) / "results"
    folder.mkdir()
    for name in ("laptop", "h100"):
        (folder / f"{name}.json").write_text(results_of("sha256:" + "0" * 64).text(), encoding="utf-8")
    (folder / "README.md").touch()
    demo, problems = read_demo(tmp_path, "coin")
    assert demo, problems
    assert [results.name for results in demo.results] == ["h100", "laptop"]


def test_broken_results_are_problems_and_the_demo_stays(tmp_path: Path):
    folder = write_demo(tmp_path) / "results"
    folder.mkdir()
    good = results_of("sha256:" + "0" * 64)
    figure = Figure(file="figures/a.svg", caption="A.", alt="A.", license="CC-BY-4.0")
    (folder / "bytes.json").write_bytes(b"\xff")
    (folder / "figure.json").write_text(good.model_copy(update={"figures": (figure,)}).text(), encoding="utf-8")
    (folder / "good.json").write_text(good.text(), encoding="utf-8")
    (folder / "merge.json").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    (folder / "other.json").write_text(good.model_copy(update={"demo": "dice"}).text(), encoding="utf-8")
    demo, problems = read_demo(tmp_path, "coin")
    assert demo
    assert [results.name for results in demo.results] == ["good"]
    again = "run `digest demo test coin` again"
    assert [str(problem).removeprefix("demos/coin/results/") for problem in problems] == [
        "bytes.json:1:1: the file is not UTF-8 text; save it as UTF-8",
        f"figure.json:1:1: figures: there is no file 'figures/a.svg' in results/; {again}",
        "merge.json:1:1: broken JSON: Expecting value; have its writer write it again",
        f"other.json:1:1: demo: the results are those of 'dice'; {again}",
    ]


def test_a_figure_that_leads_out_of_the_results_is_not_there(tmp_path: Path):
    folder = write_demo(tmp_path) / "results"
    folder.mkdir()
    (tmp_path / "secret.svg").touch()
    (folder / "a.svg").symlink_to(tmp_path / "secret.svg")
    figure = Figure(file="a.svg", caption="A.", alt="A.", license="CC-BY-4.0")
    results = results_of("sha256:" + "0" * 64).model_copy(update={"figures": (figure,)})
    (folder / "laptop.json").write_text(results.text(), encoding="utf-8")
    demo, problems = read_demo(tmp_path, "coin")
    assert demo
    assert demo.results == ()
    assert [problem.what for problem in problems] == ["figures: there is no file 'a.svg' in results/"]


def demo_with(root: Path, *results: Results) -> Demo:
    """The demo of a project, with these results."""
    demo, _ = read_demo(root, "coin")
    assert demo
    return replace(demo, results=results)


def test_the_status_is_what_results_of_the_present_source_say(tmp_path: Path):
    write_demo(tmp_path)
    now = demo_with(tmp_path).source_hash
    old = "sha256:" + "0" * 64
    assert demo_with(tmp_path).status == "not-run"
    assert demo_with(tmp_path, results_of(now)).status == "passed"
    assert demo_with(tmp_path, results_of(old)).status == "changed"
    assert demo_with(tmp_path, results_of(old, passed=False)).status == "changed"
    assert demo_with(tmp_path, results_of(now, passed=False)).status == "failed"
    assert demo_with(tmp_path, results_of(now), results_of(old, passed=False)).status == "passed"
    assert demo_with(tmp_path, results_of(now), results_of(now, passed=False)).status == "failed"


def test_the_last_run_is_the_newest_on_any_machine(tmp_path: Path):
    write_demo(tmp_path)
    source = "sha256:" + "0" * 64
    newest = results_of(source, name="h100", day=3)
    assert demo_with(tmp_path, results_of(source, day=2), newest, results_of(source, day=1)).last_run == newest


def test_the_source_hash_is_what_coreutils_compute(tmp_path: Path):
    for file in ("b.py", "a/é.py", "a.py", "a b"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(file, encoding="utf-8")
    command = "find -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum --zero | sha256sum"
    printed = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert source_hash(source_files(tmp_path)) == f"sha256:{printed.split()[0]}"


def test_the_source_hash_changes_with_a_byte_a_name_and_a_file(tmp_path: Path):
    (tmp_path / "a.py").write_text("1", encoding="utf-8")
    hashes = [source_hash(source_files(tmp_path))]
    (tmp_path / "a.py").write_text("2", encoding="utf-8")
    hashes.append(source_hash(source_files(tmp_path)))
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    hashes.append(source_hash(source_files(tmp_path)))
    (tmp_path / "c.py").touch()
    hashes.append(source_hash(source_files(tmp_path)))
    assert len(set(hashes)) == 4


def test_what_running_and_packaging_writes_is_no_source(tmp_path: Path):
    left_out = ("results/a.json", "build/a", "dist/a", ".git/a", ".env", "coin/__pycache__/a.pyc", "coin/a.pyc")
    for file in ("a.py", "coin/build/a.py", "coin/results/a.py", *left_out, "coin.egg-info/PKG-INFO"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert sorted(source_files(tmp_path)) == ["a.py", "coin/build/a.py", "coin/results/a.py"]


def test_a_link_counts_by_its_target_and_is_not_followed(tmp_path: Path):
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "link").symlink_to("../outside")
    dangling = source_files(folder)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").touch()
    assert source_files(folder) == dangling
    assert list(dangling) == ["link"]
    (folder / "link").unlink()
    (folder / "link").symlink_to("../elsewhere")
    assert source_files(folder) != dangling


def test_what_is_neither_file_nor_folder_is_no_source(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    assert source_files(tmp_path) == {}


def test_a_source_that_cannot_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_demo(tmp_path)

    def refuse(_folder: Path) -> dict[str, str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("digest.library.demos.source_files", refuse)  # root reads everything, so no file would refuse
    demo, problems = read_demo(tmp_path, "coin")
    assert demo is None
    assert [str(problem) for problem in problems] == [
        "demos/coin/demo.toml:1:1: the source cannot be read: permission denied; make every file of the demo readable"
    ]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("90 s", timedelta(seconds=90)),
        ("30 min", timedelta(minutes=30)),
        ("1 h 30 min", timedelta(minutes=90)),
        ("24 h", timedelta(days=1)),
        ("1 h 1 min 1 s", timedelta(seconds=3661)),
    ],
)
def test_a_limit_is_read(text: str, limit: timedelta):
    assert parse_limit(text) == limit


@pytest.mark.parametrize(
    "text", ["", " ", "30", "min", "30min", "-1 s", " 1 s", "1 s ", "1.5 h", "1 s 1 h", "0 s", "1 h30 min", None, 3]
)
def test_what_is_no_limit_is_refused(text: object):
    with pytest.raises(ValueError, match="time limit"):
        parse_limit(text)


@given(st.integers(1, 86_400))
def test_a_limit_survives_being_written_and_read(seconds: int):
    limit = timedelta(seconds=seconds)
    assert parse_limit(format_limit(limit)) == limit


@given(st.text())
def test_any_text_is_a_limit_within_a_day_or_refused(text: str):
    try:
        limit = parse_limit(text)
    except ValueError:
        return
    assert timedelta(0) < limit <= timedelta(days=1)


def test_a_command_is_split_as_a_shell_would():
    assert command_words("coin many --count '3 times' $HOME;ls") == ["coin", "many", "--count", "3 times", "$HOME;ls"]


words = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"], exclude_characters='"\\'), min_size=1)
sentences = words.filter(str.strip)


@given(title=sentences, summary=sentences, entries=st.lists(sentences, max_size=3), limit=st.integers(1, 86_400))
def test_a_manifest_holds_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, title: str, summary: str, entries: list[str], limit: int
):
    root = tmp_path_factory.mktemp("project")
    manifest = MANIFEST.replace('"Coin"', f'"{title}"').replace('"Toss a coin."', f'"{summary}"')
    manifest = manifest.replace('["papers/coin"]', "[" + ", ".join(f'"{entry}"' for entry in entries) + "]")
    write_demo(root, manifest.replace("30 min", format_limit(timedelta(seconds=limit))))
    demo, problems = read_demo(root, "coin")
    assert demo, problems
    assert (demo.manifest.title, demo.manifest.summary, demo.manifest.entries) == (title, summary, tuple(entries))
    assert demo.manifest.verify.limit == timedelta(seconds=limit)
