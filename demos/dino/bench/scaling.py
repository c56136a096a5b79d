"""What many GPUs give, worked out from a measured step of one: the table of docs/scaling.md.

    python bench/scaling.py [--seconds 0.617] [--batch 64] [--mib 168] [--images-per-core 121]

A model and no measurement. A step takes as long as on one GPU, and longer where its gradients are not through when the
backward pass ends. They are averaged along a ring, first within each machine and then between machines, in buckets from
the moment the backward pass has made them; BACKWARD of the step is left for that. Loading takes its cores.
"""

import argparse
import sys
from dataclasses import dataclass

BACKWARD = 0.6
"""Share of a step that the backward pass takes, in which the exchange is hidden."""
GPUS = 8
"""GPUs of a machine."""
CORES = 96
"""Cores of a machine."""
LATENCY = 20e-6
"""Seconds from one process to its neighbour, buckets and all."""
BUCKETS = 7
COUNTS = (1, 8, 64, 512)


@dataclass(frozen=True)
class Net:
    """Bytes a second that a GPU sends within its machine, and a machine to the next."""

    name: str
    within: float
    between: float


NETS = (
    Net("NVLink, 8 × 200 Gbit/s", 200e9, 200e9),
    Net("NVLink, 100 Gbit/s", 200e9, 12.5e9),
    Net("PCIe, 10 Gbit/s", 12e9, 1.25e9),
)


def exchange(gradients: float, count: int, net: Net) -> float:
    """Seconds until all GPUs have the mean of their gradients (bytes), as a ring in each machine and one between."""
    here, machines = min(count, GPUS), max(1, count // GPUS)
    within = 2 * (here - 1) / here * gradients / net.within + 2 * (here - 1) * LATENCY * BUCKETS
    between = 2 * (machines - 1) / machines * gradients / net.between + 2 * (machines - 1) * LATENCY * BUCKETS
    return within + between


def step(seconds: float, gradients: float, count: int, net: Net) -> float:
    """Seconds of a step of all GPUs: what of the exchange the backward pass does not hide comes on top."""
    return seconds + max(0.0, exchange(gradients, count, net) - BACKWARD * seconds)


def table(seconds: float, batch: int, mib: float, images_per_core: float) -> str:
    """Markdown: for each net and number of GPUs the images a second, the efficiency, the cores that loading takes."""
    lines = [
        "| net | GPUs | images/s | efficiency | exchange, ms | cores for loading, of a machine's |",
        "|---|---|---|---|---|---|",
    ]
    for net in NETS:
        for count in COUNTS:
            gradients = mib * 2**20
            took = step(seconds, gradients, count, net)
            speed = count * batch / took
            cores = speed / max(1, count // GPUS) / images_per_core
            there = CORES if count >= GPUS else CORES // GPUS
            lines.append(
                f"| {net.name} | {count} | {speed:,.0f} | {100 * seconds / took:.0f} % | "
                f"{1000 * exchange(gradients, count, net):.1f} | {cores:.0f} of {there} |"
            )
    return "\n".join(lines)


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.617, help="a step on one GPU")
    parser.add_argument("--batch", type=int, default=64, help="images of a step on one GPU")
    parser.add_argument("--mib", type=float, default=168.0, help="gradients of a step")
    parser.add_argument("--images-per-core", type=float, default=121.0, help="what a core loads in a second")
    options = parser.parse_args()
    sys.stdout.write(table(options.seconds, options.batch, options.mib, options.images_per_core) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
