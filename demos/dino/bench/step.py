"""How fast a step is on a processor: ours by both paths and in bfloat16, beside lightly's and the authors' code.

    python bench/step.py small --lightly PYTHON [--out-dim 65536]
    python bench/step.py vit_small --authors DIR

`small` is a transformer of 192 dimensions and 6 blocks on patches of 4: 2 × 32 + 6 × 16 px, batch 64. `vit_small` is
ViT-S/16: 2 × 224 + 8 × 96 px, batch 8, 65,536 prototypes. PYTHON is the interpreter of an environment in which `pip
install lightly timm` was run; DIR is a checkout of facebookresearch/dino. Each contender is a process of its own with
one thread, sees the same crops, and learns with AdamW; they take turns, and the median of their rounds counts, in
processor time. With --threads above 1 it is wall time, and nothing else should run.

What exactly is measured of lightly and of the authors, and what is patched, stands in `bench/contenders.py`.
"""

import argparse
import os
import sys
from pathlib import Path

from turns import Contender, table, take_turns, write
from works import WORKS

HERE = Path(__file__).parent
OURS = {
    "plain": "ours, plain path",
    "fast": "ours, fast path",
    "fast-timm": "ours, fast path, timm's network",
    "fast-bf16": "ours, fast path, bfloat16",
}


def main() -> int:
    """Measures, and prints a table with the ratios against the first contender."""
    options = _options()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    out_dim = options.out_dim or WORKS[options.work].out_dim
    arguments = [options.work, str(out_dim), "--threads", str(options.threads)]
    contenders = {}
    if options.lightly:
        contenders["lightly"] = Contender("lightly, timm's network", _command(options.lightly, "lightly", arguments))
    if options.authors:
        checkout = [*arguments, "--authors", str(options.authors)]
        contenders["authors"] = Contender("the authors' code", _command(sys.executable, "authors", checkout))
    for name, about in OURS.items():
        if name in options.ours:
            contenders[name] = Contender(about, _command(sys.executable, name, arguments))
    measured = take_turns(contenders, options.rounds)
    sys.stdout.write(table(measured) + "\n")
    if options.out:
        write(measured, options.out)
    return 0


def _command(python: str, name: str, arguments: list[str]) -> list[str]:
    return [python, str(HERE / "step_contender.py"), name, *arguments]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("--lightly", metavar="PYTHON", help="an interpreter that has lightly and timm")
    parser.add_argument("--authors", metavar="DIR", type=Path, help="a checkout of the authors' code")
    parser.add_argument("--out-dim", type=int, help="another number of prototypes")
    parser.add_argument("--ours", nargs="+", choices=OURS, default=["plain", "fast"], help="which of ours take part")
    parser.add_argument("--rounds", type=int, default=5, help="steps that count, for each contender (default 5)")
    parser.add_argument("--threads", type=int, default=1, help="threads of each contender (default 1)")
    parser.add_argument("--out", type=Path, help="a JSON file for the numbers")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
