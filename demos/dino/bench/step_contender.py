"""One contender of `bench/step.py`, in whatever environment has what it needs: a step of DINO whenever it is asked.

python bench/step_contender.py NAME WORK OUT_DIM [--threads 1] [--authors DIR]
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from contenders import Step, authors, lightly, ours, ours_with_timm
from turns import contend
from works import WORKS, Work

CPU = torch.device("cpu")
CONTENDERS: dict[str, Callable[[Work], Step]] = {
    "lightly": lambda work: lightly(work, CPU),
    "plain": lambda work: ours(work, CPU, computation="plain"),
    "fast": lambda work: ours(work, CPU),
    "fast-timm": lambda work: ours_with_timm(work, CPU),
    "fast-bf16": lambda work: ours(work, CPU, precision="bf16"),
}


def main() -> int:
    """Takes turns with the others until its input ends."""
    options = _options()
    work = replace(WORKS[options.work], out_dim=options.out_dim)
    warnings.simplefilter("ignore")
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    step = authors(work, CPU, options.authors) if options.authors else CONTENDERS[options.name](work)
    crops = [torch.randn(work.batch, 3, size, size) for size in work.sizes]

    def one_pass() -> int:
        step([crop.clone() for crop in crops])
        return work.batch

    contend(one_pass, time.process_time if options.threads == 1 else time.perf_counter)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[*CONTENDERS, "authors"])
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("out_dim", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--authors", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
