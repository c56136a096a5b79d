"""The order of images: every epoch a new shuffle, dealt to the ranks (DistributedSampler's part in the reference).

The shuffle of an epoch depends on (seed, epoch) alone, and a step's images over all ranks on (seed, epoch, step, batch
× world): any position can be taken up without replaying what came before, on another number of ranks too. It is made
from the raw words of numpy's Philox generator, whose stream numpy keeps for all versions (NEP 19); its `permutation`
it does not.
"""

from collections.abc import Iterator

import numpy
from numpy.typing import NDArray

from dino.errors import CommandError, ContentError


class Shuffle:
    """Indices 0…length-1 in batches of `batch` for one `rank` of `world`; what does not fill a step is left out."""

    def __init__(self, length: int, batch: int, rank: int = 0, world: int = 1, seed: int = 0) -> None:
        if batch < 1 or world < 1 or not 0 <= rank < world or seed < 0:
            raise CommandError(
                f"batch {batch}, rank {rank} of {world}, seed {seed}: batch and world are at least 1, "
                "the rank is below the world, the seed is not negative"
            )
        if length < batch * world:
            ranks = f" on each of {world} ranks" if world > 1 else ""
            raise ContentError(
                f"{length:,} images do not fill one batch of {batch:,}{ranks}; make the batch smaller, or add images"
            )
        self.length = length
        self.batch = batch
        self.rank = rank
        self.world = world
        self.seed = seed
        self._shuffled: tuple[int, NDArray[numpy.int64]] = (-1, numpy.empty(0, numpy.int64))

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return self.length // (self.batch * self.world)

    def epoch(self, epoch: int, start: int = 0) -> list[list[int]]:
        """This rank's batches of an epoch, from step `start` of the epoch on."""
        return [self._batch(epoch, step) for step in range(start, self.steps)]

    def at(self, step: int) -> list[int]:
        """This rank's batch at a step counted over the whole run."""
        return self._batch(*divmod(step, self.steps))

    def run(self, start: int, stop: int) -> Iterator[tuple[int, list[int]]]:
        """(epoch, batch) of every step of the run from `start` to before `stop`, both counted over the whole run."""
        for step in range(start, stop):
            yield step // self.steps, self.at(step)

    def _batch(self, epoch: int, step: int) -> list[int]:
        first = (step * self.world + self.rank) * self.batch
        indices: list[int] = self._order(epoch)[first : first + self.batch].tolist()
        return indices

    def _order(self, epoch: int) -> NDArray[numpy.int64]:
        if self._shuffled[0] != epoch:
            words = numpy.random.Philox(numpy.random.SeedSequence((self.seed, epoch))).random_raw(self.length)
            self._shuffled = epoch, numpy.argsort(words, kind="stable")
        return self._shuffled[1]
