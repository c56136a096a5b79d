"""`dino submit`: what SLURM is asked for, and the same training under submitit as under any other launcher."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command import dino, records, result, run_words

from dino.cli import main, parser_of
from dino.slurm import Request, Training, submit

Programs = Callable[..., Path]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Puts programs of these names and contents before all others."""

    def put(**scripts: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name, script in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return tmp_path

    return put


@pytest.fixture
def cluster(programs: Programs) -> Path:
    """A cluster whose sbatch keeps the script."""
    return programs(srun="", sbatch='cp "$1" "$(dirname "$0")/../script"; echo Submitted batch job 4711')


def training(images: Path, run: Path, *more: str) -> Training:
    return Training(parser_of("submit").parse_args(run_words(images, run, *more)[1:]))


@pytest.fixture(autouse=True)
def on_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")


def test_a_job_whose_time_is_over_is_queued_again_and_its_two_tasks_end_where_two_processes_end(
    images: Path, tmp_path: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(scontrol=f'echo "$@" >> {tmp_path}/asked')
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    more = ["--requeue", "--epochs", "20", "--save-every", "1000", "--knn-every", "10"]
    work, run = training(images, tmp_path / "job", *more), tmp_path / "job"
    job = submit(work, Request("toy", gpus=2), run / "slurm", "local")
    while not (run / "log.jsonl").exists() or len(records(run, "step")) < 3:
        assert not job.done(), job.stderr()
        time.sleep(0.005)
    tasks = Path(f"/proc/{job.job_id}/task/{job.job_id}/children").read_text().split()
    for task in tasks:
        os.kill(int(task), signal.SIGUSR1)
    assert job.results() == [0, 0]
    assert "stopped by SIGUSR1 at step" in job.stderr()
    assert (tmp_path / "asked").read_text() == "requeue 4711\n"
    stopped_at = len(records(run, "step"))

    again = submit(work, Request("toy", gpus=2), run / "slurm", "local")
    assert again.results() == [0, 0]
    assert f"going on at step {stopped_at} of 60" in again.stderr()
    assert dino(run_words(images, tmp_path / "run", *more), world=2).statuses == [0, 0]
    assert result(run) == result(tmp_path / "run")


def test_a_training_that_fails_ends_its_task_with_the_status_and_one_sentence(images: Path, tmp_path: Path) -> None:
    job = submit(training(images / "nothing", tmp_path / "job"), Request("toy"), tmp_path / "job/slurm", "local")
    job.wait()
    assert not job.paths.result_pickle.exists()
    said = job.stderr() or ""
    assert "Traceback" not in said
    assert [line for line in said.splitlines() if line.startswith("dino: ")]


def test_sbatch_is_asked_for_a_process_on_each_gpu_and_for_a_warning_before_the_end(
    images: Path, cluster: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = "--nodes 2 --gpus 8 --cores 12 --hours 1.5 --partition gpu --sbatch account=vision --sbatch mem=0".split()
    assert main(["submit", str(images), "--out", str(cluster / "run"), "--epochs", "3", *asked]) == 0
    out, err = capsys.readouterr()
    assert out == "4711\n"
    assert str(cluster / "run/slurm") in err
    script = (cluster / "script").read_text().splitlines()
    wanted = (
        "account=vision cpus-per-task=12 gpus-per-node=8 job-name=dino-run mem=0 nodes=2 ntasks-per-node=8 "
        "partition=gpu requeue signal=USR1@120 time=90"
    )
    for option in wanted.split():
        assert f"#SBATCH --{option}" in script


def test_a_job_without_gpus_asks_for_none(images: Path, cluster: Path) -> None:
    assert main(["submit", str(images), "--out", str(cluster / "run"), "--gpus", "0"]) == 0
    script = (cluster / "script").read_text()
    assert "--ntasks-per-node=1" in script
    assert "--gpus" not in script


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--lr", "-1"], "lr is -1.0; it must be 0 or more"),
        (["--nodes", "0"], "argument --nodes: '0' is no whole number from 1 on; dino submit --help shows how"),
        (["--gpus", "x"], "argument --gpus: 'x' is no whole number from 0 on; dino submit --help shows how"),
        (
            ["--hours", "0"],
            "argument --hours: '0' is no number of hours, of which there must be a minute at least; dino submit --help "
            "shows how",
        ),
        (
            ["--sbatch", "account"],
            "argument --sbatch: 'account' is no option with its value; write it like account=vision; dino submit "
            "--help shows how",
        ),
    ],
)
def test_what_is_wrong_is_told_before_it_waits_in_a_queue(
    images: Path, cluster: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["submit", str(images), "--out", str(cluster / "run"), *words]) == 2
    assert capsys.readouterr().err == f"dino: {sentence}\n"
    assert not (cluster / "script").exists()


def test_a_cluster_that_refuses_is_quoted(
    images: Path, tmp_path: Path, programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    programs(srun="", sbatch='echo "sbatch: error: invalid partition" >&2; exit 1')
    assert main(["submit", str(images), "--out", str(tmp_path / "run")]) == 2
    sentence = "dino: SLURM does not take the job (sbatch: error: invalid partition)"
    assert sentence in capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("missing", "status", "sentence"),
    [
        ("submitit", 2, "dino submit needs submitit; install it with: pip install 'dino[slurm]'"),
        ("srun", 3, "there is no SLURM here (no srun); run this where sbatch and srun are"),
    ],
)
def test_without_submitit_or_slurm_one_sentence_says_so(
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: str,
    status: int,
    sentence: str,
) -> None:
    if missing == "submitit":
        monkeypatch.setitem(sys.modules, "submitit", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["submit", str(images), "--out", str(tmp_path / "run")]) == status
    assert capsys.readouterr().err == f"dino: {sentence}\n"
