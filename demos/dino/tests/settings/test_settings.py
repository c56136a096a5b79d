"""Settings: flags over file over preset, where each value comes from, and what is said of what cannot be read."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dino.config import SETTINGS, Config
from dino.errors import CommandError
from dino.settings import Source, preset_source, resolve, to_toml, with_values
from dino.settings_file import file_source
from dino.validation import mistakes

Write = Callable[[str], Path]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SIZES = st.tuples(st.integers(16, 500), st.integers(16, 500))
SHARES = st.floats(0, 1, exclude_min=True)
VALID: dict[str, st.SearchStrategy[Any]] = {
    "channels": st.just(3), "mean": st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3),
    "std": st.tuples(st.floats(1e-9, 1e9)), "backbone": st.sampled_from(["vit_base", "vit:32x2x4", "timm:a.b"]),
    "init_from": TEXTS.filter(lambda text: "\0" not in text and "://" not in text), "knn_images": TEXTS,
    "global_size": SIZES, "local_size": SIZES, "local_scale": st.tuples(SHARES, SHARES).map(lambda p: tuple(sorted(p))),
    "lr": st.floats(1e-6, 1e300), "weight_decay": st.floats(0, 1e300),
    "center_momentum": st.floats(0, 1, exclude_max=True),
    "out_dim": st.integers(1, 10**30), "norm_last_layer": st.booleans(), "optimizer": st.sampled_from(["sgd", "lars"]),
    "epochs": st.integers(10, 10**6), "device": st.sampled_from(["cpu", "cuda:3"]), "wandb": st.booleans(),
}  # fmt: skip


def faults(*sources: Source) -> list[str]:
    """The sentences with which the sources are refused."""
    with pytest.raises(CommandError) as refusal:
        resolve(*sources)
    lines = str(refusal.value).splitlines()
    return [line.strip() for line in (lines if len(lines) == 1 else lines[1:])]


def test_flags_win_over_the_file_and_the_file_over_the_preset(write: Write) -> None:
    preset, file = preset_source("laptop"), file_source(write("epochs = 7\nlr = 0.1\nwarmup_teacher_temp_epochs = 1"))
    resolved = resolve(preset, file, Source("flag", {"lr": 0.2}))
    assert (resolved.config.crops.global_size, resolved.config.optim.epochs, resolved.config.optim.lr) == (
        (48, 48),
        7,
        0.2,
    )


def test_every_value_says_what_set_it(write: Write) -> None:
    path = write("[optim]\n\nepochs = 90\n")
    origins = resolve(preset_source("laptop"), file_source(path), Source("flag", {"lr": 0.2})).origins
    assert set(origins) == set(SETTINGS)
    assert {origins[name] for name in ("epochs", "lr", "out_dim", "seed")} == {
        f"{path}:3",
        "flag",
        "preset laptop",
        "default",
    }


@pytest.mark.parametrize(
    "text", ["[optim]\nlr = 0.1\n[keep]\nkeep = 3", "lr = 0.1\nkeep = 3", "optim.lr = 0.1\nkeep.keep = 3"]
)
def test_a_file_has_sections_or_none(write: Write, text: str) -> None:
    config = resolve(file_source(write(text))).config
    assert (config.optim.lr, config.keep.keep) == (0.1, 3)


@settings(deadline=None)
@given(st.fixed_dictionaries({}, optional=VALID))
@example({"knn_images": 'a\x7fb\n\t"c"\\ \U0001f996 # ]', "lr": 5e-324, "min_lr": 0.0})
def test_what_is_printed_reads_back_as_the_same_configuration(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, Any]
) -> None:
    config = with_values(Config(), values)
    assert mistakes(config) == []
    path = tmp_path_factory.getbasetemp() / "printed.toml"
    path.write_text(to_toml(config, dict.fromkeys(SETTINGS, "a file\nof 'no' name \udc80:3")), encoding="utf-8")
    assert resolve(file_source(path)).config == config


def test_all_mistakes_of_all_sources_are_named_at_once_with_their_places(write: Write) -> None:
    path = write("[head]\nout_dim = 0\n[optm]\nlr = 1\n[loss]\nepochs = 3\n[crops]\nlocal_cont = 2\n")
    found = faults(file_source(path), Source("flag", {"batch_size": "many", "teacher_temp": 0.0}))
    assert sorted(found) == sorted(
        [
            f"{path}:2: out_dim is 0; it must be 1 or more",
            f"{path}:3: optm is no section; did you mean optim?",
            f"{path}:6: epochs stands in [loss]; it belongs in [optim]",
            f"{path}:8: local_cont is no setting; did you mean local_count?",
            "flag: batch_size is 'many'; write a whole number",
            "teacher_temp is 0.0; it must be above 0",
        ]
    )


@settings(deadline=None)
@given(st.sets(st.sampled_from(sorted(SETTINGS)), min_size=1))
def test_every_value_of_a_wrong_type_is_named(names: set[str]) -> None:
    found = faults(Source("here", {name: {"a": "table"} for name in names}))
    assert {sentence.removeprefix("here: ").partition(" ")[0] for sentence in found} == names


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("epochs", 3.5, "epochs is 3.5; write a whole number"),
        ("epochs", True, "epochs is True; write a whole number"),
        ("lr", "fast", "lr is 'fast'; write a number"),
        ("lr", 10**400, "lr is too large; write a smaller number"),
        ("wandb", 1, "wandb is 1; write true or false"),
        ("global_size", "12by4", "global_size is '12by4'; write a height and a width in pixels, like 224 or 224x160"),
        ("global_scale", [0.4], "global_scale is [0.4]; write 2 numbers"),
        ("mean", [], "mean is []; write a number for each channel"),
        ("backbone", 3, "backbone is 3; write a text"),
        ("init_from", "\udc80", "init_from is '\\udc80', which is no UTF-8; rename it"),
        ("arch", "vit_small", "arch is no setting; did you mean backbone?"),
        ("local_crops_number", 3, "local_crops_number is no setting; did you mean local_count?"),
        ("batch-size", 3, "batch-size is no setting; did you mean batch_size?"),
    ],
)
def test_a_value_that_cannot_be_says_what_is_needed(name: str, value: Any, sentence: str) -> None:
    assert faults(Source("here", {name: value})) == [f"here: {sentence}"]


@pytest.mark.parametrize(
    ("value", "size"), [(64, (64, 64)), ("64", (64, 64)), ("64x32", (64, 32)), ([64, 32], (64, 32))]
)
def test_a_size_is_one_side_or_two(value: Any, size: tuple[int, int]) -> None:
    assert resolve(Source("here", {"global_size": value})).config.crops.global_size == size


def test_a_setting_in_a_section_and_outside_is_refused(write: Write) -> None:
    path = write("lr = 0.1\n[optim]\nlr = 0.2\n")
    assert faults(file_source(path)) == [f"{path}:3: lr is set twice; leave one"]


def test_a_file_that_is_no_toml_is_refused_with_line_and_column(write: Write) -> None:
    with pytest.raises(CommandError, match=r"mine\.toml is no TOML: .*line 2, column 6"):
        file_source(write("lr = 0.1\nlr = \n"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"lr\xff")
    with pytest.raises(CommandError, match=r"weights is no TOML: byte 3 is no UTF-8"):
        file_source(tmp_path / "weights")


@pytest.mark.parametrize(("name", "why"), [("none.toml", "no such file or directory"), ("", "is a directory")])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(CommandError, match=rf"cannot be read \({why}\)"):
        file_source(tmp_path / name)


def test_a_preset_that_does_not_exist_gets_a_suggestion() -> None:
    with pytest.raises(CommandError, match="there is no preset 'laptp'; did you mean laptop"):
        preset_source("laptp")


def test_a_number_that_is_none_in_toml_is_named(write: Write) -> None:
    path = write("lr = nan\nclip_grad = inf\n")
    assert [sentence.partition(";")[0] for sentence in faults(file_source(path))] == [
        f"{path}:1: lr is {math.nan}",
        f"{path}:2: clip_grad is {math.inf}",
    ]
