"""The works of the benches: what a step of DINO is made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """A square network and square crops; `locals` of them are local, beside the two global ones."""

    dim: int
    depth: int
    heads: int
    patch: int
    global_size: int
    local_size: int
    locals: int
    batch: int
    out_dim: int

    @property
    def sizes(self) -> list[int]:
        """The side of each crop of an image."""
        return [self.global_size] * 2 + [self.local_size] * self.locals


WORKS = {
    "small": Work(192, 6, 3, 4, 32, 16, 6, 64, 4096),
    "vit_small": Work(384, 12, 6, 16, 224, 96, 8, 8, 65536),
    "toy": Work(24, 2, 3, 4, 16, 8, 2, 4, 64),
}
