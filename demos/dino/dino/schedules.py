"""The schedules (paper section 3.2, implementation details): cosine with linear warm-up by step, temperature by epoch.

Every value is a function of the step alone, so that a resumed run needs nothing but its step. As in the authors' code
the warm-up runs from nothing to the base, both included, and the cosine never quite reaches its final value.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Cosine:
    """The value at each step: up from 0 to `base` over `warmup` steps, then along half a cosine towards `final`."""

    base: float
    final: float
    steps: int
    warmup: int = 0

    def at(self, step: int) -> float:
        if step < self.warmup:
            return self.base * step / max(1, self.warmup - 1)
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.final + 0.5 * (self.base - self.final) * (1 + math.cos(math.pi * progress))


@dataclass(frozen=True)
class Warmup:
    """The value at each epoch: from `start` to `final` over the first `epochs`, both included, then `final`."""

    start: float
    final: float
    epochs: int

    def at(self, epoch: int) -> float:
        if epoch >= self.epochs:
            return self.final
        return self.start + (self.final - self.start) * epoch / max(1, self.epochs - 1)
