"""The small newsletter as a project that an engine can build."""

import hashlib
from pathlib import Path

from editions import FILES, write_results

PROJECT = FILES | {
    "mkdocs.yml": FILES["mkdocs.yml"]
    + """\
  generator: false
theme:
  name: material
  font: false
plugins: [search]
nav: [index.md]
not_in_nav: "*"
""",
    "site/subscribe.md": "---\ntitle: Subscribe\ntakeaway: How to follow.\n---\nBy feed.\n",
    "site/corrections.md": "---\ntitle: Corrections\ntakeaway: What was wrong.\n---\nNothing yet.\n",
}


def write_project(root: Path, changes: dict[str, str] | None = None) -> Path:
    """The small newsletter written to `root`; `changes` gives files other words, or adds some."""
    for path, text in (PROJECT | (changes or {})).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    write_results(root, "2026-11-24T08:00:00+00:00")
    return root


def drafted(root: Path, issue: str = "2021-05-21") -> None:
    """Makes a draft of an issue."""
    file = root / "site" / "issues" / f"{issue}.md"
    file.write_text(file.read_text(encoding="utf-8").replace("status: published", "status: draft"), encoding="utf-8")


def fingerprint(folder: Path) -> dict[str, str]:
    """The hash of each file under a folder, by its path; what a link leads to counts, and folders count too."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "/"
        for file in sorted(folder.rglob("*"))
    }
