"""`dino config [IMAGES]`: the whole resolved configuration as TOML, and what set each value."""

import argparse
import sys
from pathlib import Path

from dino.auto import choose, facts_of, merged
from dino.building import choose_device
from dino.data.images import Images, open_images
from dino.presets import PRESETS
from dino.settings import Settings, add_flags, given_flags, preset_named, read_toml, resolve, to_toml

AUTO = "auto"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", type=Path, nargs="?", metavar="IMAGES", help="what auto chooses for")
    add_settings(parser)
    parser.epilog = "example: dino config --preset vit_s16_300ep --lr 0.001 > mine.toml"


def run(arguments: argparse.Namespace) -> int:
    if arguments.images:
        _, settings = settle(arguments, None)
    else:
        preset = preset_named(arguments.preset) if arguments.preset not in (None, AUTO) else {}
        settings = resolve(preset, arguments.preset or "", arguments.config, given_flags(arguments))
    print(to_toml(settings.config, settings.origins), end="")
    return 0


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The preset, the file, and a flag for every setting."""
    choices = ", ".join([AUTO, *PRESETS])
    parser.add_argument("--preset", metavar="NAME", help=f"{choices} (default: auto)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings in a TOML file, over the preset")
    add_flags(parser)


def settle(arguments: argparse.Namespace, folder: Path | None) -> tuple[Images, Settings]:
    """The images and the settings for them. A run that was begun keeps what `auto` chose at its beginning."""
    flags = given_flags(arguments)
    name = arguments.preset or AUTO
    preset = preset_named(name) if name != AUTO else {}
    early = resolve(preset, name, arguments.config, flags).config
    images = open_images(arguments.images, channels=early.data.channels)
    if name == AUTO:
        begun = folder / "config.toml" if folder else None
        if begun and begun.exists() and not arguments.preset:
            return images, resolve(read_toml(begun), f"the run in {folder}", arguments.config, flags)
        choices = choose(facts_of(images, choose_device(early.keep.device)))
        for choice in choices:
            print(f"auto: {choice.why}", file=sys.stderr)
        preset = merged(choices)
    return images, resolve(preset, name, arguments.config, flags)
