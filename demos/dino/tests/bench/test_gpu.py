"""The bench for a GPU, at toy size on the processor: every part finds something, and what goes wrong is told."""

import hashlib
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"
sys.path.insert(0, str(BENCH))


def bench(out: Path, *flags: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(BENCH / "gpu.py"), "--out", str(out), "--commit", "abc", *flags]
    hidden = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=hidden)


def record() -> ModuleType:
    return importlib.import_module("record")


def gpu_parts() -> list[str]:
    return list(importlib.import_module("gpu_parts").PARTS)


def metrics_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    return list(record()._metrics(found))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("gpu")
    done = bench(out, "--toy")
    assert done.returncode == 0, done.stderr
    written: dict[str, Any] = json.loads((out / "gpu.json").read_text("utf-8"))
    shown = json.loads((out / "results.json").read_text("utf-8"))
    return {**written, "page": (out / "gpu.md").read_text("utf-8"), "results": shown}


def test_it_says_what_was_measured_on_what(found: dict[str, Any]) -> None:
    assert found["commit"] == "abc"
    assert found["device"] in found["page"]


def test_the_demos_page_can_read_what_was_found(found: dict[str, Any]) -> None:
    """The form is `digest`'s, which is not at hand here; its own tests hold the committed files to it."""
    shown = found["results"]
    assert {check["name"] for check in shown["checks"]} == set(gpu_parts())
    assert all(check["passed"] for check in shown["checks"])
    named = {metric["name"]: metric for metric in shown["metrics"]}
    assert named["end to end from JPEGs"]["value"] == found["end to end"]["ours"]["images/s"]
    assert (
        named["k-NN of a short run on drawn pictures"]["controls"][0]["value"]
        == found["learning"]["k-NN by step"][0][1]
    )
    assert shown["commit"] is None
    assert shown["hardware"]["accelerator"] is None


def test_the_claim_beside_the_authors_is_held_or_not() -> None:
    found = {"end to end": {"ours": {"images/s": 8.0}, "authors": {"images/s": 2.0}, "ratio": 4.0}}
    for ratio, held in ((4.0, True), (2.9, False)):
        found["end to end"]["ratio"] = ratio  # type: ignore[assignment]
        (metric,) = [metric for metric in metrics_of(found) if metric["claim"]]
        assert metric["held"] is held


def test_the_source_is_hashed_as_the_page_does(tmp_path: Path) -> None:
    """By the command that the page's own hash is defined by."""
    for name, text in (("b.py", "1"), ("a/c.py", "2"), ("results/x.json", "3"), (".hidden", "4"), ("a.py", "5")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "link").symlink_to("a.py")
    lines = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\0"
        for name, content in (("a.py", b"5"), ("a/c.py", b"2"), ("b.py", b"1"), ("link", b"a.py"))
    )
    assert record().source_hash(tmp_path) == f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


@pytest.mark.parametrize("way", ["fast", "fast, compiled"])
def test_the_paths_agree(found: dict[str, Any], way: str) -> None:
    assert found["agreement"][way]["loss"] < 1e-5
    assert found["agreement"][way]["weights"] < 0.01


@pytest.mark.parametrize("way", ["plain", "fast", "fast, compiled"])
def test_a_step_is_measured_in_every_way_at_the_largest_batch(found: dict[str, Any], way: str) -> None:
    measured = found["step"][way]
    assert measured["batch"] == 8
    assert measured["spread"][0] <= measured["images/s"] <= measured["spread"][1]


def test_files_are_decoded_and_learnt_from(found: dict[str, Any]) -> None:
    assert found["end to end"]["ours"]["images/s"] > 0


def test_the_drawn_world_is_learnt_from_and_asked_about(found: dict[str, Any]) -> None:
    steps = [step for step, _ in found["learning"]["k-NN by step"]]
    assert steps == [0, 4]


def test_the_profile_has_the_parts_and_the_largest_kernels(found: dict[str, Any]) -> None:
    seconds = found["profile"]["seconds"]
    assert seconds["these and the backward pass"] > seconds["both networks and the loss"] > 0
    shares = found["profile"]["shares of the largest"]
    assert len(shares) == 20
    assert sum(shares.values()) < 1.001


def test_the_authors_part_is_left_out_without_their_code(found: dict[str, Any]) -> None:
    assert found["authors' step"] == {"left out": "no --authors"}


def test_when_the_time_is_over_parts_are_left_out_and_said_to_be(tmp_path: Path) -> None:
    assert bench(tmp_path, "--toy", "--minutes", "0").returncode == 0
    assert json.loads((tmp_path / "gpu.json").read_text("utf-8"))["profile"] == {"left out": "no time was left"}


def test_a_part_that_fails_costs_no_other_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert bench(tmp_path, "--toy", "--images", str(tmp_path / "empty")).returncode == 1
    found = json.loads((tmp_path / "gpu.json").read_text("utf-8"))
    assert found["end to end"]["ours"]["failed"].startswith("ContentError: ")
    assert found["profile"]["seconds"]["a whole step"] > 0


def test_a_folder_without_the_authors_code_is_one_sentence(tmp_path: Path) -> None:
    done = bench(tmp_path, "--toy", "--authors", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.endswith("has no main_dino.py; name a checkout of facebookresearch/dino\n")


def test_without_a_gpu_it_is_one_sentence(tmp_path: Path) -> None:
    done = bench(tmp_path)
    assert done.returncode == 2
    assert done.stderr == "gpu.py: PyTorch has no GPU here; add --toy to see it run on the processor\n"
