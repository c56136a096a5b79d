"""The bench of a step: its contenders take turns, and the table gives ratios."""

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def test_each_of_ours_is_measured_and_compared_with_the_first(tmp_path: Path) -> None:
    out = tmp_path / "step.json"
    names = ["plain", "fast", "fast-timm", "fast-bf16"]
    command = [sys.executable, str(BENCH / "step.py"), "toy", "--ours", *names, "--rounds", "2", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    measured = json.loads(out.read_text("utf-8"))
    assert list(measured) == names
    assert all(one["spread"][0] <= one["images_per_second"] <= one["spread"][1] for one in measured.values())
    assert all(one["peak_mib"] > 50 for one in measured.values())
    _, first, *others = done.stdout.splitlines()
    assert first.split()[-3] == "1.00"
    assert [line.startswith("ours") for line in others] == [True] * 3


def test_a_contender_that_cannot_start_is_one_sentence() -> None:
    command = [sys.executable, str(BENCH / "step.py"), "toy", "--ours", "fast", "--lightly", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("lightly, timm's network gave no number; what it said is above\n")
