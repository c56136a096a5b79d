"""A tiny newsletter that has one of everything, read from real files."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from digest.library.checking import check_library
from digest.library.demos import read_demo
from digest.library.models import ENTRY_FOLDERS, AnyEntry, Issue
from digest.library.newsletter import read_newsletter
from digest.library.reading import read_library
from digest.publish import pages
from digest.publish.assemble import assemble
from digest.publish.edition import Edition
from digest.publish.feeds import feed_places, feeds
from digest.publish.moved import repeated
from digest.publish.pages import Sheet
from digest.publish.templates import project_templates

FILES = {
    "mkdocs.yml": """\
site_name: This Week in Machine Learning
site_url: https://news.example.org/ml
site_description: A weekly digest whose papers & projects can be run.
extra:
  digest:
    tagline: One paper, one course, one project.
    repository: https://github.com/news/ml
    since: 2021
    contact: desk@example.org
""",
    "site/authors.yml": """\
philips:
  name: Philips Kokoh Prasetyo
  role: Research engineer
  about: Writes **this**.
  url: https://example.org/philips
guest:
  name: Ada
  role: Guest
  about: Writes once.
""",
    "site/about.md": "---\ntitle: About\ntakeaway: Who makes this.\n---\nWe do.\n",
    "site/issues/2021-05-14.md": """\
---
number: 1
date: 2021-05-14
title: A network that finds the object
takeaway: One paper, one course, one project.
author: philips
entries: [papers/dino, courses/mlops, projects/opyrator]
status: published
updated: 2021-06-01
credit: Thanks to [Nabil](https://example.org/nabil), and to [us](about.md).
---
Hello! Begin with [DINO](../papers/dino.md#why-it-matters).
<!-- closing -->
See you [next week](2021-05-21.md).
""",
    "site/issues/2021-05-21.md": """\
---
number: 2
date: 2021-05-21
title: Patches & words <again>
takeaway: A picture is worth 16x16 words.
author: guest
entries: [papers/vit, papers/dino]
status: published
---
Back again.
""",
    "site/papers/dino.md": """\
---
title: Emerging Properties in Self-Supervised Vision Transformers
takeaway: A vision transformer trained without labels outlines what it sees.
authors: [Mathilde Caron, Hugo Touvron, Ishan Misra, Hervé Jégou, Armand Joulin]
published: 2021-04-29
venue: ICCV 2021
arxiv: 2104.14294
doi: 10.1109/ICCV48922.2021.00951
links:
  github: {url: https://github.com/facebookresearch/dino, note: archived}
  paper: https://arxiv.org/abs/2104.14294
tags: [vision, self-supervision]
figures:
  loss:
    file: loss.svg
    dark: loss-dark.svg
    alt: A falling line [loss]
    caption: The loss, see [about](about.md).
    credit: Drawn by the demo
    source: own
    license: CC-BY-4.0
  patches:
    file: patches.svg
    alt: A grid
    caption: Sixteen patches.
    credit: Ada & Co
    source: https://example.org/patches
    license: MIT
added: 2021-05-14
updated: 2021-05-20
redirect_from: [papers/dyno]
demo: coin
---
## What it is

A student learns from a teacher; see [why](#why-it-matters) and [ViT](vit.md). In code: `[x](vit.md)`.

![](figure:patches)

## Why it matters

Attention segments objects.

## Try it

Run [it][here].

```markdown
## no heading
[x](vit.md)
```

[here]: ../projects/opyrator.md
""",
    "site/papers/vit.md": """\
---
title: An Image is Worth 16x16 Words
takeaway: Patches are words.
authors: [Alexey Dosovitskiy, Neil Houlsby]
published: 2020-10-22
venue: ICLR 2021
arxiv: 2010.11929
links:
  blog: https://example.org/vit
tags: [vision]
added: 2021-05-21
---
## What it is

Patches.

## Why it matters

It scales.

## Try it

Later.
""",
    "site/courses/mlops.md": """\
---
title: Machine Learning Engineering for Production (MLOps)
takeaway: What happens after the notebook.
provider: Coursera
instructors: [Andrew Ng, Robert Crowe]
level: Advanced
links:
  course: https://www.coursera.org/mlops
tags: [production]
added: 2021-05-14
---
## What it is

Four courses.

## Why it matters

Data drifts.

## Try it

Audit it.
""",
    "site/projects/opyrator.md": """\
---
title: 'Opyrator: a typed function becomes a service'
takeaway: Write a function, get an API & a page.
repository: https://github.com/ml-tooling/opyrator
license: MIT
language: Python
links:
  website: https://opyrator.example.com/
  github: https://github.com/ml-tooling/opyrator
tags: [production, tools]
added: 2021-05-14
---
## What it is

A wrapper.

## Why it matters

It shows a model to people.

## Try it

Install it.
""",
    "site/figures/loss.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 200"/>\n',
    "site/figures/loss-dark.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 200"/>\n',
    "site/figures/patches.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300"/>\n',
    "demos/coin/demo.toml": """\
name = "coin"
title = "Coin"
summary = "Toss a coin."
entries = ["papers/dino"]
license = "Apache-2.0"
python = ">=3.11"
disk = "50 MB"
gpu = "none"

[commands]
toss = "coin toss"

[verify]
limit = "30 min"
tests = "pytest -q tests"
results = "coin reproduce --out {out}"
""",
    "demos/coin/coin.py": "print('heads')\n",
}


def small_edition(root: Path, changes: dict[str, str] | None = None) -> Edition:
    """The edition of a newsletter written to `root`; `changes` gives files other words, or adds some."""
    for path, text in (FILES | (changes or {})).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if "demos/coin/results/laptop.json" not in (changes or {}):
        write_results(root, "2026-11-24T08:00:00+00:00")
    newsletter, problems = read_newsletter(root)
    library, library_problems = read_library(root)
    assert newsletter
    found = [*problems, *library_problems, *check_library(library, newsletter)]
    assert not found, "\n".join(str(problem) for problem in found)
    return Edition(library, newsletter, project_templates(root))


def write_results(
    root: Path, date: str, *, passed: bool = True, source: str | None = None, name: str = "laptop"
) -> None:
    """The results of the demo, as a run of its present source would write them."""
    demo, problems = read_demo(root, "coin")
    assert demo, problems
    results = {
        "format": 1,
        "demo": "coin",
        "version": "0.1.0",
        "commit": "a" * 40,
        "source": source or demo.source_hash,
        "date": date,
        "seconds": 12.5,
        "python": "3.11.7",
        "libraries": {"numpy": "2.0"},
        "hardware": {"machine": "x86_64", "processor": "AMD EPYC", "cores": 2, "memory": 8000000000},
        "checks": [{"name": "tests", "passed": passed, "seconds": 3, "command": "pytest"}],
        "metrics": [{"name": "heads", "value": 0.5, "interval": [0.4, 0.6], "unit": "share", "command": "coin toss"}],
    }
    file = root / "demos/coin/results" / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(results), encoding="utf-8")


def assembled(edition: Edition) -> dict[str, bytes]:
    """Every file that the edition makes, by its path."""
    made = {name: data for batch in assemble(edition) for name, data in batch.make().items()}
    return made | {old: made[new] for old, new in repeated(edition, made).items()}


def of_each(edition: Edition, make: Callable[[Edition, AnyEntry | Issue], dict[str, bytes]]) -> dict[str, bytes]:
    """What is made of each issue and each entry, by its path."""
    return {name: data for item in (*edition.issues, *edition.entries()) for name, data in make(edition, item).items()}


def all_feeds(edition: Edition) -> dict[str, bytes]:
    """Every feed, by its path."""
    return {name: data for place in feed_places(edition) for name, data in feeds(edition, place).items()}


def sheets(edition: Edition) -> Iterator[Sheet]:
    """Every page, before it is written."""
    yield pages.home(edition)
    yield from (pages.issue(edition, issue) for issue in edition.issues)
    yield from (pages.entry(edition, entry) for entry in edition.entries())
    yield from (pages.kind(edition, model.kind, folder) for folder, model in ENTRY_FOLDERS.items())
    yield pages.tags(edition)
    yield from (pages.tag(edition, tag) for tag in edition.tags)
    yield pages.archive(edition)
    yield from (pages.year(edition, year) for year in edition.years)
    yield pages.authors(edition)
    yield from (pages.author(edition, author) for author in edition.library.authors.values())
    yield pages.demos(edition)
    yield from (pages.written(edition, page) for page in edition.library.pages.values())
