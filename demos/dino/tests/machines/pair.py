"""Two processes with a group between them, and what each of them found."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from network import LOOPBACK, Network
from toy import CONTEXT, _free_port

from dino import distributed


def pair(work: Callable[[int], Any], between: Network, folder: Path) -> list[Any]:
    """What `work` gives for each rank, in a process for each; tensors and what holds them."""
    port = _free_port()
    started = [CONTEXT.Process(target=_one, args=(work, rank, between, port, folder)) for rank in range(2)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
        process.kill()
        process.join()
    assert [process.exitcode for process in started] == [0, 0]
    return [torch.load(folder / str(rank), weights_only=False) for rank in range(2)]


def on_loopback(work: Callable[[int], Any], folder: Path) -> list[Any]:
    return pair(work, LOOPBACK, folder)


def _one(work: Callable[[int], Any], rank: int, between: Network, port: int, folder: Path) -> None:
    torch.set_num_threads(1)
    between.enter(rank)
    os.environ.update(RANK=str(rank), WORLD_SIZE="2", MASTER_PORT=str(port))
    with distributed.group(torch.device("cpu")):
        torch.save(work(rank), folder / str(rank))
