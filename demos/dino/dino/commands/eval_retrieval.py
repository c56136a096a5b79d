"""`dino eval retrieval CHECKPOINT IMAGES`: how well frozen features find the pictures that show the same."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import ceil
from pathlib import Path

from PIL import Image
from torch import Tensor

from dino.building import choose_device
from dino.commands.subject import add_network, count, images_at, shown, tell
from dino.data.decoding import decode
from dino.data.faults import printable
from dino.data.split import check_classes
from dino.errors import ContentError
from dino.evaluate.descriptors import ONE, SEVERAL, Picture, Viewing, descriptors
from dino.evaluate.frozen import Frozen, frozen
from dino.evaluate.landmarks import PICTURES, Query, by_classes, found_file, read
from dino.evaluate.outcome import Asked, Metric, Outcome
from dino.evaluate.retrieval import Judged, Relevant, metrics, scores

LONGEST = 512
LEVELS: dict[str, Callable[[Judged], Relevant]] = {"Medium": Judged.medium, "Hard": Judged.difficult}

Describe = Callable[[Iterable[Picture]], Tensor]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `dino eval retrieval`."""
    add_network(parser)
    parser.add_argument(
        "images", type=Path, metavar="IMAGES",
        help="the folder of revisited Oxford or Paris (gnd_*.pkl or .json, and jpg/), or images in class folders",
    )  # fmt: skip
    parser.add_argument(
        "--size", type=count, default=LONGEST, metavar="N", help="pixels of the longer side, at most (default: 512)"
    )
    parser.add_argument("--multiscale", action="store_true", help="the mean over scales 1, 1/sqrt 2 and 1/2")
    parser.epilog = "example: dino eval retrieval runs/photographs roxford5k --multiscale"


def run(arguments: argparse.Namespace) -> int:
    """Tells mAP and mP@1, 5 and 10: Medium and Hard of a published set, leaving one out where there are classes."""
    device = choose_device(arguments.device)
    network = frozen(arguments.checkpoint, network=arguments.network)
    viewing = Viewing(arguments.size, SEVERAL if arguments.multiscale else ONE)

    def describe(pictures: Iterable[Picture]) -> Tensor:
        return descriptors(network, shown(list(pictures), "features"), viewing, device)

    file = found_file(arguments.images) if arguments.images.is_dir() else None
    found = _published(file, network, describe) if file else _own(arguments.images, network, describe)
    about: dict[str, Asked] = {
        "images": printable(str(arguments.images)),
        "leave_one_out": file is None,
        "longest_side": arguments.size,
        "multiscale": arguments.multiscale,
    }
    tell(Outcome("image retrieval", network.name, about, found), arguments)
    return 0


def _published(file: Path, network: Frozen, describe: Describe) -> list[Metric]:
    landmarks = read(file)
    channels = network.config.data.channels
    paths = [_path(file.parent / PICTURES, name) for name in landmarks.names]
    asked = [(_path(file.parent / PICTURES, query.name), query) for query in landmarks.queries]
    bank = describe([partial(_picture, path, channels) for path in paths])
    queries = describe([partial(_part, path, query, channels) for path, query in asked])
    return [
        metric
        for level, relevant in LEVELS.items()
        for metric in _scored(queries, bank, [relevant(query.judged) for query in landmarks.queries], file, level)
    ]


def _own(place: Path, network: Frozen, describe: Describe) -> list[Metric]:
    images = images_at(place, network)
    check_classes(images, "retrieval", "or name another set")
    bank = describe([partial(images.load, row) for row in range(len(images))])
    return _scored(bank, bank, by_classes(images), place)


def _scored(queries: Tensor, bank: Tensor, relevant: Sequence[Relevant], place: Path, level: str = "") -> list[Metric]:
    if not any(each.ok for each in relevant):
        raise ContentError(f"{printable(str(place))} has no right answer to any query; each needs one other image")
    rankings = (queries @ bank.T).argsort(dim=1, descending=True, stable=True)
    return metrics(scores(rankings, relevant), level)


def _path(folder: Path, name: str) -> Path:
    path = folder / f"{name}.jpg"
    if not path.is_file():
        raise ContentError(f"{printable(str(path))} is not there; download the pictures of the set into {PICTURES}")
    return path


def _picture(path: Path, channels: int) -> Image.Image:
    return decode(path.read_bytes(), str(path), channels)


def _part(path: Path, query: Query, channels: int) -> Image.Image:
    """The query's box of its picture, in whole pixels; what lies outside the picture is black."""
    picture = _picture(path, channels)
    left, top, right, bottom = query.box
    if left >= picture.width or top >= picture.height:
        raise ContentError(f"{printable(str(path))} is smaller than its bbx; download it again")
    return picture.crop((int(left), int(top), ceil(right), ceil(bottom)))
