"""Writes the reference of the commands, from their parsers: `python docs/commands.py docs/commands.md`."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from dino.cli import COMMANDS, parser_of
from dino.presets import PRESETS

HEAD = """\
# The commands

Written by `python docs/commands.py docs/commands.md` from what the commands say of themselves; `dino COMMAND --help`
says the same in the terminal.

| status | what it says |
|---|---|
| 0 | done |
| 1 | the images, a checkpoint or a file is at fault |
| 2 | the command line or the configuration is at fault |
| 3 | the world is: disk, memory, another process |
| 130 | stopped with Ctrl-C; the run is saved |

What a script would read goes to standard output, everything else to standard error.
"""
SETTINGS = """\
## Settings

`dino train`, `dino submit` and `dino config` take a flag for each setting. The same name, with `_` in place of `-`, is
the key in the TOML file of `--config`, under the section's heading or under none. Flags win over the file, the file
over the preset. `[authors: …]` is the name in the authors' code.

What nobody set gives way to what you did: warm-ups of a preset are shortened to fewer `epochs`, `mean` and `std` become
one number for other `channels`; `dino config` says so beside the value. Sizes of views that are no whole number of
patches are allowed, as in the authors' code, and the rows and columns that no patch sees are said.
"""
PRESETS_HEAD = """\
## Presets

`--preset NAME`; without one, `auto` chooses by the number and size of the images and the memory, and says why. What a
preset leaves out is the default above. Where the numbers come from stands in `dino/presets.py`.

| preset | what it is | settings |
|---|---|---|
"""
SHARED = ("train", "submit", "config")


def reference() -> str:
    """The page, in Markdown."""
    overview = "".join(
        f"| [`dino {name}`](#dino-{name.replace(' ', '-')}) | {about} |\n" for name, (_, about) in COMMANDS.items()
    )
    sections = [_section(name) for name in COMMANDS]
    return "\n".join([HEAD, "| command | what it does |\n|---|---|\n" + overview, *sections, _settings(), _presets()])


def _section(name: str) -> str:
    parser = parser_of(name)
    groups = parser._action_groups[:2] if name in SHARED else parser._action_groups
    actions = [action for group in groups for action in group._group_actions if "--help" not in action.option_strings]
    words = [f"dino {name}", *(_form(action) for action in actions if action.required)]
    more = ["", "and every [setting](#settings)."] if name in SHARED else []
    example = ["", f"Example: `{parser.epilog.removeprefix('example: ').partition(';')[0]}`"] if parser.epilog else []
    return "\n".join(
        [
            f"## dino {name}",
            "",
            f"`{' '.join(words)}`",
            "",
            parser.description or "",
            *example,
            "",
            *_table(actions),
            *more,
            "",
        ]
    )


def _settings() -> str:
    groups = parser_of("train")._action_groups[2:]
    return "\n".join([SETTINGS, *(line for group in groups for line in _group(group))])


def _group(group: argparse._ArgumentGroup) -> list[str]:
    return [f"### {group.title}", "", group.description or "", "", *_table(group._group_actions), ""]


def _presets() -> str:
    rows = (f"| `{name}` | {preset.about} | {_values(preset.values)} |\n" for name, preset in PRESETS.items())
    return PRESETS_HEAD + "".join(rows)


def _values(values: dict[str, object]) -> str:
    def written(value: object) -> str:
        text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        return text.lower() if isinstance(value, bool) else text

    return ", ".join(f"`{name} {written(value)}`" for name, value in values.items())


def _table(actions: list[argparse.Action]) -> Iterator[str]:
    yield from ("| | |", "|---|---|")
    for action in actions:
        about = (action.help or "").replace("%%", "%").replace("|", "\\|")
        yield f"| `{_form(action)}` | {about} |"


def _form(action: argparse.Action) -> str:
    """How an argument is written, as in `--epochs N`."""
    if not action.option_strings:
        return _argument(action)
    names = ", ".join(action.option_strings)
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        return names
    words = action.metavar or action.dest.upper()
    if isinstance(words, tuple):
        return f"{names} {' '.join(words)}"
    if action.nargs == "+":
        return f"{names} {words} ..."
    return " ".join([names, *[words] * (action.nargs if isinstance(action.nargs, int) else 1)])


def _argument(action: argparse.Action) -> str:
    word = str(action.metavar or action.dest.upper())
    return f"[{word}]" if action.nargs == "?" else word


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
