"""`dino parity` on folders of other sizes, computed by the plain implementation."""

import json
from pathlib import Path
from shutil import copytree

import numpy
import pytest
from golden import Sizes, write
from plain import Shape

from dino.cli import main
from dino.errors import ContentError
from dino.parity import PARTS, compare

FOLDERS = {
    "deeper, oblong, odd crops": Sizes(
        Shape((28, 28), patch=7, dim=16, depth=3, heads=2, hidden=20, bottleneck=8, out_dim=24),
        other=(30, 45), local=17,
    ),
    "no multiple of a patch, as many patches in an oblong": Sizes(
        Shape((18, 18), patch=4, dim=12, depth=2, heads=4, hidden=9, bottleneck=5, out_dim=31),
        other=(16, 19), local=9, crops=2, batch=4, iters=3,
    ),
    "one large patch becomes many": Sizes(
        Shape((16, 16), patch=8, dim=10, depth=2, heads=1, hidden=16, bottleneck=8, out_dim=8),
        other=(80, 24), local=8, crops=6, batch=2, iters=1,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("golden") / "deeper", FOLDERS["deeper, oblong, odd crops"])


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_of_other_sizes_holds(tmp_path: Path, name: str) -> None:
    differences = compare(write(tmp_path / "golden", FOLDERS[name]))
    assert {difference.file for difference in differences} == set(PARTS)
    assert [difference for difference in differences if not difference.held] == []


@pytest.mark.parametrize("file", sorted(PARTS))
def test_a_value_that_is_wrong_in_any_file_is_broken(folder: Path, tmp_path: Path, file: str) -> None:
    copytree(folder, tmp_path / "golden")
    wrong = tmp_path / "golden" / file
    if file == "meta.json":
        facts = json.loads(wrong.read_text())
        facts["not_decayed"].append(facts["decayed"].pop())
        wrong.write_text(json.dumps(facts))
    elif file == "retrieval.json":
        found = json.loads(wrong.read_text())
        wrong.write_text(json.dumps({**found, "mAP": found["mAP"] + 1e-3}))
    else:
        arrays = dict(numpy.load(wrong))
        key = {
            "backbone.npz": "cls_other_size", "head.npz": "y", "loss.npz": "loss/3", "schedules.npz": "wd",
            "knn.npz": "top1_top5/3", "label_propagation.npz": "propagated",
        }.get(file, "center/4")  # fmt: skip
        arrays[key] = arrays[key] + 1e-3
        numpy.savez(wrong, **arrays)
    assert {difference.file for difference in compare(tmp_path / "golden") if not difference.held} == {file}


def test_a_run_that_was_not_clipped_is_told_from_one_that_was(folder: Path, tmp_path: Path) -> None:
    copytree(folder, tmp_path / "golden")
    facts = json.loads((folder / "meta.json").read_text())
    (tmp_path / "golden/meta.json").write_text(json.dumps({**facts, "clip": 2 * facts["clip"]}))
    broken = {difference.file for difference in compare(tmp_path / "golden") if not difference.held}
    assert {"train_adamw.npz", "train_sgd.npz"} >= broken >= {"train_sgd.npz"}


def test_what_a_file_lacks_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    copytree(folder, tmp_path / "golden")
    arrays = dict(numpy.load(folder / "loss.npz"))
    del arrays["center_after/5"]
    numpy.savez(tmp_path / "golden/loss.npz", **arrays)
    with pytest.raises(
        ContentError, match=r"loss\.npz or meta\.json lacks 'center_after/5'; name a folder in the layout"
    ):
        compare(tmp_path / "golden")


def test_arrays_of_other_sizes_than_the_folder_says_are_one_sentence(folder: Path, tmp_path: Path) -> None:
    copytree(folder, tmp_path / "golden")
    facts = json.loads((folder / "meta.json").read_text())
    (tmp_path / "golden/meta.json").write_text(json.dumps({**facts, "hidden": 21}))
    with pytest.raises(ContentError, match=r"head\.npz does not have the sizes of meta\.json \(.*size mismatch"):
        compare(tmp_path / "golden")


@pytest.mark.parametrize("length", [0, 40, 2000])
def test_a_file_cut_short_is_one_sentence(
    folder: Path, tmp_path: Path, length: int, capsys: pytest.CaptureFixture[str]
) -> None:
    copytree(folder, tmp_path / "golden")
    (tmp_path / "golden/head.npz").write_bytes((folder / "head.npz").read_bytes()[:length])
    assert main(["parity", str(tmp_path / "golden")]) == 1
    said = capsys.readouterr().err
    assert "head.npz cannot be read (" in said
    assert len(said.strip().splitlines()) == 1
