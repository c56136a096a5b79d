"""One process and two on one machine: images/s of the whole, and what the exchange of gradients costs.

    python bench/processes.py [WORK] [--processes 2] [--rounds 5] [--out FILE]

Each process has one thread and the work's whole batch, so that two do twice the work; on as many cores, and without an
exchange, they would do it in the same time. Wall time; nothing else should run. Of each launch the median of its steps
counts, and of the launches, which take turns, the median of these.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from works import WORKS, Work

STEPS = 3


def main() -> int:
    """Launches in turns, and prints images/s with the efficiency; or is one of the processes."""
    options = _options()
    if "WORLD_SIZE" in os.environ:
        return _learn(WORKS[options.work])
    found: dict[int, list[float]] = {1: [], options.processes: []}
    sent = 0.0
    for _ in range(options.rounds):
        for count, seconds in found.items():
            measured = _launch(options.work, count)
            seconds.append(measured["seconds"])
            sent = measured["bytes"]
    batch = WORKS[options.work].batch
    speeds = {count: count * batch / statistics.median(seconds) for count, seconds in found.items()}
    efficiency = speeds[options.processes] / (options.processes * speeds[1])
    for count, speed in speeds.items():
        sys.stdout.write(f"{count} {'process' if count == 1 else 'processes'}: {speed:.2f} images/s\n")
    sys.stdout.write(f"efficiency {100 * efficiency:.0f} %, {sent / 2**20:.0f} MiB of gradients a step\n")
    if options.out:
        facts = {"work": options.work, "seconds": found, "bytes": sent, "efficiency": efficiency}
        options.out.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    return 0


def _launch(work: str, count: int) -> dict[str, float]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(  # noqa: S603
        [*launcher, __file__, work], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        sys.exit(f"{done.stderr.strip()}\nprocesses.py: a launch failed; what it said is above")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _learn(work: Work) -> int:
    import torch
    from contenders import learner_of, rates

    from dino import distributed

    torch.set_num_threads(1)
    device = torch.device("cpu")
    with distributed.group(device):
        torch.manual_seed(distributed.rank())
        learner, steady = learner_of(work, device), rates()
        crops = [torch.randn(work.batch, 3, size, size) for size in work.sizes]
        seconds = []
        for _ in range(1 + STEPS):
            distributed.barrier()
            began = time.perf_counter()
            learner.step(crops, steady, 1)
            seconds.append(time.perf_counter() - began)
        learnt = [parameter for parameter in learner.student.parameters() if parameter.grad is not None]
        facts = {
            "seconds": statistics.median(seconds[1:]),
            "bytes": sum(parameter.numel() * parameter.element_size() for parameter in learnt),
        }
        if distributed.rank() == 0:
            sys.stdout.write(json.dumps(facts) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", nargs="?", default="small", choices=WORKS)
    parser.add_argument("--processes", type=int, default=2, help="how many stand against one (default 2)")
    parser.add_argument("--rounds", type=int, default=5, help="launches of each (default 5)")
    parser.add_argument("--out", type=Path, help="a JSON file for the numbers")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
