"""`dino config [IMAGES]`: the whole resolved configuration as TOML, and what set each value."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dino.config import Config
from dino.data.images import Images, open_images
from dino.errors import CommandError
from dino.flags import add_flags, flag_source
from dino.presets import PRESETS
from dino.settings import Settings, Source, gather, preset_source, resolve, to_toml
from dino.settings_file import file_source
from dino.validation import is_own, notes

if TYPE_CHECKING:
    from dino.auto import Choice

AUTO = "auto"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `dino config`."""
    parser.add_argument("images", type=Path, nargs="?", metavar="IMAGES", help="the images for which auto chooses")
    add_settings(parser)
    parser.epilog = "example: dino config --preset vit_s16_300ep --lr 0.001 > mine.toml"


def run(arguments: argparse.Namespace) -> int:
    """Prints the configuration that `dino train` with the same arguments would have."""
    if arguments.images:
        settings = settle(arguments, None)[1]
    elif arguments.preset == AUTO:
        raise CommandError("auto chooses by the images; write dino config IMAGES")
    else:
        settings = without_images(arguments)
        _say_notes(settings.config)
    _check_library(settings.config)
    print(to_toml(settings.config, settings.origins), end="")
    return 0


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The preset, the file, and a flag for every setting."""
    choices = ", ".join([AUTO, *PRESETS])
    parser.add_argument("--preset", metavar="NAME", help=f"{choices} (default: auto)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings in a TOML file, over the preset")
    add_flags(parser)


def without_images(arguments: argparse.Namespace) -> Settings:
    """The settings as far as preset, file and flags say them. Raises CommandError that names every mistake."""
    named = [preset_source(arguments.preset)] if arguments.preset not in (None, AUTO) else []
    return resolve(*named, *_given(arguments))


def settle(arguments: argparse.Namespace, folder: Path | None) -> tuple[Images, Settings]:
    """The images and the settings for them. A run that was begun keeps what `auto` chose at its beginning.

    Raises CommandError that names every mistake, or the device that is not there, before the images are looked at.
    """
    from dino.auto import TYPICAL, choose, facts_of
    from dino.building import choose_device
    from dino.distributed import local_rank

    given = _given(arguments)
    known = gather(*given).values
    named = arguments.preset not in (None, AUTO)
    base = preset_source(arguments.preset) if named else _begun(folder)
    early = resolve(base or _auto(choose(TYPICAL, known)), *given).config
    device = choose_device(early.keep.device)
    images = open_images(arguments.images, channels=early.data.channels)
    choices = [] if base else choose(facts_of(images, device), known)
    settings = resolve(base or _auto(choices), *given)
    if local_rank() == 0:
        for choice in choices:
            print(f"auto: {choice.why}", file=sys.stderr)
        _say_notes(settings.config)
    return images, settings


def _auto(choices: "Sequence[Choice]") -> Source:
    from dino.auto import merged

    return Source(AUTO, merged(choices), gives_way=True)


def _say_notes(config: Config) -> None:
    for note in notes(config):
        print(f"note: {note}", file=sys.stderr)


def _check_library(config: Config) -> None:
    """Raises CommandError where a library has no such model, or one that does not take these crops.

    An own backbone is known without torch, whose import takes seconds; so is the name of a device, but not whether it
    is there, which is asked where torch is at hand.
    """
    if not is_own(config.model.backbone):
        from dino.backbones import build_backbone
        from dino.building import choose_device

        choose_device(config.keep.device)
        build_backbone(config)


def _given(arguments: argparse.Namespace) -> list[Source]:
    file = [file_source(arguments.config)] if arguments.config else []
    return [*file, flag_source(arguments)]


def _begun(folder: Path | None) -> Source | None:
    """The settings of the run in the folder, if there is one."""
    file = folder / "config.toml" if folder else None
    return file_source(file) if file and file.exists() else None
