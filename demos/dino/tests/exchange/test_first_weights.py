"""`--init-from`: the first weights of a run out of any file, and the sentences where they do not fit."""

from pathlib import Path

import pytest
import timm as timm_library
import torch
from standins import META
from torch import Tensor

from dino.building import build_learner
from dino.config import Config
from dino.errors import ContentError
from dino.exchange import authors, safetensors, timm
from dino.exchange.weights import Weights
from dino.learner import Learner
from dino.settings import with_values
from dino.vit import resampled

SIDE = META["img"]
SAME = {
    "backbone": f"vit:{META['dim']}x{META['depth']}x{META['heads']}", "patch_size": META["patch"],
    "global_size": (SIDE, SIDE), "local_count": 0, "out_dim": META["out_dim"], "head_hidden": META["hidden"],
    "head_bottleneck": META["bottleneck"], "precision": "fp32",
}  # fmt: skip


def learner_of(file: Path | str, *, fresh: bool = True, **values: object) -> Learner:
    return build_learner(
        with_values(Config(), {**SAME, "init_from": str(file), **values}), torch.device("cpu"), fresh=fresh
    )


def sentence(file: Path | str, **values: object) -> str:
    with pytest.raises(ContentError) as caught:
        learner_of(file, **values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def same(learner: Learner, part: str, tensors: dict[str, Tensor]) -> bool:
    """Whether student and teacher both have exactly these tensors."""
    states = [network.get_submodule(part).state_dict() for network in (learner.student, learner.teacher)]
    return all(
        state.keys() == tensors.keys() and all(torch.equal(state[name], tensors[name]) for name in tensors)
        for state in states
    )


@pytest.mark.parametrize("write", [safetensors.write, authors.write_pretrain, timm.write])
def test_both_networks_start_from_the_backbone_of_any_format(
    write: object, tmp_path: Path, weights: Weights, backbone: dict[str, Tensor]
) -> None:
    write(tmp_path / "file", weights)  # type: ignore[operator]
    learner = learner_of(tmp_path / "file")
    assert same(learner, "backbone", backbone)
    assert all(p.requires_grad for p in learner.student.backbone.parameters())
    assert not any(p.requires_grad for p in learner.teacher.parameters())
    assert learner.student.training


def test_the_head_is_taken_where_it_has_the_same_shape(full: Path, head: dict[str, Tensor]) -> None:
    expected = {name: tensor + 1 for name, tensor in head.items()}  # the teacher's, as the stand-in has it
    assert same(learner_of(full, norm_last_layer=False), "head", expected)
    other = learner_of(full, out_dim=META["out_dim"] + 1)
    assert other.student.head.last_layer.weight_v.shape[0] == META["out_dim"] + 1
    assert torch.equal(other.student.backbone.cls_token, learner_of(full).student.backbone.cls_token)


def test_prototypes_of_fixed_norm_keep_it_at_one(full: Path, head: dict[str, Tensor]) -> None:
    learner = learner_of(full)
    assert (learner.student.head.last_layer.weight_g == 1).all()
    assert torch.equal(learner.student.head.last_layer.weight_v, head["last_layer.weight_v"] + 1)


def test_a_file_without_a_head_leaves_the_heads_start_to_the_seed(released: Path) -> None:
    assert same(learner_of(released), "head", dict(learner_of("").student.head.state_dict()))


@pytest.mark.parametrize("size", [(48, 40), (2 * SIDE, 2 * SIDE)])
def test_positions_of_another_grid_are_resampled(
    size: tuple[int, int], released: Path, backbone: dict[str, Tensor]
) -> None:
    learner = learner_of(released, global_size=size)
    grids = [(height // META["patch"], width // META["patch"]) for height, width in ((SIDE, SIDE), size)]
    assert torch.equal(learner.student.backbone.pos_embed, resampled(backbone["pos_embed"], *grids))
    assert torch.equal(learner.student.backbone.cls_token, backbone["cls_token"])


def test_a_run_that_goes_on_does_not_need_the_file() -> None:
    learner = learner_of("gone.pth", fresh=False)
    assert torch.equal(learner.student.backbone.cls_token, learner_of("").student.backbone.cls_token)


def test_the_folder_of_a_run_is_its_best_teacher(tmp_path: Path, weights: Weights, backbone: dict[str, Tensor]) -> None:
    safetensors.write(tmp_path / "teacher.safetensors", weights)
    assert same(learner_of(tmp_path), "backbone", backbone)


@pytest.mark.parametrize(
    ("values", "misfit"),
    [
        ({"patch_size": 16, "global_size": (64, 64)}, "proj.weight is [24, 3, 8, 8] and should be [24, 3, 16, 16]"),
        ({"channels": 1}, "patch_embed.proj.weight is [24, 3, 8, 8] and should be [24, 1, 8, 8]"),
        ({"backbone": "vit:24x3x3"}, "blocks.2.norm1.weight is missing (and 11 more)"),
        ({"backbone": "vit:24x1x3"}, " has no place in the network (and 11 more)"),
        ({"registers": 2}, "register_tokens is missing"),
        ({"backbone": "vit:24x2x4"}, "3 heads, and there should be 4"),
        ({"backbone": "timm:test_vit"}, "network.blocks.2.norm1.weight is missing (and "),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_sentence_that_names_it(
    values: dict[str, object], misfit: str, tmp_path: Path, weights: Weights
) -> None:
    safetensors.write(tmp_path / "file", weights)
    assert f"{tmp_path}/file and the network do not fit: " in sentence(tmp_path / "file", **values)
    assert misfit in sentence(tmp_path / "file", **values)
    assert "; the file holds vit:24x2x3/8, so choose that backbone or other weights" in sentence(
        tmp_path / "file", **values
    )


def test_a_file_that_is_gone_or_of_another_kind_is_one_sentence(tmp_path: Path) -> None:
    assert (
        sentence(tmp_path / "gone.pth")
        == f"{tmp_path}/gone.pth is not there; name the folder of a run, or a file of weights"
    )
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "resnet.pth")
    assert "no vision transformer of this package; name weights of the" in sentence(tmp_path / "resnet.pth")


def test_a_timm_network_starts_from_its_own_file_without_the_classifier(tmp_path: Path) -> None:
    theirs = timm_library.create_model("test_resnet", num_classes=7)
    torch.save(theirs.state_dict(), tmp_path / "resnet.pth")
    learner = learner_of(tmp_path / "resnet.pth", backbone="timm:test_resnet", global_size=(64, 64))
    kept = {name: tensor for name, tensor in theirs.state_dict().items() if not name.startswith("fc.")}
    assert same(learner, "backbone.network", kept)
    run = Weights(learner.student.backbone.state_dict(), source="run")
    safetensors.write(tmp_path / "run.safetensors", run)
    again = learner_of(tmp_path / "run.safetensors", backbone="timm:test_resnet", global_size=(64, 64))
    assert same(again, "backbone.network", kept)
