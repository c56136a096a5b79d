"""The nearest neighbours in a bank as large as ImageNet: this package, faiss and scikit-learn, in one run.

    python bench/knn.py --faiss PYTHON [--bank 1281167] [--queries 2000] [--dim 384] [--k 20] [--rounds 5] [--out FILE]

PYTHON is the interpreter of an environment with faiss-cpu and scikit-learn. The bank is made: as many clusters as
ImageNet has classes, one after another as in a folder, in float32, on the disk. Each contender is a process with as
many threads as the machine has cores; they take turns, and what counts is the median of their rounds by the clock.
Reading the bank and making faiss' index of it are not timed. Whether they find the same neighbours is said at the end.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy
from turns import Contender, contend, table, take_turns, write

CLASSES, PART = 1000, 65536
SPREAD = 1.0
"""Of a feature about the middle of its class, whose own coordinates have a deviation of 1."""

Search = Callable[[], "numpy.ndarray"]
"""Looks for all neighbours, and gives their rows [queries, k]."""


def main() -> int:
    """Measures, and prints a table with the ratios; or is one of the contenders."""
    options = _options()
    if options.contend:
        return _contend(options)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        make(place, options)
        measured = take_turns(_contenders(place, options), options.rounds)
        sys.stdout.write(table(measured, "queries/s") + "\n")
        first = next(iter(measured))
        for name in measured:
            same = numpy.mean(numpy.load(place / f"{name}.npy") == numpy.load(place / f"{first}.npy"))
            sys.stdout.write(f"{ABOUT[name]}: {100 * same:.3f} % of the neighbours are those of the first\n")
    for name, found in measured.items():
        seconds = 50_000 / found.images_per_second
        sys.stdout.write(f"{ABOUT[name]}: 50,000 queries would take {seconds:.0f} s\n")
    if options.out:
        write(measured, options.out)
    return 0


def make(place: Path, options: argparse.Namespace) -> None:
    """The bank and the queries, of length 1, as files in `place`."""
    numbers = numpy.random.default_rng(0)
    middles = numbers.normal(size=(CLASSES, options.dim)).astype(numpy.float32)
    bank = numpy.lib.format.open_memmap(place / "bank.npy", "w+", numpy.float32, (options.bank, options.dim))
    for first in range(0, options.bank, PART):
        rows = numpy.arange(first, min(first + PART, options.bank))
        bank[rows] = _around(middles[rows * CLASSES // options.bank], numbers)
    bank.flush()
    queries = _around(middles[numbers.integers(CLASSES, size=options.queries)], numbers)
    numpy.save(place / "queries.npy", queries)


def _around(middles: "numpy.ndarray", numbers: numpy.random.Generator) -> "numpy.ndarray":
    found = middles + SPREAD * numbers.normal(size=middles.shape).astype(numpy.float32)
    return found / numpy.linalg.norm(found, axis=1, keepdims=True)


def ours(place: Path, k: int) -> Search:
    """This package, on the bank as it lies on the disk."""
    return _ours(place, k, half=False)


def half(place: Path, k: int) -> Search:
    """This package, the bank in 16 bits."""
    return _ours(place, k, half=True)


def _ours(place: Path, k: int, *, half: bool) -> Search:
    import torch

    from dino.neighbours import nearest

    bank = torch.from_numpy(numpy.load(place / "bank.npy", mmap_mode="c"))
    queries = torch.from_numpy(numpy.load(place / "queries.npy"))
    if half:
        bank = torch.cat([part.half() for part in torch.split(bank, PART)])
    return lambda: nearest(bank, queries, k).rows.numpy()


def faiss(place: Path, k: int) -> Search:
    """Faiss' flat index by inner product."""
    import faiss as library

    bank, queries = numpy.load(place / "bank.npy", mmap_mode="r"), numpy.load(place / "queries.npy")
    index = library.IndexFlatIP(bank.shape[1])
    for first in range(0, len(bank), PART):
        index.add(numpy.ascontiguousarray(bank[first : first + PART]))
    return lambda: index.search(queries, k)[1]


def sklearn(place: Path, k: int) -> Search:
    """The brute force of scikit-learn, by the Euclidean distance, which orders features of length 1 alike."""
    from sklearn.neighbors import NearestNeighbors

    index = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(numpy.load(place / "bank.npy"))
    queries = numpy.load(place / "queries.npy")
    return lambda: index.kneighbors(queries, return_distance=False)


CONTENDERS: dict[str, Callable[[Path, int], Search]] = {"faiss": faiss, "ours": ours, "half": half, "sklearn": sklearn}
ABOUT = {
    "faiss": "faiss, flat",
    "ours": "ours, float32 on the disk",
    "half": "ours, float16 in memory",
    "sklearn": "scikit-learn, brute force",
}


def _contenders(place: Path, options: argparse.Namespace) -> dict[str, Contender]:
    pythons = {"ours": sys.executable, "half": sys.executable}
    names = [name for name in CONTENDERS if options.faiss or name in pythons]
    return {
        name: Contender(
            ABOUT[name],
            [
                pythons.get(name, options.faiss),
                __file__,
                "--contend",
                name,
                "--place",
                str(place),
                "--k",
                str(options.k),
            ],
        )
        for name in names
    }


def _contend(options: argparse.Namespace) -> int:
    search = CONTENDERS[options.contend](options.place, options.k)

    def one_pass() -> int:
        rows = search()
        numpy.save(options.place / f"{options.contend}.npy", rows)
        return len(rows)

    contend(one_pass, time.perf_counter)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faiss", metavar="PYTHON", help="with faiss-cpu and scikit-learn (default: ours alone)")
    parser.add_argument("--bank", type=int, default=1_281_167, metavar="N", help="features (default: %(default)s)")
    parser.add_argument("--queries", type=int, default=2000, metavar="N", help="(default: %(default)s)")
    parser.add_argument("--dim", type=int, default=384, metavar="N", help="of a feature (default: %(default)s)")
    parser.add_argument("--k", type=int, default=20, metavar="K", help="neighbours (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="that count (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the numbers as JSON")
    parser.add_argument("--contend", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))
    raise SystemExit(main())
