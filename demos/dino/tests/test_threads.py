"""How many threads compute."""

from collections.abc import Mapping

import pytest
import torch

from dino.config import Config
from dino.settings import with_values
from dino.threads import number_of_threads, share_of_cores

CPU = torch.device("cpu")


def threads(
    workers: int,
    *,
    wanted: int = 0,
    before: int = 0,
    device: torch.device = CPU,
    environment: Mapping[str, str] | None = None,
) -> int:
    config = with_values(Config(), {"workers": workers, "threads": wanted})
    return number_of_threads(config, device, before, 8, environment or {})


@pytest.mark.parametrize(("workers", "left"), [(0, 8), (2, 6), (8, 1), (10, 1)])
def test_the_cores_that_load_no_images_compute(workers: int, left: int) -> None:
    assert threads(workers) == left


@pytest.mark.parametrize("environment", [{}, {"OMP_NUM_THREADS": "1"}])
def test_a_run_that_goes_on_keeps_its_number(environment: Mapping[str, str]) -> None:
    assert threads(2, before=3, environment=environment) == 3


def test_the_setting_comes_first() -> None:
    assert threads(2, wanted=5, before=3, environment={"OMP_NUM_THREADS": "1"}) == 5


def test_where_the_environment_has_chosen_nothing_is_changed() -> None:
    assert threads(2, environment={"OMP_NUM_THREADS": "1"}) == 0


def test_beside_a_gpu_nothing_is_changed() -> None:
    assert threads(2, device=torch.device("cuda")) == 0


def test_processes_of_one_machine_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = share_of_cores()
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert share_of_cores() == max(1, alone // 2)
