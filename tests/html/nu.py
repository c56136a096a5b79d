"""The Nu checker: what it has to say about files of HTML, CSS and SVG."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

MISSING = "There is no Nu checker: `make html` fetches it and runs these tests, or name it with VNU=PATH of vnu.jar."
NO_JAVA = "There is no java, which runs the Nu checker: install it (Debian: apt install default-jre-headless)."


@dataclass(frozen=True)
class Message:
    """Something that the checker has to say: "error" or "warning", about a file and one of its lines."""

    level: str
    file: str
    line: int
    text: str
    extract: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.level}: {self.text} {self.extract!r}"


def find_checker(variables: Mapping[str, str]) -> Path | str:
    """The checker that the variable VNU names, or the sentence that says what is missing."""
    jar = Path(variables.get("VNU") or "vnu.jar")
    if not jar.is_file():
        return MISSING
    return jar if shutil.which("java", path=variables.get("PATH", os.defpath)) else NO_JAVA


def check(jar: Path, files: Iterable[Path], root: Path) -> list[Message]:
    """Every error and warning about `files`, which are named from `root`."""
    kinds = ("--also-check-css", "--also-check-svg")
    command = ["java", "-Xss2m", "-jar", jar, "--exit-zero-always", "--stdout", "--format", "json", *kinds, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [_message(found, root) for found in json.loads(done.stdout)["messages"]]


def _message(found: Mapping[str, str | int], root: Path) -> Message:
    return Message(
        level=str(found.get("subType", found["type"])),
        file=str(found.get("url", "")).removeprefix(f"file:{root}/"),
        line=int(found.get("lastLine", 0)),
        text=str(found["message"]),
        extract=str(found.get("extract", "")),
    )
