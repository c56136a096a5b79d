"""The authors' files, in and out, and what must not be opened. The files are stand-ins: see standins.py."""

import argparse
import pickle
import random
from pathlib import Path

import pytest
import torch
from standins import META, Malicious, golden
from torch import Tensor

from dino.errors import ContentError, WorldError
from dino.exchange import authors, files
from dino.exchange.weights import Weights, build, from_named, shape_of


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


def test_a_pretrain_file_gives_the_outputs_that_the_authors_code_gave(released: Path) -> None:
    network = build(authors.read(released).with_facts(heads=META["heads"]))
    values = golden("backbone.npz")
    with torch.no_grad():
        torch.testing.assert_close(network(values["x"]), values["cls"], atol=1e-5, rtol=0)
        torch.testing.assert_close(network.attention(values["x"]), values["attention"], atol=1e-5, rtol=0)
        torch.testing.assert_close(network(values["x_other_size"]), values["cls_other_size"], atol=1e-5, rtol=0)


def test_a_pretrain_file_goes_out_as_it_came_in(released: Path, tmp_path: Path, backbone: dict[str, Tensor]) -> None:
    authors.write_pretrain(tmp_path / "out.pth", authors.read(released))
    assert same(torch.load(tmp_path / "out.pth", weights_only=True), backbone)
    assert not list(tmp_path.glob("*.part"))


def test_a_full_checkpoint_gives_its_teacher_or_its_student(full: Path, backbone: dict[str, Tensor]) -> None:
    teacher, student = authors.read(full), authors.read(full, network="student")
    assert torch.equal(student.backbone["cls_token"], backbone["cls_token"])
    assert torch.equal(teacher.backbone["cls_token"], backbone["cls_token"] + 1)
    assert set(teacher.head) == {*(f"mlp.{n}.{kind}" for n in (0, 2, 4) for kind in ("weight", "bias"))} | {
        "last_layer.weight_g",
        "last_layer.weight_v",
    }


def test_the_arguments_of_a_full_checkpoint_become_facts(full: Path) -> None:
    facts = authors.read(full).facts
    assert facts["epoch"] == 12
    assert facts["arch"] == "vit_small"
    assert facts["global_crops_scale"] == [0.4, 1.0]


def test_a_full_checkpoint_goes_out_as_it_came_in(full: Path, tmp_path: Path) -> None:
    out = tmp_path / "again.pth"
    authors.write_checkpoint(out, authors.read_checkpoint(full))
    with torch.serialization.safe_globals([argparse.Namespace]):
        before, after = (torch.load(path, weights_only=True) for path in (full, out))
    assert list(after) == list(before)
    assert same(after["student"], before["student"])
    assert same(after["teacher"], before["teacher"])
    assert torch.equal(after["dino_loss"]["center"], before["dino_loss"]["center"])
    assert after["epoch"] == 12
    assert after["fp16_scaler"] == before["fp16_scaler"]
    assert after["optimizer"]["param_groups"] == before["optimizer"]["param_groups"]
    assert all(
        torch.equal(after["optimizer"]["state"][index]["exp_avg"], before["optimizer"]["state"][index]["exp_avg"])
        for index in before["optimizer"]["state"]
    )
    assert {**vars(after["args"]), "global_crops_scale": 0, "local_crops_scale": 0} == {
        **vars(before["args"]),
        "global_crops_scale": 0,
        "local_crops_scale": 0,
    }


def test_the_optimizers_moments_are_found_by_name(full: Path) -> None:
    checkpoint = authors.read_checkpoint(full)
    found = authors.moments(checkpoint)
    named = checkpoint.student.named()
    assert set(found) == set(named) - {"head.last_layer.weight_g"}
    for name, state in found.items():  # after one step the first moment is a tenth of the gradient, here the weight
        torch.testing.assert_close(state["exp_avg"], 0.1 * named[name])


def test_a_teacher_wrapped_for_batch_norm_is_read_all_the_same(backbone: dict[str, Tensor]) -> None:
    wrapped = from_named({f"module.backbone.{name}": tensor for name, tensor in backbone.items()})
    assert same(dict(wrapped.backbone), backbone)


def test_a_file_that_would_run_code_is_refused_unopened_and_named(tmp_path: Path) -> None:
    made = tmp_path / "made"
    for number, content in enumerate(({"teacher": Malicious(f"mkdir {made}")}, Malicious(f"mkdir {made}"))):
        path = tmp_path / f"bad{number}.pth"
        torch.save(content, path)
        with pytest.raises(ContentError, match=r"bad\d\.pth would run posix\.system when opened, so it was not"):
            files.read(path)
    assert not made.exists()


@pytest.mark.parametrize("protocol", range(6))
def test_a_bare_malicious_pickle_of_any_protocol_is_refused(tmp_path: Path, protocol: int) -> None:
    made = tmp_path / "made"
    (tmp_path / "bad.pth").write_bytes(pickle.dumps(Malicious(f"mkdir {made}"), protocol=protocol))
    with pytest.raises(ContentError):
        files.read(tmp_path / "bad.pth")
    assert not made.exists()


def test_a_class_other_than_the_namespace_is_refused(tmp_path: Path) -> None:
    torch.save({"teacher": {}, "args": Weights({})}, tmp_path / "other.pth")
    with pytest.raises(ContentError, match="would run dino"):
        files.read(tmp_path / "other.pth")


def test_wherever_a_file_is_cut_short_it_is_one_sentence(released: Path, tmp_path: Path) -> None:
    whole = released.read_bytes()
    cut = tmp_path / "cut.pth"
    for size in [0, 1, 3, 4, 30, *(len(whole) * part // 12 for part in range(1, 12)), len(whole) - 1]:
        cut.write_bytes(whole[:size])
        with pytest.raises(ContentError, match=r"cut\.pth is no file of weights"):
            files.read(cut)


def test_noise_in_the_bytes_is_one_sentence_or_weights_never_a_traceback(released: Path, tmp_path: Path) -> None:
    whole, generator = bytearray(released.read_bytes()), random.Random(0)
    path = tmp_path / "noise.pth"
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(20):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        path.write_bytes(damaged)
        outcome = ""
        try:
            assert files.read(path).backbone
        except ContentError as error:
            outcome = str(error)
        assert not outcome or "noise.pth" in outcome


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([1, 2], "holds no state dict"),
        ({}, "holds no state dict"),
        ({"epoch": 3}, "is no state dict: epoch is no tensor"),
        ({"student": {"module.backbone.a": torch.zeros(1)}}, "has no teacher; say --network student"),
        (
            {"teacher": {"head.mlp.0.weight": torch.zeros(1), "head.last_layer.weight_v": torch.zeros(1)}},
            "no weights of",
        ),
    ],
)
def test_other_content_is_one_sentence(tmp_path: Path, content: object, sentence: str) -> None:
    torch.save(content, tmp_path / "file.pth")
    with pytest.raises(ContentError, match=sentence):
        authors.read(tmp_path / "file.pth")


def test_a_pretrain_file_is_no_full_checkpoint(released: Path) -> None:
    with pytest.raises(ContentError, match="it has no student, teacher, optimizer"):
        authors.read_checkpoint(released)


def test_a_missing_file_and_an_unwritable_place_are_sentences(tmp_path: Path, weights: Weights) -> None:
    with pytest.raises(ContentError, match="is not there"):
        authors.read(tmp_path / "none.pth")
    with pytest.raises(WorldError, match="cannot be written"):
        authors.write_pretrain(tmp_path / "no" / "folder.pth", weights)


def test_the_sizes_are_read_off_the_tensors(small16: Weights, weights: Weights) -> None:
    shape = shape_of(small16)
    assert (shape.arch, shape.size, shape.patch_size, shape.image_size) == ("vit_small", (384, 12, 6), 16, (224, 224))
    small = shape_of(weights)
    assert small.size == (META["dim"], META["depth"], META["heads"])
    assert small.image_size == (META["img"], META["img"])


def test_a_network_that_is_no_square_must_say_so(backbone: dict[str, Tensor]) -> None:
    odd = Weights({**backbone, "pos_embed": torch.zeros(1, 1 + 15, META["dim"])}, source="odd.pth")
    with pytest.raises(ContentError, match=r"15 patches, which is no square.*--image-size"):
        shape_of(odd)
    assert shape_of(odd.with_facts(image_size=[24, 40])).image_size == (24, 40)


def test_a_network_of_another_kind_is_told_by_what_it_lacks(backbone: dict[str, Tensor]) -> None:
    with pytest.raises(ContentError, match="no vision transformer: it has no cls_token"):
        build(Weights({"conv1.weight": torch.zeros(1)}, source="resnet.pth"))
    with pytest.raises(ContentError, match=r"norm\.bias is missing"):
        build(Weights({name: t for name, t in backbone.items() if name != "norm.bias"}, facts={"heads": 3}))
