"""The model card beside an exported file (Mitchell et al. 2019): what it is, what it was trained on, what was measured.

It says only what the file itself carries, and says so where it carries nothing.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from dino.config import SETTINGS, Config
from dino.exchange import usage
from dino.exchange.weights import Fact, Weights, is_vit, name_of, shape_of

UNKNOWN = "not recorded"


def beside(path: Path) -> Path:
    """Where the card of a file lies: FILE.md."""
    return path.with_name(path.name + ".md")


def card(weights: Weights, *, file: Path, form: str, command: str, difference: float | None) -> str:
    """The card in Markdown; `difference` is the largest one measured between this file and the network."""
    facts = weights.facts
    lines = [f"# {file.name}", "", _what(weights), ""]
    lines += _table(
        "Training",
        [
            ("Data", _text(facts.get("data"))),
            ("Epochs done", _text(facts.get("epoch"))),
            ("Steps done", _text(facts.get("step"))),
            ("Pixels", f"mean {_text(facts.get('mean'))}, standard deviation {_text(facts.get('std'))}"),
        ],
    )
    lines += _settings(facts.get("settings"))
    lines += _table(
        "Measured",
        [
            ("k-NN, teacher", _knn(facts.get("knn"), facts.get("knn_k"))),
            (
                "Largest difference of this file from the network",
                "not measured" if difference is None else f"{difference:.2g}",
            ),
        ],
    )
    lines += ["## Use", "", "```python", usage.snippet(weights, form, file.name), "```", ""]
    lines += _table(
        "File",
        [
            ("Format", form),
            ("SHA-256", hashlib.sha256(file.read_bytes()).hexdigest()),
            ("Made from", Path(weights.source).name or UNKNOWN),
            ("Command", f"`{command}`"),
            ("Licence of the weights", _licence(facts.get("licence"))),
        ],
    )
    lines += [
        "## Limits",
        "",
        "Features learnt without labels repeat what is frequent in their images, its biases included. The numbers "
        "above hold for the data they were measured on; measure again on yours.",
        "",
    ]
    return "\n".join(lines)


def _what(weights: Weights) -> str:
    count = sum(tensor.numel() for tensor in weights.backbone.values())
    how = "trained with DINO (self-distillation with no labels, [arXiv 2104.14294](https://arxiv.org/abs/2104.14294))"
    if not is_vit(weights):
        return f"A backbone ({_text(weights.facts.get('backbone'))}) of {count:,} parameters, {how}."
    shape = shape_of(weights)
    height, width = shape.image_size
    registers = f", {shape.registers} registers" if shape.registers else ""
    stem = " made by convolutions" if shape.stem else ""
    return (
        f"A vision transformer ({name_of(weights)}: width {shape.size.dim}, {shape.size.depth} blocks, "
        f"{shape.size.heads} heads, patches of {shape.patch_size}{stem}{registers}) of {count:,} parameters, "
        f"{how}. It takes images of {height} × {width} pixels in {shape.channels} channels and gives "
        f"{shape.size.dim} features, the class token."
    )


def _table(heading: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    cells = [f"| {name} | {value.replace('|', chr(92) + '|')} |" for name, value in rows]
    return [f"## {heading}", "", "| | |", "|---|---|", *cells, ""]


def _settings(told: Fact) -> list[str]:
    """The settings as the sections of a TOML file, which `dino train --config` takes."""
    if not isinstance(told, Mapping):
        return []
    lines: list[str] = []
    for section in Config.__dataclass_fields__:
        own = [name for name, setting in SETTINGS.items() if setting.section == section and name in told]
        lines += [f"[{section}]", *(f"{name} = {_toml(told[name])}" for name in own), ""] if own else []
    return ["## Settings", "", "```toml", *lines[:-1], "```", ""]


def _toml(value: Fact) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _knn(value: Fact, k: Fact) -> str:
    if isinstance(value, dict):
        return ", ".join(f"top-1 {_text(top1)} % (k = {k})" for k, top1 in value.items())
    voters = "" if k is None else f" (k = {_text(k)})"
    return f"top-1 {value:.1f} %{voters}" if isinstance(value, int | float) else UNKNOWN


def _licence(value: Fact) -> str:
    return str(value) if value else f"{UNKNOWN}; the images' terms and the trainer's choice decide it"


def _text(value: Fact) -> str:
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return text.replace("\n", " ")
