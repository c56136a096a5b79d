"""The command `{{ name }}`."""

import argparse
from pathlib import Path

from {{ package }}.estimate import circle, estimate_area
from {{ package }}.report import SAMPLES, SEED, write_report


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="{{ name }}", description="Estimate pi with random points.")
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show", help="print the estimate")
    show.add_argument("--samples", type=_count, default=SAMPLES, help="how many points (default: %(default)s)")
    show.add_argument("--seed", type=int, default=SEED, help="which points (default: %(default)s)")
    reproduce = commands.add_parser("reproduce", help="write metrics.json and the figure")
    reproduce.add_argument("--out", type=Path, required=True, help="the folder to write into")
    words = parser.parse_args()
    if words.command == "show":
        estimate = estimate_area(circle, words.samples, words.seed)
        print(f"pi is {estimate.value:.4f}, between {estimate.low:.4f} and {estimate.high:.4f} (95 %)")
    else:
        write_report(words.out)
        print(f"written to {words.out}")


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least one point is needed")
    return count
