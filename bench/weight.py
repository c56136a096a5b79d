"""What a first visit costs a reader: bytes over the wire, what moves, the largest paint, the search index.

    python -m bench.weight --issues 130

Measured in headless Chromium (on the PATH, or CHROMIUM=PATH) against a server on this machine: of this repository's
newsletter, and of a made one of any size. The paint is that of this machine, with no network in between.
"""

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.newsletter import write_newsletter
from tests.browser.newsletters import copy_newsletter
from tests.browser.reading import INSTALL, Site, browser_arguments, find_browser, new_reader
from tests.browser.serving import serving
from tests.browser.visiting import DESK, PHONE, visit

WINDOWS = {"phone": PHONE, "desk": DESK}
KINDS = ("document", "stylesheet", "script", "font", "image")
INDEX = "search/search_index.json"


def main() -> None:
    """Builds both newsletters, visits a page of every kind in each, and prints what it cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--issues", type=int, default=130, help="of the made newsletter")
    parser.add_argument("--window", choices=WINDOWS, default="phone")
    arguments = parser.parse_args()
    chromium = find_browser(os.environ)
    if chromium is None:
        sys.exit(INSTALL)
    with tempfile.TemporaryDirectory() as folder:
        ours, made = Path(folder, "ours"), Path(folder, "made")
        ours.mkdir()
        copy_newsletter(ours, "https://newsletter.example/ours/")
        write_newsletter(made, arguments.issues)
        folders = {root.name: build(root) for root in (ours, made)}
        with serving(folders) as origin, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=browser_arguments())
            print(f"Chromium {browser.version}, {arguments.window}; gzip, heads included; a kB is 1,000 bytes")
            for name, site in folders.items():
                print_site(browser, Site(f"{origin}/{name}/", "", site), WINDOWS[arguments.window])
            browser.close()


def build(root: Path) -> Path:
    """Builds the newsletter in `root`, and gives the folder of its site."""
    subprocess.run([sys.executable, "-m", "digest", "build"], cwd=root, check=True, stdout=subprocess.DEVNULL)
    return (root / "build" / "site").resolve()


def print_site(browser: Browser, site: Site, window: dict[str, int]) -> None:
    """Prints a row for a page of each kind, and the size of the search index."""
    issues = sum(1 for _ in (site.folder / "issues").iterdir())
    print(f"\n{issues} {'issue' if issues == 1 else 'issues'}\n")
    print("| page | " + " | ".join(KINDS) + " | all, kB | shift | largest paint |")
    print("|---" * (len(KINDS) + 2) + "|---|---|")
    for name, address in pages(site.folder):
        reader = new_reader(browser, site, viewport=window)
        seen = visit(reader, address)
        reader.context.close()
        weights = [seen.bytes.get(kind, 0) for kind in KINDS]
        cells = [f"{weight / 1000:.1f}" for weight in (*weights, seen.weight)]
        print(f"| {name} | {' | '.join(cells)} | {seen.shift:.3f} | {seen.largest_paint:.0f} ms, {seen.largest_name} |")
    index = (site.folder / INDEX).read_bytes()
    print(f"\nsearch index, fetched when search is opened: {len(index) / 1000:,.1f} kB, ", end="")
    print(f"{len(gzip.compress(index, 6)) / 1000:,.1f} kB with gzip")


def pages(folder: Path) -> Iterator[tuple[str, str]]:
    """A page of each kind with its address: of what has a date the newest, of the rest the first."""
    yield "home", ""
    for kind in ("issues", "papers", "courses", "projects", "tags", "archive", "authors"):
        found = sorted(page.parent for page in (folder / kind).glob("*/index.html"))
        one = found[-1] if kind in ("issues", "archive") else found[0]
        yield f"one of {kind}", f"{kind}/{one.name}/"
        if (folder / kind / "index.html").is_file():
            yield kind, f"{kind}/"
    for name in ("demos", "subscribe", "about"):
        yield name, f"{name}/"


if __name__ == "__main__":
    main()
