"""A training in SLURM's queue, through submitit: the same run as `torchrun` would start, a process for each GPU.

Two minutes before its time is over SLURM sends SIGUSR1; the run saves, asks to be queued again and goes on from there
(`dino.signals`). Nothing of the training itself is here.
"""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dino.errors import CommandError, WorldError

WARNING = "USR1@120"
"""The signal that ends a run in good order, and how many seconds it has for that."""
FIRST_PORT, PORTS = 10_000, 20_000
"""Jobs on one machine meet at different ports, below those that systems give out."""


@dataclass(frozen=True)
class Request:
    """What a job asks SLURM for: `gpus` of each node, `cores` for each process; `more` are sbatch's own options."""

    name: str
    nodes: int = 1
    gpus: int = 1
    cores: int = 10
    hours: float = 24.0
    partition: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    def for_slurm(self) -> dict[str, Any]:
        """The request in the words of submitit's executor."""
        return {
            **self.for_any(),
            "nodes": self.nodes,
            "gpus_per_node": self.gpus or None,
            "cpus_per_task": self.cores,
            "slurm_partition": self.partition or None,
            "slurm_job_name": self.name,
            "slurm_additional_parameters": {"signal": WARNING, "requeue": True, **self.more},
        }

    def for_any(self) -> dict[str, Any]:
        """What this machine can give as well."""
        return {"timeout_min": round(60 * self.hours), "tasks_per_node": max(1, self.gpus)}


@dataclass(frozen=True)
class Training:
    """`dino train` with these arguments, as one process of a job."""

    arguments: argparse.Namespace

    def __call__(self) -> int:
        """0; any other exit status ends the process with it, so that SLURM sees it."""
        from dino.cli import answered
        from dino.commands.train import run

        os.environ.update(environment())
        status = answered(lambda: run(self.arguments))
        if status:
            raise SystemExit(status)
        return status


def submit(training: Training, request: Request, folder: Path, cluster: Literal["slurm", "local"] = "slurm") -> Any:
    """Queue the training; submitit's job. What it says goes to `folder`; `local` runs it on this machine instead.

    Raises CommandError without submitit or where sbatch refuses, and WorldError where there is no SLURM.
    """
    try:
        import submitit
    except ImportError as error:
        raise CommandError("dino submit needs submitit; install it with: pip install 'dino[slurm]'") from error
    try:
        executor = submitit.AutoExecutor(folder, cluster=cluster)
    except RuntimeError as error:
        raise WorldError("there is no SLURM here (no srun); run this where sbatch and srun are") from error
    wanted = request.for_slurm() if cluster == "slurm" else request.for_any()
    executor.update_parameters(**{name: value for name, value in wanted.items() if value is not None})
    try:
        return executor.submit(training)
    except (submitit.core.utils.FailedJobError, submitit.core.utils.FailedSubmissionError) as error:
        raise CommandError(f"SLURM does not take the job ({' '.join(str(error).split())})") from error


def environment() -> dict[str, str]:
    """What torch.distributed reads, for this process of a submitit job."""
    import submitit

    job = submitit.JobEnvironment()
    alone = job.num_nodes == 1
    return {
        "RANK": str(job.global_rank),
        "WORLD_SIZE": str(job.num_tasks),
        "LOCAL_RANK": str(job.local_rank),
        "LOCAL_WORLD_SIZE": str(job.num_tasks // job.num_nodes),
        "MASTER_ADDR": "127.0.0.1" if alone else job.hostnames[0],
        "MASTER_PORT": str(FIRST_PORT + int(job.raw_job_id) % PORTS),
    }
