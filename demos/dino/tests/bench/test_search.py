"""The bench of the search for neighbours, at toy size and without its opponents: it measures, and says what agrees."""

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def test_it_measures_both_of_ours_and_says_how_many_neighbours_they_share(tmp_path: Path) -> None:
    toy = "--bank 3000 --queries 20 --dim 16 --k 5 --rounds 1".split()
    command = [sys.executable, str(BENCH / "knn.py"), *toy, "--out", str(tmp_path / "out.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ours, float32 on the disk: 100.000 % of the neighbours are those of the first" in done.stdout
    found = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert set(found) == {"ours", "half"}
    assert all(one["images_per_second"] > 0 for one in found.values())
