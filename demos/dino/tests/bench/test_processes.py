"""The benches of many processes: one measured on this machine, one worked out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
sys.path.insert(0, str(BENCH))

from scaling import NETS, Net, exchange, step, table  # noqa: E402


def test_one_process_and_two_are_measured(tmp_path: Path) -> None:
    out = tmp_path / "processes.json"
    command = [sys.executable, str(BENCH / "processes.py"), "toy", "--rounds", "1", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    measured = json.loads(out.read_text("utf-8"))
    assert set(measured["seconds"]) == {"1", "2"}
    assert measured["efficiency"] > 0
    assert [line.split(":")[0] for line in done.stdout.splitlines()[:2]] == ["1 process", "2 processes"]


def test_one_gpu_exchanges_nothing() -> None:
    assert exchange(1e9, 1, NETS[0]) == 0
    assert step(0.1, 1e9, 1, NETS[0]) == 0.1


def test_an_exchange_within_a_machine_takes_twice_the_gradients_less_a_share() -> None:
    assert exchange(8e9, 8, Net("", within=1e9, between=1e9)) == pytest.approx(14, rel=1e-3)


def test_what_the_backward_pass_hides_costs_nothing() -> None:
    net = Net("", within=1e9, between=1e9)
    assert step(seconds=30.0, gradients=8e9, count=8, net=net) == 30.0
    assert step(seconds=10.0, gradients=8e9, count=8, net=net) == pytest.approx(10 + 14 - 6, rel=1e-3)


def test_the_page_has_the_tables_that_the_bench_prints() -> None:
    page = (BENCH.parent / "docs" / "scaling.md").read_text("utf-8")
    assert table(0.617, 64, 168.0, 121.0) in page
    assert table(0.1102, 256, 168.0, 106.0) in page
