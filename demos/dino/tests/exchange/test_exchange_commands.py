"""`dino export` and `dino import`: the file, the card beside it, and the sentences."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from standins import META, Malicious

from dino.commands import export, import_weights
from dino.errors import ContentError
from dino.exchange import files, safetensors
from dino.exchange.weights import Weights, shape_of


def run(module: object, *words: str) -> int:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)  # type: ignore[attr-defined]
    return int(module.run(parser.parse_args(words)))  # type: ignore[attr-defined]


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
    assert run(export, str(teacher), "--to", form, "--out", str(out)) == 0
    card = (out.parent / f"{out.name}.md").read_text()
    assert "top-1 61.5 % (k = 20)" in card
    assert "| Licence of the weights | CC0-1.0 |" in card
    assert "| Epochs done | 7 |" in card
    assert f"dino export teacher.safetensors --to {form}" in card
    assert ("not measured" in card) == (form in ("safetensors", "authors"))
    assert "vit" in capsys.readouterr().out


def test_a_card_says_what_the_file_does_not(released: Path) -> None:
    run(import_weights, str(released), "--heads", str(META["heads"]))
    card = released.with_name("dino_small_pretrain.dino.safetensors.md").read_text()
    assert "| Data | not recorded in the file |" in card
    assert "the trainer's choice decide it" in card
    assert "| k-NN, teacher | not recorded in the file |" in card


def test_the_use_in_a_card_runs(teacher: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(teacher.parent)
    for form in ("authors", "torch-export", "onnx", "safetensors"):
        out = teacher.parent / f"used{export.SUFFIXES[form]}"
        run(export, str(teacher), "--to", form, "--out", str(out))
        code = out.with_name(out.name + ".md").read_text().split("```python\n")[1].split("```")[0]
        names = {"images": torch.randn(2, 3, META["img"], META["img"]).numpy(), "Path": Path}
        exec("import torch, onnxruntime\n" + code, names)  # noqa: S102 - the card's own words


def test_what_is_imported_says_its_heads_and_size_and_needs_no_flags_again(released: Path) -> None:
    assert run(import_weights, str(released), "--heads", "3", "--data", "noise", "--licence", "MIT") == 0
    again = files.read(released.with_name("dino_small_pretrain.dino.safetensors"))
    assert shape_of(again).size.heads == 3
    assert again.facts["image_size"] == [META["img"], META["img"]]
    assert (again.facts["data"], again.facts["licence"]) == ("noise", "MIT")


def test_the_student_of_a_full_checkpoint_is_imported_when_asked_for(full: Path) -> None:
    out = full.with_name("student.safetensors")
    run(import_weights, str(full), "--network", "student", "--heads", "3", "--out", str(out))
    student, teacher = files.read(out), files.read(full)
    torch.testing.assert_close(teacher.backbone["norm.bias"], student.backbone["norm.bias"] + 1)
    assert student.facts["epoch"] == 12
    assert student.head


def test_a_backbone_of_another_kind_passes_as_safetensors_and_not_as_onnx(tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.ones(2, 3, 1, 1), "bn1.bias": torch.ones(2)}, tmp_path / "resnet.pth")
    assert run(import_weights, str(tmp_path / "resnet.pth")) == 0
    out = tmp_path / "resnet.dino.safetensors"
    assert set(files.read(out).backbone) == {"conv1.weight", "bn1.bias"}
    with pytest.raises(ContentError, match="is no vision transformer"):
        run(export, str(out), "--to", "onnx")


def test_a_file_is_not_written_over_itself(teacher: Path) -> None:
    with pytest.raises(ContentError, match="is the file itself; name another with --out"):
        run(export, str(teacher), "--to", "safetensors")


@pytest.mark.parametrize("command", [export, import_weights])
def test_a_malicious_file_is_refused_by_every_command(command: object, tmp_path: Path) -> None:
    torch.save({"teacher": Malicious(f"mkdir {tmp_path / 'made'}")}, tmp_path / "bad.pth")
    extra: Callable[[object], list[str]] = lambda module: ["--to", "timm"] if module is export else []  # noqa: E731
    with pytest.raises(ContentError, match=r"would run posix\.system"):
        run(command, str(tmp_path / "bad.pth"), *extra(command))
    assert not (tmp_path / "made").exists()
