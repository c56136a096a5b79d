"""The method as the paper states it, each part beside a plain statement of itself."""

import math
import random

import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from dino.augment import MultiCrop, center_crop, drawn_box, generator
from dino.backbones import build_backbone
from dino.config import Augment, Config, Crops, Data
from dino.errors import CommandError
from dino.head import Head
from dino.knn import knn
from dino.loss import DinoLoss, koleo, sinkhorn_knopp
from dino.optim import clip_each
from dino.schedules import Cosine, Warmup
from dino.settings import with_values
from dino.teacher import MultiCropNet, follow
from dino.vit import DropPath, Size, VisionTransformer

TINY = Size(16, 2, 2)


def test_the_loss_is_the_cross_entropy_over_all_pairs_of_different_views() -> None:
    views, batch, out_dim = 5, 3, 8
    student, teacher = torch.randn(views * batch, out_dim), torch.randn(2 * batch, out_dim)
    criterion = DinoLoss(out_dim)
    criterion.center.copy_(torch.randn(1, out_dim))
    pairs = []
    for q, targets in enumerate(F.softmax((teacher - criterion.center) / 0.04, dim=-1).chunk(2)):
        for v, logits in enumerate(student.chunk(views)):
            if v != q:
                pairs.append(-(targets * F.log_softmax(logits / 0.1, dim=-1)).sum(dim=-1).mean())
    assert len(pairs) == 2 * views - 2
    torch.testing.assert_close(criterion(student, teacher, 0.04), torch.stack(pairs).mean())


def test_without_local_views_each_global_view_predicts_the_other() -> None:
    student, teacher = torch.randn(4, 8), torch.randn(4, 8)
    first, second = F.softmax(teacher / 0.04, dim=-1).chunk(2)
    logs = F.log_softmax(student / 0.1, dim=-1).chunk(2)
    expected = -((second * logs[0]).sum(-1).mean() + (first * logs[1]).sum(-1).mean()) / 2
    torch.testing.assert_close(DinoLoss(8)(student, teacher, 0.04), expected)


def test_the_center_used_is_that_of_the_steps_before() -> None:
    criterion, teacher = DinoLoss(4), torch.ones(2, 4)
    criterion.move_center(teacher.mean(dim=0, keepdim=True))
    torch.testing.assert_close(criterion.center, torch.full((1, 4), 0.1))
    criterion.move_center(teacher.mean(dim=0, keepdim=True))
    torch.testing.assert_close(criterion.center, torch.full((1, 4), 0.19))


def test_sinkhorn_uses_every_prototype_equally() -> None:
    assignment = sinkhorn_knopp(torch.randn(64, 8), 0.5, iterations=30)
    torch.testing.assert_close(assignment.sum(dim=1), torch.ones(64))
    torch.testing.assert_close(assignment.sum(dim=0), torch.full((8,), 8.0), rtol=1e-3, atol=1e-3)


def test_koleo_is_lower_for_features_that_are_spread() -> None:
    together = torch.tensor([[1.0, 0.0], [1.0, 0.1], [1.0, 0.2]])
    spread = torch.tensor([[1.0, 0.0], [-0.5, 0.87], [-0.5, -0.87]])
    assert koleo(spread) < koleo(together)


def test_every_gradient_is_clipped_by_itself() -> None:
    long, short = torch.nn.Parameter(torch.zeros(2)), torch.nn.Parameter(torch.zeros(2))
    long.grad, short.grad = torch.tensor([3.0, 4.0]), torch.tensor([0.0, 0.5])
    assert [float(norm) for norm in clip_each([long, short], 1.0)] == [5.0, 0.5]
    torch.testing.assert_close(long.grad, torch.tensor([0.6, 0.8]))
    torch.testing.assert_close(short.grad, torch.tensor([0.0, 0.5]))


def test_the_rate_rises_to_its_base_and_falls_towards_its_end() -> None:
    rate = Cosine(base=1.0, final=0.1, steps=20, warmup=5)
    assert [rate.at(step) for step in (0, 4, 5)] == [0.0, 1.0, 1.0]
    assert rate.at(12) < 1
    assert 0.1 < rate.at(19) < 0.12


def test_the_temperature_rises_by_epoch() -> None:
    temperature = Warmup(0.02, 0.06, epochs=3)
    assert [round(temperature.at(epoch), 9) for epoch in range(5)] == [0.02, 0.04, 0.06, 0.06, 0.06]


def test_a_warm_up_of_one_epoch_starts_and_ends_with_its_start() -> None:
    assert Warmup(0.02, 0.06, epochs=1).at(0) == 0.02


def test_the_teacher_moves_by_one_minus_the_momentum() -> None:
    teacher, student = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(teacher.weight, 1.0)
    torch.nn.init.constant_(student.weight, 2.0)
    follow(teacher, student, 0.9)
    torch.testing.assert_close(teacher.weight.detach(), torch.tensor([[1.1]]))


def test_logits_stay_between_minus_one_and_one() -> None:
    logits = Head(8, 32, hidden=8, bottleneck=4)(torch.randn(16, 8) * 100)
    assert logits.abs().max() <= 1 + 1e-6


def test_a_network_gives_view_by_view_what_it_gives_crop_by_crop() -> None:
    network = MultiCropNet(VisionTransformer((16, 16), 4, size=TINY), Head(16, 8, hidden=8, bottleneck=4))
    crops = [torch.randn(2, 3, size, size) for size in (16, 16, 8, 8, 8)]
    torch.testing.assert_close(network(crops), torch.cat([network([crop]) for crop in crops]))


def test_the_first_weights_are_drawn_as_the_authors_draw_them() -> None:
    torch.manual_seed(0)
    network = MultiCropNet(
        VisionTransformer((64, 64), 4, size=Size(96, 2, 3)), Head(96, 200, hidden=64, bottleneck=50, fixed_norm=False)
    )
    tensors = {name: parameter.detach() for name, parameter in network.named_parameters()}
    kernel, directions = tensors.pop("backbone.patch_embed.proj.weight"), tensors.pop("head.last_layer.weight_v")
    assert 0.9 < kernel.abs().max() * math.sqrt(3 * 4 * 4) <= 1  # PyTorch's own, uniform up to 1/√(inputs)
    assert 0.9 < directions.abs().max() * math.sqrt(50) <= 1
    assert 0 < tensors.pop("backbone.patch_embed.proj.bias").abs().max() * math.sqrt(3 * 4 * 4) <= 1
    assert (tensors.pop("head.last_layer.weight_g") == 1).all()
    for name, tensor in tensors.items():
        if name.endswith(".bias"):
            assert (tensor == 0).all(), name
        elif "norm" in name:
            assert (tensor == 1).all(), name
        else:
            assert float(tensor.std()) == pytest.approx(0.02, rel=0.25), name
            assert abs(float(tensor.mean())) < 0.006, name


def test_the_prototypes_norm_learns_only_where_it_is_not_fixed() -> None:
    assert not Head(4, 8, fixed_norm=True).last_layer.weight_g.requires_grad
    assert Head(4, 8, fixed_norm=False).last_layer.weight_g.requires_grad


def test_the_head_has_the_layers_of_the_authors() -> None:
    def names(**options: object) -> list[str]:
        return [type(layer).__name__ for layer in Head(4, 8, hidden=6, bottleneck=3, **options).mlp]  # type: ignore[arg-type]

    assert names() == ["Linear", "GELU", "Linear", "GELU", "Linear"]
    assert names(batch_norm=True) == ["Linear", "BatchNorm1d", "GELU"] * 2 + ["Linear"]
    assert names(layers=2) == ["Linear", "GELU", "Linear"]
    assert Head(4, 8, bottleneck=3, layers=1).mlp.weight.shape == (3, 4)


def test_the_rates_of_drop_path_rise_from_block_to_block() -> None:
    rates = [block.drop_path.rate for block in VisionTransformer((8, 8), 4, size=Size(4, 5, 1), drop_path=0.2).blocks]
    assert rates == pytest.approx([0.0, 0.05, 0.1, 0.15, 0.2])


def test_drop_path_drops_whole_samples_and_only_while_training() -> None:
    torch.manual_seed(0)
    layer, branch = DropPath(0.5), torch.ones(50, 3, 2, dtype=torch.bfloat16)
    rows = layer.train()(branch).flatten(1)
    assert {tuple(set(row.tolist())) for row in rows} == {(0.0,), (2.0,)}
    assert torch.equal(layer.eval()(branch), branch)


@pytest.mark.parametrize("size", [(16, 16), (24, 16), (8, 12)])
def test_attention_is_a_distribution_and_the_forward_pass_uses_it(size: tuple[int, int]) -> None:
    model = VisionTransformer((16, 24), 4, channels=2, size=TINY).eval()
    images = torch.randn(2, 2, *size)
    attention = model.attention(images)
    tokens = 1 + size[0] // 4 * (size[1] // 4)
    assert attention.shape == (2, 2, tokens, tokens)
    torch.testing.assert_close(attention.sum(dim=-1), torch.ones(2, 2, tokens))
    torch.testing.assert_close(model(images), model.intermediate(images, 1)[0][:, 0])


def test_registers_take_part_and_are_not_returned() -> None:
    model = VisionTransformer((16, 16), 4, size=TINY, registers=3)
    images = torch.randn(1, 3, 16, 16)
    assert model.intermediate(images, 2)[1].shape == (1, 17, 16)
    assert model.attention(images).shape == (1, 2, 20, 20)


def test_drop_path_keeps_the_expectation() -> None:
    torch.manual_seed(0)
    dropped = DropPath(0.25).train()(torch.ones(20000, 1))
    assert dropped.unique().tolist() == pytest.approx([0.0, 4 / 3])
    assert dropped.mean() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("name", ["vit:16x2x2", "timm:test_vit", "timm:resnet10t", "torchvision:resnet18"])
def test_every_kind_of_backbone_takes_both_sizes_of_crops_and_any_channels(name: str) -> None:
    config = with_values(Config(), {"backbone": name, "channels": 2, "global_size": (64, 32), "local_size": (32, 32)})
    backbone = build_backbone(config, drop_path=0.1).eval()
    for size in ((64, 32), (32, 32)):
        assert backbone(torch.zeros(2, 2, *size)).shape == (2, backbone.dim)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("vit_smal", "did you mean vit_small?"), ("timm:resnet5", "timm has no model"), ("vit:10x2x3", "3 heads for 10")],
)
def test_an_unknown_backbone_is_named(name: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        build_backbone(with_values(Config(), {"backbone": name}))


def test_the_nearest_neighbours_vote_with_the_exponential_of_their_similarity() -> None:
    train = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.8, -0.6]])
    labels, asked = torch.tensor([0, 1, 1]), torch.tensor([[1.0, 0.0]])
    one_against_two = math.exp(1 / 0.07) > 2 * math.exp(0.8 / 0.07)
    assert one_against_two
    assert knn(train, labels, asked, torch.tensor([0]), ks=(1, 3))[3][0] == 100.0
    assert knn(train, labels, asked, torch.tensor([1]), ks=(1, 3), temperature=10.0)[3][0] == 100.0


def test_k_above_the_number_of_images_counts_them_all() -> None:
    features, labels = torch.eye(3), torch.arange(3)
    assert knn(features, labels, features, labels, ks=(200,))[200] == (100.0, 100.0)


def picture(mode: str = "RGB") -> Image.Image:
    numbers = random.Random(1)
    image = Image.new("RGB", (40, 30))
    image.putdata([tuple(numbers.randrange(256) for _ in range(3)) for _ in range(40 * 30)])
    return image.convert(mode)


def test_an_images_views_follow_from_seed_epoch_and_index_alone() -> None:
    multi_crop = MultiCrop(Crops(global_size=(16, 12), local_size=(8, 8), local_count=3), Augment(), Data())
    views = multi_crop(picture(), generator(1, 2, 3))
    random.random()
    torch.rand(1)
    assert [tuple(view.shape) for view in views] == [(3, 16, 12)] * 2 + [(3, 8, 8)] * 3
    for view, again in zip(views, multi_crop(picture(), generator(1, 2, 3)), strict=True):
        assert torch.equal(view, again)
    assert not torch.equal(views[0], multi_crop(picture(), generator(1, 3, 3))[0])


def test_the_first_global_view_is_always_blurred_and_the_second_seldom() -> None:
    """Blur removes what differs from pixel to pixel: with the radius held at 2, what is left of noise is little."""
    still = Augment(flip=0, jitter=0, grey=0, solarize=0, blur_radius=(2.0, 2.0))
    crops = Crops(global_size=(30, 40), global_scale=(1.0, 1.0), local_count=0)
    rough = [0, 0]
    for index in range(60):
        for view, tensor in enumerate(MultiCrop(crops, still, Data())(picture(), generator(0, 0, index))):
            rough[view] += float(tensor.diff(dim=-1).abs().mean()) > 0.5
    assert rough[0] == 0
    assert 45 <= rough[1] <= 60


def test_solarization_belongs_to_the_second_view() -> None:
    still = Augment(flip=0, jitter=0, grey=0, blur_first=0, blur_second=0, solarize=1.0)
    crops = Crops(global_size=(16, 16), global_scale=(1.0, 1.0), local_count=0)
    white = Image.new("RGB", (16, 16), (255, 255, 255))
    first, second = MultiCrop(crops, still, Data(mean=(0.0,), std=(1.0,)))(white, generator(0, 0, 0))
    assert first.min() == 1
    assert second.max() == 0


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("LA", 2), ("RGBA", 4)])
def test_any_number_of_channels_is_augmented(mode: str, channels: int) -> None:
    data = Data(channels=channels, mean=(0.5,), std=(0.5,))
    views = MultiCrop(Crops(global_size=(8, 8), local_size=(4, 4)), Augment(), data)(picture(mode), generator(0, 0, 0))
    assert {view.shape[0] for view in views} == {channels}


def test_a_crop_covers_the_share_that_is_asked_for() -> None:
    assert drawn_box((100, 100), random.Random(0), (1.0, 1.0)) == (0, 0, 100, 100)


def test_evaluations_see_the_middle() -> None:
    image = Image.new("L", (64, 32))
    image.paste(255, (24, 8, 40, 24))
    view = center_crop(image, (28, 28), Data(channels=1, mean=(0.0,), std=(1.0,)))
    assert view.shape == (1, 28, 28)
    assert view[0, 14, 14] == 1
