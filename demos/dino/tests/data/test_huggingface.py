"""Data sets saved by Hugging Face `datasets`. That package is not needed by the tests: a stand-in with the few names
that are used of it reads a JSON file, and the reader was held against the real package (5.2.0) by hand."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from pictures import number_of, numbered

from dino.data.faults import UnreadableError
from dino.data.images import open_images
from dino.errors import ContentError, WorldError


class Image:
    """Stands for datasets.Image."""

    def __init__(self, decode: bool = True) -> None:
        self.decode = decode


class ClassLabel:
    """Stands for datasets.ClassLabel."""

    def __init__(self, names: list[str]) -> None:
        self.names = names


class Rows:
    """Stands for datasets.Dataset: a cell of images that is still to be decoded is of no use to the reader."""

    def __init__(self, features: Mapping[str, object], columns: Mapping[str, Sequence[object]]) -> None:
        self.features = features
        self.columns = columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, key: int | str) -> object:
        if isinstance(key, str):
            return self.columns[key]
        decoded = [name for name, kind in self.features.items() if isinstance(kind, Image) and kind.decode]
        assert not decoded, f"{decoded} would be decoded"
        return {name: column[key] for name, column in self.columns.items()}

    def with_format(self, _: None) -> "Rows":
        return self

    def select_columns(self, names: list[str]) -> "Rows":
        return Rows({name: self.features[name] for name in names}, {name: self.columns[name] for name in names})

    def cast_column(self, name: str, kind: object) -> "Rows":
        return Rows({**self.features, name: kind}, self.columns)


def load_from_disk(folder: str) -> Rows:
    """Stands for datasets.load_from_disk."""
    columns = json.loads((Path(folder) / "rows.json").read_text())
    features: dict[str, object] = {}
    for name, cells in columns.items():
        features[name] = Image() if name in ("image", "picture") else None
        if name in ("image", "picture"):
            columns[name] = [cell and {**cell, "bytes": cell["bytes"] and bytes(cell["bytes"])} for cell in cells]
    if (Path(folder) / "classes.json").exists():
        features["label"] = ClassLabel(json.loads((Path(folder) / "classes.json").read_text()))
    return Rows(features, columns)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("datasets")
    module.__dict__.update(Image=Image, ClassLabel=ClassLabel, load_from_disk=load_from_disk)
    monkeypatch.setitem(sys.modules, "datasets", module)


def saved(folder: Path, columns: Mapping[str, Sequence[object]], classes: list[str] | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "state.json").write_text("{}")
    (folder / "dataset_info.json").write_text("{}")
    (folder / "rows.json").write_text(json.dumps(columns))
    if classes:
        (folder / "classes.json").write_text(json.dumps(classes))
    return folder


def cells(*numbers: int) -> list[object]:
    return [{"bytes": list(numbered(number)), "path": None} for number in numbers]


def sentence(path: Path) -> str:
    with pytest.raises(ContentError) as caught:
        open_images(path)
    return str(caught.value)


@pytest.mark.usefixtures("installed")
def test_images_and_the_names_of_their_classes_are_read(tmp_path: Path) -> None:
    images = open_images(saved(tmp_path / "s", {"image": cells(5, 6, 7), "label": [1, 0, 1]}, ["cat", "dog"]))
    assert (list(images.labels), images.classes) == ([1, 0, 1], ("cat", "dog"))
    assert [number_of(images.load(index)) for index in range(3)] == [5, 6, 7]
    assert (list(images.names), images.place) == (["row 0", "row 1", "row 2"], str(tmp_path / "s"))


@pytest.mark.usefixtures("installed")
def test_labels_without_names_are_ordered_as_numbers_and_words_by_their_bytes(tmp_path: Path) -> None:
    numbers = open_images(saved(tmp_path / "n", {"picture": cells(1, 2, 3), "label": [10, 2, 10]}))
    assert (list(numbers.labels), numbers.classes) == ([1, 0, 1], ("2", "10"))
    words = open_images(saved(tmp_path / "w", {"picture": cells(1, 2), "class": ["b", "B"]}))
    assert (list(words.labels), words.classes) == ([1, 0], ("B", "b"))


@pytest.mark.usefixtures("installed")
def test_without_labels_there_is_one_class(tmp_path: Path) -> None:
    images = open_images(saved(tmp_path / "s", {"image": cells(1, 2)}))
    assert (list(images.labels), images.classes) == ([0, 0], ("images",))


@pytest.mark.usefixtures("installed")
def test_of_several_parts_train_is_read_and_another_can_be_given(tmp_path: Path) -> None:
    saved(tmp_path / "train", {"image": cells(1)})
    saved(tmp_path / "test", {"image": cells(2)})
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["test", "train"]}')
    assert number_of(open_images(tmp_path).load(0)) == 1
    assert number_of(open_images(tmp_path / "test").load(0)) == 2


@pytest.mark.usefixtures("installed")
def test_parts_without_train_are_named(tmp_path: Path) -> None:
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["a", "b"]}')
    assert sentence(tmp_path) == f'{tmp_path} has no part "train"; give one of its parts: a, b'
    (tmp_path / "dataset_dict.json").write_text("{}")
    assert sentence(tmp_path) == f"{tmp_path}/dataset_dict.json does not name the parts of a data set"


@pytest.mark.usefixtures("installed")
def test_rows_without_an_image_are_unreadable_and_paths_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(numbered(9))
    paths = [{"bytes": None, "path": str(tmp_path / name)} for name in ("a.png", "gone.png")]
    images = open_images(saved(tmp_path / "s", {"image": [*paths, None]}))
    assert number_of(images.load(0)) == 9
    for index, why in ((1, f"{tmp_path}/gone.png cannot be read (No such file or directory)"), (2, "has no image")):
        with pytest.raises(UnreadableError) as caught:
            images.load(index)
        assert str(caught.value) == f"row {index}: {why}"


@pytest.mark.usefixtures("installed")
def test_nothing_to_read_is_a_sentence(tmp_path: Path) -> None:
    path = saved(tmp_path / "a", {"text": ["x"], "n": [1]})
    assert sentence(path) == f"{path} has no column of images: its columns are text, n"
    path = saved(tmp_path / "b", {"image": []})
    assert sentence(path) == f"{path} holds no images: it has no rows"
    (path / "rows.json").write_text("{")
    assert sentence(path).startswith(f"{path} cannot be read by datasets (Expecting property name")


@pytest.mark.usefixtures("installed")
def test_the_fingerprint_changes_with_the_files(tmp_path: Path) -> None:
    path = saved(tmp_path / "a", {"image": cells(1)})
    first = open_images(path).fingerprint
    assert open_images(path).fingerprint == first
    (path / "rows.json").write_text(json.dumps({"image": cells(1, 2)}))
    assert open_images(path).fingerprint != first


def test_where_datasets_is_not_installed_a_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    path = saved(tmp_path / "a", {"image": cells(1)})
    with pytest.raises(WorldError) as caught:
        open_images(path)
    assert str(caught.value) == (
        f"{path} is a data set saved by Hugging Face datasets, which is not installed: pip install datasets"
    )
