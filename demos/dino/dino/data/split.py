"""Parts of a set: images held out for k-NN (paper, section 4.1 compares a training and a validation set), and sets
whose classes are made the same."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from dino.data.encoded import Texts
from dino.data.faults import printable
from dino.data.images import Images
from dino.errors import CommandError, ContentError


@dataclass(frozen=True, eq=False)
class Part:
    """Some of the images of a set, in the given order, with labels of their own."""

    whole: Images
    indices: Sequence[int]
    names: Sequence[str]
    labels: Sequence[int]
    classes: tuple[str, ...]
    which: str
    """Which images these are, in a word; "" for all of them."""

    @property
    def place(self) -> str:
        return f"{self.whole.place}#{self.which}" if self.which else self.whole.place

    @property
    def fingerprint(self) -> str:
        return f"{self.whole.fingerprint}-{self.which}" if self.which else self.whole.fingerprint

    @property
    def channels(self) -> int:
        return self.whole.channels

    def __len__(self) -> int:
        return len(self.indices)

    def read(self, index: int) -> bytes:
        return self.whole.read(self.indices[index])

    def load(self, index: int) -> Image.Image:
        return self.whole.load(self.indices[index])


def part(images: Images, indices: Sequence[int], which: str) -> Part:
    """The images at these indices; `which` says in a word which they are."""
    names = Texts(images.names[index] for index in indices)
    labels = array("q", [images.labels[index] for index in indices])
    return Part(images, array("q", indices), names, labels, images.classes, which)


def every_nth(images: Images, n: int = 10) -> tuple[Part, Part]:
    """(the rest, the held out): of each class, in the order of the set, the n-th, 2n-th, … image, and at least the last
    of two or more, so that every class with two images is on both sides. The same for the same set, always."""
    if n < 2:
        raise CommandError(f"every {n}-th image cannot be held out: of each class some must stay; take 2 or more")
    check_classes(images)
    totals = Counter(images.labels)
    seen: Counter[int] = Counter()
    kept: list[int] = []
    held: list[int] = []
    for index, label in enumerate(images.labels):
        seen[label] += 1
        alone = totals[label] < n and totals[label] > 1 and seen[label] == totals[label]
        (held if seen[label] % n == 0 or alone else kept).append(index)
    return part(images, kept, f"without-every-{n}"), part(images, held, f"every-{n}")


OF_TRAINING = "name a set that has {more} with --knn-images, or leave k-NN out with --knn-every 0"
"""What else can be done where a run is watched by k-NN."""


def check_classes(images: Images, measure: str = "k-NN", otherwise: str = OF_TRAINING) -> None:
    """ContentError unless the measure has something to tell apart: two classes, one of them with two images."""
    totals = Counter(images.labels)
    if len(totals) < 2:
        only = (
            f" ({printable(images.classes[images.labels[0]])})" if len(images) and images.classes != ("images",) else ""
        )
        raise ContentError(
            f"{printable(images.place)} has one class only{only}, and {measure} needs two: put the images into one "
            f"folder for each class, {otherwise.format(more='classes')}"
        )
    if max(totals.values()) < 2:
        raise ContentError(
            f"{printable(images.place)} has one image in each class, and {measure} needs two in some: "
            f"{otherwise.format(more='more')}"
        )


def matched(images: Images, classes: tuple[str, ...]) -> Images:
    """The same images with labels that count in `classes`. ContentError when a class is not among them."""
    if images.classes == classes:
        return images
    used = set(images.labels)
    order = {name: label for label, name in enumerate(classes)}
    missing = [name for label, name in enumerate(images.classes) if label in used and name not in order]
    if missing:
        shown = ", ".join(printable(name) for name in missing[:3]) + (", …" if len(missing) > 3 else "")
        known = ", ".join(printable(name) for name in classes[:3]) + (", …" if len(classes) > 3 else "")
        raise ContentError(
            f"{printable(images.place)} has classes that the training set lacks: {shown} (it has {known}); "
            "name the class folders the same"
        )
    to = {label: order[name] for label, name in enumerate(images.classes) if label in used}
    labels = array("q", [to[label] for label in images.labels])
    return Part(images, array("q", range(len(images))), images.names, labels, classes, "")


def hold_out(images: Images, given: Images | None = None, every: int = 10) -> tuple[Images, Images]:
    """(the images k-NN votes with, the images it is asked about): `images` and the given set, or `every_nth`.

    Where `images` has no classes, nothing in it can vote: the given set is the one that is parted.
    """
    if given is None or len(set(images.labels)) < 2:
        return every_nth(given or images, every)
    check_classes(images)
    return images, matched(given, images.classes)
