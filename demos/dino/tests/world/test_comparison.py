"""What a network is set beside, and the table that a recipe's runs are told in."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from dino.config import Config, Crops, Data, Keep
from dino.controls.comparison import K, Score, controls, learnt, random_masks
from dino.covering import Covering
from dino.data.drawn import open_drawn
from dino.data.split import part
from dino.evaluation import Question
from dino.segmentation import SHARES
from dino.vit import Size, VisionTransformer

COMPARE = Path(__file__).parents[2] / "recipes" / "compare.py"
sys.path.insert(0, str(COMPARE.parent))
CONFIG = Config(data=Data(workers=0), crops=Crops(global_size=(32, 32)), keep=Keep(knn_limit=60))
RUN = (
    "--epochs 1 --warmup-epochs 1 --batch-size 8 --backbone vit:24x1x2 --patch-size 8 --out-dim 32 --head-hidden 32 "
    "--global-size 16x16 --local-size 16x16 --local-count 0 --workers 0 --cache 0 --knn-limit 40 --threads 1 "
    "--snapshot-every 0"
).split()


def scored(knn: float | None, *jaccard: float) -> Score:
    """A score of one image, in percent."""
    right = None if knn is None else torch.tensor([knn / 100], dtype=torch.float64)
    return Score(right, tuple(torch.tensor([each / 100], dtype=torch.float64) for each in jaccard))


@pytest.fixture(scope="module")
def question() -> Question:
    train, tune = open_drawn(Path("drawn:")), open_drawn(Path("drawn:/tune"))
    return Question(part(train, range(60), "first"), part(tune, range(40), "first"))


def test_every_control_is_asked_what_a_network_is(question: Question) -> None:
    network = VisionTransformer((32, 32), 8, 3, Size(24, 1, 2)).eval()
    covering = Covering.of(question.asked, CONFIG)
    found = {**controls(question, 60), "network": learnt(network, question, CONFIG, covering)}
    assert list(found) == ["pixels", "colours", "gradients", "gradient cells", "network"]
    assert all(score.knn is not None and 0 <= score.knn <= 100 for score in found.values())
    assert len(found["network"].jaccard) == len(SHARES)


def test_pictures_that_vote_for_themselves_are_nearly_all_right(question: Question) -> None:
    same = Question(question.bank, question.bank)
    assert len(same.bank) > K
    assert controls(same, 60)["pixels"].knn == pytest.approx(100, abs=10)


def test_random_masks_have_as_many_tries_and_the_same_numbers_each_time(question: Question) -> None:
    network = VisionTransformer((32, 32), 8, 3, Size(24, 1, 2))
    covering = Covering.of(question.asked, CONFIG)
    assert covering is not None
    found = random_masks(network, covering)
    assert list(found) == ["patches", "discs", "middles"]
    again = random_masks(network, covering)
    assert [score.jaccard for score in found.values()] == [score.jaccard for score in again.values()]
    one = random_masks(VisionTransformer((32, 32), 8, 3, Size(24, 1, 1)), covering)
    assert found["patches"].jaccard[0] > one["patches"].jaccard[0]


def test_runs_are_told_beside_their_controls_and_by_the_worst_of_them() -> None:
    compare = importlib.import_module("compare")
    runs = [
        compare.Found("one", 9, scored(20, 30, 31), scored(70, 50, 55), {"discs": scored(None, 40, 41)}),
        compare.Found("two", 9, scored(30, 30, 31), scored(60, 40, 45), {"discs": scored(None, 38, 39)}),
    ]
    lines = compare.table(runs, {"pixels": scored(35)}).splitlines()
    assert lines[2:6] == [
        "| pixels | 35.0 |  |  |",
        "| one, untrained | 20.0 | 30.0 | 31.0 |",
        "| one, random discs |  | 40.0 | 41.0 |",
        "| one, step 9 | 70.0 | 50.0 | 55.0 |",
    ]
    assert lines[-3:] == [
        "| pixels | +30.0 (+25.0) |  |  |",
        "| the untrained network | +40.0 (+30.0) | +15.0 (+10.0) | +19.0 (+14.0) |",
        "| random discs |  | +6.0 (+2.0) | +10.0 (+6.0) |",
    ]


def test_a_run_on_a_folder_is_compared_by_its_last_step(tmp_path: Path) -> None:
    for index in range(24):
        place = tmp_path / "images" / ("dark", "light")[index % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (200 * (index % 2) + index, 0, 9)).save(place / f"{index:02d}.png")
    made = python("-m", "dino", "train", str(tmp_path / "images"), *RUN, "--out", str(tmp_path / "run"))
    assert made.returncode == 0, made.stderr
    told = python(str(COMPARE), str(tmp_path / "run"), "--images", str(tmp_path / "images"), "--half")
    assert told.returncode == 0, told.stderr
    names = [line.split("|")[1].strip() for line in told.stdout.splitlines() if line]
    assert names[2:8] == ["pixels", "colours", "gradients", "gradient cells", "run, untrained", "run, step 3"]


def test_a_step_without_a_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[model]\nbackbone = 'vit:24x1x2'\n")
    told = python(str(COMPARE), str(tmp_path), "--step", "7")
    assert told.returncode == 1
    assert (
        told.stderr
        == f"compare: {tmp_path} has no checkpoint of step 7; name one that it has, or the folder of another run\n"
    )


def python(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
