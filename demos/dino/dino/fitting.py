"""Settings that nobody set, fitted to those that the user did: a preset or a default gives way, the user's word never.

Only what would be refused is fitted: the means and deviations of another number of channels, warm-ups longer than the
run, a batch that cannot be made in as many parts, and a stem that the network or its patches cannot have.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dino.config import SETTINGS, Config
from dino.validation import stem_misfit

BY_CHANNEL = ("mean", "std")
WARMUPS = {"warmup_epochs": 10, "warmup_teacher_temp_epochs": 4}
"""A shortened warm-up is the run's tenth, or its quarter: the shares that `auto` chooses."""


@dataclass(frozen=True)
class Fit:
    """A value that fits to the user's settings, and the origin that says to which."""

    value: Any
    origin: str


def fits(config: Config, by_user: Collection[str]) -> Mapping[str, Fit]:
    """What must give way in the configuration, by setting; never what is `by_user`."""
    return {
        name: fit
        for name, fit in (*_channels(config), *_stem(config), *_warmups(config), *_batch(config))
        if name not in by_user
    }


def _channels(config: Config) -> Iterator[tuple[str, Fit]]:
    """One mean and one deviation for all channels: the average of those that do not fit."""
    for name in BY_CHANNEL:
        values = SETTINGS[name].of(config)
        if len(values) not in (1, config.data.channels):
            yield name, Fit((round(sum(values) / len(values), 3),), "fitted to channels")


def _stem(config: Config) -> Iterator[tuple[str, Fit]]:
    misfit = stem_misfit(config.model.backbone, config.model.patch_size)
    if config.model.stem == "conv" and misfit:
        yield "stem", Fit("patch", f"fitted to {misfit}")


def _warmups(config: Config) -> Iterator[tuple[str, Fit]]:
    epochs = config.optim.epochs
    for name, part in WARMUPS.items():
        if SETTINGS[name].of(config) > epochs:
            yield name, Fit(max(1, epochs // part), "shortened to fit epochs")


def _batch(config: Config) -> Iterator[tuple[str, Fit]]:
    size, parts = config.optim.batch_size, config.optim.accumulate
    if parts >= 1 and size % parts:
        yield "batch_size", Fit(-(-size // parts) * parts, "a multiple of accumulate")
