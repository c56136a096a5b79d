"""Toy runs: a few made images, a network of two thin blocks, a step in milliseconds."""

import colorsys
import multiprocessing
import os
import random
import socket
from pathlib import Path

import torch
from PIL import Image

SETTINGS = (
    "--backbone vit:16x2x2 --patch-size 4 --out-dim 32 --head-hidden 16 --head-bottleneck 8 --global-size 16 "
    "--local-size 8 --local-count 2 --epochs 3 --batch-size 4 --warmup-epochs 1 --drop-path 0.1 --log-every 1 "
    "--save-every 1 --device cpu --workers 0 --preset vit_s16_100ep --warmup-teacher-temp-epochs 1 --no-norm-last-layer"
).split()

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["dino.commands.train"])


def make_images(folder: Path, count: int = 24, classes: int = 2, side: int = 20) -> Path:
    """`count` images of coloured stripes, each class of a hue of its own, in a folder for each class."""
    numbers = random.Random(5)
    for index in range(count):
        label = index % classes
        place = folder / f"class{label}" / f"{index:03}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        image = Image.new("RGB", (side, side + index % 3))
        for x in range(image.width):
            hue = (label / classes + numbers.uniform(-0.08, 0.08)) % 1
            colour = tuple(int(255 * value) for value in colorsys.hsv_to_rgb(hue, 0.8, numbers.uniform(0.4, 1)))
            for y in range(image.height):
                image.putpixel((x, y), colour)
        image.save(place)
    return folder


def processes(words: list[str], world: int = 1) -> list[multiprocessing.process.BaseProcess]:
    """The started processes of one `dino` command, joined by gloo where there are several."""
    port = _free_port()
    started = []
    for rank in range(world):
        process = CONTEXT.Process(target=_command, args=(words, rank, world, port))
        process.start()
        started.append(process)
    return started


def finish(started: list[multiprocessing.process.BaseProcess]) -> list[int | None]:
    """The exit status of each process; a negative one is the signal that ended it, that of a process that hangs."""
    for process in started:
        process.join(60)
        process.kill()
        process.join()
    return [process.exitcode for process in started]


def _command(words: list[str], rank: int, world: int, port: int) -> None:
    from dino.cli import main

    multiprocessing.set_start_method("fork", force=True)  # for the loader's workers, as where no forkserver is behind
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    if world > 1:
        os.environ.update(
            RANK=str(rank),
            WORLD_SIZE=str(world),
            MASTER_ADDR="127.0.0.1",
            MASTER_PORT=str(port),
            GLOO_SOCKET_IFNAME="lo",
        )
    raise SystemExit(main(words))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
