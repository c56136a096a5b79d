"""A newsletter of any size, made of a seed: the same files for the same seed and size."""

import random
from datetime import date, timedelta
from pathlib import Path

FIRST = date(2016, 1, 1)
WORDS = (
    "attention gradient kernel sample teacher student token patch layer loss batch feature cluster label margin prior "
    "posterior encoder decoder prompt corpus graph node edge reward policy value state action memory cache latency "
    "throughput schedule warmup decay momentum crop view head prototype centre entropy temperature sharpen average"
).split()
TAGS = (
    "vision",
    "language",
    "speech",
    "graphs",
    "reinforcement",
    "theory",
    "systems",
    "data",
    "robotics",
    "health",
    "safety",
    "tools",
)
FIGURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 200" width="600" height="200">'
    '<title>{title}</title><rect width="600" height="200" fill="#f3f0e7"/>{bars}</svg>\n'
)


def write_newsletter(root: Path, issues: int, seed: int = 2021) -> None:
    """Writes `issues` weekly issues of three entries each under `root`; every tenth paper has a figure."""
    draw = random.Random(seed)  # noqa: S311 - nothing here is a secret
    site = root / "site"
    for folder in ("issues", "papers", "courses", "projects", "figures"):
        (site / folder).mkdir(parents=True, exist_ok=True)
    (root / "mkdocs.yml").write_text(CONFIGURATION, encoding="utf-8")
    (site / "authors.yml").write_text(
        "editors:\n  name: The editors\n  role: Editors\n  about: They edit.\n", encoding="utf-8"
    )
    for name in ("about", "subscribe", "corrections"):
        (site / f"{name}.md").write_text(
            f"---\ntitle: {name.title()}\ntakeaway: {sentence(draw)}\n---\n\n{prose(draw, 60)}\n"
        )
    for number in range(1, issues + 1):
        day = FIRST + timedelta(weeks=number - 1)
        names = [write_entry(site, kind, number, day, draw) for kind in ("papers", "courses", "projects")]
        entries = "".join(f"  - {name}\n" for name in names)
        (site / "issues" / f"{day}.md").write_text(
            f"---\nnumber: {number}\ndate: {day}\ntitle: {title(draw)}\ntakeaway: {sentence(draw)}\nauthor: editors\n"
            f"entries:\n{entries}status: published\n---\n\n{prose(draw, 80)}\n\n<!-- closing -->\n\n{prose(draw, 30)}\n"
        )


def write_entry(site: Path, folder: str, number: int, day: date, draw: random.Random) -> str:
    """Writes one entry, and gives its id."""
    name = f"{folder}/{draw.choice(WORDS)}-{number}"
    fields = {"papers": paper_fields, "courses": course_fields, "projects": project_fields}[folder](number, day, draw)
    figure = ""
    if folder == "papers" and number % 10 == 0:
        fields += figure_fields(site, number, draw)
        figure = "![](figure:bars)\n\n"
    tags = ", ".join(draw.sample(TAGS, 2))
    front = f"title: {title(draw)}\ntakeaway: {sentence(draw)}\ntags: [{tags}]\nadded: {day}\n{fields}"
    (site / f"{name}.md").write_text(f"---\n{front}---\n\n{body(number, figure, draw)}", encoding="utf-8")
    return name


def paper_fields(number: int, day: date, draw: random.Random) -> str:
    arxiv = f"{day:%y%m}.{number:05d}"
    return (
        f"authors: [Ada {draw.choice(WORDS).title()}, Ben Moss, Cleo Reyes]\npublished: {day}\n"
        f"venue: Venue {day.year}\narxiv: {arxiv}\nlinks:\n  paper: https://arxiv.org/abs/{arxiv}\n"
        f"  github: https://github.com/lab/code-{number}\n"
    )


def course_fields(number: int, day: date, draw: random.Random) -> str:  # noqa: ARG001 - one form for three kinds
    return f"provider: A university\nlinks:\n  course: https://courses.example.org/{number}\n"


def project_fields(number: int, day: date, draw: random.Random) -> str:  # noqa: ARG001 - one form for three kinds
    repository = f"https://github.com/group/tool-{number}"
    return f"repository: {repository}\nlicense: MIT\nlanguage: Python\nlinks:\n  github: {repository}\n"


def figure_fields(site: Path, number: int, draw: random.Random) -> str:
    """Draws a figure, and says in front matter what a page needs to know of it."""
    heights = [draw.randrange(20, 150) for _ in range(20)]
    bars = "".join(
        f'<rect x="{20 + 28 * index}" y="{180 - height}" width="20" height="{height}" fill="#3f3fa6"/>'
        for index, height in enumerate(heights)
    )
    (site / "figures" / f"figure-{number}.svg").write_text(
        FIGURE.format(title=title(draw), bars=bars), encoding="utf-8"
    )
    return (
        f"figures:\n  bars:\n    file: figure-{number}.svg\n    alt: Twenty bars.\n    caption: {sentence(draw)}\n"
        "    credit: The editors\n    source: own\n    license: CC-BY-4.0\n"
    )


def body(number: int, figure: str, draw: random.Random) -> str:
    """The three sections of an entry: some 340 words, a table and a code block."""
    before, after, name, tool = draw.random(), draw.random(), draw.choice(WORDS), draw.choice(WORDS)
    return (
        f"## What it is\n\n{prose(draw, 140)}\n\n{figure}{prose(draw, 60)}\n\n"
        f"## Why it matters\n\n{prose(draw, 90)}\n\n"
        f"| measure | before | after |\n|---|--:|--:|\n| {name} | {before:.3f} | {after:.3f} |\n\n## Try it\n\n"
        f"{prose(draw, 50)}\n\n```python\nimport {tool}\n\nfor step in range({number}):\n    {tool}.run(step)\n```\n"
    )


def title(draw: random.Random) -> str:
    return " ".join(draw.choices(WORDS, k=6)).capitalize()


def sentence(draw: random.Random) -> str:
    return " ".join(draw.choices(WORDS, k=14)).capitalize() + "."


def prose(draw: random.Random, words: int) -> str:
    text = draw.choices(WORDS, k=words)
    for index in range(7, words, 15):
        text[index] = f"*{text[index]}*" if index % 2 else f"`{text[index]}`"
    for index in range(14, words, 15):
        text[index] = text[index] + "."
    return " ".join(text).capitalize() + "."


CONFIGURATION = """\
site_name: The Long Run
site_url: https://newsletter.example/
site_description: Ten years of made-up weeks.
theme:
  name: material
  language: en
  font: false
  favicon: assets/mark.svg
  palette:
    - media: "(prefers-color-scheme: light)"
      scheme: default
    - media: "(prefers-color-scheme: dark)"
      scheme: slate
plugins:
  - search
nav:
  - index.md
not_in_nav: "*"
extra:
  generator: false
  digest:
    tagline: Ten years of made-up weeks.
    repository: https://git.example/owner/repository
    since: 2016
"""
