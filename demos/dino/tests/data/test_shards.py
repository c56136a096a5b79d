"""Webdataset shards: one tar, a folder of tars, a range; labels out of .cls and .json."""

import json
from pathlib import Path

import pytest
from pictures import number_of, numbered, plain, tar

from dino.data.images import open_images
from dino.data.shards import expanded, key_of
from dino.errors import ContentError


def sentence(path: Path) -> str:
    with pytest.raises(ContentError) as caught:
        open_images(path)
    return str(caught.value)


def shard(path: Path, *labels: int | str, first: int = 0) -> Path:
    files: dict[str, bytes] = {}
    for number, label in enumerate(labels, first):
        files[f"{number:04}.png"] = numbered(number)
        files[f"{number:04}.cls"] = str(label).encode()
    return tar(path, files)


def test_a_tar_with_labels_beside_its_images_is_a_shard(tmp_path: Path) -> None:
    images = open_images(shard(tmp_path / "a.tar", 10, 2, 10))
    assert (list(images.names), images.classes, list(images.labels)) == (
        ["0000.png", "0001.png", "0002.png"],
        ("2", "10"),
        [1, 0, 1],
    )
    assert [number_of(images.load(index)) for index in range(3)] == [0, 1, 2]


def test_a_folder_of_tars_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    shard(tmp_path / "b.tar", 1, first=5)
    shard(tmp_path / "a.tar", 0, 1)
    (tmp_path / "index.json").write_text("{}")
    images = open_images(tmp_path)
    assert list(images.names) == ["a.tar/0000.png", "a.tar/0001.png", "b.tar/0005.png"]
    assert number_of(images.load(2)) == 5
    assert images.place == str(tmp_path)


def test_a_range_stands_for_its_shards(tmp_path: Path) -> None:
    for number in (8, 9, 10):
        shard(tmp_path / f"t-{number:03}.tar", 0, 1, first=number * 10)
    images = open_images(tmp_path / "t-{008..010}.tar")
    assert [number_of(images.load(index)) for index in range(6)] == [80, 81, 90, 91, 100, 101]


def test_a_range_without_leading_zeros_counts_without_and_two_ranges_multiply(tmp_path: Path) -> None:
    for name in ("a9-0.tar", "a9-1.tar", "a10-0.tar", "a10-1.tar"):
        shard(tmp_path / name, 0)
    assert [path.name for path in expanded(tmp_path / "a{9..10}-{0..1}.tar")] == [
        "a9-0.tar",
        "a9-1.tar",
        "a10-0.tar",
        "a10-1.tar",
    ]


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    shard(tmp_path / "t-0.tar", 0)
    assert sentence(tmp_path / "t-{0..2}.tar") == (
        f"{tmp_path}/t-{{0..2}}.tar stands for 3 shards, of which 2 do not exist, the first {tmp_path}/t-1.tar"
    )


def test_senseless_ranges_are_sentences(tmp_path: Path) -> None:
    assert sentence(tmp_path / "t-{3..1}.tar") == f"{tmp_path}/t-{{3..1}}.tar counts downwards; write {{1..3}}"
    assert "more than 100,000 shards; shorten the range" in sentence(tmp_path / "t-{0..999999999}.tar")
    assert "stands for 1,000,000 shards, more than 100,000" in sentence(tmp_path / "t-{0..999}-{0..999}.tar")


def test_labels_are_read_out_of_json(tmp_path: Path) -> None:
    files = {"a.jpg": plain(), "a.json": b'{"label": 3}', "b.jpg": plain(), "b.json": b'{"class": "cat", "n": 1}'}
    images = open_images(tar(tmp_path / "a.tar", files))
    assert (images.classes, list(images.labels)) == (("3", "cat"), [0, 1])


def test_json_without_a_label_gives_no_classes(tmp_path: Path) -> None:
    files = {"a.jpg": plain(), "a.json": json.dumps({"caption": "a cat"}).encode(), "b.jpg": plain(), "b.json": b"[1]"}
    images = open_images(tar(tmp_path / "a.tar", files))
    assert (images.classes, list(images.labels)) == (("images",), [0, 0])


def test_words_are_ordered_by_their_bytes(tmp_path: Path) -> None:
    assert open_images(shard(tmp_path / "a.tar", "dog", "Cat", "ant")).classes == ("Cat", "ant", "dog")


def test_a_sample_without_label_among_others_is_named(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", {"a.png": plain(), "a.cls": b"1", "b.png": plain()})
    assert sentence(path) == f"{path}: b.png has no label beside it (.cls or .json), where other samples have one"


def test_a_damaged_label_is_named(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", {"a.png": plain(), "a.json": b"{"})
    assert sentence(path).startswith(f"{path}: the label a.json cannot be read (Expecting property name")


def test_a_shard_that_is_no_plain_tar_is_named(tmp_path: Path) -> None:
    tar(tmp_path / "a.tar", {"a.png": plain()}, "w:gz")
    assert sentence(tmp_path) == f"{tmp_path}/a.tar is no plain tar; unpack it first: gunzip"
    (tmp_path / "a.tar").write_bytes(b"text")
    assert sentence(tmp_path) == f"{tmp_path}/a.tar is no plain tar; shards are uncompressed tars"


def test_shards_without_images_are_a_sentence(tmp_path: Path) -> None:
    tar(tmp_path / "a.tar", {"a.txt": b""})
    assert sentence(tmp_path).startswith(f"{tmp_path} holds no images: looked for .avif")


def test_a_key_ends_at_the_first_dot_of_the_last_part() -> None:
    assert key_of("a.b/c.seg.PNG") == ("a.b/c", "seg.png")
    assert key_of("c") == ("c", "")
