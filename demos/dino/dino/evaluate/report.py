"""The page of a k-NN evaluation: each class, what is taken for what, the hardest images, and their neighbours."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torch import Tensor

from dino.data.faults import next_readable
from dino.data.images import Images
from dino.document import data, document, facts, section, table
from dino.evaluate.bootstrap import interval
from dino.evaluate.knn import Answers
from dino.evaluate.outcome import Outcome

HARDEST, SAMPLED, NEIGHBOURS = 12, 8, 6
SIDE = 96
"""Pixels of a picture."""
MATRIX, PAIRS = 40, 30
"""A matrix of more classes than this cannot be read: so many of its largest entries stand in its place."""
STYLE = """
td, th { white-space: nowrap; }
.matrix td, .matrix th { text-align: center; padding: 0.2rem 0.35rem; min-width: 2rem; }
.matrix thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; }
.matrix tbody th { text-align: right; }
.matrix td { background: color-mix(in srgb, #3b82c4 calc(var(--share) * 0.5%), transparent); }
.said { margin: 1.25rem 0 0.25rem; }
.row { display: grid; grid-template-columns: repeat(auto-fill, 6rem); gap: 0.75rem; padding: 0; margin: 0;
  list-style: none; }
.row img { width: 6rem; height: 6rem; display: block; border: 3px solid var(--line); }
.row .right img { border-color: #2e8b57; }
.row .wrong img { border-color: #c2452d; border-style: dashed; }
.row figcaption { font-size: 0.8rem; line-height: 1.25; margin: 0.25rem 0 0; overflow-wrap: anywhere; }
"""


@dataclass(frozen=True, eq=False)
class Sets:
    """The images that voted and those that were asked about; the same where each was left out in turn."""

    bank: Images
    asked: Images


def report(outcome: Outcome, found: Answers, sets: Sets, k: int, temperature: float) -> str:
    """The whole page, with the votes of the `k` nearest; pictures of images are in it."""
    classes = sets.bank.classes
    elected = found.elected[k][:, 0]
    counts = _counts(found.truth, elected, len(classes))
    shares = _shares(found, torch.tensor(sets.bank.labels), elected, k, temperature)
    wrong = (elected != found.truth).nonzero()[:, 0]
    hardest = wrong[shares[wrong].argsort(descending=True, stable=True)][:HARDEST].tolist()
    sampled = [index * len(shares) // SAMPLED for index in range(min(SAMPLED, len(shares)))]
    line = _line(found, sets, elected, shares)
    return document(
        f"k-NN of {outcome.network}",
        [
            facts(_facts(outcome, k)),
            section("numbers", "Accuracy", _numbers(outcome)),
            section("classes", "Each class", _classes(counts, found, k, classes)),
            section("confusion", "What is taken for what", _confusion(counts, classes)),
            section("hardest", "The hardest images", _lines(HARD if hardest else NONE, map(line, hardest))),
            section("neighbours", "Neighbours", _lines(SAMPLE, map(line, sampled))),
        ],
        STYLE,
    )


HARD = (
    "Those for which another class than their own had the largest share of the votes; beside each its nearest "
    "neighbours, the nearest first."
)
NONE = "None: every image was named rightly."
SAMPLE = "Some images, evenly spread over the set, and their nearest neighbours."


def _counts(truth: Tensor, elected: Tensor, classes: int) -> Tensor:
    """How many images of each class [true] are taken for each [elected]: [classes, classes]."""
    return torch.bincount(truth * classes + elected, minlength=classes * classes).view(classes, classes)


def _shares(found: Answers, labels: Tensor, elected: Tensor, k: int, temperature: float) -> Tensor:
    """Which share of the votes of its k nearest elected the class that each image is taken for: [images], 0 to 1."""
    weights = (found.neighbours.similarity[:, :k] / temperature).softmax(dim=1)
    return (weights * (labels[found.neighbours.rows[:, :k]] == elected[:, None])).sum(dim=1)


def _facts(outcome: Outcome, k: int) -> Iterator[tuple[str, str]]:
    asked = outcome.asked
    place = Path(str(asked["images"]))
    yield "Images", place.name if place.is_absolute() else str(place)
    yield "Voting", f"{asked['voting']:,}"
    yield "Asked", f"{asked['asked']:,}{', each by the others' if asked['leave_one_out'] else ''}"
    yield "k of what follows", str(k)


def _numbers(outcome: Outcome) -> str:
    rows = [
        (escape(metric.name), f"{metric.value:.2f}", "{:.2f} to {:.2f}".format(*metric.interval or (0, 0)))
        for metric in outcome.metrics
    ]
    return table("Accuracy", ["", "%", "95 % interval"], rows)


def _classes(counts: Tensor, found: Answers, k: int, names: Sequence[str]) -> str:
    """The worst first."""
    right = found.right(k, 1)
    shares = counts.diagonal() / counts.sum(dim=1).clamp(min=1)
    present = [label for label in shares.argsort(stable=True).tolist() if counts[label].sum()]
    rows = []
    for label in present:
        low, high = interval(right[found.truth == label])
        others = counts[label].clone()
        others[label] = 0
        taken = f"{escape(names[int(others.argmax())])} ({int(others.max())})" if others.any() else ""
        rows.append(
            (
                escape(names[label]),
                f"{int(counts[label].sum()):,}",
                f"{100 * float(shares[label]):.1f}",
                f"{100 * low:.1f} to {100 * high:.1f}",
                taken,
            )
        )
    return table("Each class", ["class", "images", "right, %", "95 % interval", "most often taken for"], rows)


def _confusion(counts: Tensor, names: Sequence[str]) -> str:
    return _pairs(counts, names) if len(names) > MATRIX else _matrix(counts, names)


def _pairs(counts: Tensor, names: Sequence[str]) -> str:
    others = counts.clone().fill_diagonal_(0).flatten()
    largest = [index for index in others.argsort(descending=True, stable=True)[:PAIRS].tolist() if others[index]]
    rows = [
        (escape(names[index // len(names)]), escape(names[index % len(names)]), f"{int(others[index]):,}")
        for index in largest
    ]
    return table("What is taken for what", ["class", "taken for", "images"], rows)


def _matrix(counts: Tensor, names: Sequence[str]) -> str:
    """A line for each class, in percent of its images."""
    shares = 100 * counts / counts.sum(dim=1, keepdim=True).clamp(min=1)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(map(_share, line))}</tr>'
        for name, line in zip(names, shares.tolist(), strict=True)
    )
    return (
        "<p>Of the images of the class on the left, the percentage taken for the class above.</p>"
        '<div class="table matrix" tabindex="0" role="region" aria-label="What is taken for what">'
        f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _share(value: float) -> str:
    return f'<td style="--share: {value:.0f}">{f"{value:.0f}" if value >= 0.5 else ""}</td>'


def _lines(about: str, lines: Iterator[str]) -> str:
    return f"<p>{about}</p>{''.join(lines)}"


def _line(found: Answers, sets: Sets, elected: Tensor, shares: Tensor) -> Callable[[int], str]:
    """What makes a line of pictures: an image that was asked about, and its nearest neighbours."""
    names, labels = sets.bank.classes, sets.bank.labels

    def line(index: int) -> str:
        truth = int(found.truth[index])
        taken = int(elected[index])
        said = names[truth] if taken == truth else f"{names[truth]}, taken for {names[taken]}"
        items = [_picture(sets.asked, index, names[truth], "asked")]
        for row in found.neighbours.rows[index, :NEIGHBOURS].tolist():
            right = labels[row] == truth
            items.append(_picture(sets.bank, row, names[labels[row]], "right" if right else "wrong"))
        about = f'<p class="said">{escape(said)} by {100 * float(shares[index]):.0f} % of the votes</p>'
        return f'{about}<ul class="row">{"".join(items)}</ul>'

    return line


def _picture(images: Images, index: int, said: str, kind: str) -> str:
    image = ImageOps.fit(next_readable(images, index).image.convert("RGB"), (SIDE, SIDE), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    mark = {"asked": "", "right": "✓ ", "wrong": "✗ "}[kind]
    return (
        f'<li class="{kind}"><figure><img src="{data(file.getvalue(), "jpeg")}" alt="" width="{SIDE}" height="{SIDE}">'
        f"<figcaption>{mark}{escape(said)}</figcaption></figure></li>"
    )
