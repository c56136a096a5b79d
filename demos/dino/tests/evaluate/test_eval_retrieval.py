"""`dino eval retrieval`: a made set in the published layout from beginning to end, and what is refused."""

import json
import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dino.errors import ContentError
from dino.evaluate.descriptors import scaled, shrunk
from dino.evaluate.landmarks import read

Dino = Callable[..., tuple[int, str, str]]
KINDS = ("easy", "hard", "junk")


def picture(seed: int) -> Image.Image:
    numbers = random.Random(seed)
    return Image.frombytes("RGB", (6, 5), numbers.randbytes(90)).resize((48, 40), Image.Resampling.NEAREST)


def told(rows: Callable[[list[int]], Any] = list) -> dict[str, Any]:
    """Two queries of two pictures: the first is right for the first, the second hard for the second."""
    gnd = [
        {"bbx": [8, 8, 48, 40], "easy": rows([0]), "hard": rows([1]), "junk": rows([2])},
        {"bbx": [8.2, 8.4, 47.6, 39.5], "easy": rows([]), "hard": rows([3]), "junk": rows([])},
    ]
    return {"imlist": ["a", "b", "c", "d"], "qimlist": ["asks_a", "asks_d"], "gnd": gnd}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A set whose queries, cut to their boxes, are pictures of the set."""
    folder = tmp_path / "made5k"
    (folder / "jpg").mkdir(parents=True)
    for seed, name in enumerate("abcd"):
        picture(seed).crop((8, 8, 48, 40)).save(folder / f"jpg/{name}.jpg", format="PNG")
    picture(0).save(folder / "jpg/asks_a.jpg", format="PNG")
    picture(3).save(folder / "jpg/asks_d.jpg", format="PNG")
    (folder / "gnd_made5k.pkl").write_bytes(pickle.dumps(told()))
    return folder


def metrics(dino: Dino, *words: object) -> dict[str, float]:
    status, out, err = dino("eval", "retrieval", *words, "--json")
    assert (status, err) == (0, "")
    return {metric["name"]: metric["value"] for metric in json.loads(out)["metrics"]}


@pytest.mark.parametrize("words", [[], ["--multiscale"]])
def test_queries_that_are_pictures_of_the_set_find_them_first(
    dino: Dino, checkpoint: Path, published: Path, words: list[str]
) -> None:
    found = metrics(dino, checkpoint, published, *words)
    assert list(found) == [
        f"{name}, {level}" for level in ("Medium", "Hard") for name in ("mAP", "mP@1", "mP@5", "mP@10")
    ]
    assert found["mP@1, Medium"] == 100


def test_json_of_the_same_shape_gives_the_same(dino: Dino, checkpoint: Path, published: Path) -> None:
    first = metrics(dino, checkpoint, published)
    (published / "gnd_made5k.pkl").unlink()
    (published / "gnd_made5k.json").write_text(json.dumps(told()))
    assert metrics(dino, checkpoint, published) == first


def test_class_folders_are_asked_leaving_one_out(dino: Dino, checkpoint: Path, tmp_path: Path) -> None:
    for seed, name in enumerate(["x/1", "y/1", "x/2", "y/2"]):
        file = tmp_path / "own" / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(seed % 2).save(file)  # the two of a class are alike
    assert metrics(dino, checkpoint, tmp_path / "own")["mAP"] == 100


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_arrays_of_numbers_in_a_pickle_are_read(tmp_path: Path, protocol: int) -> None:
    file = tmp_path / "gnd_made.pkl"
    plain, arrays = told(), told(lambda rows: np.array(rows, dtype=np.int64))
    arrays["gnd"][1]["bbx"] = [np.float64(value) for value in arrays["gnd"][1]["bbx"]]
    file.write_bytes(pickle.dumps(plain))
    expected = read(file)
    file.write_bytes(pickle.dumps(arrays, protocol))
    assert read(file) == expected


class Runs:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self.file,)


def test_a_malicious_pickle_is_refused_and_nothing_runs(
    dino: Dino, checkpoint: Path, published: Path, tmp_path: Path
) -> None:
    (published / "gnd_made5k.pkl").write_bytes(pickle.dumps(told() | {"more": Runs(tmp_path / "ran")}))
    status, out, err = dino("eval", "retrieval", checkpoint, published)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "is refused: it asks for " in err
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("more", [np.array([None]), np.array(["text"]), np.dtype("O")])
def test_arrays_of_anything_but_numbers_are_refused(tmp_path: Path, more: object) -> None:
    file = tmp_path / "gnd_made.pkl"
    file.write_bytes(pickle.dumps(told() | {"more": more}))
    with pytest.raises(ContentError, match="is refused: it asks for an array of"):
        read(file)


@pytest.mark.parametrize(
    "change",
    [{"imlist": ["../a"]}, {"imlist": []}, {"gnd": []}, {"qimlist": None}, {"imlist": ["a"]}, {"imlist": [3]}],
)
def test_a_file_of_another_shape_is_one_sentence(tmp_path: Path, change: dict[str, Any]) -> None:
    file = tmp_path / "gnd_made.json"
    file.write_text(json.dumps(told() | change))
    with pytest.raises(ContentError, match="has another shape"):
        read(file)


def test_a_picture_that_is_not_there_is_named(dino: Dino, checkpoint: Path, published: Path) -> None:
    (published / "jpg/c.jpg").unlink()
    status, _, err = dino("eval", "retrieval", checkpoint, published)
    assert status == 1
    assert "c.jpg is not there" in err


def test_a_picture_keeps_its_ratio_and_is_never_made_larger() -> None:
    assert shrunk(Image.new("RGB", (100, 50)), 40).size == (40, 20)
    assert shrunk(Image.new("RGB", (10, 5)), 40).size == (10, 5)


def test_half_the_scale_is_half_of_each_side() -> None:
    assert scaled(torch.zeros(1, 3, 40, 20), 0.5).shape == (1, 3, 20, 10)
