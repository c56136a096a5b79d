"""From preset, TOML file and flags to a configuration, with the origin of every value: flags win, then file, preset."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any

from dino.config import SETTINGS, Config, Setting
from dino.data.faults import printable
from dino.errors import CommandError
from dino.fitting import BY_CHANNEL, fits
from dino.presets import PRESETS
from dino.validation import Mistake, mistakes

DEFAULT = "default"
FLAG = "flag"
SIZES = ("global_size", "local_size")
AUTHORS_NAMES = {setting.authors: name for name, setting in SETTINGS.items() if setting.authors}


@dataclass(frozen=True)
class Source:
    """Where some settings come from: a preset, a file, or the flags. `lines` are those of a file, by setting.

    What a preset says `gives_way` where it does not fit to what the user says.
    """

    origin: str
    values: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    gives_way: bool = False

    def place(self, name: str) -> str:
        """Where the setting stands, like `mine.toml:3`."""
        return f"{self.origin}:{self.lines[name]}" if name in self.lines else self.origin


@dataclass(frozen=True)
class Settings:
    """A valid configuration, and what set each value."""

    config: Config
    origins: Mapping[str, str]


@dataclass(frozen=True)
class Gathered:
    """What the sources say, the later over the earlier, each value in its setting's type; and what they say wrongly."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    by_user: frozenset[str]
    faults: tuple[str, ...]


def resolve(*sources: Source) -> Settings:
    """The configuration from the sources, the later over the earlier; what no user set is fitted to what one did.

    Raises CommandError that names every mistake at once.
    """
    gathered = gather(*sources)
    config = with_values(Config(), gathered.values)
    fitted = fits(config, gathered.by_user)
    config = with_values(config, {name: fit.value for name, fit in fitted.items()})
    faults = [*gathered.faults, *(_located(mistake, gathered.origins) for mistake in mistakes(config))]
    if faults:
        raise CommandError(faults[0] if len(faults) == 1 else "\n  ".join(["the settings have mistakes:", *faults]))
    origins = {**gathered.origins, **{name: fit.origin for name, fit in fitted.items()}}
    return Settings(config, {name: origins.get(name, DEFAULT) for name in SETTINGS})


def gather(*sources: Source) -> Gathered:
    """What the sources say together."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    by_user: set[str] = set()
    faults = [fault for source in sources for fault in source.faults]
    for source in sources:
        for name, value in source.values.items():
            if name not in SETTINGS:
                faults.append(f"{source.place(name)}: {name} is no setting{meant(name, SETTINGS)}")
                continue
            try:
                values[name] = convert(SETTINGS[name], value)
                origins[name] = source.place(name)
                by_user = by_user - {name} if source.gives_way else by_user | {name}
            except ValueError as error:
                faults.append(f"{source.place(name)}: {name} {error}")
    return Gathered(values, origins, frozenset(by_user), tuple(faults))


def preset_source(name: str) -> Source:
    """The settings of a preset. Raises CommandError when there is none of the name."""
    if name not in PRESETS:
        mend = meant(name, PRESETS) or f"; write one of auto, {', '.join(PRESETS)}"
        raise CommandError(f"there is no preset {name!r}{mend}")
    return Source(f"preset {name}", PRESETS[name].values, gives_way=True)


def with_values(config: Config, values: Mapping[str, Any]) -> Config:
    """The configuration with some settings replaced, each by its name."""
    sections = {}
    for section in fields(Config):
        own = {name: value for name, value in values.items() if SETTINGS[name].section == section.name}
        sections[section.name] = replace(getattr(config, section.name), **own)
    return Config(**sections)


def to_toml(config: Config, origins: Mapping[str, str] | None = None) -> str:
    """The whole configuration as TOML, section by section, with the origin of each value as a comment."""
    lines: list[str] = []
    for section in fields(Config):
        lines += ["", f"[{section.name}]"]
        for name, setting in SETTINGS.items():
            if setting.section == section.name:
                line = f"{name} = {_toml(setting.of(config))}"
                lines.append(f"{line:<40} # {printable(origins[name])}" if origins else line)
    return "\n".join(lines[1:]) + "\n"


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
            return _float(value)
        case tuple():
            return _size(value) if setting.name in SIZES else _numbers(setting, default, value)
        case _:
            return _text(value)


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` where a known word is near, or the authors' name for it was written."""
    if word in AUTHORS_NAMES:
        return f"; did you mean {AUTHORS_NAMES[word]}?"
    near = get_close_matches(word.replace("-", "_"), list(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


def _located(mistake: Mistake, origins: Mapping[str, str]) -> str:
    origin = origins.get(mistake.name)
    return str(mistake) if origin in (None, FLAG) else f"{origin}: {mistake}"


def _float(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"is {value!r}; write a number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError("is too large; write a smaller number") from None


def _size(value: Any) -> tuple[int, int]:
    if isinstance(value, str):
        words = value.split("x")
        value = [int(word) for word in words] if all(word.isdecimal() for word in words) else value
        value = value[0] if len(value) == 1 else value
    if type(value) is int:
        return value, value
    if isinstance(value, list | tuple) and len(value) == 2 and all(type(side) is int for side in value):
        return value[0], value[1]
    raise ValueError(f"is {value!r}; write a height and a width in pixels, like 224 or 224x160")


def _numbers(setting: Setting, default: tuple[float, ...], value: Any) -> tuple[float, ...]:
    by_channel = setting.name in BY_CHANNEL
    if isinstance(value, list | tuple) and (len(value) == len(default) or (by_channel and value)):
        return tuple(_float(item) for item in value)
    raise ValueError(f"is {value!r}; write {'a number for each channel' if by_channel else f'{len(default)} numbers'}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"is {value!r}; write a text")
    try:
        value.encode()
    except UnicodeEncodeError:  # a path whose bytes are no UTF-8, or half of a surrogate pair
        raise ValueError(f"is {value!r}, which is no UTF-8; rename it") from None
    return value


def _toml(value: Any) -> str:
    written = json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
    return written.replace("\x7f", "\\u007f")  # the one character that JSON takes and TOML does not
