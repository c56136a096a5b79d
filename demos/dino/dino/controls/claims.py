"""The paper's claims, and the rule by which each of them holds, written down before there was a run to judge.

A claim holds when what was learnt is above every one of its controls, by more than chance: the 95 % interval of the
difference, image by image (paired bootstrap), lies above 0. Controls have as many tries as there are heads.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from dino.controls.comparison import Score
from dino.evaluate.bootstrap import interval
from dino.segmentation import SHARES

Interval = tuple[float, float]


@dataclass(frozen=True)
class Margin:
    """How far above a control: its own value, the difference, and the difference's interval, in percent points."""

    control: str
    value: float
    difference: float
    interval: Interval

    @property
    def clear(self) -> bool:
        """Whether more than chance."""
        return self.interval[0] > 0


@dataclass(frozen=True)
class Claim:
    """A sentence about what was learnt, the number that it rests on, and how far that is above each control."""

    sentence: str
    measure: str
    value: float
    interval: Interval
    margins: tuple[Margin, ...]

    @property
    def held(self) -> bool:
        """Whether it is clear of every control."""
        return all(margin.clear for margin in self.margins)


NEIGHBOURS = "Features are good k-NN classifiers: better than features that nobody learnt."
OBJECTS = "The class token's attention covers objects: better than an untrained network's, and than masks by chance."
MIDDLES = "It covers them better than a disc of the same area in the middle of the picture, where most objects lie."


def claims(learnt: Score, untrained: Score, features: Mapping[str, Score], masks: Mapping[str, Score]) -> list[Claim]:
    """The claims, judged: `features` are controls of k-NN, `masks` those of attention. Without masks, k-NN's alone."""
    assert learnt.right is not None  # noqa: S101 — k-NN is always asked
    by_features = {"untrained": untrained, **features}
    found = [_claim(NEIGHBOURS, "k-NN, k = 20", learnt.right, {n: s.right for n, s in by_features.items()})]
    if learnt.covered:
        measure = f"Jaccard index, {SHARES[0]:.0%} of attention"
        covered = {name: score.covered[0] for name, score in {"untrained": untrained, **masks}.items()}
        middles = {"middles": covered.pop("middles")}
        found.append(_claim(OBJECTS, measure, learnt.covered[0], covered))
        found.append(_claim(MIDDLES, measure, learnt.covered[0], middles))
    return found


def _claim(sentence: str, measure: str, scores: Tensor, controls: Mapping[str, Tensor | None]) -> Claim:
    margins = [_margin(name, scores, control) for name, control in controls.items() if control is not None]
    return Claim(sentence, measure, _percent(scores), _interval(scores), tuple(margins))


def _margin(name: str, scores: Tensor, control: Tensor) -> Margin:
    difference = scores.double() - control.double()
    return Margin(name, _percent(control), _percent(difference), _interval(difference))


def _percent(scores: Tensor) -> float:
    return 100 * float(scores.double().mean())


def _interval(scores: Tensor) -> Interval:
    low, high = interval(scores)
    return 100 * low, 100 * high
