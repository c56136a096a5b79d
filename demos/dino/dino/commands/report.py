"""`dino report RUN`: the run as one HTML page and PNGs."""

import argparse
from pathlib import Path

from dino.report import report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `dino report`."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder that `dino train` writes, also while it runs")
    parser.epilog = "example: dino report runs/photographs"


def run(arguments: argparse.Namespace) -> int:
    """Writes RUN/report.html and RUN/report/*.png, and says where."""
    print(report(arguments.run))
    return 0
