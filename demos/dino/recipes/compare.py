"""`python recipes/compare.py RUN…`: what some runs learnt by their last step, beside what nobody learnt, as a table.

Of several runs, which differ in their seeds, it also gives the mean and the worst of the distances to each control.
"""

import argparse
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from dino.controls.comparison import Score, controls, learnt, random_masks
from dino.controls.trained import networks_of
from dino.covering import Covering
from dino.data.images import open_images
from dino.data.split import hold_out
from dino.errors import DinoError
from dino.evaluation import HELD_OUT, Question
from dino.segmentation import SHARES
from dino.settings import with_values
from dino.vit import VisionTransformer

JACCARD = " | ".join(f"Jaccard, {share:.0%} of attention" for share in SHARES)


@dataclass(frozen=True)
class Found:
    """What one run learnt by a step, and its own controls: the same network untrained, and random masks."""

    name: str
    step: int
    first: Score
    last: Score
    masks: Mapping[str, Score]


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    runs = [_found(run, arguments) for run in arguments.runs]
    limit = arguments.limit or networks_of(arguments.runs[0]).config.keep.knn_limit
    common = controls(_question(arguments, 3), limit)
    print(table(runs, common))  # noqa: T201


def table(runs: Sequence[Found], common: Mapping[str, Score]) -> str:
    """Markdown: each control, and each run untrained and trained; then how far the runs are above each control."""
    lines = [f"| | k-NN | {JACCARD} |", "|---|---|---|---|"]
    lines += [_row(name, score) for name, score in common.items()]
    for run in runs:
        lines.append(_row(f"{run.name}, untrained", run.first))
        lines += [_row(f"{run.name}, random {name}", score) for name, score in run.masks.items()]
        lines.append(_row(f"{run.name}, step {run.step:,}", run.last))
    lines += ["", f"| mean (worst) above | k-NN | {JACCARD} |", "|---|---|---|---|"]
    lines += [_above(name, runs, [score] * len(runs)) for name, score in common.items()]
    lines.append(_above("the untrained network", runs, [run.first for run in runs]))
    lines += [_above(f"random {name}", runs, [run.masks[name] for run in runs]) for name in runs[0].masks]
    return "\n".join(lines)


def _row(name: str, score: Score) -> str:
    return _line(name, [f"{value:.1f}" for value in score.jaccard], "" if score.knn is None else f"{score.knn:.1f}")


def _above(name: str, runs: Sequence[Found], by: Sequence[Score]) -> str:
    """How far each run's last step is above its control: the mean, and the worst of the runs."""
    pairs = [(run.last, control) for run, control in zip(runs, by, strict=True)]
    knn = [last.knn - control.knn for last, control in pairs if last.knn is not None and control.knn is not None]
    jaccard = zip(*([a - b for a, b in zip(la.jaccard, co.jaccard, strict=False)] for la, co in pairs), strict=True)
    return _line(name, [_spread(values) for values in jaccard], _spread(knn) if knn else "")


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.mean(values):+.1f} ({min(values):+.1f})"


def _line(name: str, jaccard: Sequence[str], knn: str) -> str:
    cells = [name, knn, *(jaccard or [""] * len(SHARES))]
    return f"| {' | '.join(cells)} |"


def _found(run: Path, arguments: argparse.Namespace) -> Found:
    networks = networks_of(run, arguments.step)
    config = with_values(networks.config, {"knn_limit": arguments.limit}) if arguments.limit else networks.config
    question = _question(arguments, config.data.channels)
    covering = Covering.of(question.asked, config)
    backbone = networks.trained.half().float() if arguments.half else networks.trained
    first, last = (learnt(network, question, config, covering) for network in (networks.untrained, backbone))
    masks = random_masks(backbone, covering) if covering and isinstance(backbone, VisionTransformer) else {}
    return Found(run.name, networks.step, first, last, masks)


def _question(arguments: argparse.Namespace, channels: int) -> Question:
    images = open_images(Path(arguments.images), channels=channels)
    asked = open_images(Path(arguments.asked), channels=channels) if arguments.asked else None
    return Question(*hold_out(images, asked, HELD_OUT))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="the folder of a run")
    parser.add_argument("--images", default="drawn:", help="the images that it learnt from (default: %(default)s)")
    parser.add_argument("--asked", default="", help="the images that k-NN asks about (default: a fifth of them)")
    parser.add_argument("--step", type=int, help="of which checkpoint (default: the last)")
    parser.add_argument("--limit", type=int, help="images on each side of k-NN (default: as many as the run asked)")
    parser.add_argument("--half", action="store_true", help="round what was learnt to 16 bits first")
    parser.add_argument("--threads", type=int, default=1, help="threads that compute (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except DinoError as error:
        raise SystemExit(f"compare: {error}") from None
