"""`dino export` and `dino import`: the file, the card beside it, and the sentences."""

import shlex
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from standins import META, Malicious, printed_use, use

from dino.commands import export, import_weights
from dino.config import Config
from dino.errors import CommandError, ContentError
from dino.exchange import files, safetensors, timm
from dino.exchange.networks import network_of, probe
from dino.exchange.weights import Weights, largest_difference, shape_of
from dino.resume import fixed
from dino.vit import Size, VisionTransformer


@pytest.fixture
def teacher(tmp_path: Path, weights: Weights) -> Path:
    path = tmp_path / "teacher.safetensors"
    safetensors.write(path, weights)
    return path


@pytest.mark.parametrize("form", sorted(export.SUFFIXES))
def test_a_file_comes_with_a_card_that_says_what_was_measured(
    form: str, teacher: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = teacher.parent / f"out{export.SUFFIXES[form]}"
    assert use(export, str(teacher), "--to", form, "--out", str(out)) == 0
    card = (out.parent / f"{out.name}.md").read_text()
    assert "top-1 61.5 % (k = 20)" in card
    assert "| Licence of the weights | CC0-1.0 |" in card
    assert "| Epochs done | 7 |" in card
    assert f"dino export {teacher} --to {form} --out {out}" in card
    assert ("not measured" in card) == (form in ("safetensors", "authors"))
    assert "vit" in capsys.readouterr().out


def test_half_the_bits_are_the_backbone_alone_and_the_card_says_what_they_lose(teacher: Path, weights: Weights) -> None:
    out = teacher.with_name("small.safetensors")
    use(export, str(teacher), "--to", "safetensors", "--half", "--out", str(out))
    found = files.read(out)
    assert not found.head
    assert {tensor.dtype for tensor in found.backbone.values()} == {torch.float16}
    expected, got = (network_of(each)(probe(weights)) for each in (weights, found))
    assert got.dtype == torch.float32
    assert 0 < largest_difference(got, expected) < 0.05
    card = out.with_name("small.safetensors.md").read_text()
    assert "not measured" not in card
    assert f"dino export {teacher} --half --to safetensors" in card


def test_no_place_on_the_machine_of_the_run_goes_out(teacher: Path, weights: Weights) -> None:
    safetensors.write(teacher, weights.with_facts(knn_images="/home/someone/private/val.tar"))
    use(export, str(teacher), "--to", "safetensors")
    assert b"someone/private" not in teacher.with_name("teacher.dino.safetensors").read_bytes()


def test_half_the_bits_are_refused_where_a_format_has_none(teacher: Path) -> None:
    with pytest.raises(CommandError, match="--half goes with --to safetensors, and not with onnx"):
        use(export, str(teacher), "--to", "onnx", "--half")


def test_weights_that_16_bits_cannot_hold_are_refused_and_nothing_is_written(teacher: Path, weights: Weights) -> None:
    large = {**weights.backbone, "norm.bias": torch.full_like(weights.backbone["norm.bias"], 1e6)}
    safetensors.write(teacher, replace(weights, backbone=large))
    with pytest.raises(ContentError, match=r"norm\.bias has weights above 65,504"):
        use(export, str(teacher), "--to", "safetensors", "--half")
    assert sorted(path.name for path in teacher.parent.iterdir()) == ["teacher.safetensors"]


def test_a_card_says_what_the_file_does_not(released: Path) -> None:
    use(import_weights, str(released), "--heads", str(META["heads"]))
    card = released.with_name("dino_small_pretrain.dino.safetensors.md").read_text()
    assert "| Data | not recorded |" in card
    assert "the trainer's choice decide it" in card
    assert "| k-NN, teacher | not recorded |" in card


@pytest.mark.parametrize("form", sorted(export.SUFFIXES))
@pytest.mark.parametrize(
    ("sizes", "size"),
    [
        ({}, Size(192, 12, 3)),
        ({"image_size": (32, 32), "patch_size": 8, "channels": 1, "registers": 2}, Size(192, 1, 3)),
        ({"image_size": (32, 48), "patch_size": 4}, Size(48, 1, 3)),
    ],
)
def test_the_use_in_a_card_runs_as_it_stands(
    form: str, sizes: dict[str, Any], size: Size, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    network = VisionTransformer(size=size, **sizes).eval()
    facts = {"heads": size.heads, "image_size": list(sizes.get("image_size", (224, 224)))}
    safetensors.write(tmp_path / "net.safetensors", Weights(network.state_dict(), facts=facts))
    monkeypatch.chdir(tmp_path)
    use(export, "net.safetensors", "--to", form, "--out", f'a "name"{export.SUFFIXES[form]}')
    names = printed_use((tmp_path / f'a "name"{export.SUFFIXES[form]}.md').read_text())
    if form == "authors":
        assert names["state"].keys() == network.state_dict().keys()
        return
    with torch.no_grad():
        expected = network(torch.zeros(1, sizes.get("channels", 3), *facts["image_size"]))
    assert largest_difference(torch.as_tensor(names["features"]), expected) < 1e-4


@pytest.mark.parametrize(
    ("shape", "call"),
    [
        ((Size(192, 12, 3), 16, 3, (224, 224)), '"vit_tiny_patch16_224", num_classes=0'),
        ((Size(384, 12, 6), 8, 1, (96, 64)), '"vit_small_patch8_224", num_classes=0, img_size=(96, 64), in_chans=1'),
        ((Size(192, 12, 3), 14, 3, (224, 224), 4), '"vit_tiny_patch16_224", num_classes=0, patch_size=14, reg_tokens=4')
    ],
)  # fmt: skip
def test_the_call_of_timm_says_what_differs_from_its_model(shape: Any, call: str) -> None:
    size, patch, channels, image_size, *registers = shape
    network = VisionTransformer(image_size, patch, channels, size, registers=sum(registers))
    weights = Weights(network.state_dict(), facts={"image_size": list(image_size)})
    assert timm.call_of(weights).written() == call


def test_a_card_has_whole_epochs_and_settings_that_a_run_takes(teacher: Path, weights: Weights) -> None:
    settings = {name: value for name, value in fixed(Config()).items() if name != "seed"}
    safetensors.write(teacher, weights.with_facts(epoch=2.0, settings=settings, mean=[0.5, 1.0, 0.25]))
    use(export, str(teacher), "--to", "safetensors")
    card = teacher.with_name("teacher.dino.safetensors.md").read_text()
    assert "| Epochs done | 2 |" in card
    assert "mean 0.5, 1, 0.25" in card
    told = tomllib.loads(card.split("```toml\n")[1].split("```")[0])
    assert {name: value for section in told.values() for name, value in section.items()} == settings
    assert told["optim"]["epochs"] == 100


def test_the_command_in_a_card_writes_the_same_file_again(teacher: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(teacher.parent)
    use(export, "teacher.safetensors", "--to", "authors", "--out", "a b.pth", "--licence", "CC0 1.0")
    before, card = Path("a b.pth").read_bytes(), Path("a b.pth.md").read_text()
    Path("a b.pth").unlink()
    (line,) = [line for line in card.splitlines() if line.startswith("| Command |")]
    words = shlex.split(line.split("`")[1])
    assert words[:2] == ["dino", "export"]
    use(export, *words[2:])
    assert Path("a b.pth").read_bytes() == before


@pytest.mark.parametrize("to", ["onnx", "torch-export"])
@pytest.mark.parametrize("renamed", [False, True])
def test_a_program_is_not_imported_and_the_sentence_says_what_is(to: str, renamed: bool, teacher: Path) -> None:
    out = teacher.with_name("program" if renamed else f"teacher{export.SUFFIXES[to]}")
    use(export, str(teacher), "--to", to, "--out", str(out))
    library = {"onnx": "ONNX", "torch-export": r"torch\.export"}[to]
    with pytest.raises(ContentError, match=f"is a program of {library}, which cannot be imported; name the weights"):
        use(import_weights, str(out))


def test_a_run_goes_out_as_safetensors_under_its_name(teacher: Path) -> None:
    run = teacher.parent / "teacher"
    run.mkdir()
    teacher.rename(run / "teacher.safetensors")
    use(export, str(run), "--to", "safetensors")
    assert files.read(run / "teacher.dino.safetensors").head
    assert (run / "teacher.dino.safetensors.md").is_file()


def test_what_is_no_weights_says_what_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("these are notes")
    for wrong in (tmp_path, tmp_path / "gone", tmp_path / "notes.txt"):
        with pytest.raises(ContentError, match=r"name the folder of a run.* file of weights"):
            files.read(wrong)


def test_what_is_imported_says_its_heads_and_size_and_needs_no_flags_again(released: Path) -> None:
    assert use(import_weights, str(released), "--heads", "3", "--data", "noise", "--licence", "MIT") == 0
    again = files.read(released.with_name("dino_small_pretrain.dino.safetensors"))
    assert shape_of(again).size.heads == 3
    assert again.facts["image_size"] == [META["img"], META["img"]]
    assert (again.facts["data"], again.facts["licence"]) == ("noise", "MIT")


def test_the_student_of_a_full_checkpoint_is_imported_when_asked_for(full: Path) -> None:
    out = full.with_name("student.safetensors")
    use(import_weights, str(full), "--network", "student", "--heads", "3", "--out", str(out))
    student, teacher = files.read(out), files.read(full)
    torch.testing.assert_close(teacher.backbone["norm.bias"], student.backbone["norm.bias"] + 1)
    assert student.facts["epoch"] == 12
    assert student.head


def test_a_backbone_of_another_kind_passes_as_safetensors_and_not_as_onnx(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({"conv1.weight": torch.ones(2, 3, 1, 1), "bn1.bias": torch.ones(2)}, tmp_path / "resnet.pth")
    assert use(import_weights, str(tmp_path / "resnet.pth")) == 0
    out = tmp_path / "resnet.dino.safetensors"
    assert set(files.read(out).backbone) == {"conv1.weight", "bn1.bias"}
    monkeypatch.chdir(tmp_path)
    assert set(printed_use(Path(f"{out}.md").read_text())["state"]) == {"backbone.conv1.weight", "backbone.bn1.bias"}
    with pytest.raises(ContentError, match="is no vision transformer"):
        use(export, str(out), "--to", "onnx")


def test_a_file_for_timm_has_the_suffix_by_which_timm_reads_it(teacher: Path) -> None:
    with pytest.raises(CommandError, match=r"net\.pth would be read as a pickle; end it in \.safetensors"):
        use(export, str(teacher), "--to", "timm", "--out", str(teacher.with_name("net.pth")))


def test_a_file_is_not_written_over_itself(teacher: Path) -> None:
    with pytest.raises(ContentError, match="is the file itself; name another with --out"):
        use(export, str(teacher), "--to", "safetensors", "--out", str(teacher))


@pytest.mark.parametrize("command", [export, import_weights])
def test_a_malicious_file_is_refused_by_every_command(command: object, tmp_path: Path) -> None:
    torch.save({"teacher": Malicious(f"mkdir {tmp_path / 'made'}")}, tmp_path / "bad.pth")
    extra: Callable[[object], list[str]] = lambda module: ["--to", "timm"] if module is export else []  # noqa: E731
    with pytest.raises(ContentError, match=r"would run posix\.system"):
        use(command, str(tmp_path / "bad.pth"), *extra(command))
    assert not (tmp_path / "made").exists()
