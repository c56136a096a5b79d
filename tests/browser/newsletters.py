"""The newsletters that the browser reads: the real one, and one that has a demo in every state and a second issue."""

import re
import shutil
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen

from digest.library.demos import source_files, source_hash
from digest.library.models import Issue
from digest.library.reading import read_library
from digest.library.results import Check, Control, Figure, Hardware, Metric, Paper, Results

ROOT = Path(__file__).parents[2]
STATES = ("passed", "failed", "changed", "not-run")


def copy_newsletter(target: Path, address: str) -> Path:
    """A copy of this repository's newsletter that will stand at `address`, in the new folder `target`."""
    leave_out = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info")
    for folder in ("site", "templates", "demos"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, target / folder, ignore=leave_out)
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    settings = re.sub(r"^site_url: .*$", f"site_url: {address}", settings, flags=re.MULTILINE)
    (target / "mkdocs.yml").write_text(settings, encoding="utf-8")
    return target


def fill(root: Path) -> Path:
    """Adds to the newsletter at `root` a toy demo in every state, a paper for each, an issue, and a moved page."""
    last = read_library(root)[0].issues[0]
    for state in STATES:
        _write_paper(root, state)
        _write_demo(root, state)
    _write_issue(root, last)
    (root / "site" / "moved.yml").write_text("tags/playthings: tags/toys\n", encoding="utf-8")
    return root


def choose(root: Path, engine: str) -> Path:
    """Moves the newsletter at `root` to another engine, by the one line that takes."""
    settings = root / "mkdocs.yml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"(?m)^    engine: .*$", f"    engine: {engine}", text), encoding="utf-8")
    return root


def build_together(roots: Iterable[Path]) -> None:
    """Builds every newsletter in `roots` at once, each as a reader of the README would, and refuses one that fails."""
    command = [sys.executable, "-c", "from digest.cli import main; main()", "build"]
    building = [Popen(command, cwd=root, stdout=PIPE, stderr=STDOUT, text=True) for root in roots]
    said = [program.communicate()[0] for program in building]
    assert [program.returncode for program in building] == [0] * len(building), "\n".join(said)


def _write_issue(root: Path, last: Issue) -> None:
    day = last.date + timedelta(days=7)
    entries = ", ".join(f"papers/toy-{state}" for state in STATES)
    text = f"""---
number: {last.number + 1}
date: {day}
title: Four toys
takeaway: Each of them shows one state of a demo.
author: {last.author}
entries: [{entries}]
status: published
---

Four toys, and `a_long_name_of_a_function_in_a_module_that_no_phone_shows_on_one_line_of_its_small_screen`.

<!-- closing -->

That is all.
"""
    (root / "site" / "issues" / f"{day}.md").write_text(text, encoding="utf-8")


def _write_paper(root: Path, state: str) -> None:
    text = f"""---
title: A toy that is {state}
takeaway: Its demo is {state}.
authors: [Ada Lovelace]
published: 2021-05-01
links: {{paper: "https://example.org/{state}"}}
tags: [toys]
demo: toy-{state}
added: 2021-05-21
---

## What it is

A toy.

```python
print("a line of code that is far too long to stand on one line of any telephone without being broken somewhere")
```

## Why it matters

| One column | Another column | A third column | A fourth column | A fifth column |
|---|---|---|---|---|
| characteristically | incomprehensibility | uncharacteristically | disproportionateness | 0.123456789 |

## Try it

Run it.
"""
    (root / "site" / "papers" / f"toy-{state}.md").write_text(text, encoding="utf-8")


def _write_demo(root: Path, state: str) -> None:
    name = f"toy-{state}"
    folder = root / "demos" / name
    (folder / "results" / "figures").mkdir(parents=True)
    (folder / "toy.py").write_text("print(0.5)\n", encoding="utf-8")
    (folder / "demo.toml").write_text(_manifest(name, state), encoding="utf-8")
    if state == "not-run":
        return
    picture = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"><path d="M0 0h2v1H0z" fill="#777"/></svg>\n'
    (folder / "results" / "figures" / "toy.svg").write_text(picture, encoding="utf-8")
    source = source_hash(source_files(folder)) if state != "changed" else "sha256:" + "0" * 64
    results = _results(name, source, passed=state != "failed")
    (folder / "results" / "laptop.json").write_text(results.text(), encoding="utf-8")


def _manifest(name: str, state: str) -> str:
    return f"""name = "{name}"
title = "Toy, {state}"
summary = "A toy whose numbers were made up for a test; its state is {state}."
entries = ["papers/{name}"]
license = "MIT"
python = ">=3.11"
disk = "1 MB"
gpu = "optional"

[commands]
show = "python toy.py"

[verify]
limit = "2 min"
tests = "python toy.py"
results = "python toy.py {{out}}"
"""


def _results(name: str, source: str, *, passed: bool) -> Results:
    return Results(
        name="laptop",
        demo=name,
        version="0.1.0",
        commit="0123456789abcdef0123456789abcdef01234567",
        source=source,
        date=datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
        seconds=61.5,
        python="3.11.2",
        libraries={"toy": "0.1.0"},
        hardware=Hardware(machine="x86_64", processor="Toy processor", cores=2, memory=8_000_000_000),
        checks=(
            Check(name="tests", passed=True, seconds=1.5, command="python toy.py"),
            Check(name="results", passed=passed, seconds=60, command="python toy.py out"),
        ),
        metrics=(
            Metric(
                name="k-NN accuracy of a toy",
                value=89.7,
                interval=(88.1, 91.2),
                unit="%",
                claim="The toy is better than its untrained twin.",
                held=True,
                paper=Paper(value=78.3, where="Table 2"),
                command="python toy.py knn --out out/knn",
                controls=(Control(name="untrained", value=41.2), Control(name="ImageNet labels", value=88.0)),
            ),
            Metric(name="loss", value=0.25, claim="The loss is nothing.", held=False, command="python toy.py loss"),
        ),
        figures=(Figure(file="figures/toy.svg", caption="A toy.", alt="A grey square.", license="CC-BY-4.0"),),
    )
