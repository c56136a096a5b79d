"""`--dry-run`: what it says of time, memory and disk, and that it leaves nothing behind."""

import os
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from dino.building import Plan
from dino.config import Config
from dino.cost import Kept, Measured, disk_lines, estimate, measure, pace, pictures, time_lines
from dino.data.images import Images, open_images
from dino.errors import ContentError
from dino.run import Run
from dino.settings import with_values

CPU = torch.device("cpu")
SMALL = with_values(
    Config(),
    {
        "backbone": "vit:16x2x2", "patch_size": 4, "out_dim": 32, "head_hidden": 16, "head_bottleneck": 8,
        "global_size": (16, 16), "local_size": (8, 8), "local_count": 2, "batch_size": 4, "workers": 0, "epochs": 40,
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    folder, numbers = tmp_path_factory.mktemp("cost") / "images", random.Random(1)
    for number in range(20):
        place = folder / f"class{number % 2}" / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.frombytes("RGB", (40, 30), numbers.randbytes(3600)).save(place)
    return open_images(folder)


@pytest.fixture
def run(images: Images, tmp_path: Path) -> Run:
    return Run.start(images, SMALL, tmp_path / "run", CPU, lambda _: None)


def having(run: Run, **values: object) -> Run:
    """The same run with other settings."""
    config = with_values(run.config, values)
    return replace(run, config=config, plan=Plan(config, run.plan.steps, run.plan.images_per_step))


@pytest.mark.parametrize("cache", [0, 24])
def test_it_says_time_memory_and_disk_and_writes_nothing(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: int
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = estimate(images, with_values(SMALL, {"cache": cache}), Path("runs/new"), CPU)
    assert list(tmp_path.iterdir()) == []
    text = "\n".join(lines)
    assert re.search(r"^time: .+ for 200 steps of 4 images, at [\d.]+ s each", text, re.MULTILINE)
    assert re.search(r"^memory: \d+\.\d GiB at the most on cpu", text, re.MULTILINE)
    assert re.search(r"^disk: \d+\.\d GiB: 5 checkpoints of \d+ MiB \(2 kept for good, 2 newest", text, re.MULTILINE)
    assert "41 evaluations by k-NN of 20 images each" in text
    assert ("to decode the images into the cache" in text) == bool(cache)


def test_a_step_and_its_loading_are_really_measured(run: Run, images: Images) -> None:
    measured = measure(run, images)
    assert measured.step > 0
    assert measured.load > 0
    assert measured.knn_image > 0


def test_the_time_is_that_of_all_steps(run: Run) -> None:
    line = time_lines(having(run, workers=0), Measured(step=1.0, load=3.0, decode=0.0, knn_image=0.0))[0]
    assert line.startswith("time: 13 min 20 s for 200 steps of 4 images, at 4.00 s each (1 images/s)")


@pytest.mark.parametrize(("workers", "seconds"), [(0, 4.0), (1, 3.0), (2, 1.5), (4, 1.0)])
def test_loading_beside_a_gpu_costs_only_what_it_is_slower(workers: int, seconds: float) -> None:
    assert pace(Measured(1.0, 3.0, 0.0, 0.0), workers, torch.device("cuda")) == seconds


@pytest.mark.parametrize(("workers", "cores", "seconds"), [(0, 2, 4.0), (1, 2, 3.0), (2, 2, 2.5), (2, 4, 1.75)])
def test_loading_beside_a_cpu_takes_of_its_cores(
    workers: int, cores: int, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert pace(Measured(1.0, 3.0, 0.0, 0.0), workers, CPU) == seconds


def test_it_says_when_loading_holds_training_up(run: Run) -> None:
    slow, quick = (Measured(step=1.0, load=load, decode=0.0, knn_image=0.0) for load in (3.0, 0.5))
    assert "loading is what holds it up" in time_lines(having(run, workers=0), slow)[0]
    assert "loading is what holds it up" not in time_lines(having(run, workers=0), quick)[0]


def test_k_nn_is_counted_by_its_images_and_its_times(run: Run) -> None:
    measured = Measured(step=1.0, load=0.0, decode=0.0, knn_image=0.5)
    assert "1 min 30 s for 9 evaluations by k-NN of 20 images each" in time_lines(having(run, knn_every=5), measured)[1]
    assert "of 6 images each" in time_lines(having(run, knn_limit=3), measured)[1]


def test_k_nn_that_is_off_costs_nothing(images: Images, tmp_path: Path) -> None:
    config = with_values(SMALL, {"knn_every": 0})
    off = Run.start(images, config, tmp_path, CPU, lambda _: None)
    assert not any("k-NN" in line for line in time_lines(off, Measured(1.0, 0.0, 0.0, 0.0)))


def test_what_is_not_measured_is_said(run: Run) -> None:
    assert "not measured: writing checkpoints" in time_lines(run, Measured(1.0, 0.0, 0.0, 0.0))[-1]


def test_the_disk_holds_the_newest_the_good_and_the_one_being_written(run: Run) -> None:
    gib = 2**30
    line = disk_lines(having(run, keep=3, keep_every=10), gib, 2 * gib, 100 * gib)[0]
    assert line.startswith("disk: 10.0 GiB: 8 checkpoints of 1,024 MiB (4 kept for good, 3 newest, 1 being written)")
    assert "2,048 MiB of cache" in line
    assert line.endswith("100 GiB are free")


def test_a_disk_that_is_too_small_is_warned_of_with_a_mend(run: Run) -> None:
    assert disk_lines(run, 2**30, 0, 2**40)[1:] == []
    assert "lower --keep, raise --keep-every or name another --out" in disk_lines(run, 2**30, 0, 2**30)[1]


def test_pictures_for_the_report_are_counted_unless_there_are_none() -> None:
    assert pictures(with_values(SMALL, {"snapshot_every": 0})) == 0
    assert (
        pictures(with_values(SMALL, {"snapshot_every": 1})) > pictures(with_values(SMALL, {"snapshot_every": 10})) > 0
    )


def test_images_are_kept_as_the_cache_would_hold_them(images: Images) -> None:
    kept = Kept(images, 15)
    assert kept.load(3).size == (20, 15)
    assert (kept.bytes_each, len(kept), kept.read(3)) == (20 * 15 * 3, 20, images.read(3))


def test_too_few_images_for_a_batch_are_refused(images: Images, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="20 images do not fill one batch of 64"):
        estimate(images, with_values(SMALL, {"batch_size": 64}), tmp_path, CPU)
