"""What a build costs: a made newsletter of any size, built by us and by MkDocs alone on the same pages, in one run.

    python bench/site.py --issues 520

Whole processes, taking turns, medians. MkDocs alone builds what `digest build` assembled, pages and theme, with none of
our shortcuts. The share cards of a clean build are counted apart.
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
import urllib.request
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
    parts = clean_build(root)
    memory = peak()
    print(f"share cards, drawn once: {parts['cards']:.1f} s, apart from everything below")
    clean, alone = alternate(runs, lambda: timed_clean(root), lambda: timed(lambda: mkdocs_alone(root)))
    edited = statistics.median(edited_build(root, number) for number in range(runs))
    same = statistics.median(timed(lambda: build(root)) for _ in range(runs))
    with Preview(root) as preview:
        served = statistics.median(preview.seconds_to_serve(root, number) for number in range(runs, 2 * runs + 1))
    rows = [
        ("clean build", clean),
        ("MkDocs alone, same pages", alone),
        ("one entry edited", edited),
        ("nothing edited", same),
        ("save to page, search, feed", served),
    ]
    for name, seconds in rows:
        print(f"{name:26} {seconds:7.2f} s")
    print(f"{'clean / MkDocs alone':26} {clean / alone:7.2f} ×")
    print(f"{'peak memory, clean build':26} {memory:7.0f} MB")
    for name, seconds_of in (("the clean build", parts), ("one entry edited", after_an_edit(root))):
        print(f"parts of {name}: " + ", ".join(f"{part} {seconds:.2f} s" for part, seconds in seconds_of.items()))


def alternate(runs: int, one: Callable[[], float], other: Callable[[], float]) -> tuple[float, float]:
    """The median seconds of two kinds of work that take turns, so that a busy machine slows both."""
    pairs = [(one(), other()) for _ in range(runs)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def clean_build(root: Path) -> dict[str, float]:
    """The seconds of each part of a build with nothing there."""
    shutil.rmtree(root / "build", ignore_errors=True)
    os.sync()
    return build(root)["seconds"]


def timed_clean(root: Path) -> float:
    """The seconds of a build with nothing there, less those that its share cards took."""
    shutil.rmtree(root / "build", ignore_errors=True)
    drawn: list[float] = []
    whole = timed(lambda: drawn.append(build(root)["seconds"]["cards"]))
    return whole - drawn[0]


def mkdocs_alone(root: Path) -> None:
    """MkDocs with Material on the pages that were assembled."""
    with tempfile.TemporaryDirectory() as site:
        environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
        subprocess.run([*ALONE, site], cwd=root, env=environment, check=True)


def edited_build(root: Path, number: int) -> float:
    """The seconds of a build after one entry was edited."""
    edit(root, number)
    return timed(lambda: build(root))


def after_an_edit(root: Path) -> dict[str, float]:
    """The seconds of each part of a build after one entry was edited."""
    edit(root, 0)
    return build(root)["seconds"]


def edit(root: Path, number: int) -> tuple[str, str]:
    """Adds a sentence to the paper of the newest issue but `number`; the address of its page, and the sentence."""
    papers = sorted((root / "site" / "papers").glob("*.md"), key=lambda file: int(file.stem.rpartition("-")[2]))
    entry = papers[-1 - number]
    sentence = f"One more sentence, number {time.time_ns()}."
    entry.write_text(entry.read_text(encoding="utf-8") + f"\n{sentence}\n", encoding="utf-8")
    return f"papers/{entry.stem}/", sentence


class Preview:
    """`digest serve` at work on a project."""

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-m", "digest", "serve", "--port", "0"]
        self.process = subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True)

    def __enter__(self) -> "Preview":
        said = next(line for line in self.process.stderr or () if "http://" in line)
        self.address = said.partition("http://")[2].partition(" ")[0]
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate()

    def seconds_to_serve(self, root: Path, number: int) -> float:
        """The seconds from the save of an entry until its page, the search index and the feed of papers say so."""
        os.sync()
        begun = time.perf_counter()
        page, sentence = edit(root, number)
        for path in (page, "search/search_index.json", "papers/feed.xml"):
            while sentence.encode() not in self.get(path):
                time.sleep(0.005)
        return time.perf_counter() - begun

    def get(self, path: str) -> bytes:
        """What stands at a path."""
        with urllib.request.urlopen(f"http://{self.address}{path}") as answer:
            text: bytes = answer.read()
            return text


def build(root: Path) -> dict[str, dict[str, float]]:
    """What a build by `digest` reports."""
    done = subprocess.run(DIGEST, cwd=root, check=True, capture_output=True, text=True)
    report: dict[str, dict[str, float]] = json.loads(done.stdout)
    return report


def timed(work: Callable[[], object]) -> float:
    """The seconds that some work takes, on a disk that has nothing else to write."""
    os.sync()
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
