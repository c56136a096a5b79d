"""A small valid project of real files, which tests change where they need a mistake."""

from pathlib import Path

from digest.library.checking import check_library
from digest.library.newsletter import Newsletter, read_newsletter
from digest.library.problems import Problem
from digest.library.reading import Library, read_library

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30"><path d="M0 0"/></svg>\n'
MKDOCS = """\
site_name: The Letter
site_url: https://letter.example/
site_description: A letter.
extra:
  digest:
    tagline: Short.
    repository: https://git.example/letter
    since: 2021
"""
AUTHORS = """\
editors:
  name: The editors
  role: Editors
  about: We write. See [about](about.md).
"""
SECTIONS = """\
## What it is

It is.

## Why it matters

It does.

## Try it

Try.
"""
PAPER = f"""\
---
title: A paper
takeaway: It holds.
authors: [Ada]
published: 2021-04-29
arxiv: 2104.14290
links:
  paper: https://arxiv.org/abs/2104.14290
tags: [vision]
figures:
  shape:
    file: shape.svg
    alt: A shape.
    caption: A shape.
    credit: The Letter
    source: own
    license: CC-BY-4.0
added: 2021-05-14
---
{SECTIONS}"""
COURSE = f"""\
---
title: A course
takeaway: It teaches.
provider: A school
links:
  course: https://school.org/course
tags: [teaching]
added: 2021-05-14
---
{SECTIONS}"""
PROJECT = f"""\
---
title: A project
takeaway: It runs.
repository: https://code.org/project
license: MIT
language: Python
links:
  website: https://project.org/
tags: [tools]
added: 2021-05-14
---
{SECTIONS}"""
ISSUE = """\
---
number: 1
date: 2021-05-14
title: The first
takeaway: It begins.
author: editors
entries:
  - papers/a
  - courses/b
status: published
---
Hello.

<!-- closing -->

Goodbye.
"""
PAGE = "---\ntitle: About\ntakeaway: Who we are.\n---\n## Us\n\nWe are.\n"
FILES = {
    "mkdocs.yml": MKDOCS,
    "site/authors.yml": AUTHORS,
    "site/about.md": PAGE,
    "site/issues/2021-05-14.md": ISSUE,
    "site/papers/a.md": PAPER,
    "site/courses/b.md": COURSE,
    "site/projects/c.md": PROJECT,
    "site/figures/shape.svg": DRAWING,
}
DEMO = """\
name = "toy"
title = "Toy"
summary = "A toy."
entries = ["papers/a"]
license = "MIT"
python = ">=3.11"
disk = "1 MB"
gpu = "none"

[commands]
app = "toy"

[verify]
limit = "1 min"
tests = "pytest -q"
results = "toy --out {out}"
"""
RESULTS = """\
{
  "format": 1, "demo": "toy", "version": "1", "commit": null, "date": "2026-11-24T12:00:00Z", "seconds": 1,
  "source": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
  "python": "3.11", "libraries": {}, "hardware": {"machine": "x86_64", "processor": "CPU", "cores": 2, "memory": 1},
  "checks": [{"name": "tests", "passed": true, "seconds": 1, "command": "pytest"}],
  "metrics": [{"name": "heads", "value": 0.5, "command": "toy"}],
  "figures": [{"file": "figures/loss.svg", "caption": "A loss.", "alt": "A line.", "license": "CC-BY-4.0"}]
}
"""


def project(root: Path, changes: dict[str, str | bytes | None] | None = None) -> Path:
    """A project at `root`: the small valid one with some files changed, added, or (None) left out."""
    for path, content in {**FILES, **(changes or {})}.items():
        if content is None:
            continue
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return root


def read(root: Path) -> tuple[Library, Newsletter | None, list[Problem]]:
    """What a project holds, and everything wrong in it."""
    newsletter, problems = read_newsletter(root)
    library, found = read_library(root)
    problems = [*problems, *found]
    if newsletter:
        problems += check_library(library, newsletter)
    return library, newsletter, problems


def problems_of(root: Path, changes: dict[str, str | bytes | None] | None = None) -> list[str]:
    """Everything wrong in the small project with some changes, sorted, as a curator reads it."""
    return [str(problem) for problem in sorted(set(read(project(root, changes))[2]))]


def replaced(text: str, old: str, new: str) -> str:
    """The text with the one `old` replaced; a test that would change nothing is wrong."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def with_body(file: str, body: str) -> str:
    """A Markdown file with another body."""
    front, mark, _ = file.rpartition("\n---\n")
    return front + mark + body
