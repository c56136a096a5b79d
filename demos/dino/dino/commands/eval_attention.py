"""`dino eval attention CHECKPOINT VOC`: how well the attention of a network's best head covers each object."""

import argparse
from pathlib import Path

from dino.building import choose_device
from dino.commands.subject import add_network, count, shown, tell, transformer
from dino.data.scenes import open_scenes
from dino.errors import CommandError
from dino.evaluate.attention import Gaze, metrics, scores, untrained
from dino.evaluate.frozen import frozen
from dino.evaluate.outcome import Asked, Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `dino eval attention`."""
    add_network(parser)
    parser.add_argument(
        "voc", type=Path, metavar="VOC",
        help="the folder VOCdevkit/VOC2012 of PASCAL VOC 2012, or an address like drawn:/test",
    )  # fmt: skip
    parser.add_argument(
        "--size", type=count, metavar="N",
        help="short side of what the network sees, pixels (default: of what it learnt from; the paper has 480)",
    )  # fmt: skip
    parser.add_argument(
        "--untrained", action="store_true", help="set the untrained network of the same shape beside it"
    )
    parser.epilog = "example: dino eval attention runs/photographs VOCdevkit/VOC2012 --untrained"


def run(arguments: argparse.Namespace) -> int:
    """Tells the Jaccard index of the masks that hold 60 and 80 % of the attention, with its intervals."""
    of, device = frozen(arguments.checkpoint, network=arguments.network), choose_device(arguments.device)
    network, data = transformer(of, device), of.config.data
    gaze = Gaze(arguments.size or min(of.size), data, device)
    if gaze.size < network.patch_size:
        raise CommandError(f"--size {gaze.size} is less than a patch; {of.name} needs {network.patch_size} pixels")
    scenes = open_scenes(arguments.voc)
    networks = [network, untrained(network, data.channels).to(device)] if arguments.untrained else [network]
    found = scores(networks, shown(scenes, "images"), gaze)
    asked: dict[str, Asked] = {
        "images": str(arguments.voc),
        "measured": len(found),
        "size": gaze.size,
        "heads": network.heads,
    }
    tell(Outcome("attention segmentation", of.name, asked, metrics(found)), arguments)
    return 0
