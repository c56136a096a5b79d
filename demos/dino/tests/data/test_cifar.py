"""CIFAR's own files, and pickles that want more than CIFAR's files hold."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

from dino.data.images import open_images
from dino.errors import ContentError

PIXELS = numpy.random.default_rng(0).integers(0, 256, (10, 3072), numpy.uint8)


def python10(root: Path, protocol: int = 2) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for number in range(1, 6):
        rows = slice(2 * number - 2, 2 * number)
        facts = {b"batch_label": b"a", b"labels": [number - 1, 0], b"data": PIXELS[rows], b"filenames": [b"a", b"b"]}
        (root / f"data_batch_{number}").write_bytes(pickle.dumps(facts, protocol))
    test = {b"labels": [1, 2, 3], b"data": PIXELS[:3]}
    (root / "test_batch").write_bytes(pickle.dumps(test, protocol))
    names = [b"plane", b"car", b"bird", b"cat", b"deer"]
    (root / "batches.meta").write_bytes(pickle.dumps({b"label_names": names, b"num_vis": 3072}, protocol))
    return root


def binary10(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for number in range(1, 6):
        rows = [bytes([label]) + PIXELS[2 * number - 2 + n].tobytes() for n, label in enumerate((number - 1, 0))]
        (root / f"data_batch_{number}.bin").write_bytes(b"".join(rows))
    rows = [bytes([label]) + PIXELS[label - 1].tobytes() for label in (1, 2, 3)]
    (root / "test_batch.bin").write_bytes(b"".join(rows))
    (root / "batches.meta.txt").write_text("plane\ncar\nbird\ncat\ndeer\n\n")
    return root


def picture(row: int) -> numpy.ndarray:
    return PIXELS[row].reshape(3, 32, 32).transpose(1, 2, 0)


def sentence(path: Path) -> str:
    with pytest.raises(ContentError) as caught:
        open_images(path)
    return str(caught.value)


@pytest.mark.parametrize("make", [python10, binary10])
def test_a_folder_means_its_training_images(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    images = open_images(make(tmp_path / "c"))
    assert len(images) == 10
    assert list(images.labels) == [0, 0, 1, 0, 2, 0, 3, 0, 4, 0]
    assert images.classes == ("plane", "car", "bird", "cat", "deer")
    assert all((numpy.asarray(images.load(index)) == picture(index)).all() for index in range(10))
    assert images.read(3) == picture(3).tobytes()
    assert images.place == str(tmp_path / "c")


def test_both_versions_are_the_same_set(tmp_path: Path) -> None:
    images = [open_images(python10(tmp_path / "p")), open_images(binary10(tmp_path / "b"))]
    assert images[0].fingerprint == images[1].fingerprint
    assert [images[0].names[3], images[1].names[3]] == ["data_batch_2/00001", "data_batch_2.bin/00001"]


@pytest.mark.parametrize(("make", "file"), [(python10, "test_batch"), (binary10, "test_batch.bin")])
def test_a_file_means_itself(tmp_path: Path, make: Callable[[Path], Path], file: str) -> None:
    images = open_images(make(tmp_path) / file)
    assert (len(images), list(images.labels), images.place) == (3, [1, 2, 3], str(tmp_path / file))
    assert (numpy.asarray(images.load(2)) == picture(2)).all()


def test_the_folder_that_the_archive_unpacks_to_is_found(tmp_path: Path) -> None:
    python10(tmp_path / "cifar-10-batches-py")
    assert len(open_images(tmp_path)) == 10


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_pickles_of_any_protocol_are_read(tmp_path: Path, protocol: int) -> None:
    assert (numpy.asarray(open_images(python10(tmp_path, protocol)).load(9)) == picture(9)).all()


def test_cifar100_has_its_fine_labels(tmp_path: Path) -> None:
    binary, python = tmp_path / "b", tmp_path / "p"
    binary.mkdir()
    python.mkdir()
    for file, rows in (("train", [1, 2, 3]), ("test", [4])):
        (binary / f"{file}.bin").write_bytes(b"".join(bytes([7, row]) + PIXELS[row].tobytes() for row in rows))
        facts = {b"fine_labels": rows, b"coarse_labels": [7] * len(rows), b"data": PIXELS[rows]}
        (python / file).write_bytes(pickle.dumps(facts, 2))
    names = ["a", "b", "c", "d", "e"]
    (binary / "fine_label_names.txt").write_text("\n".join(names))
    (python / "meta").write_bytes(pickle.dumps({"fine_label_names": names}, 2))
    for path, rows in ((binary, [1, 2, 3]), (python, [1, 2, 3]), (binary / "test.bin", [4]), (python / "test", [4])):
        images = open_images(path)
        assert (list(images.labels), images.classes) == (rows, tuple(names))
        assert (numpy.asarray(images.load(0)) == picture(rows[0])).all()


def test_grey_can_be_asked_for(tmp_path: Path) -> None:
    images = open_images(binary10(tmp_path), channels=1)
    assert (images.channels, images.load(0).mode) == (1, "L")


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


def test_a_malicious_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    root, mark = python10(tmp_path / "c"), tmp_path / "mark"
    data = pickle.dumps({b"labels": [0, 0], b"data": Evil(mark)}, 2)
    (root / "data_batch_3").write_bytes(data)
    assert sentence(root) == (
        f"{root}/data_batch_3 is no file of CIFAR: its pickle asks for {os.system.__module__}.system; it was not run"
    )
    assert not mark.exists()
    pickle.loads(data)  # noqa: S301 - it would have been run otherwise
    assert mark.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"c__builtin__\neval\n(S'1'\ntR.",
        b"cbuiltins\ngetattr\n.",
        b"cnumpy\nload\n.",
        b"cnumpy.core.multiarray\nfromstring\n.",
        b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93.",
        b"\x80\x04\x8c\x05numpy\x8c\x0fndarray.tofile.x\x93.",
        b"Pinside\n.",
        b"\x82\x01.",
        b"c_codecs\nencode\n(S'zip'\nS'zip'\ntR.",
    ],
)
def test_a_pickle_that_asks_for_anything_else_is_refused(tmp_path: Path, data: bytes) -> None:
    (python10(tmp_path) / "data_batch_1").write_bytes(data)
    assert sentence(tmp_path).startswith(f"{tmp_path}/data_batch_1 is ")


@pytest.mark.parametrize(
    "facts",
    [
        {b"labels": [0, 0], b"data": PIXELS[:3]},
        {b"labels": [0, 0], b"data": PIXELS[:2].astype(numpy.int16)},
        {b"labels": [0, 0], b"data": PIXELS[:2, :100]},
        {b"labels": [0, 0], b"data": numpy.asfortranarray(PIXELS[:2])},
        {b"labels": [0, 0], b"data": numpy.array([None, None])},
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, facts: object) -> None:
    (python10(tmp_path) / "data_batch_1").write_bytes(pickle.dumps(facts, 2))
    assert sentence(tmp_path) == f"{tmp_path}/data_batch_1: its data are not 2 rows of 3,072 bytes"


@pytest.mark.parametrize("facts", [{b"labels": [0]}, {b"data": PIXELS[:1]}, {b"labels": ["0"], b"data": PIXELS[:1]}])
def test_missing_fields_are_named(tmp_path: Path, facts: object) -> None:
    (python10(tmp_path) / "data_batch_1").write_bytes(pickle.dumps(facts, 2))
    assert sentence(tmp_path) == f'{tmp_path}/data_batch_1 holds no "data" and "labels" as CIFAR\'s files do'


def test_damage_is_a_sentence(tmp_path: Path) -> None:
    root = python10(tmp_path)
    whole = (root / "data_batch_1").read_bytes()
    for data in (b"", whole[:100], whole[:-1], b"garbage"):
        (root / "data_batch_1").write_bytes(data)
        assert sentence(root).startswith(f"{root}/data_batch_1 is a damaged pickle (")
    (root / "data_batch_1").write_bytes(pickle.dumps([1], 2))
    assert sentence(root) == f"{root}/data_batch_1 is no file of CIFAR: its pickle holds no dictionary"
    (root / "batches.meta").write_bytes(pickle.dumps({}, 2))
    assert sentence(root) == f'{root}/batches.meta holds no "label_names" as CIFAR\'s files do'


def test_a_binary_file_cut_short_and_a_label_too_large_are_named(tmp_path: Path) -> None:
    root = binary10(tmp_path)
    file = root / "data_batch_1.bin"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    assert sentence(root) == f"{file} is cut short: its 6,145 bytes are no multiple of 3,073"
    file.write_bytes(b"\x05" + whole[1:])
    assert sentence(root) == f"{file} has labels beyond the 5 classes"
    for number in range(1, 6):
        (root / f"data_batch_{number}.bin").write_bytes(b"")
    assert sentence(root).startswith(f"{root} holds no images: data_batch_1.bin ")


def test_a_file_of_another_size_altogether_is_not_read(tmp_path: Path) -> None:
    with (binary10(tmp_path) / "data_batch_1.bin").open("wb") as file:
        file.truncate(2**28 + 1)
    assert sentence(tmp_path) == f"{tmp_path}/data_batch_1.bin is too large for a file of CIFAR"
