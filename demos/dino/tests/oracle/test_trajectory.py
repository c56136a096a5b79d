"""Twenty steps of the code that trains, in float64, are those of the plain implementation."""

from dataclasses import replace

import pytest
import torch
from plain import Rates, Shape, Trainer, class_token, koleo, rates_of, under
from torch import Tensor

from dino.building import Plan
from dino.config import Config
from dino.fast.path import fast
from dino.head import Head
from dino.learner import Learner
from dino.learner import Rates as PackageRates
from dino.loss import DinoLoss
from dino.optim import build_optimizer
from dino.settings import with_values
from dino.sight import SightPath
from dino.sight import plain as as_written
from dino.teacher import MultiCropNet, start_teacher
from dino.vit import Size, VisionTransformer

CLOSE = {"rtol": 0.0, "atol": 1e-9}
PATHS = [pytest.param(as_written, id="plain path"), pytest.param(fast, id="fast path")]
RATES = {"adamw": 0.002, "sgd": 0.02, "lars": 0.5}


def package_network(shape: Shape, *, fixed_norm: bool) -> MultiCropNet:
    size = Size(shape.dim, shape.depth, shape.heads)
    sizes = {"hidden": shape.hidden, "bottleneck": shape.bottleneck}
    head = Head(shape.dim, shape.out_dim, **sizes, batch_norm=shape.batch_norm, fixed_norm=fixed_norm)
    return MultiCropNet(VisionTransformer(shape.image, shape.patch, shape.channels, size), head).double()


def both(
    shape: Shape, optimizer: str, clip: float, *, fixed_norm: bool, path: SightPath = fast
) -> tuple[Learner, Trainer]:
    """The package's learner on a path and the plain trainer, with the same first weights."""
    torch.manual_seed(3)
    student, teacher = (package_network(shape, fixed_norm=fixed_norm) for _ in range(2))
    start_teacher(teacher, student)
    criterion = DinoLoss(shape.out_dim).double()
    learner = Learner(student, teacher, criterion, build_optimizer(optimizer, student), clip=clip, path=path)
    return learner, Trainer(shape, dict(student.named_parameters()), optimizer, clip, fixed_norm)


def crops_of(step: int, shape: Shape, local: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(step)
    sizes = [shape.image] * 2 + [(8, 12)] * local
    return [torch.randn(3, shape.channels, *size, generator=generator, dtype=torch.float64) for size in sizes]


def follow_each_other(learner: Learner, plain: Trainer, rates: list[Rates], local: int = 2) -> None:
    """Hold loss, gradient norms and center together after each step, and all weights after the last."""
    for step, rate in enumerate(rates):
        crops = crops_of(step, plain.shape, local)
        outcome = learner.step(crops, PackageRates(**vars(rate)), step)
        torch.testing.assert_close(outcome.center, plain.center, **CLOSE)  # the one that was used
        loss, norms = plain.step(crops, rate)
        assert outcome.loss == pytest.approx(loss, abs=1e-9), step
        torch.testing.assert_close(learner.criterion.center, plain.center, **CLOSE)
        if plain.clip:
            expected = torch.tensor(list(norms.values()), dtype=torch.float64)
            torch.testing.assert_close(torch.stack(outcome.gradient_norms), expected, rtol=1e-9, atol=1e-9)
    for network, weights in ((learner.student, plain.student), (learner.teacher, plain.teacher)):
        for name, parameter in network.named_parameters():
            torch.testing.assert_close(
                parameter.detach(), weights[name], **CLOSE, msg=lambda text, name=name: f"{name}: {text}"
            )


def twenty(lr: float, *, frozen: int = 1) -> list[Rates]:
    return rates_of(4, 5, lr=lr, warmup=1, frozen=frozen)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("fixed_norm", [True, False], ids=["fixed norm", "learnt norm"])
@pytest.mark.parametrize("clip", [0.0, 0.05], ids=["unclipped", "clipped"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "lars"])
def test_a_run_with_each_optimizer_is_the_plain_one(
    optimizer: str, clip: float, fixed_norm: bool, path: SightPath
) -> None:
    learner, plain = both(Shape(), optimizer, clip, fixed_norm=fixed_norm, path=path)
    first = {name: tensor.clone() for name, tensor in plain.student.items()}
    follow_each_other(learner, plain, twenty(RATES[optimizer]))
    assert max(float((plain.student[name] - tensor).abs().max()) for name, tensor in first.items()) > 1e-3


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("optimizer", ["sgd", "lars"])  # AdamW steps on the rounding of biases that the norm cancels
def test_a_run_with_batch_norm_in_the_head_is_the_plain_one(optimizer: str, path: SightPath) -> None:
    learner, plain = both(Shape(batch_norm=True), optimizer, 0.3, fixed_norm=False, path=path)
    follow_each_other(learner, plain, twenty(RATES[optimizer]))


@pytest.mark.parametrize("path", PATHS)
def test_a_run_without_local_crops_is_the_plain_one(path: SightPath) -> None:
    follow_each_other(*both(Shape(), "adamw", 3.0, fixed_norm=True, path=path), twenty(0.002), local=0)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("image", [(12, 20), (17, 17)], ids=["oblong", "no multiple of a patch"])
def test_a_run_on_images_of_odd_sizes_is_the_plain_one(image: tuple[int, int], path: SightPath) -> None:
    shape = replace(Shape(channels=1), image=image)
    follow_each_other(*both(shape, "adamw", 0.3, fixed_norm=True, path=path), twenty(0.002)[:6])


def test_koleo_is_added_for_each_global_view_by_its_weight() -> None:
    learner, plain = both(Shape(), "sgd", 0.0, fixed_norm=True)
    rate, crops = twenty(0.02)[3], crops_of(0, Shape(), 2)
    with torch.no_grad():
        spread = sum(koleo(class_token(under("backbone.", plain.student), Shape(), crop)) for crop in crops[:2])
    value, _ = plain.step(crops, rate)
    outcome = replace(learner, koleo_weight=0.1).step(crops, PackageRates(**vars(rate)))
    assert outcome.loss == pytest.approx(value + 0.1 * float(spread), abs=1e-6)


def test_the_plan_of_a_run_is_the_plain_one() -> None:
    settings = {
        "epochs": 6, "warmup_epochs": 2, "lr": 0.001, "warmup_teacher_temp": 0.04, "teacher_temp": 0.07,
        "warmup_teacher_temp_epochs": 2, "freeze_last_layer": 3,
    }  # fmt: skip
    plan = Plan(with_values(Config(), settings), steps=5, images_per_step=64)
    for step, rates in enumerate(rates_of(6, 5, lr=0.001 * 64 / 256, warmup=2, frozen=3)):
        assert vars(plan.at(step)) == pytest.approx(vars(rates), rel=1e-12, abs=1e-15)
    assert step + 1 == plan.total


def test_while_the_prototypes_are_frozen_they_and_their_moments_stay() -> None:
    learner, plain = both(Shape(), "adamw", 0.0, fixed_norm=False)
    before = learner.student.head.last_layer.weight_v.detach().clone()
    follow_each_other(learner, plain, twenty(0.002, frozen=4)[:4])
    prototypes = learner.student.head.last_layer.weight_v
    assert torch.equal(prototypes, before)
    assert prototypes not in learner.optimizer.state
