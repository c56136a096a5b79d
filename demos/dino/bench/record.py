"""What `bench/gpu.py` found, in the form in which a demo's page reads `results/*.json`."""

import hashlib
import os
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

Found = dict[str, Any]

COMMAND = "python bench/gpu.py --out DIR --authors DIR"
LIBRARIES = ("numpy", "pillow", "rich", "safetensors", "timm", "torch", "torchvision")
AIM = 3.0
"""Times as fast as the authors' code, end to end."""


def results(found: Found, seconds: dict[str, float], demo: Path, accelerator: str | None) -> Found:
    """The whole file: what was measured, where, on which source, and whether every part of the bench went through."""
    return {
        "format": 1,
        "demo": demo.name,
        "version": _version(demo),
        "commit": found["commit"] if re.fullmatch(r"[0-9a-f]{40}(-dirty)?", found["commit"]) else None,
        "source": source_hash(demo),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": sum(seconds.values()),
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "hardware": _hardware(accelerator),
        "checks": [
            {"name": name, "passed": not has_failed(found[name]), "seconds": spent, "command": COMMAND}
            for name, spent in seconds.items()
        ],
        "metrics": list(_metrics(found)),
        "figures": [],
    }


def has_failed(part: Found) -> bool:
    """Whether something in it could not be done."""
    return "failed" in part or any(has_failed(inner) for inner in part.values() if isinstance(inner, dict))


def source_hash(demo: Path) -> str:
    """The hash over the demo's source as its page computes it: what `sha256sum --zero` prints of every file, sorted."""
    whole = hashlib.sha256()
    for path in sorted(_sources(demo, top=True), key=lambda path: os.fsencode(path.relative_to(demo).as_posix())):
        content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        name = os.fsencode(path.relative_to(demo).as_posix())
        whole.update(hashlib.sha256(content).hexdigest().encode() + b"  " + name + b"\0")
    return f"sha256:{whole.hexdigest()}"


def _sources(folder: Path, *, top: bool = False) -> Iterator[Path]:
    for path in folder.iterdir():
        written = path.name == "__pycache__" or path.suffix in (".pyc", ".egg-info")
        if path.name.startswith(".") or written or (top and path.name in ("results", "build", "dist")):
            continue
        if path.is_symlink() or path.is_file():
            yield path
        else:
            yield from _sources(path)


def _version(demo: Path) -> str:
    found = re.search(r'^version = "(.+)"$', (demo / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else "0"


def _hardware(accelerator: str | None) -> Found:
    facts = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*:\s*(.+)$", facts.read_text("utf-8"), re.MULTILINE) if facts.is_file() else None
    return {
        "machine": platform.machine(),
        "processor": named[1].strip() if named else platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "accelerator": accelerator,
    }


def _metrics(found: Found) -> Iterator[Found]:
    step, end = found.get("step", {}), found.get("end to end", {})
    theirs, beside = found.get("authors' step", {}).get("authors", {}), end.get("authors", {})
    for name, part in step.items():
        if "images/s" in part:
            yield _metric(f"a step by the path {name}", part["images/s"], "images/s", theirs.get("images/s"))
    ours = end.get("ours", {})
    if "images/s" in ours:
        yield _metric("end to end from JPEGs", ours["images/s"], "images/s", beside.get("images/s"))
    if "ratio" in end:
        claim = f"End to end it is at least {AIM:g} times as fast as the authors' code."
        held = {"claim": claim, "held": end["ratio"] >= AIM}
        yield {**_metric("end to end beside the authors' code", end["ratio"], "times"), **held}
    if "k-NN by step" in found.get("learning", {}):
        (_, first), *_, (_, last) = found["learning"]["k-NN by step"]
        before = [{"name": "before the first step", "value": first, "interval": None}]
        yield {**_metric("k-NN of a short run on drawn pictures", last, "%"), "controls": before}


def _metric(name: str, value: float, unit: str, theirs: float | None = None) -> Found:
    controls = [] if theirs is None else [{"name": "the authors' code", "value": theirs, "interval": None}]
    return {
        "name": name, "value": value, "interval": None, "unit": unit, "claim": None, "held": None, "paper": None,
        "command": COMMAND, "controls": controls,
    }  # fmt: skip
