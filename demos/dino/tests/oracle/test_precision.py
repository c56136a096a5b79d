"""Half precision beside float32, and the map of attention beside the fused forward pass."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dino.building import build_learner
from dino.config import Config
from dino.learner import Learner, NotFiniteError, Rates
from dino.resume import pack, unpack
from dino.settings import with_values
from dino.vit import Attention, Block, Size, VisionTransformer

CPU = torch.device("cpu")
RATES = Rates(lr=1e-4, weight_decay=0.04, momentum=0.99, teacher_temp=0.04, frozen=False)


def learner_of(precision: str, **values: object) -> Learner:
    toy = {
        "backbone": "vit:16x2x2", "patch_size": 4, "out_dim": 32, "head_hidden": 16, "head_bottleneck": 8,
        "global_size": (16, 16), "local_size": (8, 8), "local_count": 2, "drop_path": 0.0,
    }  # fmt: skip
    return build_learner(with_values(Config(), {**toy, "precision": precision, **values}), CPU)


def set_scale(learner: Learner, scale: float) -> None:
    if learner.scaler:
        learner.scaler.scale(torch.zeros(1))  # there is a scale from its first use on
        learner.scaler.update(scale)


def crops_of(step: int, local: int = 2) -> list[Tensor]:
    torch.manual_seed(step)
    return [torch.randn(4, 3, 16, 16) for _ in range(2)] + [torch.randn(4, 3, 8, 8) for _ in range(local)]


def losses(learner: Learner, steps: int = 10, local: int = 2) -> list[float]:
    return [learner.step(crops_of(step, local), RATES, step).loss for step in range(steps)]


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_ten_steps_in_half_precision_stay_close_to_those_in_float32(precision: str) -> None:
    learner = learner_of(precision)
    set_scale(learner, 16.0)
    assert losses(learner) == pytest.approx(losses(learner_of("fp32")), rel=0.05)
    assert {parameter.dtype for parameter in learner.student.parameters()} == {torch.float32}
    assert learner.criterion.center.dtype == torch.float32


def test_only_fp16_has_a_scaler_and_its_state_goes_into_a_checkpoint_and_back() -> None:
    learner, other = learner_of("fp16"), learner_of("fp16")
    assert (learner_of("bf16").scaler, learner_of("fp32").scaler) == (None, None)
    losses(learner, 3)
    set_scale(learner, 512.0)
    assert learner.scaler is not None
    assert other.scaler is not None
    unpack(pack(learner, {"step": 3}), other)
    assert other.scaler.state_dict() == learner.scaler.state_dict()
    assert other.scaler.get_scale() == 512.0


def test_a_scale_too_large_skips_the_students_step_and_is_lowered() -> None:
    learner = learner_of("fp16")
    set_scale(learner, 2.0**60)
    before = [parameter.detach().clone() for parameter in learner.student.parameters()]
    losses(learner, 1)
    assert all(map(torch.equal, before, learner.student.parameters()))
    assert learner.scaler is not None
    assert learner.scaler.get_scale() == 2.0**59


def test_a_loss_that_is_no_number_changes_nothing() -> None:
    learner, crops = learner_of("bf16"), crops_of(0)
    losses(learner, 2)
    before = {name: tensor.clone() for name, tensor in pack(learner, {}).tensors.items()}
    with pytest.raises(NotFiniteError, match="the loss is nan at step 7"):
        learner.step([crops[0] * float("nan"), *crops[1:]], RATES, 7)
    after = pack(learner, {}).tensors
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_without_local_crops_the_student_learns_a_teacher_that_stands_still(precision: str) -> None:
    learner = learner_of(precision, local_count=0, norm_last_layer=False)
    crops, still = crops_of(0, local=0), replace(RATES, lr=1e-3, momentum=1.0)
    found = [learner.step(crops, still, step).loss for step in range(80)]
    settled = max(found)  # the targets move until the center has reached the teacher's mean
    assert found.index(settled) < 50
    assert found[-1] < 0.85 * settled


@pytest.mark.parametrize("size", [(16, 16), (24, 16), (8, 12), (17, 22)])
def test_the_map_of_attention_is_what_the_fused_forward_pass_applies(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    model = VisionTransformer((16, 16), 4, size=Size(12, 3, 3), registers=1).double().eval()
    images = torch.randn(2, 3, *size, dtype=torch.float64)
    tokens = model.embed(images)
    for block in list(model.blocks)[:-1]:
        tokens = block(tokens)
    last = model.blocks[-1]
    assert isinstance(last, Block)
    normed = last.norm1(tokens)
    value = last.attn.qkv(normed).chunk(3, dim=-1)[2].unflatten(-1, (3, 4)).transpose(1, 2)
    mixed = (model.attention(images) @ value).transpose(1, 2).flatten(2)
    torch.testing.assert_close(last.attn(normed), last.attn.proj(mixed), rtol=1e-12, atol=1e-12)


def test_attention_in_half_precision_is_close_to_that_in_float32() -> None:
    torch.manual_seed(0)
    attention, tokens = Attention(12, 3), torch.randn(2, 5, 12)
    with torch.autocast("cpu", torch.bfloat16):
        half = attention(tokens)
    assert F.cosine_similarity(half.float(), attention(tokens), dim=-1).min() > 0.999
