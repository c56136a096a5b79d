"""DINO as plainly as the paper writes it (arXiv 2104.14294, Algorithm 1), in float64 and independent of the package.

Nothing is fused, batched or clever: attention is written out, the loss loops over pairs of views, each optimizer's
update is its formula. Gradients are PyTorch's, as in Algorithm 1. A network is a dict of tensors under the authors'
names. The tests hold the code that trains against this.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Shape:
    """The sizes of a network; `image` is the height and width whose positions are learnt."""

    image: tuple[int, int] = (16, 16)
    patch: int = 4
    channels: int = 3
    dim: int = 12
    depth: int = 2
    heads: int = 3
    hidden: int = 10
    bottleneck: int = 6
    out_dim: int = 14
    batch_norm: bool = False


# The networks


def network(weights: Weights, shape: Shape, crops: Sequence[Tensor]) -> Tensor:
    """Logits [crops · batch, out_dim]: every crop through the backbone by itself, then all through the head."""
    features = torch.cat([class_token(under("backbone.", weights), shape, crop) for crop in crops])
    return head(under("head.", weights), shape, features)


def class_token(weights: Weights, shape: Shape, images: Tensor) -> Tensor:
    """[batch, channels, height, width] → [batch, dim]"""
    return tokens(weights, shape, images)[0][-1][:, 0]


def tokens(weights: Weights, shape: Shape, images: Tensor) -> tuple[list[Tensor], Tensor]:
    """The tokens after each block, through the final norm, each [batch, 1 + patches, dim]; the last block's attention,
    [batch, heads, 1 + patches, 1 + patches]."""
    x, outputs, found = embedded(weights, shape, images), [], torch.empty(0)
    for number in range(shape.depth):
        block = under(f"blocks.{number}.", weights)
        attended, found = attention(under("attn.", block), shape, layer_norm(x, under("norm1.", block)))
        x = x + attended
        x = x + mlp(under("mlp.", block), layer_norm(x, under("norm2.", block)))
        outputs.append(layer_norm(x, under("norm.", weights)))
    return outputs, found


def embedded(weights: Weights, shape: Shape, images: Tensor) -> Tensor:
    """One token per whole patch, row by row, after the class token; positions added."""
    kernel, bias = weights["patch_embed.proj.weight"], weights["patch_embed.proj.bias"]
    rows, columns = images.shape[2] // shape.patch, images.shape[3] // shape.patch
    found = [weights["cls_token"][0].expand(len(images), -1)]
    for row in range(rows):
        for column in range(columns):
            top, left = row * shape.patch, column * shape.patch
            patch = images[:, :, top : top + shape.patch, left : left + shape.patch]
            found.append(patch.flatten(1) @ kernel.flatten(1).T + bias)
    return torch.stack(found, dim=1) + positions(weights["pos_embed"], shape, images.shape[2], images.shape[3])


def positions(learnt: Tensor, shape: Shape, height: int, width: int) -> Tensor:
    """The learnt positions, or those of another grid by bicubic interpolation on a grid stretched by 0.1 of a patch."""
    old = (shape.image[0] // shape.patch, shape.image[1] // shape.patch)
    new = (height // shape.patch, width // shape.patch)
    if new == old and (height == width or old[0] != old[1]):
        return learnt
    rows, columns = (bicubic(count, size, (size + 0.1) / count) for count, size in zip(old, new, strict=True))
    grid = learnt[0, 1:].reshape(*old, -1)
    moved = torch.einsum("ri,cj,ijd->rcd", rows, columns, grid).flatten(0, 1)
    return torch.cat([learnt[0, :1], moved])[None]


def bicubic(count: int, size: int, scale: float) -> Tensor:
    """The weights [size, count] of Keys' cubic convolution with a = −0.75; beyond the border the last value holds."""
    a, weights = -0.75, torch.zeros(size, count, dtype=torch.float64)
    for out in range(size):
        place = (out + 0.5) / scale - 0.5
        for tap in range(math.floor(place) - 1, math.floor(place) + 3):
            t = abs(place - tap)
            near, far = (a + 2) * t**3 - (a + 3) * t**2 + 1, a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a
            weights[out, min(max(tap, 0), count - 1)] += near if t <= 1 else far
    return weights


def attention(weights: Weights, shape: Shape, x: Tensor) -> tuple[Tensor, Tensor]:
    """softmax(q kᵀ / √d) v, head by head, and its first factor."""
    query, key, value = linear(x, under("qkv.", weights)).chunk(3, dim=-1)
    width, outputs, maps = shape.dim // shape.heads, [], []
    for number in range(shape.heads):
        part = slice(number * width, (number + 1) * width)
        scores = query[..., part] @ key[..., part].transpose(1, 2) / math.sqrt(width)
        maps.append(softmax(scores))
        outputs.append(maps[-1] @ value[..., part])
    return linear(torch.cat(outputs, dim=-1), under("proj.", weights)), torch.stack(maps, dim=1)


def mlp(weights: Weights, x: Tensor) -> Tensor:
    return linear(gelu(linear(x, under("fc1.", weights))), under("fc2.", weights))


def head(weights: Weights, shape: Shape, x: Tensor) -> Tensor:
    """Three linear layers, the L2 norm, and prototypes of direction v and length g."""
    step = 3 if shape.batch_norm else 2
    for number in range(2):
        x = linear(x, under(f"mlp.{step * number}.", weights))
        if shape.batch_norm:
            x = batch_norm(x, under(f"mlp.{step * number + 1}.", weights))
        x = gelu(x)
    x = linear(x, under(f"mlp.{2 * step}.", weights))
    x = x / x.square().sum(dim=1, keepdim=True).sqrt()
    direction, length = weights["last_layer.weight_v"], weights["last_layer.weight_g"]
    return x @ (length * direction / direction.square().sum(dim=1, keepdim=True).sqrt()).T


def linear(x: Tensor, weights: Weights) -> Tensor:
    return x @ weights["weight"].T + weights["bias"]


def layer_norm(x: Tensor, weights: Weights) -> Tensor:
    centered = x - x.mean(dim=-1, keepdim=True)
    deviation = (centered.square().mean(dim=-1, keepdim=True) + 1e-6).sqrt()
    return centered / deviation * weights["weight"] + weights["bias"]


def batch_norm(x: Tensor, weights: Weights) -> Tensor:
    """By the statistics of the batch itself, which the teacher uses too."""
    centered = x - x.mean(dim=0)
    return centered / (centered.square().mean(dim=0) + 1e-5).sqrt() * weights["weight"] + weights["bias"]


def gelu(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def softmax(x: Tensor) -> Tensor:
    powers = (x - x.amax(dim=-1, keepdim=True)).exp()
    return powers / powers.sum(dim=-1, keepdim=True)


# The loss


def loss(student: Tensor, teacher: Tensor, center: Tensor, teacher_temp: float, batch: int) -> Tensor:
    """H(t, s) of Algorithm 1, averaged over all pairs of a global view of the teacher and another of the student."""
    targets = softmax((teacher - center) / teacher_temp).split(batch)
    return cross_entropy(student, targets, batch)


def cross_entropy(student: Tensor, targets: Sequence[Tensor], batch: int, student_temp: float = 0.1) -> Tensor:
    total, pairs = torch.zeros((), dtype=torch.float64), 0
    for q, target in enumerate(targets):
        for v, logits in enumerate(student.split(batch)):
            if v != q:
                total = total - (target * softmax(logits / student_temp).log()).sum(dim=1).mean()
                pairs += 1
    return total / pairs


def sinkhorn(logits: Tensor, temperature: float, iterations: int) -> Tensor:
    """SwAV's assignment [batch, prototypes]: each prototype is given as much as every other, each image one."""
    powers = (logits / temperature).exp()
    assigned = powers / powers.sum()
    for _ in range(iterations):
        for prototype in range(assigned.shape[1]):
            assigned[:, prototype] /= assigned[:, prototype].sum() * assigned.shape[1]
        for image in range(len(assigned)):
            assigned[image] /= assigned[image].sum() * len(assigned)
    return assigned * len(assigned)


def koleo(features: Tensor) -> Tensor:
    """−mean of the log distance from each feature, on the unit sphere, to its nearest other."""
    unit = features / features.square().sum(dim=1, keepdim=True).sqrt()
    logs = []
    for index, one in enumerate(unit):
        others = [(one - other).square().sum().sqrt() for place, other in enumerate(unit) if place != index]
        logs.append(min(others).log())
    return -torch.stack(logs).mean()


# Training


@dataclass
class Trainer:
    """Student, teacher, center and the optimizer's memory; `step` is one turn of Algorithm 1's loop."""

    shape: Shape
    student: dict[str, Tensor]
    optimizer: str
    clip: float = 0.0
    fixed_norm: bool = True
    teacher: dict[str, Tensor] = field(default_factory=dict)
    center: Tensor = field(default_factory=lambda: torch.zeros(1, dtype=torch.float64))
    memory: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.student = {name: tensor.detach().clone().double() for name, tensor in self.student.items()}
        self.teacher = {name: tensor.clone() for name, tensor in self.student.items()}
        self.center = torch.zeros(1, self.shape.out_dim, dtype=torch.float64)

    def step(self, crops: Sequence[Tensor], rates: "Rates") -> tuple[float, dict[str, float]]:
        """The loss, and the norm of each gradient before it was clipped."""
        batch = len(crops[0])
        learnt = [name for name in self.student if not (self.fixed_norm and name == "head.last_layer.weight_g")]
        parameters = {name: tensor.clone().requires_grad_(name in learnt) for name, tensor in self.student.items()}
        teacher = network(self.teacher, self.shape, crops[:2])
        value = loss(network(parameters, self.shape, crops), teacher, self.center, rates.teacher_temp, batch)
        gradients = dict(zip(learnt, torch.autograd.grad(value, [parameters[name] for name in learnt]), strict=True))
        norms = {name: float(gradient.square().sum().sqrt()) for name, gradient in gradients.items()}
        for name in learnt:
            if self.clip and self.clip / (norms[name] + 1e-6) < 1:
                gradients[name] = gradients[name] * self.clip / (norms[name] + 1e-6)
            if rates.frozen and "last_layer" in name:
                continue
            decay = rates.weight_decay if is_decayed(name, self.student[name]) else 0.0
            update = {"adamw": self._adamw, "sgd": self._sgd, "lars": self._lars}[self.optimizer]
            self.student[name] = update(name, self.student[name], gradients[name], rates.lr, decay)
        self.center = 0.9 * self.center + 0.1 * teacher.mean(dim=0, keepdim=True)
        for name in self.teacher:
            self.teacher[name] = rates.momentum * self.teacher[name] + (1 - rates.momentum) * self.student[name]
        return value.item(), norms

    def _adamw(self, name: str, weight: Tensor, gradient: Tensor, lr: float, decay: float) -> Tensor:
        state = self.memory.setdefault(name, {"m": torch.zeros_like(weight), "v": torch.zeros_like(weight)})
        count = self.counts[name] = self.counts.get(name, 0) + 1
        state["m"] = 0.9 * state["m"] + 0.1 * gradient
        state["v"] = 0.999 * state["v"] + 0.001 * gradient.square()
        mean, square = state["m"] / (1 - 0.9**count), state["v"] / (1 - 0.999**count)
        return weight * (1 - lr * decay) - lr * mean / (square.sqrt() + 1e-8)

    def _sgd(self, name: str, weight: Tensor, gradient: Tensor, lr: float, decay: float) -> Tensor:
        return weight - lr * self._rolled(name, gradient + decay * weight)

    def _lars(self, name: str, weight: Tensor, gradient: Tensor, lr: float, decay: float) -> Tensor:
        if weight.ndim != 1:
            gradient = gradient + decay * weight
            length, pull = weight.square().sum().sqrt(), gradient.square().sum().sqrt()
            gradient = gradient * (0.001 * length / pull if length > 0 and pull > 0 else 1.0)
        return weight - lr * self._rolled(name, gradient)

    def _rolled(self, name: str, gradient: Tensor) -> Tensor:
        state = self.memory.setdefault(name, {"m": torch.zeros_like(gradient)})
        state["m"] = 0.9 * state["m"] + gradient
        return state["m"]


@dataclass(frozen=True)
class Rates:
    """What the schedules say for one step."""

    lr: float
    weight_decay: float
    momentum: float
    teacher_temp: float
    frozen: bool


def rates_of(epochs: int, steps: int, *, lr: float, warmup: int, frozen: int) -> list[Rates]:
    """Those of every step of a run: linear warm-up and half a cosine; the temperature from 0.04 to 0.07 by epoch."""
    total, up, found = epochs * steps, warmup * steps, []
    for step in range(total):
        if step < up:
            rate = lr * step / max(1, up - 1)
        else:
            rate = 1e-6 + (lr - 1e-6) * (1 + math.cos(math.pi * (step - up) / (total - up))) / 2
        half = (1 + math.cos(math.pi * step / total)) / 2
        epoch = step // steps
        temperature = 0.04 if epoch == 0 else 0.07
        found.append(Rates(rate, 0.4 - 0.36 * half, 1 - 0.004 * half, temperature, epoch < frozen))
    return found


def is_decayed(name: str, weight: Tensor) -> bool:
    return not name.endswith(".bias") and weight.ndim > 1


def under(prefix: str, weights: Weights) -> dict[str, Tensor]:
    """The weights whose names begin with the prefix, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
