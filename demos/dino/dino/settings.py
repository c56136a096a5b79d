"""From preset, TOML file and flags to a configuration, with the origin of every value: flags win, then file, preset."""

import argparse
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

from dino.config import SETTINGS, Config, Setting
from dino.errors import CommandError
from dino.presets import PRESETS
from dino.validation import mistakes

DEFAULT = "the authors' default"
SIZES = ("global_size", "local_size")


@dataclass(frozen=True)
class Settings:
    """A valid configuration, and what set each value."""

    config: Config
    origins: Mapping[str, str]


def resolve(preset: Mapping[str, Any], preset_name: str, file: Path | None, flags: Mapping[str, Any]) -> Settings:
    """The configuration from all three. Raises CommandError that names every mistake at once."""
    values: dict[str, Any] = {}
    origins = dict.fromkeys(SETTINGS, DEFAULT)
    sources = [(f"preset {preset_name}", dict(preset))]
    if file:
        sources.append((str(file), read_toml(file)))
    sources.append(("flag", dict(flags)))
    faults: list[str] = []
    for origin, given in sources:
        for name, value in given.items():
            if name not in SETTINGS:
                faults.append(f"{origin}: {name} is no setting{_meant(name)}")
                continue
            try:
                values[name] = convert(SETTINGS[name], value)
                origins[name] = origin
            except ValueError as error:
                faults.append(f"{origin}: {name} {error}")
    config = with_values(Config(), values)
    faults += mistakes(config)
    if faults:
        raise CommandError(
            "; ".join(faults) if len(faults) == 1 else "the settings have mistakes:\n  " + "\n  ".join(faults)
        )
    return Settings(config, origins)


def with_values(config: Config, values: Mapping[str, Any]) -> Config:
    """The configuration with some settings replaced, each by its name."""
    sections = {}
    for section in fields(Config):
        own = {name: value for name, value in values.items() if SETTINGS[name].section == section.name}
        sections[section.name] = replace(getattr(config, section.name), **own)
    return Config(**sections)


def read_toml(path: Path) -> dict[str, Any]:
    """The settings in a file, by name; in sections or not. Raises CommandError when it is no TOML."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path} cannot be read ({(error.strerror or 'unknown').lower()})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} is no TOML: {error}") from None
    sections = {section.name for section in fields(Config)}
    flat: dict[str, Any] = {}
    for name, value in content.items():
        flat |= value if name in sections and isinstance(value, dict) else {name: value}
    return flat


def to_toml(config: Config, origins: Mapping[str, str] | None = None) -> str:
    """The whole configuration as TOML, section by section, with the origin of each value as a comment."""
    lines: list[str] = []
    for section in fields(Config):
        lines += ["", f"[{section.name}]"]
        for name, setting in SETTINGS.items():
            if setting.section == section.name:
                line = f"{name} = {_toml(setting.of(config))}"
                lines.append(f"{line:<40} # {origins[name]}" if origins else line)
    return "\n".join(lines[1:]) + "\n"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """A flag for every setting, in groups as the file's sections; nothing is set unless it is given."""
    for section in fields(Config):
        group = parser.add_argument_group(section.name, (type(getattr(Config(), section.name)).__doc__ or "").strip())
        for setting in SETTINGS.values():
            if setting.section == section.name:
                _add_flag(group, setting)


def given_flags(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings that flags set."""
    return {name: getattr(arguments, name) for name in SETTINGS if getattr(arguments, name, None) is not None}


def convert(setting: Setting, value: Any) -> Any:
    """The value in the setting's type, from TOML or from a flag. Raises ValueError that says what is needed."""
    default = setting.of(Config())
    match default:
        case bool():
            if isinstance(value, bool):
                return value
            raise ValueError(f"is {value!r}; write true or false")
        case int():
            if isinstance(value, int) and not isinstance(value, bool):
                return value
            raise ValueError(f"is {value!r}; write a whole number")
        case float():
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
            raise ValueError(f"is {value!r}; write a number")
        case tuple():
            return _tuple(setting, default, value)
        case _:
            if isinstance(value, str):
                return value
            raise ValueError(f"is {value!r}; write a text")


def _tuple(setting: Setting, default: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if setting.name in SIZES:
        value = [value, value] if isinstance(value, int) else value
        if isinstance(value, list | tuple) and len(value) == 2 and all(type(item) is int for item in value):
            return tuple(value)
        raise ValueError(f"is {value!r}; write a height and a width in pixels")
    right = isinstance(value, list | tuple) and all(type(item) in (int, float) for item in value)
    if right and ((setting.name in ("mean", "std") and value) or len(value) == len(default)):
        return tuple(float(item) for item in value)
    raise ValueError(f"is {value!r}; write {len(default)} numbers")


def _add_flag(group: Any, setting: Setting) -> None:
    flag, default = "--" + setting.name.replace("_", "-"), setting.of(Config())
    shown = f"{setting.help} (default: {_shown(setting, default)})".replace("%", "%%")
    if isinstance(default, bool):
        group.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=shown)
    elif setting.name in SIZES:
        group.add_argument(flag, type=_pixels, metavar="HxW", help=shown)
    elif isinstance(default, tuple):
        count = "+" if setting.name in ("mean", "std") else len(default)
        group.add_argument(flag, type=float, nargs=count, metavar="X", help=shown)
    else:
        choices = get_type_hints(type(_section(setting)))[setting.name]
        group.add_argument(
            flag, type=type(default), choices=getattr(choices, "__args__", None), metavar=None, help=shown
        )


def _section(setting: Setting) -> Any:
    return getattr(Config(), setting.section)


def _pixels(word: str) -> tuple[int, int]:
    height, _, width = word.partition("x")
    try:
        return int(height), int(width or height)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{word!r} is no size; write 224 or 224x160") from None


def _shown(setting: Setting, value: Any) -> str:
    if isinstance(value, tuple):
        return ("x" if setting.name in SIZES else " ").join(f"{item:g}" for item in value)
    return str(value) if value != "" else "none"


def _toml(value: Any) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def _meant(name: str) -> str:
    near = get_close_matches(name, list(SETTINGS), 1)
    return f"; did you mean {near[0]}?" if near else ""


def preset_named(name: str) -> Mapping[str, Any]:
    """The settings of a preset. Raises CommandError when there is none of the name."""
    if name not in PRESETS:
        near = get_close_matches(name, list(PRESETS), 1)
        raise CommandError(
            f"there is no preset {name!r}; "
            + (f"did you mean {near[0]}?" if near else f"write one of {', '.join(PRESETS)}")
        )
    return PRESETS[name][1]
