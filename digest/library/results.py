"""What a run of a demo measured: the form of `demos/NAME/results/*.json`.

`laptop.json` is written by `digest demo test` alone; another machine's file (`h100.json`) is written by the demo's own
bench in the same form. A number that is not finite, a claim without its outcome and an unknown field are refused.
"""

import json
import re
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal, NoReturn, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)

from digest.library.problems import Problem
from digest.library.validating import validate_plain

FORMAT: Final = 1
Item = TypeVar("Item")
PICTURES = (".avif", ".jpeg", ".jpg", ".png", ".svg", ".webp")


def _sentence(text: str) -> str:
    if not text.strip():
        raise ValueError("the text is empty; write it out, or leave the field out where it may be missing")
    return text


def _moment(text: Any) -> datetime:
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{text!r} is no date and time; write it like 2021-05-14T09:30:00+00:00") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; write it like 2021-05-14T09:30:00+00:00")
    return moment


def _some(items: tuple[Item, ...]) -> tuple[Item, ...]:
    if not items:
        raise ValueError("the list is empty; a run measures at least one thing, and checks at least one")
    return items


def _interval(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] > interval[1]:
        raise ValueError(f"the interval runs from {interval[0]} down to {interval[1]}; write the smaller number first")
    return interval


def _inside(file: str) -> str:
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or "\\" in file or "\0" in file or not path.parts or str(path) != file:
        raise ValueError(f"{file!r} does not stay inside the folder; name a file below it, like figures/curve.svg")
    if path.suffix not in PICTURES:
        raise ValueError(f"{file!r} is no picture that a page can show; write one of {', '.join(PICTURES)}")
    return file


def _license(expression: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*", expression):
        raise ValueError(f"{expression!r} is no SPDX licence; write one like Apache-2.0 or CC-BY-4.0")
    return expression


Sentence = Annotated[str, AfterValidator(_sentence)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Count = Annotated[StrictInt, Field(ge=1)]
Seconds = Annotated[Number, Field(ge=0)]
Interval = Annotated[tuple[Number, Number], AfterValidator(_interval)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
PictureFile = Annotated[str, AfterValidator(_inside)]
License = Annotated[str, AfterValidator(_license)]


class Form(BaseModel):
    """A part of a results file: frozen, and without a field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paper(Form):
    """The paper's own value of a metric, and where in the paper it stands ("Table 2")."""

    value: Number
    where: Sentence


class Control(Form):
    """The same measure of something that should not do well, such as the untrained network."""

    name: Sentence
    value: Number
    interval: Interval | None = None


class Metric(Form):
    """A number that the run measured with `command`. `claim` is a sentence about it, `held` whether it was true."""

    name: Sentence
    value: Number
    interval: Interval | None = None
    unit: str = ""
    claim: Sentence | None = None
    held: StrictBool | None = None
    paper: Paper | None = None
    command: Sentence
    controls: tuple[Control, ...] = ()

    @model_validator(mode="after")
    def _a_claim_has_its_outcome(self) -> "Metric":
        if self.claim is not None and self.held is None:
            raise ValueError("the claim has no outcome; say with `held` whether it was true")
        if self.claim is None and self.held is not None:
            raise ValueError("`held` is set without a claim; write the claim, or leave `held` out")
        return self


class Check(Form):
    """A command that had to succeed, whether it did, and how many seconds it took."""

    name: Sentence
    passed: StrictBool
    seconds: Seconds
    command: Sentence


class Figure(Form):
    """A picture that the run drew. `file` is relative to the folder `results/`."""

    file: PictureFile
    caption: Sentence
    alt: Sentence
    license: License


class Hardware(Form):
    """The machine of a run: architecture, processor, usable cores, memory in bytes, the accelerator if one was used."""

    machine: Sentence
    processor: Sentence
    cores: Count
    memory: Count
    accelerator: Sentence | None = None

    @property
    def summary(self) -> str:
        """The machine in a few words: "2 cores of AMD EPYC 7763, 8 GB, NVIDIA H100"."""
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        words = [f"{cores} of {self.processor}", f"{self.memory / 1e9:.0f} GB"]
        return ", ".join([*words, self.accelerator] if self.accelerator else words)


class Measured(Form):
    """What a results command writes as `metrics.json` into its `{out}` folder; figures are relative to that folder."""

    metrics: Annotated[tuple[Metric, ...], AfterValidator(_some)]
    figures: tuple[Figure, ...] = ()
    accelerator: Sentence | None = None

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Measured":
        _unique("metric", [metric.name for metric in self.metrics])
        _unique("figure", [PurePosixPath(figure.file).name for figure in self.figures])
        return self


class Results(Form):
    """One results file. `name` is the file's, without its suffix ("laptop"), and is not written in it."""

    name: Annotated[str, Field(exclude=True)]
    format: Literal[1] = FORMAT
    demo: Sentence
    version: Sentence
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?(-dirty)?$")] | None
    source: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    date: Moment
    seconds: Seconds
    python: Sentence
    libraries: dict[str, str]
    hardware: Hardware
    checks: Annotated[tuple[Check, ...], AfterValidator(_some)]
    metrics: Annotated[tuple[Metric, ...], AfterValidator(_some)]
    figures: tuple[Figure, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Results":
        _unique("check", [check.name for check in self.checks])
        _unique("metric", [metric.name for metric in self.metrics])
        _unique("figure", [figure.file for figure in self.figures])
        return self

    @property
    def passed(self) -> bool:
        """Whether every check passed. A claim that did not hold is a result, not a failure."""
        return all(check.passed for check in self.checks)

    def text(self) -> str:
        """The file as it is written: JSON with an indent of two, ending in a newline."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def parse_results(text: str, path: str) -> tuple[Results | None, list[Problem]]:
    """The results in `text`, of the file `path`, and what is wrong in them, each by its field ("metrics.0.value")."""
    data, problems = parse_json(text, path)
    if problems:
        return None, problems
    if not isinstance(data, dict):
        return None, [Problem(path, 1, 1, "expected one object", "let `digest demo test` write the file")]
    if "name" in data:
        return None, [Problem(path, 1, 1, "unknown field 'name'", "remove it: the file's own name is the run's")]
    return validate_plain(Results, data | {"name": PurePosixPath(path).stem}, path)


def parse_json(text: str, path: str) -> tuple[Any, list[Problem]]:
    """The JSON (RFC 8259) in `text`, of the file `path`; a repeated key and a number that is not finite are wrong."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unrepeated), []
    except json.JSONDecodeError as error:
        return None, [
            Problem(path, error.lineno, error.colno, f"broken JSON: {error.msg}", "have its writer write it again")
        ]
    except RecursionError:
        return None, [Problem(path, 1, 1, "the JSON is nested too deeply", "have its writer write it again")]
    except ValueError as error:
        return None, [Problem(path, 1, 1, str(error), "have its writer write it again")]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that JSON has")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _unique("key", [key for key, _ in pairs])
    return dict(pairs)


def _unique(what: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"the {what} {name!r} is there twice; keep one of the two")
