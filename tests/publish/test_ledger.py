"""The ledger: what a build left is read back as it was written, or not at all."""

from pathlib import Path

import pytest

from digest.publish.ledger import Ledger, Made, read_ledger, seal, sealed, write_ledger
from digest.publish.shelf import Stamp

LEDGER = Ledger(
    inputs="all",
    engine="html",
    batches={"papers/dino/": Made("shown", ("papers/dino.md", "papers/dino/cite.bib"))},
    docs={"papers/dino.md": Stamp(1, 2, 3)},
    html={"papers/dino/index.html": Stamp(4, 5, 6)},
    warnings=("a warning",),
)


def test_a_ledger_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_ledger(tmp_path / "ledger", LEDGER)
    assert read_ledger(tmp_path / "ledger") == LEDGER
    assert [file.name for file in tmp_path.iterdir()] == ["ledger"]


def test_no_ledger_is_an_empty_one(tmp_path: Path) -> None:
    assert read_ledger(tmp_path / "ledger") == Ledger()


@pytest.mark.parametrize("place", [0, 10, 63, 64, 65, 80, -1])
def test_a_ledger_with_a_damaged_byte_is_an_empty_one(tmp_path: Path, place: int) -> None:
    file = tmp_path / "ledger"
    write_ledger(file, LEDGER)
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(bytes(data))
    assert read_ledger(file) == Ledger()


@pytest.mark.parametrize("length", [0, 1, 64, 65, 100])
def test_a_ledger_that_was_cut_off_is_an_empty_one(tmp_path: Path, length: int) -> None:
    file = tmp_path / "ledger"
    write_ledger(file, LEDGER)
    file.write_bytes(file.read_bytes()[:length])
    assert read_ledger(file) == Ledger()


def test_a_sealed_ledger_of_another_form_is_an_empty_one(tmp_path: Path) -> None:
    seal(tmp_path / "ledger", b'{"inputs": 1}')
    assert read_ledger(tmp_path / "ledger") == Ledger()


def test_sealed_data_comes_back_whole_with_its_line_ends(tmp_path: Path) -> None:
    seal(tmp_path / "file", b"one\ntwo\n")
    assert sealed(tmp_path / "file") == b"one\ntwo\n"
    assert sealed(tmp_path / "none") == b""
    assert sealed(tmp_path) == b""
