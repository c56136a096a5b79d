"""What a build costs: a made newsletter of any size, built by us and by MkDocs alone on the same pages, in one run.

    python bench/site.py --issues 520

Whole processes, taking turns, medians. MkDocs alone builds what `digest build` assembled, pages and theme, with none of
our shortcuts. Share cards are drawn before the runs and kept, and are counted apart.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from newsletter import write_newsletter

DIGEST = [sys.executable, "-m", "digest", "build", "--json"]
ALONE = [sys.executable, "-m", "mkdocs", "--quiet", "build", "--config-file", "build/mkdocs.yml", "--site-dir"]


def main() -> None:
    """Makes the newsletter, measures each kind of work, and prints a table and where the time goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--issues", type=int, default=520)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "newsletter")
        write_newsletter(root, arguments.issues)
        measure(root, arguments.issues, arguments.runs)


def measure(root: Path, issues: int, runs: int) -> None:
    """Prints what each kind of work took, and MkDocs beside it."""
    print(
        f"{issues} issues, {3 * issues} entries; {cores()} cores, Python {platform.python_version()}, median of {runs}"
    )
    first = build(root)
    print(f"share cards, drawn once: {first['seconds']['cards']:.1f} s, apart from everything below")
    clean_build(root)
    memory = peak()
    clean, alone = alternate(runs, lambda: clean_build(root), lambda: mkdocs_alone(root))
    edited = statistics.median(edited_build(root, number) for number in range(runs))
    same = statistics.median(timed(lambda: build(root)) for _ in range(runs))
    parts = build(root)["seconds"]
    rows = [
        ("clean build", clean),
        ("MkDocs alone, same pages", alone),
        ("one entry edited", edited),
        ("nothing edited", same),
    ]
    for name, seconds in rows:
        print(f"{name:26} {seconds:7.2f} s")
    print(f"{'clean / MkDocs alone':26} {clean / alone:7.2f} ×")
    print(f"{'peak memory, clean build':26} {memory:7.0f} MB")
    print("parts of the last: " + ", ".join(f"{part} {seconds:.2f} s" for part, seconds in parts.items()))


def alternate(runs: int, one: Callable[[], None], other: Callable[[], None]) -> tuple[float, float]:
    """The median seconds of two kinds of work that take turns, so that a busy machine slows both."""
    pairs = [(timed(one), timed(other)) for _ in range(runs)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def clean_build(root: Path) -> None:
    """Builds with nothing there but the share cards."""
    for made in (root / "build").iterdir():
        if made.is_dir() and not made.is_symlink() and made.name != ".cards":
            shutil.rmtree(made)
        elif made.name != ".cards":
            made.unlink()
    build(root)


def mkdocs_alone(root: Path) -> None:
    """MkDocs with Material on the pages that were assembled."""
    with tempfile.TemporaryDirectory() as site:
        environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
        subprocess.run([*ALONE, site], cwd=root, env=environment, check=True)


def edited_build(root: Path, number: int) -> float:
    """The seconds of a build after one entry was edited."""
    entry = sorted((root / "site" / "papers").glob("*.md"))[number]
    entry.write_text(entry.read_text(encoding="utf-8") + f"\nOne more sentence, number {number}.\n", encoding="utf-8")
    return timed(lambda: build(root))


def build(root: Path) -> dict[str, dict[str, float]]:
    """What a build by `digest` reports."""
    done = subprocess.run(DIGEST, cwd=root, check=True, capture_output=True, text=True)
    report: dict[str, dict[str, float]] = json.loads(done.stdout)
    return report


def timed(work: Callable[[], object]) -> float:
    """The seconds that some work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def peak() -> float:
    """The most memory that one of the processes so far has held, in MB."""
    held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return held / (1e6 if sys.platform == "darwin" else 1e3)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    main()
