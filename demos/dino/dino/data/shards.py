"""Webdataset shards: tars in which `KEY.jpg`, `KEY.cls` and `KEY.json` make one sample.

A path is one such tar, a folder of them, or a range such as `train-{000..010}.tar`. A sample's key is its name up to
the first dot of the last part, as in the webdataset convention. Its label is the number or word in `.cls`, or the
field "label", "class" or "cls" of `.json`; classes are ordered as numbers where all are numbers, else by their bytes.
"""

import json
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from dino.data.archives import Member, kind_of, read_at, tar_members, tars
from dino.data.classes import FLAT, SUFFIXES, is_image_name
from dino.data.encoded import EncodedImages, Texts, as_bytes, fingerprint
from dino.data.faults import UnreadableError, printable
from dino.errors import ContentError

RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
MOST_SHARDS = 100_000
FIELDS = ("label", "class", "cls")


@dataclass(frozen=True)
class Sample:
    """One image of a shard, and its label's text where it has one."""

    shard: int
    image: Member
    label: str | None


def is_range(path: Path) -> bool:
    """Whether a path stands for several: `train-{000..010}.tar`."""
    return RANGE.search(str(path)) is not None


def expanded(path: Path) -> list[Path]:
    """The paths of a range, each of which must exist. ContentError naming the first that does not."""
    text = str(path)
    parts = RANGE.split(text)
    ranges = [_numbers(first, last, text) for first, last in zip(parts[1::3], parts[2::3], strict=True)]
    total = 1
    for numbers in ranges:
        total *= len(numbers)
    if total > MOST_SHARDS:
        raise ContentError(
            f"{printable(text)} stands for {total:,} shards, more than {MOST_SHARDS:,}; shorten the range"
        )
    paths = []
    for choice in product(*ranges):
        ends: list[str] = [*choice, ""]
        paths.append(Path("".join(part + end for part, end in zip(parts[0::3], ends, strict=True))))
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise ContentError(
            f"{printable(text)} stands for {len(paths):,} shards, of which {len(missing):,} do not exist, "
            f"the first {printable(str(missing[0]))}"
        )
    return paths


def are_samples(members: Sequence[Member]) -> bool:
    """Whether a tar's members are samples of a shard rather than a tree of files: a `.cls` or `.json` lies beside."""
    kinds = [key_of(member.name) for member in members]
    images = {key for (key, _), member in zip(kinds, members, strict=True) if is_image_name(_last(member.name))}
    return any(suffix in ("cls", "json") and key in images for key, suffix in kinds)


def open_shards(place: str, paths: Sequence[Path], channels: int, first: list[Member] | None = None) -> EncodedImages:
    """The images of these shards, in the order of shards and then of the tar. `first`: members already read."""
    samples: list[Sample] = []
    for shard, path in enumerate(paths):
        kind = kind_of(path)
        if kind != "tar":
            raise ContentError(f"{printable(str(path))} is no plain tar; {_mend(kind)}")
        members = first if first is not None and not shard else tar_members(path)
        samples.extend(_samples(shard, path, members))
    if not samples:
        raise ContentError(
            f"{printable(place)} holds no images: looked for {' '.join(SUFFIXES)} in {len(paths):,} tars"
        )
    chosen = [sample.image for sample in samples]
    several = len(paths) > 1
    names = Texts(f"{paths[s.shard].name}/{s.image.name}" if several else s.image.name for s in samples)
    classes, labels = _labelled(samples, paths)
    mark = fingerprint("shards", ((name, member.size, member.mark) for name, member in zip(names, chosen, strict=True)))
    store = tars(paths, names, chosen, [sample.shard for sample in samples])
    return EncodedImages(place, names, labels, classes, mark, channels, store)


def key_of(name: str) -> tuple[str, str]:
    """A member's (key, suffix): `a/b.seg.png` is the `seg.png` of `a/b`."""
    last = _last(name)
    key, _, suffix = last.partition(".")
    return name[: len(name) - len(last)] + key, suffix.lower()


def _samples(shard: int, path: Path, members: Sequence[Member]) -> Iterator[Sample]:
    groups: dict[str, dict[str, Member]] = {}
    for member in members:
        key, suffix = key_of(member.name)
        groups.setdefault(key, {})[suffix] = member
    for group in groups.values():
        images = [member for suffix, member in group.items() if f".{suffix}" in SUFFIXES]
        if images and is_image_name(_last(images[0].name)):
            yield Sample(shard, images[0], _label(path, group))


def _label(path: Path, group: dict[str, Member]) -> str | None:
    for suffix in ("cls", "json"):
        if suffix not in group:
            continue
        member = group[suffix]
        try:
            text = read_at(path, member.offset, member.size, member.name).decode("utf-8")
            label = text.strip() if suffix == "cls" else _field(json.loads(text))
        except (UnreadableError, ValueError, RecursionError) as problem:
            raise ContentError(
                f"{printable(str(path))}: the label {printable(member.name)} cannot be read ({problem}); mend it"
            ) from None
        if label is not None:
            return label
    return None


def _field(facts: object) -> str | None:
    if not isinstance(facts, dict):
        return None
    return next((str(facts[name]) for name in FIELDS if isinstance(facts.get(name), int | str)), None)


def _labelled(samples: Sequence[Sample], paths: Sequence[Path]) -> tuple[tuple[str, ...], Sequence[int]]:
    without = [sample for sample in samples if sample.label is None]
    if len(without) == len(samples):
        return FLAT, array("q", bytes(8 * len(samples)))
    if without:
        where = f"{printable(str(paths[without[0].shard]))}: {printable(without[0].image.name)}"
        raise ContentError(f"{where} has no label beside it (.cls or .json), where other samples have one")
    found = {sample.label for sample in samples if sample.label is not None}
    classes = (
        sorted(found, key=int)
        if all(re.fullmatch(r"\d{1,18}", text) for text in found)
        else sorted(found, key=as_bytes)
    )
    order = {text: label for label, text in enumerate(classes)}
    return tuple(classes), array("q", [order[sample.label] for sample in samples if sample.label is not None])


def _numbers(first: str, last: str, text: str) -> list[str]:
    if int(last) < int(first):
        raise ContentError(f"{printable(text)} counts downwards; write {{{last}..{first}}}")
    if int(last) - int(first) >= MOST_SHARDS:
        raise ContentError(f"{printable(text)} stands for more than {MOST_SHARDS:,} shards; shorten the range")
    width = len(first) if first.startswith("0") else 0
    return [str(number).zfill(width) for number in range(int(first), int(last) + 1)]


def _mend(program: str) -> str:
    return f"unpack it first: {program}" if program not in ("", "zip") else "shards are uncompressed tars"


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]
