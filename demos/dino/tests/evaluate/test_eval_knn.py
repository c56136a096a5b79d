"""`dino eval knn`: what is told of a checkpoint and a set, and what of what cannot be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from dino.data.images import open_images
from dino.evaluate.features import Features
from dino.evaluate.frozen import frozen
from dino.evaluate.knn import Voting, answers
from dino.knn import knn

Dino = Callable[..., tuple[int, str, str]]


def made(seed: int, images: int, classes: int = 3) -> Features:
    numbers = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (images,), generator=numbers)
    values = torch.randn(images, 4, generator=numbers) + labels[:, None]
    return Features(values, labels)


def test_a_set_asked_by_another_is_what_knn_says() -> None:
    bank, asked = made(0, 60), made(1, 30)
    found = answers(bank, asked, 3, Voting((5, 20)))
    expected = knn(bank.values, bank.labels, asked.values, asked.labels, (5, 20), classes=3)
    for k, (top1, top5) in expected.items():
        assert 100 * float(found.right(k, 1).double().mean()) == pytest.approx(top1)
        assert 100 * float(found.right(k, 5).double().mean()) == pytest.approx(top5)


def test_leaving_one_out_is_asking_each_by_the_rest() -> None:
    bank = made(0, 25)
    found = answers(bank, None, 3, Voting((4,)))
    for index in range(25):
        rest = torch.arange(25) != index
        asked = (bank.values[index : index + 1], bank.labels[index : index + 1])
        top1 = knn(bank.values[rest], bank.labels[rest], *asked, (4,), classes=3)[4][0]
        assert bool(found.right(4, 1)[index]) == (top1 == 100)


def asked(dino: Dino, *words: object) -> dict[str, Any]:
    status, out, err = dino("eval", "knn", *words, "--json")
    assert (status, err) == (0, "")
    return dict(json.loads(out))


def test_it_tells_each_k_with_its_interval(dino: Dino, checkpoint: Path, photographs: Path) -> None:
    found = asked(dino, checkpoint, photographs, "--k", 3, 500)
    assert [metric["name"] for metric in found["metrics"]] == [
        f"top-{top}, k = {k}" for k in (3, 500) for top in (1, 5)
    ]
    assert found["asked"]["leave_one_out"] is True
    for metric in found["metrics"]:
        low, high = metric["interval"]
        assert 0 <= low <= metric["value"] <= high <= 100


def test_a_second_set_is_asked_about_and_the_first_votes(dino: Dino, checkpoint: Path, photographs: Path) -> None:
    found = asked(dino, checkpoint, photographs, "--test", photographs, "--k", 1)
    assert found["metrics"][0]["value"] == 100  # each image finds itself


def test_fewer_than_a_hundred_images_and_a_k_above_the_bank_are_no_fault(
    dino: Dino, checkpoint: Path, photographs: Path
) -> None:
    assert dino("eval", "knn", checkpoint, photographs)[0] == 0  # the authors' code cuts the bank into a hundred parts


def test_the_table_is_for_people(dino: Dino, checkpoint: Path, photographs: Path) -> None:
    status, out, _ = dino("eval", "knn", checkpoint, photographs, "--k", 5)
    assert status == 0
    assert "k-NN of vit:16x2x2/4" in out
    assert "top-1, k = 5" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--k", "0"], "'0' is no number of neighbours; write one from 1 on, like 20"),
        (["--temperature", "0"], "--temperature 0 is not above 0; the paper's is 0.07"),
        (["--size", "many"], "--size many "),
        (["--batch-size", "0"], "'0' is no whole number from 1 on"),
        (["--workers", "-1"], "'-1' is no whole number from 0 on"),
        (["--keep-nothing", "--features", "x"], "leave out one of them"),
        (["--device", "tpu"], "there is no device 'tpu' here"),
    ],
)
def test_a_wrong_flag_is_one_sentence(
    dino: Dino, checkpoint: Path, photographs: Path, words: list[str], sentence: str
) -> None:
    status, out, err = dino("eval", "knn", checkpoint, photographs, *words)
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_a_class_that_the_bank_lacks_is_one_sentence(
    dino: Dino, checkpoint: Path, photographs: Path, tmp_path: Path
) -> None:
    (tmp_path / "other" / "unknown").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "other" / "unknown" / "one.png")
    status, _, err = dino("eval", "knn", checkpoint, photographs, "--test", tmp_path / "other")
    assert status == 1
    assert "has classes that the training set lacks: unknown" in err


def test_images_of_one_class_are_one_sentence_without_a_flag_of_another_command(
    dino: Dino, checkpoint: Path, photographs: Path
) -> None:
    status, _, err = dino("eval", "knn", checkpoint, photographs / "class0")
    assert status == 1
    assert err.endswith("and k-NN needs two: put the images into one folder for each class, or name another set\n")


@pytest.mark.parametrize("size", ["17", "18x6"])
def test_any_size_that_holds_a_patch_is_seen(dino: Dino, checkpoint: Path, photographs: Path, size: str) -> None:
    assert dino("eval", "knn", checkpoint, photographs, "--size", size)[0] == 0


def test_a_size_below_a_patch_is_one_sentence(dino: Dino, checkpoint: Path, photographs: Path) -> None:
    status, _, err = dino("eval", "knn", checkpoint, photographs, "--size", "3")
    assert status == 2
    assert "sees no images of 3x3; name a larger --size" in err


def test_a_checkpoint_sees_images_as_it_learnt(checkpoint: Path, photographs: Path) -> None:
    network = frozen(checkpoint)
    assert network.size == (16, 16)
    assert network.config.data.mean == (0.5, 0.5, 0.5)
    assert len(open_images(photographs)) == 24


def test_two_files_with_the_same_weights_are_the_same_network(checkpoint: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.safetensors"
    again.write_bytes(checkpoint.read_bytes())
    assert frozen(again).digest == frozen(checkpoint).digest


def test_eval_alone_lists_the_evaluations(dino: Dino) -> None:
    assert dino("eval") == dino("eval", "--help")
    assert "eval knn" in dino("eval")[1]


def test_an_evaluation_that_is_not_known_is_one_sentence(dino: Dino) -> None:
    assert dino("eval", "kn") == (2, "", "dino: there is no command 'eval kn'; did you mean eval knn?\n")
