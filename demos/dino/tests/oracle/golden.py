"""Golden files of any size in the layout of `tests/parity`, computed by the plain implementation in float64."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy
import plain
import torch
from plain import Shape, Trainer
from torch import Tensor

EPOCHS = 3
Arrays = dict[str, Tensor | float | list[float]]


@dataclass(frozen=True)
class Sizes:
    """What `meta.json` says, beside the network's shape; `image` is a square's side."""

    shape: Shape
    other: tuple[int, int]
    local: int
    crops: int = 4
    batch: int = 3
    iters: int = 2
    lr: float = 0.001
    clip: float = 0.3


def write(folder: Path, sizes: Sizes) -> Path:
    """The folder with every golden file that `dino parity` covers."""
    folder.mkdir(parents=True)
    torch.manual_seed(7)
    weights = first_weights(sizes.shape)
    parts: dict[str, Arrays] = {
        "backbone": backbone(weights, sizes),
        "head": head(weights, sizes),
        "loss": loss(sizes),
        "schedules": schedules(),
        "train_adamw": run(weights, sizes, "adamw", sizes.clip, fixed_norm=False),
        "train_sgd": run(weights, sizes, "sgd", sizes.clip, fixed_norm=True),
        "train_adamw_normlast_noclip": run(weights, sizes, "adamw", 0.0, fixed_norm=True),
        "train_lars": run(weights, sizes, "lars", 0.0, fixed_norm=True),
        "knn": neighbours(),
        "label_propagation": label_propagation(),
    }
    for name, arrays in parts.items():
        numpy.savez(folder / f"{name}.npz", **{key: stored(value) for key, value in arrays.items()})
    (folder / "retrieval.json").write_text(json.dumps(retrieval()), encoding="utf-8")
    (folder / "meta.json").write_text(json.dumps(meta(weights, sizes)), encoding="utf-8")
    return folder


def stored(value: Tensor | float | list[float]) -> numpy.ndarray:
    """Rates in float64, as the authors' schedules are; all else as float32 had it."""
    array = value.numpy() if isinstance(value, Tensor) else numpy.asarray(value)
    keep = array.dtype != numpy.float64 or not isinstance(value, Tensor)
    return array if keep else array.astype(numpy.float32)


def meta(weights: Mapping[str, Tensor], sizes: Sizes) -> dict[str, object]:
    shape = sizes.shape
    decayed = [name for name, tensor in weights.items() if plain.is_decayed(name, tensor)]
    return {
        "dim": shape.dim, "depth": shape.depth, "heads": shape.heads, "patch": shape.patch, "img": shape.image[0],
        "img2": sizes.other, "local": sizes.local, "out_dim": shape.out_dim, "hidden": shape.hidden,
        "bottleneck": shape.bottleneck, "ncrops": sizes.crops, "lr": sizes.lr, "clip": sizes.clip, "batch": sizes.batch,
        "iters": sizes.iters, "decayed": sorted(decayed), "not_decayed": sorted(set(weights) - set(decayed)),
    }  # fmt: skip


def first_weights(shape: Shape) -> dict[str, Tensor]:
    """Weights under the authors' names, such as a network has after some training: none of them zero."""
    dim, patches = shape.dim, (shape.image[0] // shape.patch) * (shape.image[1] // shape.patch)
    sizes: dict[str, tuple[int, ...]] = {
        "backbone.cls_token": (1, 1, dim),
        "backbone.pos_embed": (1, 1 + patches, dim),
        **linear("backbone.patch_embed.proj", dim, shape.channels, shape.patch, shape.patch),
    }
    for block in (f"backbone.blocks.{number}." for number in range(shape.depth)):
        sizes |= linear(f"{block}norm1", dim) | linear(f"{block}attn.qkv", 3 * dim, dim)
        sizes |= linear(f"{block}attn.proj", dim, dim) | linear(f"{block}norm2", dim)
        sizes |= linear(f"{block}mlp.fc1", 4 * dim, dim) | linear(f"{block}mlp.fc2", dim, 4 * dim)
    sizes |= linear("backbone.norm", dim) | linear("head.mlp.0", shape.hidden, dim)
    sizes |= linear("head.mlp.2", shape.hidden, shape.hidden) | linear("head.mlp.4", shape.bottleneck, shape.hidden)
    weights = {name: 0.2 * noise(*size) for name, size in sizes.items()}
    weights |= {name: 1 + tensor for name, tensor in weights.items() if "norm" in name and name.endswith("weight")}
    weights["head.last_layer.weight_g"] = torch.ones(shape.out_dim, 1, dtype=torch.float64)
    return weights | {"head.last_layer.weight_v": noise(shape.out_dim, shape.bottleneck)}


def linear(name: str, out: int, *others: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (out, *others), f"{name}.bias": (out,)}


def backbone(weights: Mapping[str, Tensor], sizes: Sizes) -> Arrays:
    own, shape = plain.under("backbone.", weights), sizes.shape
    images, others = noise(2, 3, *shape.image), noise(2, 3, *sizes.other)
    attention = plain.tokens(own, shape, others)[1]
    grid = tuple(side // shape.patch for side in sizes.other)
    outputs: Arrays = {f"weights/{name}": tensor for name, tensor in own.items()}
    outputs |= {f"tokens_last2/{n}": one for n, one in enumerate(plain.tokens(own, shape, images)[0][-2:])}
    return outputs | {
        "x": images,
        "cls": plain.class_token(own, shape, images),
        "attention": plain.tokens(own, shape, images)[1],
        "x_other_size": others,
        "cls_other_size": plain.class_token(own, shape, others),
        "attention_other_size": attention,
        "mask60_other_size": torch.stack([mask(row) for row in attention[0, :, 0, 1:]]).reshape(-1, *grid),
    }


def mask(attention: Tensor, share: float = 0.6) -> Tensor:
    """The patches with the most attention, one after another until what is left is no more than 1 − share."""
    left, kept = float(attention.sum()), torch.zeros(len(attention), dtype=torch.bool)
    limit = left * (1 - share)
    for place in attention.argsort(descending=True).tolist():
        kept[place] = left > limit
        left -= float(attention[place])
    return kept


def head(weights: Mapping[str, Tensor], sizes: Sizes) -> Arrays:
    own, features = plain.under("head.", weights), noise(5, sizes.shape.dim)
    outputs: Arrays = {f"weights/{name}": tensor for name, tensor in own.items()}
    return outputs | {"x": features, "y": plain.head(own, sizes.shape, features)}


def loss(sizes: Sizes) -> Arrays:
    temperatures, out = [0.02, 0.035, 0.05, 0.05, 0.05, 0.05], sizes.shape.out_dim
    center, found = torch.zeros(1, out, dtype=torch.float64), Arrays(teacher_temp=temperatures)
    for epoch, temperature in enumerate(temperatures):
        student, teacher = noise(sizes.crops * sizes.batch, out), noise(2 * sizes.batch, out)
        student.requires_grad_()
        value = plain.loss(student, teacher, center, temperature, sizes.batch)
        (gradient,) = torch.autograd.grad(value, student)
        center = 0.9 * center + 0.1 * teacher.mean(dim=0, keepdim=True)
        found |= {f"student/{epoch}": student.detach(), f"teacher/{epoch}": teacher, f"loss/{epoch}": value.detach()}
        found |= {f"student_grad/{epoch}": gradient, f"center_after/{epoch}": center}
    return found


def schedules() -> Arrays:
    rates = plain.rates_of(12, 7, lr=0.0005 * 96 / 256, warmup=3, frozen=0)
    return {
        "lr": [rate.lr for rate in rates],
        "wd": [rate.weight_decay for rate in rates],
        "momentum": [rate.momentum for rate in rates],
    }


def run(weights: Mapping[str, Tensor], sizes: Sizes, optimizer: str, clip: float, *, fixed_norm: bool) -> Arrays:
    """Three epochs, the prototypes frozen for one."""
    trainer = Trainer(sizes.shape, dict(weights), optimizer, clip, fixed_norm)
    rates = plain.rates_of(EPOCHS, sizes.iters, lr=sizes.lr, warmup=1, frozen=1)
    found: Arrays = {f"initial/{name}": tensor for name, tensor in weights.items()}
    for step, rate in enumerate(rates):
        sides = [sizes.shape.image[0]] * 2 + [sizes.local] * (sizes.crops - 2)
        crops = [noise(sizes.batch, 3, side, side) for side in sides]
        value, norms = trainer.step(crops, rate)
        found |= {f"crop/{step}/{index}": crop for index, crop in enumerate(crops)}
        found |= {f"loss/{step}": value, f"center/{step}": trainer.center}
        if clip:
            found[f"grad_norms/{step}"] = list(norms.values())
    found |= {f"student/{name}": tensor for name, tensor in trainer.student.items()}
    found |= {f"teacher/{name}": tensor for name, tensor in trainer.teacher.items()}
    lists = {
        "lr": [r.lr for r in rates],
        "wd": [r.weight_decay for r in rates],
        "momentum": [r.momentum for r in rates],
    }
    return found | lists


def neighbours(classes: int = 7) -> Arrays:
    """Votes one by one: exp(similarity / 0.07) of each of the k nearest for its class."""
    labels, asked = torch.arange(40) % classes, torch.arange(15) % classes
    middles = noise(classes, 5)
    bank, query = (middles[of] + noise(len(of), 5) for of in (labels, asked))
    bank, query = (rows / rows.square().sum(dim=1, keepdim=True).sqrt() for rows in (bank, query))
    found = Arrays(train_features=bank, train_labels=labels, test_features=query, test_labels=asked)
    for k in (3, 10):
        hits = [0, 0]
        for features, right in zip(query, asked.tolist(), strict=True):
            votes = [0.0] * classes
            for place in (bank @ features).argsort(descending=True)[:k].tolist():
                votes[int(labels[place])] += float((bank[place] @ features / 0.07).exp())
            ranked = sorted(range(classes), key=lambda label: -votes[label])
            hits = [hits[0] + (right in ranked[:1]), hits[1] + (right in ranked[: min(5, k)])]
        found[f"top1_top5/{k}"] = [100 * hit / len(asked) for hit in hits]
    return found


def label_propagation(rows: int = 4, columns: int = 7, frames: int = 2, radius: int = 1, top: int = 4) -> Arrays:
    """Patch by patch: of all in the square around its place, in all frames, the `top` most alike give their masks."""
    target, sources = noise(rows, columns, 6), noise(frames, rows, columns, 6)
    masks, found = torch.rand(frames, 3, rows, columns).double(), torch.zeros(3, rows, columns, dtype=torch.float64)
    for row, column in product(range(rows), range(columns)):
        near = []
        for frame, down, across in product(range(frames), range(rows), range(columns)):
            if abs(down - row) <= radius and abs(across - column) <= radius:
                alike = torch.cosine_similarity(target[row, column], sources[frame, down, across], dim=0)
                near.append((float((alike / 0.1).exp()), masks[frame, :, down, across]))
        best = sorted(near, key=lambda pair: -pair[0])[:top]
        found[:, row, column] = sum(weight * mask for weight, mask in best) / sum(weight for weight, _ in best)
    return {
        "target_features": target.flatten(0, 1),
        "source_features": sources.flatten(1, 2),
        "source_masks": masks,
        "propagated": found[None],
        "grid": torch.tensor([rows, columns]),
        "radius": torch.tensor(radius),
        "topk": torch.tensor(top),
        "temperature": 0.1,
    }


def retrieval(database: int = 9, queries: int = 4) -> dict[str, object]:
    """Average precision by the trapezoids below precision over recall, junk taken out, one ranking after another."""
    rankings = [torch.randperm(database).tolist() for _ in range(queries)]
    answers = [(order[:3], order[3:5]) for order in (torch.randperm(database).tolist() for _ in range(queries))]
    areas, precisions = [], []
    for ranking, (right, junk) in zip(rankings, answers, strict=True):
        hits = [image in right for image in ranking if image not in junk]
        places = [place for place, hit in enumerate(hits) if hit]
        area = 0.0
        for place in places:
            before = sum(hits[:place]) / place if place else 1.0
            area += (before + sum(hits[: place + 1]) / (place + 1)) / 2 / len(right)
        areas.append(area)
        cuts = [min(cut, places[-1] + 1) for cut in (1, 5, 10)]
        precisions.append([sum(hits[:cut]) / cut for cut in cuts])
    return {
        "ranks": numpy.array(rankings).T.tolist(),
        "gnd": [{"ok": right, "junk": junk} for right, junk in answers],
        "aps": areas,
        "mAP": sum(areas) / queries,
        "mP@[1,5,10]": numpy.mean(precisions, axis=0).tolist(),
    }


def noise(*size: int) -> Tensor:
    """Normal numbers that float32 holds exactly."""
    return torch.randn(*size).double()
