"""The command `dino`: finds the named command, runs it, and turns every expected error into one sentence.

A command is a module with `add_arguments(parser)` and `run(arguments) -> exit status`. Only the module of the command
that was named is imported, so that `dino --help` needs no torch and answers at once.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from dino import __version__
from dino.errors import DinoError

COMMANDS = {
    "train": ("dino.commands.train", "train on a folder or archive of images; run it again to go on"),
    "config": ("dino.commands.config", "print the whole resolved configuration, and what set each value"),
    "parity": ("dino.commands.parity", "recompute golden values of the authors' code and compare"),
}
INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    """The exit status of `dino WORDS…`: 0 done, 1 content, 2 command line, 3 world, 130 interrupted."""
    words = list(sys.argv[1:] if words is None else words)
    arguments = _parser(words).parse_args(words)
    try:
        return int(importlib.import_module(COMMANDS[arguments.command][0]).run(arguments))
    except DinoError as error:
        print(f"dino: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `dino config | head`
        sys.stderr.close()
        return 0


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dino",
        description="Train a vision transformer without labels (DINO, arXiv 2104.14294).",
        epilog="example: dino train photographs/ --preset laptop",
    )
    parser.add_argument("--version", action="version", version=f"dino {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    named = next((word for word in words if not word.startswith("-")), None)
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == named:
            importlib.import_module(module).add_arguments(command)
    return parser
