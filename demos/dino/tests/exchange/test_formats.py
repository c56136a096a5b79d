"""Every pair of formats is a round trip, and every exported network computes what ours does."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
import timm as timm_library
import torch
from safetensors.torch import load_file
from standins import META
from torch import Tensor

from dino.errors import CommandError, ContentError, WorldError
from dino.exchange import authors, export, files, hub, onnx, safetensors, timm
from dino.exchange.networks import probe
from dino.exchange.weights import Weights, build, largest_difference, shape_of
from dino.vit import Size, VisionTransformer

HERE = Path(__file__).parents[2]


def write_checkpoint(path: Path, weights: Weights) -> None:
    """The weights as both networks of a full checkpoint of the authors."""
    center = torch.zeros(1, META["out_dim"])
    authors.write_checkpoint(path, authors.Checkpoint(weights, weights, 3, {"arch": "vit_small"}, center))


FORMATS: dict[str, Callable[[Path, Weights], object]] = {
    "safetensors": safetensors.write,
    "authors": authors.write_pretrain,
    "checkpoint": write_checkpoint,
    "timm": timm.write,
}
PROGRAMS: dict[str, tuple[Callable[[Path, Weights], object], Callable[[Path, Tensor], Tensor]]] = {
    "torch-export": (export.write, lambda path, images: torch.export.load(path).module()(images)),
    "onnx": (onnx.write, onnx.run),
}


def equal(one: Weights, other: Weights) -> bool:
    return one.backbone.keys() == other.backbone.keys() and all(
        torch.equal(one.backbone[name], other.backbone[name]) for name in one.backbone
    )


@pytest.mark.parametrize(("first", "second"), list(itertools.product(FORMATS, repeat=2)))
def test_a_backbone_survives_the_way_through(first: str, second: str, tmp_path: Path, weights: Weights) -> None:
    FORMATS[first](tmp_path / "first", weights)
    between = files.read(tmp_path / "first").with_facts(heads=META["heads"])
    FORMATS[second](tmp_path / "second", between)
    assert equal(files.read(tmp_path / "second"), weights)


@pytest.mark.parametrize("first", FORMATS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_whatever_the_file_was_its_program_gives_the_networks_features(
    first: str, program: str, tmp_path: Path, weights: Weights
) -> None:
    FORMATS[first](tmp_path / "first", weights)
    write, run = PROGRAMS[program]
    write(tmp_path / "program.pt2", files.read(tmp_path / "first").with_facts(heads=META["heads"]))
    for batch in (1, 3):
        images = probe(weights, batch)
        assert largest_difference(run(tmp_path / "program.pt2", images), build(weights)(images)) < 1e-5


def test_a_head_survives_where_the_format_has_one(tmp_path: Path, weights: Weights) -> None:
    for first, second in itertools.product(("safetensors", "checkpoint"), repeat=2):
        FORMATS[first](tmp_path / "first", weights)
        FORMATS[second](tmp_path / "second", files.read(tmp_path / "first"))
        again = files.read(tmp_path / "second").head
        assert again.keys() == weights.head.keys()
        assert all(torch.equal(again[name], weights.head[name]) for name in again)


def test_the_backbones_name_tells_the_heads_that_the_tensors_cannot(
    tmp_path: Path, backbone: dict[str, Tensor]
) -> None:
    named = Weights(backbone, facts={"backbone": f"vit:{META['dim']}x{META['depth']}x{META['heads']}"})
    safetensors.write(tmp_path / "run", named)
    assert shape_of(files.read(tmp_path / "run")).size.heads == META["heads"]
    assert shape_of(Weights(backbone, facts={"backbone": "vit_small"})).size.heads == 6
    assert shape_of(Weights(backbone)).size.heads == 1


def test_safetensors_keep_head_and_facts_and_have_the_same_bytes_twice(tmp_path: Path, weights: Weights) -> None:
    for name in ("one", "two"):
        safetensors.write(tmp_path / name, weights)
    again = safetensors.read(tmp_path / "one")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert again.facts == weights.facts
    assert again.head.keys() == weights.head.keys()
    assert set(load_file(tmp_path / "one")) == set(weights.named())


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there: list[bool] = []
    monkeypatch.setattr("os.fsync", lambda _: there.append((tmp_path / "file").exists()))
    safetensors.put(tmp_path / "file", b"content")
    assert there == [False]
    assert (tmp_path / "file").read_bytes() == b"content"


@pytest.mark.parametrize("junk", [b"", b"\x10", b"\x10\0\0\0\0\0\0\0{not json", b"\xff" * 64])
def test_a_damaged_safetensors_file_is_one_sentence(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "x.safetensors").write_bytes(junk)
    with pytest.raises(ContentError, match=r"x\.safetensors is no"):
        files.read(tmp_path / "x.safetensors")
    with pytest.raises(ContentError, match=r"x\.safetensors is no safetensors file"):
        safetensors.read(tmp_path / "x.safetensors")


def test_a_folder_of_a_run_is_its_best_teacher(tmp_path: Path, weights: Weights) -> None:
    with pytest.raises(ContentError, match=r"has no teacher\.safetensors"):
        files.read(tmp_path)
    safetensors.write(tmp_path / "teacher.safetensors", weights)
    assert equal(files.read(tmp_path), weights)


def test_timm_has_a_place_for_every_tensor_of_vit_small_and_gives_its_output(tmp_path: Path, small16: Weights) -> None:
    name = timm.call_of(small16).name
    assert name == "vit_small_patch16_224"
    assert timm.write(tmp_path / "small.safetensors", small16) < 1e-5
    theirs = timm_library.create_model(name, num_classes=0, checkpoint_path=str(tmp_path / "small.safetensors")).eval()
    images = probe(small16, batch=1)
    with torch.inference_mode():
        torch.testing.assert_close(theirs(images), build(small16)(images), atol=1e-5, rtol=0)


def test_a_timm_network_comes_in_without_its_classifier() -> None:
    theirs = timm_library.create_model("vit_tiny_patch16_224", num_classes=10).eval()
    own = build(timm.from_timm(dict(theirs.state_dict()), "tiny"))
    images = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(own(images), theirs.forward_features(images)[:, 0], atol=1e-5, rtol=0)


def test_registers_go_to_timm_and_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = VisionTransformer((32, 32), 8, size=Size(24, 2, 3), registers=4)
    weights = Weights(network.state_dict(), facts={"heads": 3})
    assert timm.difference(weights, timm.call_of(weights)) < 1e-5
    timm.write(tmp_path / "registers", weights)
    assert equal(files.read(tmp_path / "registers"), weights)


@pytest.mark.parametrize("patch_size", [2, 8])
def test_a_stem_is_known_by_its_tensors(patch_size: int, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = VisionTransformer((16, 16), patch_size, 1, Size(24, 2, 3), stem=True)
    network(torch.randn(4, 1, 16, 16))  # running statistics of their own
    weights = Weights(network.state_dict(), facts={"heads": 3})
    safetensors.write(tmp_path / "stem.safetensors", weights)
    images = torch.randn(2, 1, 16, 16)
    assert torch.equal(build(files.read(tmp_path / "stem.safetensors"))(images), network.eval()(images))


def test_timm_has_no_stem(tmp_path: Path) -> None:
    weights = Weights(VisionTransformer((32, 32), 8, size=Size(24, 2, 3), stem=True).state_dict(), facts={"heads": 3})
    with pytest.raises(ContentError, match="makes its patches by convolutions, which timm's do not; choose authors or"):
        timm.write(tmp_path / "stem", weights)


@pytest.mark.parametrize("image_size", [(32, 32), (24, 40)])
def test_the_names_of_timm_are_the_authors_also_for_images_that_are_no_square(image_size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    network = VisionTransformer(image_size, 8, channels=1, size=Size(24, 2, 3))
    weights = Weights(network.state_dict(), facts={"heads": 3, "image_size": list(image_size)})
    assert timm.difference(weights, timm.call_of(weights)) < 1e-5


def test_what_timm_would_compute_otherwise_is_not_written(
    tmp_path: Path, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timm, "difference", lambda *_: 0.5)
    with pytest.raises(ContentError, match=r"differs by 0\.5"):
        timm.write(tmp_path / "x", weights)
    assert not (tmp_path / "x").exists()


def test_a_torch_program_runs_without_this_package_and_for_any_batch(tmp_path: Path, weights: Weights) -> None:
    assert export.write(tmp_path / "small.pt2", weights) < 1e-5
    program = torch.export.load(tmp_path / "small.pt2").module()
    for batch in (1, 2, 5):
        images = probe(weights, batch)
        assert largest_difference(program(images), build(weights)(images)) < 1e-5
    assert [path.name for path in tmp_path.iterdir()] == ["small.pt2"]


def test_onnxruntime_computes_what_the_network_does_for_any_batch(tmp_path: Path, weights: Weights) -> None:
    assert onnx.write(tmp_path / "small.onnx", weights) < 1e-5
    for batch in (1, 5):
        images = probe(weights, batch)
        assert largest_difference(onnx.run(tmp_path / "small.onnx", images), build(weights)(images)) < 1e-5
    assert [path.name for path in tmp_path.iterdir()] == ["small.onnx"]


def test_without_onnx_installed_it_is_one_sentence(
    tmp_path: Path, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name.startswith("onnx") else object())
    with pytest.raises(WorldError, match="ONNX needs onnx, onnxscript, onnxruntime: run `pip install"):
        onnx.write(tmp_path / "x.onnx", weights)


@pytest.mark.parametrize("form", [export, onnx])
def test_a_place_that_cannot_be_written_is_one_sentence(form: object, tmp_path: Path, weights: Weights) -> None:
    with pytest.raises((WorldError, ContentError)):
        form.write(tmp_path / "no" / "folder", weights)  # type: ignore[attr-defined]


def test_torch_hub_loads_the_authors_names_from_a_local_folder(
    tmp_path: Path, small16: Weights, weights: Weights
) -> None:
    file = tmp_path / "small.safetensors"
    safetensors.write(file, small16)
    loaded = torch.hub.load(str(HERE), "dino_vits16", source="local", weights=str(file))
    assert torch.equal(loaded.state_dict()["norm.weight"], small16.backbone["norm.weight"])
    assert not loaded.training
    with pytest.raises(ContentError, match="vit_small of patch 16, not dino_vits8"):
        torch.hub.load(str(HERE), "dino_vits8", source="local", weights=str(file))
    safetensors.write(tmp_path / "tiny", weights)
    assert torch.hub.load(str(HERE), "dino", source="local", weights=tmp_path / "tiny").dim == META["dim"]
    hub_names = (HERE / "hubconf.py").read_text().replace("(", " ").split()
    assert set(hub.ENTRIES) < set(hub_names)


def test_a_hub_network_without_a_file_starts_fresh_and_an_unknown_name_is_a_sentence() -> None:
    assert hub.entry("dino_vitt16").dim == 192
    with pytest.raises(CommandError, match="vit_huge is no network here"):
        hub.entry("vit_huge")


def test_a_tensor_of_another_size_is_named(backbone: dict[str, Tensor]) -> None:
    wrong = Weights({**backbone, "norm.weight": torch.zeros(3)}, facts={"heads": 3}, source="file.pth")
    with pytest.raises(
        ContentError, match=r"file\.pth and the network do not fit: norm\.weight is \[3\] and should be"
    ):
        build(wrong)
