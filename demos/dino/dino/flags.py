"""The settings as flags: one for each, in groups like the sections of the file; those that are not given set nothing.

A flag takes any word and leaves it to the settings to say what is wrong with it: all mistakes are named at once.
"""

import argparse
from dataclasses import fields
from typing import Any

from dino.config import SETTINGS, Config, Setting
from dino.fitting import BY_CHANNEL
from dino.settings import FLAG, SIZES, Source


def add_flags(parser: argparse.ArgumentParser) -> None:
    """A flag for every setting."""
    for section in fields(Config):
        about = type(getattr(Config(), section.name)).__doc__ or ""
        group = parser.add_argument_group(section.name, about.strip())
        for setting in SETTINGS.values():
            if setting.section == section.name:
                _add_flag(group, setting)


def flag_source(arguments: argparse.Namespace) -> Source:
    """The settings that flags set."""
    given = {name: getattr(arguments, name, None) for name in SETTINGS}
    return Source(FLAG, {name: value for name, value in given.items() if value is not None})


def _shown(setting: Setting) -> str:
    """The default as one would write it."""
    value = setting.of(Config())
    if isinstance(value, tuple):
        return ("x" if setting.name in SIZES else " ").join(f"{item:g}" for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else "none"


def _add_flag(group: Any, setting: Setting) -> None:
    flag, default = "--" + setting.name.replace("_", "-"), setting.of(Config())
    about = f"{setting.help} (default: {_shown(setting)})".replace("%", "%%")
    if isinstance(default, bool):
        group.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=about)
    elif setting.name in SIZES:
        group.add_argument(flag, metavar="HxW", help=about)
    elif isinstance(default, tuple):
        count = "+" if setting.name in BY_CHANNEL else len(default)
        group.add_argument(flag, type=_number, nargs=count, metavar="X", help=about)
    elif isinstance(default, str):
        group.add_argument(flag, metavar="WORD", help=about)
    else:
        group.add_argument(flag, type=_number, metavar="N" if isinstance(default, int) else "X", help=about)


def _number(word: str) -> int | float | str:
    """The number that the word is; the word itself where it is none."""
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            pass
    return word
