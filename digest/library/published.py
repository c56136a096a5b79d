"""The published list: every address that was ever given to readers, in a file that travels with the words.

One address a line, in order; `./` is the home page. Empty lines and those that begin with # say nothing.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from digest.library.problems import Problem
from digest.library.text import read_text

PUBLISHED = "published.txt"
HOME = "./"


def read_published(root: Path) -> tuple[Mapping[str, int], list[Problem]]:
    """Each address of the project's list with its line, and what is wrong in it; nothing where there is no list."""
    if not (root / PUBLISHED).exists():
        return {}, []
    text = read_text(root / PUBLISHED, PUBLISHED)
    if isinstance(text, Problem):
        return {}, [text]
    found: dict[str, int] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        address = line.strip()
        if not address or address.startswith("#"):
            continue
        if re.search(r"^/|\s|:|\.\./", address):
            problems.append(Problem(PUBLISHED, number, 1, f"'{address}' is no address", "write it as papers/dino/"))
        else:
            found.setdefault("" if address == HOME else address, number)
    return found, problems
