"""The command `dino`: finds the named command, runs it, and turns every expected error into one sentence.

A command is a module with `add_arguments(parser)` and `run(arguments) -> exit status`. Only the module of the command
that was named is imported, so that `dino --help` needs no torch and answers at once.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import NoReturn

from dino import __version__
from dino.errors import CommandError, DinoError

COMMANDS = {
    "train": ("dino.commands.train", "train on a folder or archive of images; run it again to go on"),
    "submit": ("dino.commands.submit", "queue a training on a SLURM cluster, through submitit"),
    "config": ("dino.commands.config", "print the whole resolved configuration, and what set each value"),
    "report": ("dino.commands.report", "draw a run, also one in progress, as an HTML page and PNGs"),
    "eval knn": ("dino.commands.eval_knn", "measure frozen features by the votes of their nearest neighbours"),
    "eval video": ("dino.commands.eval_video", "measure how frozen features carry masks through DAVIS's videos"),
    "eval attention": ("dino.commands.eval_attention", "measure how well attention covers objects, as on PASCAL VOC"),
    "eval retrieval": ("dino.commands.eval_retrieval", "measure how well frozen features find what shows the same"),
    "export": ("dino.commands.export", "write the weights of a run or a file in another format"),
    "import": ("dino.commands.import_weights", "read the weights of the authors, timm or safetensors"),
    "reproduce": ("dino.commands.reproduce", "test both of the paper's claims from nothing, on drawn pictures"),
    "parity": ("dino.commands.parity", "recompute golden values of the authors' code and compare"),
}
MISSING = "the following arguments are required: "
NAMED = {
    "IMAGES": "name the images: dino train photographs/ (a folder, or a tar or zip of images)",
    "RUN": "name the run: dino report runs/photographs (the folder that dino train wrote)",
    "CHECKPOINT": "name the run or a file of weights, as in: {example}",
    "DAVIS": "name the folder that DAVIS-2017 was unpacked to, as in: {example}",
    "VOC": "name the folder of PASCAL VOC 2012, or drawn pictures, as in: {example}",
    "--to": "name the format: dino export runs/photographs --to onnx (dino export --help lists all)",
    "FILE": "name the file of weights: dino import dino_deitsmall16_pretrain.pth",
    "DIR": "name the folder of golden values: dino parity tests/parity (in the source of this package)",
}
"""What to say where the first of these arguments is missing."""
WORLD, INTERRUPTED = 3, 130


def main(words: Sequence[str] | None = None) -> int:
    """The exit status of `dino WORDS…`: 0 done, 1 content, 2 command line, 3 world, 130 interrupted."""
    given = list(sys.argv[1:] if words is None else words)
    return answered(lambda: _run(given))


def answered(command: Callable[[], int]) -> int:
    """The exit status of the command, every expected error told in one sentence."""
    try:
        status = command()
        sys.stdout.flush()
        return status
    except DinoError as error:
        print(f"dino: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `dino config | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"dino: {error.filename or 'a file'}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return WORLD


def parser_of(command: str) -> argparse.ArgumentParser:
    """The parser of one command, with all its arguments."""
    module, summary = COMMANDS[command]
    parser = Parser(prog=f"dino {command}", description=summary[0].upper() + summary[1:] + ".", allow_abbrev=False)
    importlib.import_module(module).add_arguments(parser)
    return parser


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        missing = message.removeprefix(MISSING).partition(",")[0] if message.startswith(MISSING) else ""
        example = (self.epilog or "").removeprefix("example: ")
        known = NAMED.get(missing, "").format(example=example)
        raise CommandError(known or f"{message}; {self.prog} --help shows how")


class Columns(argparse.HelpFormatter):
    """A help in which the longest name of a command has its summary beside it: argparse forgets the names' indent."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = 2 * self._indent_increment + max(map(len, COMMANDS))


def _run(words: list[str]) -> int:
    overview = _overview()
    if not words:
        overview.print_help()
        return 0
    if words[0].startswith("-"):
        if words[0] in overview._option_string_actions:
            overview.parse_args([words[0]])
        raise CommandError(_refusal(words[0], overview))
    kinds = [known for known in COMMANDS if known.startswith(f"{words[0]} ")]
    if kinds and words[1:] in ([], ["--help"], ["-h"]):
        _overview(kinds).print_help()
        return 0
    name = " ".join(words[: 2 if kinds else 1])
    if name not in COMMANDS:
        mend = _meant(name, kinds or COMMANDS) or f"; write one of {', '.join(kinds or COMMANDS)}"
        raise CommandError(f"there is no command {name!r}{mend}")
    parser = parser_of(name)
    arguments, unknown = parser.parse_known_args(words[len(name.split()) :])
    if unknown:
        raise CommandError(_refusal(unknown[0], parser))
    return int(importlib.import_module(COMMANDS[name][0]).run(arguments))


def _overview(names: Iterable[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    parser = Parser(
        prog="dino",
        description="Train a vision transformer without labels (DINO, arXiv 2104.14294).",
        epilog="example: dino train photographs/ --preset laptop; dino COMMAND --help says more",
        formatter_class=Columns,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"dino {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in names:
        commands.add_parser(name, help=COMMANDS[name][1], add_help=False)
    return parser


def _refusal(word: str, parser: argparse.ArgumentParser) -> str:
    if not word.startswith("-"):
        return f"{parser.prog} does not know what to do with {word!r}; leave it out"
    flag, known = word.partition("=")[0], list(parser._option_string_actions)
    return f"{parser.prog} has no flag {flag}{_meant(flag, known) or f'; {parser.prog} --help shows all'}"


def _meant(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word.replace("_", "-"), list(known), 1)
    return f"; did you mean {near[0]}?" if near else ""
