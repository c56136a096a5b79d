"""The command line: what each command says to right and to wrong words, always in one sentence."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from dino import __version__
from dino.cli import COMMANDS, parser_of
from dino.commands.config import settle
from dino.config import SETTINGS, Config
from dino.settings import resolve
from dino.settings_file import file_source

Dino = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    for number in range(12):
        (folder / f"class{number % 2}").mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), (20 * number, 90, 10)).save(folder / f"class{number % 2}" / f"{number}.png")
    return folder


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_help_needs_no_torch_and_names_every_command(dino: Dino) -> None:
    status, out, _ = dino("--help")
    assert status == 0
    assert {*COMMANDS} <= {line[4:].split("  ")[0] for line in out.splitlines() if line.startswith("    ")}
    code = (
        "import sys; from dino.cli import main\ntry: main(['--help'])\nexcept SystemExit: print('torch' in sys.modules)"
    )
    assert python(code).endswith("False")


def test_the_defaults_are_printed_without_torch() -> None:
    assert python("import sys; from dino.cli import main; main(['config']); print('torch' in sys.modules)").endswith(
        "False"
    )


def test_dino_alone_prints_the_help(dino: Dino) -> None:
    assert dino() == dino("--help")


def test_the_version_is_the_packages(dino: Dino) -> None:
    assert dino("--version") == (0, f"dino {__version__}\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_of_its_own(command: str, dino: Dino) -> None:
    status, out, _ = dino(*command.split(), "--help")
    assert status == 0
    assert out.startswith(f"usage: dino {command} ")


def test_every_setting_is_a_flag_of_train_with_its_default(dino: Dino) -> None:
    out = dino("train", "--help")[1]
    assert all("--" + name.replace("_", "-") in out for name in SETTINGS)
    assert " ".join(out.split()).count("(default: ") >= len(SETTINGS)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("trian", "there is no command 'trian'; did you mean train?"),
        (
            "dance",
            "there is no command 'dance'; write one of train, submit, config, report, eval knn, eval video, "
            "eval attention, eval retrieval, export, import, reproduce, parity",
        ),
        ("--versoin", "dino has no flag --versoin; did you mean --version?"),
        ("train x --epcohs 3", "dino train has no flag --epcohs; did you mean --epochs?"),
        ("train x --batch_size 3", "dino train has no flag --batch_size; did you mean --batch-size?"),
        ("train x --epoch=3", "dino train has no flag --epoch; did you mean --epochs?"),
        ("train x --zzz", "dino train has no flag --zzz; dino train --help shows all"),
        ("train", "name the images: dino train photographs/ (a folder, or a tar or zip of images)"),
        ("train x --epochs", "argument --epochs: expected one argument; dino train --help shows how"),
        ("train x --preset laptp", "there is no preset 'laptp'; did you mean laptop?"),
        ("train x --epochs many", "flag: epochs is 'many'; write a whole number"),
        ("config --lr -1", "lr is -1.0; it must be 0 or more"),
        ("config x y", "dino config does not know what to do with 'y'; leave it out"),
        ("config --preset auto", "auto chooses by the images; write dino config IMAGES"),
        ("config --config none.toml", "none.toml cannot be read (no such file or directory)"),
        ("report", "name the run: dino report runs/photographs (the folder that dino train wrote)"),
        ("export x", "name the format: dino export runs/photographs --to onnx (dino export --help lists all)"),
        ("export", "name the run or a file of weights, as in: dino export runs/photographs --to onnx"),
        (
            "eval knn",
            "name the run or a file of weights, as in: "
            "dino eval knn runs/photographs photographs/train --test photographs/val",
        ),
        (
            "eval video x",
            "name the folder that DAVIS-2017 was unpacked to, as in: "
            "dino eval video runs/photographs DAVIS --out masks",
        ),
        (
            "eval attention x",
            "name the folder of PASCAL VOC 2012, or drawn pictures, as in: "
            "dino eval attention runs/photographs VOCdevkit/VOC2012 --untrained",
        ),
        ("parity", "name the folder of golden values: dino parity tests/parity (in the source of this package)"),
        ("config --lr inf", "lr is inf; it must be finite"),
        ("config --backbone timm:nope", "timm has no model 'nope'"),
        ("config --backbone torchvision:resnet5", "torchvision has no model 'resnet5'; did you mean resnet50?"),
        (
            "config --backbone torchvision:resnet18 --device cuda:99",
            "there is no device 'cuda:99' here; write one of auto, cpu, cuda, mps",
        ),
        (
            "export x --to onnx --heads 0",
            "argument --heads: '0' is no whole number from 1 on; dino export --help shows how",
        ),
        ("import", "name the file of weights: dino import dino_deitsmall16_pretrain.pth"),
    ],
)
def test_a_wrong_command_line_gets_one_sentence_and_status_2(words: str, sentence: str, dino: Dino) -> None:
    assert dino(*words.split()) == (2, "", f"dino: {sentence}\n")


@pytest.mark.parametrize("words", ["train", "config", "report", "export --to onnx", "import", "parity"])
def test_a_path_where_nothing_is_gets_one_sentence_and_status_1(words: str, tmp_path: Path, dino: Dino) -> None:
    status, out, err = dino(*words.split(), tmp_path / "nothing")
    assert (status, out) == (1, "")
    assert str(tmp_path / "nothing") in err
    assert err.count("\n") == 1


def test_a_folder_that_holds_something_else_is_told_from_one_that_is_not_there(tmp_path: Path, dino: Dino) -> None:
    nothing = tmp_path / "nothing"
    source = "name the folder tests/parity of this package's source"
    run = "name the folder that `dino train` wrote (its --out)"
    assert dino("parity", nothing)[2] == f"dino: {nothing} is no folder; {source}\n"
    assert dino("parity", tmp_path)[2] == f"dino: {tmp_path} has no meta.json; {source}\n"
    assert dino("report", nothing)[2] == f"dino: {nothing} is not there; {run}\n"
    assert dino("report", tmp_path)[2] == f"dino: {tmp_path} is no run: it has no log.jsonl; {run}\n"


def test_a_device_that_is_not_there_is_named_before_the_images_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dino: Dino
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    for words in (("config",), ("config", "--preset", "laptop"), ("train",)):
        status, _, err = dino(*words, tmp_path / "nothing", "--device", "cuda")
        assert (status, err) == (2, "dino: there is no device 'cuda' here; write one of auto, cpu, cuda, mps\n")


@pytest.mark.parametrize("command", ["config", "train"])
def test_rows_that_no_patch_sees_are_said(images: Path, dino: Dino, command: str) -> None:
    small = "--dry-run --workers 0 --out-dim 32 --head-hidden 16".split() if command == "train" else []
    words = ["--device", "cpu", "--backbone", "vit:16x2x2", "--patch-size", "8", "--global-size", "20", *small]
    status, _, err = dino(command, images, *words)
    assert status == 0
    assert "note: global_size is 20x20, of which patches of 8 leave the last 4 rows and 4 columns unseen" in err


def test_mistakes_are_named_before_the_images_are_looked_at(tmp_path: Path, dino: Dino) -> None:
    status, _, err = dino("train", tmp_path / "nothing", "--optimizer", "adm", "--channels", "9", "--epochs", "0")
    assert status == 2
    assert [line.split()[0] for line in err.splitlines()[1:]] == ["channels", "epochs", "optimizer"]


def test_what_config_prints_gives_the_same_configuration_again(tmp_path: Path, dino: Dino) -> None:
    words = ["--preset", "cifar", "--lr", "0.001", "--no-norm-last-layer", "--global-size", "64x32", "--wandb"]
    printed = dino("config", *words)[1]
    path = tmp_path / "printed.toml"
    path.write_text(printed)
    again = resolve(file_source(path)).config
    assert again != Config()
    (tmp_path / "again.toml").write_text(dino("config", "--config", path)[1])
    assert resolve(file_source(tmp_path / "again.toml")).config == again


def test_config_says_what_set_each_value(write: Callable[[str], Path], dino: Dino) -> None:
    path = write("[loss]\nsinkhorn = 3\n")
    lines = dino("config", "--preset", "laptop", "--config", path, "--seed", "7")[1].splitlines()
    origins = {line.split(" = ")[0]: line.partition("# ")[2] for line in lines if " = " in line}
    assert list(origins) == list(SETTINGS)
    assert [origins[name] for name in ("sinkhorn", "seed", "cache", "koleo")] == [
        f"{path}:2",
        "flag",
        "preset laptop",
        "default",
    ]


def test_config_with_images_prints_what_auto_chooses_and_says_why(images: Path, dino: Dino) -> None:
    status, out, err = dino("config", images, "--device", "cpu", "--epochs", "6")
    assert status == 0
    assert "# auto" in out
    assert all(line.startswith("auto: ") for line in err.splitlines())
    assert "6 epochs" in err


def test_a_run_that_was_begun_keeps_what_auto_chose(images: Path, tmp_path: Path, dino: Dino) -> None:
    (tmp_path / "config.toml").write_text(dino("config", images, "--device", "cpu", "--epochs", "17")[1])
    arguments = parser_of("train").parse_args([str(images), "--preset", "auto"])
    settings = settle(arguments, tmp_path)[1]
    assert settings.config.optim.epochs == 17
    assert settings.origins["epochs"].startswith(f"{tmp_path / 'config.toml'}:")


@pytest.mark.parametrize("cache", [0, 24])
def test_a_dry_run_leaves_nothing_behind(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dino: Dino, cache: int
) -> None:
    monkeypatch.chdir(tmp_path)
    small = "--backbone vit:16x2x2 --out-dim 32 --head-hidden 16 --head-bottleneck 8 --workers 0 --device cpu --cache"
    status, out, err = dino("train", images, "--dry-run", *small.split(), cache)
    assert (status, out) == (0, "")
    assert [line.partition(":")[0] for line in err.splitlines() if "GiB" in line][-2:] == ["memory", "disk"]
    assert list(tmp_path.iterdir()) == []


def test_output_that_nobody_reads_to_its_end_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "dino", "config"], stdout=closed, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")
