"""Teachers of timm's and torchvision's backbones: every format, torch.hub and the card take them, or say why not."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from standins import printed_use, use
from torch import nn

from dino.backbones import Backbone, build_backbone
from dino.commands import export as export_command
from dino.config import Config
from dino.errors import ContentError
from dino.exchange import authors, export, files, first, networks, onnx, timm
from dino.exchange.weights import Weights, largest_difference, name_of
from dino.selection import write_teacher
from dino.settings import with_values
from dino.teacher import MultiCropNet

HERE = Path(__file__).parents[2]
VALUES = {"global_size": (64, 64), "local_size": (32, 32), "channels": 1, "mean": (0.5,), "std": (0.5,)}
NAMES = ("timm:test_vit", "timm:test_resnet", "torchvision:resnet18")

Run = Callable[[str], tuple[Path, Backbone]]


@pytest.fixture
def run_of(tmp_path: Path) -> Run:
    """The folder of a run that trained the backbone of the name, and that backbone."""

    def made(name: str) -> tuple[Path, Backbone]:
        torch.manual_seed(0)
        config = with_values(Config(), {**VALUES, "backbone": name})
        backbone = build_backbone(config)
        assert isinstance(backbone, Backbone)
        (tmp_path / "photographs").mkdir()
        write_teacher(tmp_path / "photographs", MultiCropNet(backbone, nn.Identity()), config, {"epoch": 2.0})
        return tmp_path / "photographs", backbone.eval()

    return made


def command(run: Path, form: str) -> str:
    """`dino export RUN --to FORM`; the text of the card."""
    assert use(export_command, str(run), "--to", form) == 0
    (card,) = run.glob("*.md")
    return card.read_text()


@pytest.mark.parametrize("form", ["safetensors", "authors", "torch-export", "onnx"])
@pytest.mark.parametrize("name", NAMES)
def test_a_run_goes_out_in_every_format_and_the_use_in_its_card_runs(
    form: str, name: str, run_of: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run, backbone = run_of(name)
    card = command(run, form)
    assert f": {name}" in capsys.readouterr().out
    assert f"A backbone ({name})" in card
    monkeypatch.chdir(run)
    names = printed_use(card)
    if form != "authors":
        with torch.no_grad():
            expected = backbone(torch.zeros(1, 1, 64, 64))
        assert largest_difference(torch.as_tensor(names["features"]), expected) < 1e-4


@pytest.mark.parametrize("name", ["timm:test_vit", "timm:test_resnet"])
def test_a_network_of_timm_goes_back_to_timm_under_its_own_names(
    name: str, run_of: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, backbone = run_of(name)
    card = command(run, "timm")
    monkeypatch.chdir(run)
    names = printed_use(card)
    assert set(names["network"].state_dict()) == set(backbone.network.state_dict())
    with torch.no_grad():
        assert largest_difference(names["features"], backbone(torch.zeros(1, 1, 64, 64))) < 1e-4


def test_another_network_does_not_go_to_timm_and_the_sentence_says_where_it_goes(run_of: Run) -> None:
    run, _ = run_of("torchvision:resnet18")
    sentence = "holds torchvision:resnet18, which timm does not have; choose authors, safetensors, onnx or torch-"
    with pytest.raises(ContentError, match=sentence):
        command(run, "timm")


@pytest.mark.parametrize("name", NAMES)
def test_torch_hub_and_init_from_take_the_folder_of_a_run(name: str, run_of: Run) -> None:
    run, backbone = run_of(name)
    images = torch.randn(2, 1, 64, 64)
    loaded = torch.hub.load(str(HERE), "dino", source="local", weights=run)
    with torch.no_grad():
        assert torch.equal(loaded(images), backbone(images))
    student = MultiCropNet(build_backbone(with_values(Config(), {**VALUES, "backbone": name})), nn.Identity())
    first.start_from(student, files.read(run))
    with torch.no_grad():
        assert torch.equal(student.backbone.eval()(images), backbone(images))


def test_the_authors_format_has_the_librarys_names(run_of: Run, tmp_path: Path) -> None:
    run, backbone = run_of("timm:test_resnet")
    authors.write_pretrain(tmp_path / "resnet.pth", files.read(run))
    assert set(torch.load(tmp_path / "resnet.pth", weights_only=True)) == set(backbone.network.state_dict())


def test_damaged_settings_and_a_library_that_lacks_the_network_are_one_sentence(run_of: Run) -> None:
    weights = files.read(run_of("timm:test_resnet")[0])
    with pytest.raises(ContentError, match=r"teacher\.safetensors are damaged: channels is 'x'; write a whole number"):
        networks.network_of(weights.with_facts(settings={"channels": "x"}))
    with pytest.raises(ContentError, match="holds timm:gone, which cannot be built here: timm has no model 'gone'"):
        networks.network_of(weights.with_facts(backbone="timm:gone"))
    with pytest.raises(ContentError, match="do not fit"):
        networks.network_of(weights.with_facts(backbone="timm:test_vit"))
    with pytest.raises(ContentError, match=r"timm cannot make the network in .*; export it as safetensors instead"):
        timm.call_of(weights.with_facts(backbone="timm:test_vit"))


@pytest.mark.parametrize(("form", "name"), [(export, "torch.export"), (onnx, "ONNX")])
def test_a_network_that_an_exporter_does_not_take_is_one_sentence(
    form: object, name: str, run_of: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise RuntimeError("an operator is not known\nand more")

    weights = files.read(run_of("timm:test_resnet")[0])
    monkeypatch.setattr(torch.export, "export", refuses)
    monkeypatch.setattr(torch.onnx, "export", refuses)
    sentence = rf"{name} does not take timm:test_resnet \(an operator is not known\); choose another format"
    with pytest.raises(ContentError, match=sentence):
        form.write(tmp_path / "program", weights)  # type: ignore[attr-defined]


def test_a_backbone_is_called_by_its_name(weights: Weights, small16: Weights) -> None:
    assert name_of(small16) == "vit_small/16"
    assert name_of(weights) == "vit:24x2x3/8"
    assert name_of(Weights({}, facts={"backbone": "timm:resnet18"})) == "timm:resnet18"
