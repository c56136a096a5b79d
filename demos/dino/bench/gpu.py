"""All that a GPU has to show, from one command that needs no network and about ten minutes.

    python bench/gpu.py --out DIR [--authors DIR] [--images DIR] [--minutes 9]

ViT-S/16 with 65,536 prototypes on 2 × 224 + 8 × 96 px: whether both paths agree in float32; the step on the device by
both, and with compiled blocks; the authors' step, if a checkout of facebookresearch/dino is given; both end to end from
JPEGs of 500 × 375, which the bench draws itself unless --images names a folder of class folders; a short run of
`dino train` on the drawn world; a profile. Each part is written to DIR/gpu.json and DIR/gpu.md as soon as it is done,
and is left out when the time is over; DIR/results.json is the same for the demo's page, as results/NAME.json.

It needs what training needs: torch, torchvision, timm, and this package beside it or installed.
`--toy` runs the same on a processor with a tiny network, to see that it works.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])

import torch  # noqa: E402
from gpu_parts import PARTS, Bench, Numbers, failure  # noqa: E402
from machine import Machine  # noqa: E402
from record import has_failed, results  # noqa: E402
from works import WORKS  # noqa: E402

RECIPE = str(HERE.parent / "recipes" / "drawn.toml")
LEARNING = "--epochs 12 --knn-every 4 --cache 0 --workers 14 --threads 0"
TOY = (
    "drawn:/tune --backbone vit:24x1x3 --patch-size 8 --global-size 16x16 --local-count 0 --out-dim 16 "
    "--head-hidden 16 --epochs 1 --batch-size 256 --warmup-epochs 0 --workers 1 --knn-limit 64 --snapshot-every 0"
)


def main() -> int:
    """Runs the parts while there is time, and writes what they found."""
    options = _options()
    machine = Machine.processor() if options.toy else Machine.gpu()
    if not machine:
        sys.stderr.write("gpu.py: PyTorch has no GPU here; add --toy to see it run on the processor\n")
        return 2
    if options.authors and not (options.authors / "main_dino.py").is_file():
        sys.stderr.write(f"gpu.py: {options.authors} has no main_dino.py; name a checkout of facebookresearch/dino\n")
        return 2
    warnings.simplefilter("ignore")
    toy = options.toy
    bench = Bench(
        machine,
        WORKS["toy" if toy else "vit_small"],
        (4, 8) if toy else (64, 128, 256),
        options.authors,
        options.images,
        8 if toy else 2048,
        tuple(TOY.split()) if toy else ("drawn:", "--config", RECIPE, *LEARNING.split()),
        lambda text: print(text, flush=True),  # noqa: T201
    )
    options.out.mkdir(parents=True, exist_ok=True)
    start, found = time.perf_counter(), _facts(machine, options.commit)
    seconds: dict[str, float] = {}
    for name, part in PARTS.items():
        began = time.perf_counter()
        if began - start > 60 * options.minutes:
            found[name] = {"left out": "no time was left"}
        else:
            machine.forget_peak()
            found[name] = _tried(part, bench)
            seconds[name] = time.perf_counter() - began
        _write(options.out, found, seconds, machine)
    return int(has_failed(found))


def _tried(part: Callable[[Bench], Numbers], bench: Bench) -> Numbers:
    """What the part found. What it cannot do must not cost the others."""
    try:
        return part(bench)
    except Exception as error:  # noqa: BLE001
        return failure(error)


def _facts(machine: Machine, commit: str) -> dict[str, Any]:
    return {
        "device": machine.name,
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit or _commit(),
    }


def _commit() -> str:
    command = ["git", "-C", str(HERE), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    except OSError:
        return ""


def _write(out: Path, found: dict[str, Any], seconds: dict[str, float], machine: Machine) -> None:
    """The files, each whole or not at all; that for the demo's page once there is something to show."""
    accelerator = machine.name if machine.is_gpu else None
    shown = results(found, seconds, HERE.parent, accelerator)
    texts = {"gpu.json": _json(found), "gpu.md": _page(found)}
    texts |= {"results.json": _json(shown)} if shown["metrics"] else {}
    for name, text in texts.items():
        beside = out / f"{name}.part"
        beside.write_text(text, "utf-8")
        beside.replace(out / name)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1) + "\n"


def _page(found: dict[str, Any]) -> str:
    """A table for each part, of whatever it found."""
    facts = [f"{name} {value}" for name, value in found.items() if not isinstance(value, dict)]
    lines = [f"# {found['device']}", "", ", ".join(facts), ""]
    for name, part in found.items():
        if isinstance(part, dict):
            rows = [f"| {key} | {_cell(value)} |" for key, value in part.items()]
            lines += [f"## {name}", "", "| | |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(inner)}" for name, inner in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the folder for gpu.json and gpu.md")
    parser.add_argument("--authors", type=Path, help="a checkout of the authors' code")
    parser.add_argument("--images", type=Path, help="a folder of class folders of JPEGs")
    parser.add_argument("--minutes", type=float, default=9, help="no part begins after so many minutes (default 9)")
    parser.add_argument("--commit", default="", help="what is measured, where it is no checkout")
    parser.add_argument("--toy", action="store_true", help="everything at toy size, on the processor")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
