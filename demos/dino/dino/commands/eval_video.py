"""`dino eval video CHECKPOINT DAVIS`: how well frozen features carry objects' masks through videos."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dino.building import choose_device
from dino.commands.subject import add_network, count, number, shown, tell, transformer
from dino.data import palette
from dino.data.davis import Video, open_davis
from dino.data.palette import Numbers
from dino.errors import CommandError
from dino.evaluate.frozen import Frozen, frozen
from dino.evaluate.outcome import Asked, Outcome
from dino.evaluate.propagation import Propagation
from dino.evaluate.video import PUBLISHED_STD, Scores, Sight, by_object, metrics, scored, segmented

SIZE = 480


@dataclass(frozen=True)
class VideoOutcome(Outcome):
    """The same with the means over each sequence's objects."""

    sequences: Mapping[str, Mapping[str, float]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `dino eval video`."""
    add_network(parser)
    how = Propagation()
    parser.add_argument(
        "davis", type=Path, metavar="DAVIS", help="the folder that DAVIS-2017-trainval-480p was unpacked to"
    )
    parser.add_argument("--size", type=count, default=SIZE, metavar="N", help=f"short side, pixels (default: {SIZE})")
    parser.add_argument(
        "--context", type=number, default=how.last, metavar="N",
        help=f"last frames that give their masks beside the first (default: {how.last})",
    )  # fmt: skip
    parser.add_argument(
        "--radius", type=number, default=how.radius, metavar="N",
        help=f"how many patches away a mask may come from (default: {how.radius})",
    )  # fmt: skip
    parser.add_argument(
        "--top", type=count, default=how.top, metavar="N",
        help=f"patches that give a patch its mask (default: {how.top})",
    )  # fmt: skip
    parser.add_argument(
        "--temperature", type=float, default=how.temperature, metavar="X",
        help=f"of their weights (default: {how.temperature})",
    )  # fmt: skip
    parser.add_argument(
        "--published-std", action="store_true",
        help="divide red by 0.228, as the authors' evaluation does by a slip, and not by what the network learnt with",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="also write the masks there, as palette PNGs")
    parser.epilog = "example: dino eval video runs/photographs DAVIS --out masks"


def run(arguments: argparse.Namespace) -> int:
    """Tells J&F, J and F, with their intervals."""
    if not arguments.temperature > 0:
        raise CommandError(
            f"--temperature {arguments.temperature:g} is not above 0; the paper's is {Propagation().temperature}"
        )
    network = frozen(arguments.checkpoint, network=arguments.network)
    sight, how = _sight(network, arguments), _propagation(arguments)
    videos = open_davis(arguments.davis)
    scores = {video.name: _scores(video, sight, how, arguments.out) for video in shown(videos, "sequences")}
    tell(_outcome(network, sight, how, scores, arguments), arguments)
    return 0


def _propagation(arguments: argparse.Namespace) -> Propagation:
    return Propagation(arguments.radius, arguments.top, arguments.temperature, arguments.context)


def _sight(of: Frozen, arguments: argparse.Namespace) -> Sight:
    device, data = choose_device(arguments.device), of.config.data
    network = transformer(of, device)
    if arguments.size < network.patch_size:
        raise CommandError(f"--size {arguments.size} is less than a patch; {of.name} needs {network.patch_size} pixels")
    if arguments.published_std and data.channels != len(PUBLISHED_STD):
        raise CommandError(f"--published-std is of three channels, and {of.name} sees {data.channels}; leave it out")
    return Sight(network, arguments.size, replace(data, std=PUBLISHED_STD) if arguments.published_std else data, device)


def _scores(video: Video, sight: Sight, how: Propagation, out: Path | None) -> Scores:
    found = segmented(video, sight, sight.network.patch_size, how, sight.data.channels)
    return scored(video, _written(video, found, out) if out else found)


def _written(video: Video, found: Iterable[Numbers], out: Path) -> Iterator[Numbers]:
    """The masks, each written when it is there; the first frame's, which is given, before them."""
    palette.write(out / video.name / video.frames[0].mask.name, video.mask(0))
    for frame, numbers in zip(video.frames[1:], found, strict=True):
        palette.write(out / video.name / frame.mask.name, numbers)
        yield numbers


def _outcome(
    network: Frozen, sight: Sight, how: Propagation, scores: Mapping[str, Scores], arguments: argparse.Namespace
) -> VideoOutcome:
    asked: dict[str, Asked] = {
        "images": str(arguments.davis),
        "sequences": len(scores),
        "objects": sum(each.regions.shape[1] for each in scores.values()),
        "size": sight.size,
        "context": how.last,
        "radius": how.radius,
        "top": how.top,
        "temperature": how.temperature,
        "published_std": arguments.published_std,
    }
    sequences = {
        name: {measure: float(values.mean()) for measure, values in by_object(each).items()}
        for name, each in scores.items()
    }
    return VideoOutcome("video segmentation", network.name, asked, metrics(scores.values()), sequences)
