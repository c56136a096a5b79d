"""Golden values of the authors' code, recomputed with the code that trains.

A folder holds `meta.json` with the sizes and a file per part: backbone, head, loss (equations 1 to 4), schedules, four
whole runs, k-NN, label propagation, image retrieval. Each function here computes one part's quantities; `compare` sets
them beside the golden ones.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor, nn

from dino.attention import mass_mask
from dino.errors import ContentError
from dino.evaluate.propagation import Propagation, propagated
from dino.evaluate.retrieval import Relevant, scores
from dino.fast.path import fast
from dino.head import Head
from dino.knn import knn
from dino.learner import Learner, Rates
from dino.loss import DinoLoss
from dino.optim import build_optimizer, is_decayed
from dino.schedules import Cosine, Warmup
from dino.sight import SightPath, plain
from dino.teacher import MultiCropNet, start_teacher
from dino.vit import Size, VisionTransformer

SIZES, LAYOUT = "meta.json", "name a folder in the layout of parity/README.md"
VALUES, WEIGHTS, CANCELLED = 1e-5, 1e-4, 5e-3
PATHS: Mapping[str, SightPath] = {"plain": plain, "fast": fast}

Golden = Mapping[str, np.ndarray[Any, Any]]
Sizes = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """The largest difference of one quantity, and how large it may be; of masks and names, how many are wrong.

    Gradient norms are compared relative to the largest of their run. Relative to itself no float32 run, the golden one
    included, knows each of them to 1e-5: where both softmaxes nearly agree (step 4 of `train_sgd`) the golden norms
    are 2.2e-5 from what the same run gives in float64.
    """

    file: str
    quantity: str
    largest: float
    tolerance: float

    @property
    def held(self) -> bool:
        return self.largest <= self.tolerance


Part = Callable[[Golden, Sizes], Iterator[tuple[str, float, float]]]


def compare(folder: Path) -> list[Difference]:
    """Every quantity of the folder's golden files. Raises ContentError when one is missing or of other sizes."""
    sizes = _read_json(folder / SIZES)
    differences: list[Difference] = []
    for file, part in PARTS.items():
        try:
            differences += [Difference(file, *quantity) for quantity in part(_read(folder / file), sizes)]
        except KeyError as error:
            raise ContentError(f"{folder / file} or {SIZES} lacks {error}; {LAYOUT}") from None
        except (RuntimeError, ValueError) as error:  # of shapes that do not fit
            reason = " ".join(str(error).split())
            raise ContentError(f"{folder / file} does not have the sizes of {SIZES} ({reason}); {LAYOUT}") from None
    return differences


def decay(_: Golden, sizes: Sizes) -> Iterator[tuple[str, float, float]]:
    """How many parameters are decayed here and not by the authors, or the other way round."""
    network = MultiCropNet(_backbone(sizes), _head(sizes, fixed_norm=False))
    decayed = {name for name, parameter in network.named_parameters() if is_decayed(name, parameter)}
    kept = {name for name, _ in network.named_parameters()} - decayed
    yield "decayed parameters", len(decayed ^ set(sizes["decayed"])) + len(kept ^ set(sizes["not_decayed"])), 0


@torch.no_grad()
def backbone(golden: Golden, sizes: Sizes) -> Iterator[tuple[str, float, float]]:
    model = _backbone(sizes)
    _load(model, golden, "weights/")
    images, others = _tensor(golden["x"]), _tensor(golden["x_other_size"])
    found = {"cls": model(images), "attention": model.attention(images)}
    found |= {f"tokens_last2/{index}": tokens for index, tokens in enumerate(model.intermediate(images, 2))}
    found |= {"cls_other_size": model(others), "attention_other_size": model.attention(others)}
    for name, value in found.items():
        yield name, _largest(value, golden[name]), VALUES
    mask = mass_mask(found["attention_other_size"][0, :, 0, 1:], 0.6)
    expected = golden["mask60_other_size"]
    yield "mask60_other_size", float((mask.numpy() != expected.reshape(mask.shape)).sum()), 0


@torch.no_grad()
def head(golden: Golden, sizes: Sizes) -> Iterator[tuple[str, float, float]]:
    model = _head(sizes, fixed_norm=True)
    _load(model, golden, "weights/")
    yield "y", _largest(model(_tensor(golden["x"])), golden["y"]), VALUES


def loss(golden: Golden, sizes: Sizes) -> Iterator[tuple[str, float, float]]:
    epochs = len(golden["teacher_temp"])
    temperature = Warmup(0.02, 0.05, epochs // 2)
    yield "teacher_temp", _worst(temperature.at(e) - golden["teacher_temp"][e] for e in range(epochs)), VALUES
    criterion = DinoLoss(sizes["out_dim"])
    largest = {"loss": 0.0, "student_grad": 0.0, "center_after": 0.0}
    for epoch in range(epochs):
        student = _tensor(golden[f"student/{epoch}"]).requires_grad_()
        teacher = _tensor(golden[f"teacher/{epoch}"])
        value = criterion(student, teacher, temperature.at(epoch))
        value.backward()
        criterion.move_center(teacher.mean(dim=0, keepdim=True))
        assert student.grad is not None  # noqa: S101 — for the type checker
        found = {"loss": value.detach(), "student_grad": student.grad, "center_after": criterion.center}
        for name, tensor in found.items():
            largest[name] = max(largest[name], _largest(tensor, golden[f"{name}/{epoch}"]))
    for name, value_ in largest.items():
        yield name, value_, VALUES


def schedules(golden: Golden, sizes: Sizes) -> Iterator[tuple[str, float, float]]:
    steps = len(golden["lr"])
    curves = {
        "lr": Cosine(0.0005 * 96 / 256, 1e-6, steps, steps * 3 // 12),
        "wd": Cosine(0.04, 0.4, steps),
        "momentum": Cosine(0.996, 1.0, steps),
    }
    for name, curve in curves.items():
        yield name, _worst(curve.at(step) - golden[name][step] for step in range(steps)), VALUES


def run_of(optimizer: Literal["adamw", "sgd", "lars"], *, clipped: bool, fixed_norm: bool) -> Part:
    """The part that repeats a whole run on both paths: three epochs, the last layer frozen for one."""

    def run(golden: Golden, sizes: Sizes) -> Iterator[tuple[str, float, float]]:
        for name, path in PATHS.items():
            for quantity, largest, tolerance in on(path, golden, sizes):
                yield f"{quantity}, {name}", largest, tolerance

    def on(path: SightPath, golden: Golden, sizes: Sizes) -> Iterator[tuple[str, float, float]]:
        student = MultiCropNet(_backbone(sizes), _head(sizes, fixed_norm=fixed_norm))
        teacher = MultiCropNet(_backbone(sizes), _head(sizes, fixed_norm=fixed_norm))
        _load(student, golden, "initial/")
        start_teacher(teacher, student)
        criterion = DinoLoss(sizes["out_dim"])
        clip = sizes["clip"] if clipped else 0.0
        learner = Learner(student, teacher, criterion, build_optimizer(optimizer, student), clip=clip, path=path)
        temperature, largest, longest = Warmup(0.04, 0.07, 2), {"loss": 0.0, "center": 0.0}, 0.0
        for step in range(len(golden["lr"])):
            epoch = step // sizes["iters"]
            lr, decay, momentum = (float(golden[name][step]) for name in ("lr", "wd", "momentum"))
            rates = Rates(lr, decay, momentum, temperature.at(epoch), frozen=epoch < 1)
            crops = [_tensor(golden[f"crop/{step}/{index}"]) for index in range(sizes["ncrops"])]
            outcome = learner.step(crops, rates, step)
            found = {"loss": torch.tensor(outcome.loss), "center": criterion.center}
            for name, value in found.items():
                largest[name] = max(largest[name], _largest(value, golden[f"{name}/{step}"]))
            if clipped:
                norms = torch.stack(outcome.gradient_norms)
                largest["grad_norms"] = max(
                    largest.get("grad_norms", 0.0), _largest(norms, golden[f"grad_norms/{step}"])
                )
                longest = max(longest, float(golden[f"grad_norms/{step}"].max()))
        for name, size in largest.items():
            yield name, size / longest if name == "grad_norms" else size, VALUES
        for side, network in (("student", student), ("teacher", teacher)):
            yield from _weights(side, network, golden)

    return run


def nearest_neighbours(golden: Golden, sizes: Sizes) -> Iterator[tuple[str, float, float]]:
    train, test = _tensor(golden["train_features"]), _tensor(golden["test_features"])
    labels, asked = _tensor(golden["train_labels"]), _tensor(golden["test_labels"])
    expected = {int(key.split("/")[1]): value for key, value in golden.items() if key.startswith("top1_top5/")}
    classes = 1 + int(max(golden["train_labels"].max(), golden["test_labels"].max()))
    found = knn(train, labels, test, asked, sorted(expected), classes=classes)
    yield (
        "top1_top5",
        _worst(a - b for k, pair in expected.items() for a, b in zip(found[k], pair, strict=True)),
        VALUES,
    )


def label_propagation(golden: Golden, sizes: Sizes) -> Iterator[tuple[str, float, float]]:
    rows, columns = map(int, golden["grid"])
    target, sources = (_tensor(golden[f"{name}_features"]) for name in ("target", "source"))
    how = Propagation(int(golden["radius"]), int(golden["topk"]), float(golden["temperature"]))
    found = propagated(
        target.view(rows, columns, -1),
        sources.view(len(sources), rows, columns, -1),
        _tensor(golden["source_masks"]),
        how,
    )
    yield "propagated", _largest(found[None], golden["propagated"]), VALUES


def retrieval(golden: Golden, sizes: Sizes) -> Iterator[tuple[str, float, float]]:
    relevant = [Relevant(each["ok"], each["junk"]) for each in golden["gnd"]]
    found = scores(_tensor(golden["ranks"]).T, relevant)
    yield "aps", _largest(found.average, golden["aps"]), VALUES
    told = found.answerable()
    yield "mAP", abs(float(told.average.mean()) - float(golden["mAP"])), VALUES
    yield "mP@[1,5,10]", _largest(told.precision.mean(dim=0), golden["mP@[1,5,10]"]), VALUES


PARTS: dict[str, Part] = {
    SIZES: decay,
    "backbone.npz": backbone,
    "head.npz": head,
    "loss.npz": loss,
    "schedules.npz": schedules,
    "train_adamw.npz": run_of("adamw", clipped=True, fixed_norm=False),
    "train_sgd.npz": run_of("sgd", clipped=True, fixed_norm=True),
    "train_adamw_normlast_noclip.npz": run_of("adamw", clipped=False, fixed_norm=True),
    "train_lars.npz": run_of("lars", clipped=False, fixed_norm=True),
    "knn.npz": nearest_neighbours,
    "label_propagation.npz": label_propagation,
    "retrieval.json": retrieval,
}


def _weights(side: str, network: nn.Module, golden: Golden) -> Iterator[tuple[str, float, float]]:
    """The weights after a run; the key third of an attention's bias, which softmax cancels, by itself."""
    keys, rest = 0.0, 0.0
    for name, tensor in network.state_dict().items():
        difference = (tensor.double() - torch.from_numpy(golden[f"{side}/{name}"]).double()).abs()
        if name.endswith("attn.qkv.bias"):
            query, key, value = difference.chunk(3)
            keys, difference = max(keys, float(key.max())), torch.cat([query, value])
        rest = max(rest, float(difference.max()))
    yield f"{side} weights", rest, WEIGHTS
    yield f"{side} key biases", keys, CANCELLED


def _backbone(sizes: Sizes) -> VisionTransformer:
    size = Size(sizes["dim"], sizes["depth"], sizes["heads"])
    return VisionTransformer((sizes["img"], sizes["img"]), sizes["patch"], size=size)


def _head(sizes: Sizes, *, fixed_norm: bool) -> Head:
    shape = {"hidden": sizes["hidden"], "bottleneck": sizes["bottleneck"]}
    return Head(sizes["dim"], sizes["out_dim"], **shape, fixed_norm=fixed_norm)


def _load(model: nn.Module, golden: Golden, prefix: str) -> None:
    weights = {name.removeprefix(prefix): _tensor(array) for name, array in golden.items() if name.startswith(prefix)}
    model.load_state_dict(weights)


def _tensor(array: np.ndarray[Any, Any]) -> Tensor:
    return torch.from_numpy(array.copy())


def _largest(found: Tensor, expected: np.ndarray[Any, Any]) -> float:
    return float((found.detach().double() - torch.as_tensor(expected).double()).abs().max())


def _worst(differences: Iterator[float]) -> float:
    return max(abs(float(difference)) for difference in differences)


def _read(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of an .npz or a JSON file; none of the sizes, which are read by themselves."""
    if path.name == SIZES:
        return {}
    if path.suffix == ".json":
        return {name: np.array(value) for name, value in _read_json(path).items()}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise ContentError(f"{path} cannot be read ({error}); {LAYOUT}") from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContentError(f"{path} cannot be read ({error}); {LAYOUT}") from None
    return values
