"""Writes the command reference, from the commands themselves: `python docs/commands.py docs/commands.md`."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from digest.cli import app

HEAD = """\
# The commands

Written by `make renew` from what the commands say of themselves; `digest COMMAND --help` says the same in the terminal.

Every command works on the newsletter in the current folder, and ends with one of these exit statuses:

| status | what it says |
|---|---|
| 0 | done |
| 1 | the content is at fault: each mistake stands on standard error with its file, line, column and mend |
| 2 | the command line is at fault |
| 3 | the world is: disk, network, another program |
| 130 | stopped with Ctrl-C; nothing is half-written |

`digest demo run` ends with the exit status of the demo's own command.

`digest --install-completion` teaches your shell to complete commands and options, and `digest --show-completion` prints
how. What a script would read goes to standard output, everything else to standard error.
"""
EXAMPLE = re.compile(r"\s*Example: `([^`]+)`\s*$")


def reference() -> str:
    """The page, in Markdown."""
    commands = list(_commands(get_command(app), "digest"))
    rows = [f"| [`{name}`](#{_anchor(name)}) | {_summary(command)} |" for name, command in commands]
    overview = "\n".join(["| command | what it gives |", "|---|---|", *rows]) + "\n"
    return "\n".join([HEAD, overview, *(_section(name, command) for name, command in commands)])


def _commands(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def _section(name: str, command: Any) -> str:
    text = re.sub(r"[ \n]*\n[ \n]*", "\n\n", EXAMPLE.sub("", command.help).strip())
    example = EXAMPLE.search(command.help)
    if example is None:
        raise SystemExit(f"{name} has no example: end its docstring with  Example: `{name} …`")
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    usage = " ".join([name, *(_argument(argument) for argument in arguments)])
    rows = [f"| `{_form(parameter)}` | {_meaning(parameter)} |" for parameter in command.params]
    table = ["| | |", "|---|---|", *rows, ""] if rows else []
    return "\n".join([f"## {name}", "", f"`{usage}`", "", text, "", "```console", f"$ {example[1]}", "```", "", *table])


def _form(parameter: Any) -> str:
    """How a parameter is written, as in `--port NUMBER`."""
    if parameter.param_type_name == "argument":
        return _argument(parameter)
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return names if parameter.is_flag else f"{names} {parameter.name.upper()}"


def _argument(argument: Any) -> str:
    word = argument.metavar or argument.name.upper()
    return word if argument.required or word.startswith("[") else f"[{word}]"


def _meaning(parameter: Any) -> str:
    default = parameter.default
    if parameter.is_flag if parameter.param_type_name == "option" else False:
        return f"{parameter.help} On by default." if default else parameter.help
    return f"{parameter.help} By default `{default}`." if default is not None else parameter.help


def _summary(command: Any) -> str:
    return " ".join(command.help.split("\n\n")[0].split())


def _anchor(heading: str) -> str:
    return heading.replace(" ", "-")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
