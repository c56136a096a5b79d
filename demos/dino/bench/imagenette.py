"""ViT-S/16 on Imagenette for 200 epochs, in pieces, on a machine that is lent for minutes and keeps its disk between.

    python bench/imagenette.py IMAGES --run DIR --out DIR [--minutes 9] [--epochs 200] [-- SETTINGS of dino train]
    python bench/imagenette.py --join OUT --out FILE

IMAGES is anything that `dino train` takes, Imagenette's training set with its class folders. Each call trains for some
minutes by the preset `imagenette`, stops in good order and is gone on with, exactly, by the same call. What it brings
home into --out is the log and the teacher, cut into parts of at most 16 MiB; --join puts them together again and
checks every byte.

Published with ViT-S/16 at 224 px: k-NN 83.8 for DINO. Images of 96 px, enlarged, are other images: compare a run on
them with one by `-- --computation plain --augmentation pil` or with the authors' code on the same files.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PART = 16 * 2**20
TEACHER, LOG, MANIFEST = "teacher.safetensors", "log.jsonl", "teacher.json"
ENDED_BY_US = (143, -signal.SIGTERM)


def main() -> int:
    """A piece of the run, or the teacher put together again."""
    options = _options()
    if options.join:
        return join(options.join, options.out)
    status = train(options)
    if status == 0:
        bring_home(options.run, options.out)
    return status


def train(options: argparse.Namespace) -> int:
    """Train for the time that is given; 0 when the run is complete or was saved when the time was over."""
    command = [sys.executable, "-m", "dino", "train", str(options.images), "--out", str(options.run)]
    command += ["--preset", "imagenette", "--epochs", str(options.epochs), *options.settings]
    beside = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    process = subprocess.Popen(command, env=beside)  # noqa: S603
    try:
        return process.wait(60 * options.minutes)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        status = process.wait()
        return 0 if status in ENDED_BY_US else status


def bring_home(run: Path, out: Path) -> None:
    """The log, and the teacher in parts with their hashes. A run that has just begun has neither yet."""
    out.mkdir(parents=True, exist_ok=True)
    if (run / LOG).is_file():
        shutil.copyfile(run / LOG, out / LOG)
    teacher = run / TEACHER
    if not teacher.is_file():
        return
    parts = {}
    with teacher.open("rb") as file:
        while part := file.read(PART):
            name = f"{TEACHER}.{len(parts):02d}"
            (out / name).write_bytes(part)
            parts[name] = hashlib.sha256(part).hexdigest()
    (out / MANIFEST).write_text(json.dumps(parts, indent=1) + "\n", "utf-8")


def join(parts: Path, out: Path) -> int:
    """The teacher in one file; 1 and a sentence where a part is missing or damaged."""
    try:
        manifest = json.loads((parts / MANIFEST).read_text("utf-8"))
        beside = out.with_name(out.name + ".part")
        with beside.open("wb") as file:
            for name, expected in manifest.items():
                part = (parts / name).read_bytes()
                if hashlib.sha256(part).hexdigest() != expected:
                    sys.stderr.write(f"imagenette.py: {parts / name} is damaged; bring it home again\n")
                    return 1
                file.write(part)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"imagenette.py: {parts} holds no teacher in parts ({error}); bring it home again\n")
        return 1
    beside.replace(out)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path, nargs="?", help="Imagenette's training set")
    parser.add_argument("--run", type=Path, help="the folder of the run, on the disk that stays")
    parser.add_argument("--out", type=Path, required=True, help="what is brought home; with --join, the file")
    parser.add_argument("--minutes", type=float, default=9, help="how long this piece trains (default 9)")
    parser.add_argument("--epochs", type=int, default=200, help="epochs of the whole run (default 200)")
    parser.add_argument("--join", type=Path, metavar="OUT", help="put the teacher in this folder together")
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    options = parser.parse_args(words[:cut])
    options.settings = words[cut + 1 :]
    if not options.join and not (options.images and options.run):
        parser.error("name the images and --run DIR, or a folder to --join")
    return options


if __name__ == "__main__":
    sys.exit(main())
