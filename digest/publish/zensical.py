"""Zensical, the engine by Material's makers, on what MkDocs would build from: the same pages, theme and configuration.

It runs as a program of its own, which is how it is offered, and it renders the theme with MiniJinja in place of Jinja.
Its module lies beside this Python's others (the extra `zensical`).
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from digest.library.problems import ContentError, Problem, WorldError
from digest.publish.policy import protect

if TYPE_CHECKING:
    from digest.publish.engines import Workplace

CONFIGURATION = "zensical.yml"
SETTINGS = """\
INHERIT: mkdocs.yml
markdown_extensions: []
theme:
  variant: classic
validation:
  links:
    not_found: ignore
    anchors: ignore
"""
"""What Zensical is told beside what MkDocs is: to keep Material's markup, and to add no extensions to Markdown.

Nor need it look at links, which takes two thirds of its time: every link of the finished site is checked anyway.
"""
COMMAND = (sys.executable, "-P", "-m", "zensical", "build", "--clean", "--config-file")
"""Without the folder it is started in on Python's path, where a file of the project could pass for a module."""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
WARNING = re.compile(r"^Warning: (.+)\n.*?\[ (\S+) \]$", re.MULTILINE)
TEMPLATE_ERROR = re.compile(r"(?:RuntimeError: )?(.+) \(in (\S+):(\d+)\)")
READING = re.compile(r'zensical.config\.py"')
"""The part of Zensical that reads a configuration, in the traceback that it prints."""
CONFIGURATION_ERROR = re.compile(r"^Error: (.+)", re.MULTILINE | re.DOTALL)


def zensical(workplace: "Workplace", _: Sequence[str]) -> list[str]:
    """Builds all the pages with Zensical, from nothing, and keeps nothing of what it would use the next time.

    Raises ContentError for its configuration and for the theme, WorldError when it is not installed or fails itself.
    """
    if find_spec("zensical") is None:
        raise WorldError("Zensical is not installed; `pip install 'this-week-in-ml[zensical]'` installs it")
    # It reads no documents from outside the folder of its configuration.
    folder = workplace.docs.parent
    replace(workplace, folder=folder).configure()
    configuration = folder / CONFIGURATION
    site = json.dumps(os.path.relpath(workplace.site, folder), ensure_ascii=False)
    configuration.write_text(f"{SETTINGS}site_dir: {site}\n", encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - a list of words, all of them ours
        [*COMMAND, str(configuration)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    said = COLOUR.sub("", done.stderr.decode("utf-8", errors="replace"))
    warnings = [f"{text} ({place})" for text, place in WARNING.findall(said)]
    if done.returncode:
        raise _failure(workplace, said, warnings)
    protect(workplace.site)
    return warnings


def _failure(workplace: "Workplace", said: str, warnings: list[str]) -> ContentError | WorldError:
    """What Zensical's last words come to."""
    last = said.strip().rpartition("\n")[2]
    if found := CONFIGURATION_ERROR.search(said):
        return ContentError([_refusal(workplace, " ".join(found[1].split()))])
    if READING.search(said) or "failed to extract field" in last:
        return ContentError([_refusal(workplace, last)])
    template = TEMPLATE_ERROR.fullmatch(last)
    if template and (workplace.theme / template[2]).is_file():
        what = template[1].removeprefix("syntax error: ")
        return ContentError([Problem(f"templates/theme/{template[2]}", int(template[3]), 1, what, "mend the template")])
    if warnings:
        return ContentError([_refusal(workplace, warning) for warning in warnings])
    return WorldError(f"Zensical stopped: {last}")


def _refusal(workplace: "Workplace", message: str) -> Problem:
    """What Zensical says of its configuration as a problem of the project's own file, at the key that it names."""
    lines = workplace.project.read_text(encoding="utf-8-sig").splitlines()
    key = re.search(r"'(\w+)'|field Project\.(\w+)", message)
    starts = (number for number, line in enumerate(lines, start=1) if key and line.startswith(f"{key[1] or key[2]}:"))
    return Problem("mkdocs.yml", next(starts, 1), 1, f"the engine says: {message}", "mend what it names")
