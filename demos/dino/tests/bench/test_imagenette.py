"""The long run in pieces: what it is in one is what it is in two, and what it brings home is whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
TOY = (
    "--backbone vit:24x1x3 --patch-size 8 --global-size 16x16 --local-count 0 --out-dim 16 --head-hidden 16 --cache 16 "
    "--batch-size 64 --warmup-epochs 0 --warmup-teacher-temp-epochs 0 --workers 0 --knn-every 1 --knn-limit 64 "
    "--snapshot-every 0 --device cpu"
)


def call(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(BENCH / "imagenette.py"), *(str(argument) for argument in arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs that nothing stopped, and what it brought home."""
    place = tmp_path_factory.mktemp("whole")
    done = call("drawn:/tune", "--run", place / "run", "--out", place / "home", "--epochs", "2", "--", *TOY.split())
    assert done.returncode == 0, done.stderr
    return place


def test_a_run_in_pieces_ends_where_one_in_one_piece_ends(whole: Path, tmp_path: Path) -> None:
    for minutes in ("0.15", "0.15", "5"):
        arguments = ["drawn:/tune", "--run", tmp_path / "run", "--out", tmp_path / "home", "--epochs", "2"]
        done = call(*arguments, "--minutes", minutes, "--", *TOY.split())
        assert done.returncode == 0, done.stderr
    teacher = "run/teacher.safetensors"
    assert (tmp_path / teacher).read_bytes() == (whole / teacher).read_bytes()


def test_the_teacher_comes_home_in_parts_that_go_together_again(whole: Path, tmp_path: Path) -> None:
    assert call("--join", whole / "home", "--out", tmp_path / "teacher").returncode == 0
    assert (tmp_path / "teacher").read_bytes() == (whole / "run" / "teacher.safetensors").read_bytes()
    assert (whole / "home" / "log.jsonl").read_bytes() == (whole / "run" / "log.jsonl").read_bytes()
    assert all((whole / "home" / part).stat().st_size <= 16 * 2**20 for part in parts(whole))


def parts(whole: Path) -> list[str]:
    return list(json.loads((whole / "home" / "teacher.json").read_text("utf-8")))


def test_a_damaged_part_is_one_sentence(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "teacher.json").write_bytes((whole / "home" / "teacher.json").read_bytes())
    (tmp_path / parts(whole)[0]).write_bytes(b"damaged")
    done = call("--join", tmp_path, "--out", tmp_path / "teacher")
    assert done.returncode == 1
    assert done.stderr.endswith("is damaged; bring it home again\n")
    assert not (tmp_path / "teacher").exists()


def test_a_folder_without_parts_is_one_sentence(tmp_path: Path) -> None:
    done = call("--join", tmp_path, "--out", tmp_path / "teacher")
    assert done.returncode == 1
    assert "holds no teacher in parts" in done.stderr


def test_what_fails_in_training_fails_the_piece(tmp_path: Path) -> None:
    done = call(tmp_path / "nothing", "--run", tmp_path / "run", "--out", tmp_path / "home")
    assert done.returncode == 1
    assert "does not exist" in done.stderr
