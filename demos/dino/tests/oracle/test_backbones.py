"""Backbones of timm and torchvision under the narrow interface: crops of every size, any channels, what cannot be."""

import pytest
import torch
from torch import nn

from dino.backbones import build_backbone
from dino.building import build_learner
from dino.config import Config
from dino.errors import CommandError
from dino.learner import Learner, Rates
from dino.settings import with_values

RATES = Rates(lr=1e-3, weight_decay=0.04, momentum=0.9, teacher_temp=0.04, frozen=False)
SMALL = {
    "out_dim": 16, "head_hidden": 8, "head_bottleneck": 4, "global_size": (64, 32), "local_size": (32, 32),
    "local_count": 1, "precision": "fp32",
}  # fmt: skip
CONVOLUTIONS = (
    "timm:test_resnet",
    "timm:test_convnext",
    "timm:mobilenetv3_small_050",
    "torchvision:shufflenet_v2_x0_5",
)
TRANSFORMERS = ("vit:16x2x2", "timm:test_vit", "timm:xcit_nano_12_p16_224")


def config_of(backbone: str, **values: object) -> Config:
    return with_values(Config(), {**SMALL, "backbone": backbone, **values})


def learner_of(backbone: str, **values: object) -> Learner:
    return build_learner(config_of(backbone, **values), torch.device("cpu"))


def crops_of(config: Config, batch: int = 3) -> list[torch.Tensor]:
    torch.manual_seed(1)
    sizes = [config.crops.global_size] * 2 + [config.crops.local_size] * config.crops.local_count
    return [torch.randn(batch, config.data.channels, *size) for size in sizes]


@pytest.mark.parametrize("channels", [1, 2, 4, 13])
@pytest.mark.parametrize("name", [*CONVOLUTIONS, *TRANSFORMERS])
def test_a_backbone_learns_from_oblong_crops_of_two_sizes_and_any_channels(name: str, channels: int) -> None:
    learner = learner_of(name, channels=channels)
    before = [parameter.detach().clone() for parameter in learner.student.backbone.parameters()]
    outcome = learner.step(crops_of(config_of(name, channels=channels)), RATES)
    assert outcome.features.shape == (6, learner.student.backbone.dim)
    moved = [not torch.equal(old, new) for old, new in zip(before, learner.student.backbone.parameters(), strict=True)]
    assert sum(moved) > 0.75 * len(moved)  # a residual branch whose last norm starts at zero waits for the next step


@pytest.mark.parametrize("name", ["timm:test_vit", "timm:test_convnext", "torchvision:swin_t"])
def test_stochastic_depth_is_the_students_alone(name: str) -> None:
    learner, crops = learner_of(name, drop_path=0.5), crops_of(config_of(name))
    with torch.no_grad():
        assert not torch.equal(learner.student(crops), learner.student(crops))
        assert torch.equal(learner.teacher(crops[:2]), learner.teacher(crops[:2]))


def test_without_stochastic_depth_student_and_teacher_start_as_one() -> None:
    learner, crops = learner_of("torchvision:swin_t", drop_path=0.0), crops_of(config_of("torchvision:swin_t"))
    with torch.no_grad():
        assert torch.equal(learner.student(crops), learner.teacher(crops))


def test_no_dropout_is_left() -> None:
    learner = learner_of("torchvision:googlenet")
    assert {module.p for module in learner.teacher.modules() if isinstance(module, nn.Dropout)} == {0.0}


def test_the_classifiers_norm_stays_and_the_classifier_goes() -> None:
    network = build_backbone(config_of("torchvision:convnext_tiny"))
    layers = [type(layer).__name__ for layer in network.get_submodule("network.classifier")]
    assert layers == ["LayerNorm2d", "Flatten"]
    assert network.dim == 768


def test_running_statistics_are_the_teachers_own_and_not_averaged() -> None:
    learner = learner_of("timm:test_resnet", local_count=0)
    learner.step(crops_of(config_of("timm:test_resnet", local_count=0)), RATES)
    pairs = dict(zip(dict(learner.student.named_buffers()), learner.student.buffers(), strict=True))
    own = {name: buffer for name, buffer in learner.teacher.named_buffers() if name.endswith("running_mean")}
    first = next(iter(own))  # both saw the same images with the same first weights
    torch.testing.assert_close(own[first], pairs[first])
    learner.step([crop + 1 for crop in crops_of(config_of("timm:test_resnet", local_count=0))], RATES)
    assert not torch.allclose(own[first], pairs[first], rtol=1e-3)
    assert {int(count) for name, count in learner.teacher.named_buffers() if name.endswith("tracked")} == {2}


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("timm:levit_128s", {"global_size": (224, 224)}, "timm:levit_128s does not take crops of 32x32 ("),
        ("torchvision:alexnet", {}, "torchvision:alexnet does not take crops of 64x32 ("),
        ("torchvision:squeezenet1_1", {}, "torchvision:squeezenet1_1 gives features of another length for each size"),
        ("torchvision:resnet5", {}, "torchvision has no model 'resnet5'; did you mean resnet"),
        ("timm:resnet5o", {}, "timm has no model 'resnet5o'; did you mean resnet50"),
    ],
)
def test_what_cannot_be_is_one_sentence(name: str, values: dict[str, object], sentence: str) -> None:
    with pytest.raises(CommandError) as caught:
        build_backbone(config_of(name, **values))
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_a_network_of_one_size_works_at_any_one_size_without_local_crops() -> None:
    network = build_backbone(config_of("timm:levit_128s", global_size=(96, 96), local_count=0)).eval()
    assert network(torch.zeros(1, 3, 96, 96)).shape == (1, network.dim)
