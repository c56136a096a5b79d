"""Tar and zip read in place: every layout, odd names, damage, and many processes at once."""

import io
import multiprocessing
import pickle
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import number_of, numbered, plain, tar

from dino.data.archives import clean
from dino.data.faults import UnreadableError
from dino.data.images import Images, open_images
from dino.errors import ContentError

part = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=8).map("x{}".format)
names = st.lists(st.lists(part, min_size=1, max_size=3).map("/".join), min_size=1, max_size=5, unique_by=clean)


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def sentence(path: Path) -> str:
    with pytest.raises(ContentError) as caught:
        open_images(path)
    return str(caught.value)


def unreadable(images: Images, index: int = 0) -> str:
    with pytest.raises(UnreadableError) as caught:
        images.load(index)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_folders_in_an_archive_are_classes_and_a_shared_first_folder_is_none(tmp_path: Path, kind: str) -> None:
    files = {"set/dog/b.png": numbered(1), "set/cat/a.png": numbered(2), "set/readme.txt": b"x", "set/._a.png": b"x"}
    make = tar if kind == "tar" else zipped
    images = open_images(make(tmp_path / "set.bin", files))
    assert (list(images.names), images.classes, list(images.labels)) == (
        ["set/cat/a.png", "set/dog/b.png"],
        ("cat", "dog"),
        [0, 1],
    )
    assert [number_of(images.load(index)) for index in (0, 1)] == [2, 1]


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read_in_every_layout_of_tar(tmp_path: Path, format: int) -> None:  # noqa: A002
    name = "a" * 90 + "/" + "b" * 90 + ".png"
    with tarfile.open(tmp_path / "a.tar", "w", format=format) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(plain())
        archive.addfile(info, io.BytesIO(plain()))
    images = open_images(tmp_path / "a.tar")
    assert list(images.names) == [name]
    assert images.load(0).size == (8, 6)


@given(names)
def test_every_name_comes_back_out_of_a_tar_with_its_own_image(found: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = {f"{name}.png": numbered(number) for number, name in enumerate(found)}
        images = open_images(tar(Path(folder) / "a.tar", files))
        assert {name: number_of(images.load(i)) for i, name in enumerate(images.names)} == {
            clean(name): number for number, name in enumerate(files)
        }
        assert list(images.names) == sorted(images.names, key=str.encode)


@given(names)
def test_every_name_comes_back_out_of_a_zip_with_its_own_image(found: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = {f"{name}.png": numbered(number) for number, name in enumerate(found)}
        images = open_images(zipped(Path(folder) / "a.zip", files))
        assert {name: number_of(images.load(i)) for i, name in enumerate(images.names)} == {
            clean(name): number for number, name in enumerate(files)
        }


def test_names_that_are_no_utf8_are_read_from_a_tar(tmp_path: Path) -> None:
    tar(tmp_path / "a.tar", {"b\udcff.png": numbered(4)})
    images = open_images(tmp_path / "a.tar")
    assert list(images.names) == ["b\udcff.png"]
    assert number_of(images.load(0)) == 4


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_zip_is_read_however_it_is_packed(tmp_path: Path, method: int) -> None:
    images = open_images(zipped(tmp_path / "a.zip", {"a.png": numbered(9), "b.png": numbered(8)}, method))
    assert [number_of(images.load(index)) for index in (0, 1)] == [9, 8]


def test_a_zip_packed_by_a_rare_method_says_so(tmp_path: Path) -> None:
    images = open_images(zipped(tmp_path / "a.zip", {"a.png": plain()}, zipfile.ZIP_LZMA))
    assert unreadable(images) == ("a.png: is packed by method 14 of zip, which is not read here; pack it with deflate")


def test_a_zip_with_bytes_before_it_is_read(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", {"a.png": numbered(7)})
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04" + b"\0" * 60 + data)
    assert number_of(open_images(tmp_path / "b.zip").load(0)) == 7


def test_an_encrypted_member_says_so(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "a.zip", {"a.png": plain()}).read_bytes())
    data[6] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert unreadable(open_images(tmp_path / "a.zip")) == "a.png: is encrypted"


def test_a_damaged_member_is_told_by_its_checksum(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.png": plain()}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"IDAT", b"IDAU"))
    assert unreadable(open_images(path)) == "a.png: is damaged (its checksum in the zip differs)"


def test_a_member_that_unpacks_to_more_than_it_says_is_not_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.png": bytes(1_000_000)})
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 1_000_000), struct.pack("<I", 10)))
    assert unreadable(open_images(path)) == "a.png: is damaged (its checksum in the zip differs)"


def test_a_zip_whose_headers_moved_says_so(tmp_path: Path) -> None:
    images = open_images(zipped(tmp_path / "a.zip", {"a.png": plain()}))
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(b"XX" + data)
    assert unreadable(images) == "a.png: has no header in the zip, which changed or is damaged"


def test_a_folder_inside_an_archive_can_be_asked_for(tmp_path: Path) -> None:
    files = {"train/cat/a.png": plain(), "train/dog/b.png": plain(), "val/cat/c.png": plain()}
    path = tar(tmp_path / "a.tar", files)
    assert sentence(path) == f"{path} holds the parts train and val of a data set; give one of them: {path}/train"
    images = open_images(path / "train")
    assert (list(images.names), images.classes) == (["train/cat/a.png", "train/dog/b.png"], ("cat", "dog"))
    assert images.place == f"{path}/train"
    assert list(open_images(zipped(tmp_path / "a.zip", files) / "val").names) == ["val/cat/c.png"]
    assert sentence(path / "tset").startswith(f"{path} holds no images in its folder tset: looked for .avif")


def test_links_inside_a_tar_are_followed_and_loops_are_not(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        info = tarfile.TarInfo("cat/a.png")
        info.size = len(numbered(6))
        archive.addfile(info, io.BytesIO(numbered(6)))
        for name, kind, target in [
            ("cat/hard.png", tarfile.LNKTYPE, "cat/a.png"),
            ("dog/soft.png", tarfile.SYMTYPE, "../cat/./hard.png"),
            ("dog/loop.png", tarfile.SYMTYPE, "loop.png"),
            ("dog/gone.png", tarfile.SYMTYPE, "/etc/passwd"),
        ]:
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, target
            archive.addfile(link)
    images = open_images(tmp_path / "a.tar")
    assert list(images.names) == ["cat/a.png", "cat/hard.png", "dog/soft.png"]
    assert [number_of(images.load(index)) for index in range(3)] == [6, 6, 6]


def test_of_two_members_of_one_name_the_last_counts(tmp_path: Path) -> None:
    images = open_images(tar(tmp_path / "a.tar", [("a.png", numbered(1)), ("./a.png", numbered(2))]))
    assert [number_of(images.load(index)) for index in range(len(images))] == [2]


def test_a_tar_cut_short_is_a_sentence_and_one_cut_later_names_the_image(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", {"a.png": plain(), "b.png": plain()})
    images = open_images(path)
    path.write_bytes(path.read_bytes()[: 1024 + 512 + 20])
    assert images.load(0).size == (8, 6)
    assert unreadable(images, 1) == "b.png: is cut short: the archive a.tar ends inside it"
    assert sentence(path) == f"{path} is a damaged tar (unexpected end of data); copy it again"


def test_an_archive_that_is_gone_is_named(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", {"a.png": plain()})
    images = open_images(path)
    path.unlink()
    assert unreadable(images) == "a.png: cannot be read (No such file or directory)"


@pytest.mark.parametrize(("kind", "program"), [("gz", "gunzip"), ("bz2", "bunzip2"), ("xz", "unxz")])
def test_a_tar_compressed_as_a_whole_says_how_to_unpack_it(tmp_path: Path, kind: str, program: str) -> None:
    path = tar(tmp_path / f"a.tar.{kind}", {"a.png": plain()}, f"w:{kind}")
    assert sentence(path) == (
        f"{path} is compressed as a whole and cannot be read in place; unpack it first: {program}"
    )


def test_damaged_archives_are_sentences(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.png": plain()})
    path.write_bytes(path.read_bytes()[:60])
    assert sentence(path) == f"{path} is a damaged zip (File is not a zip file); copy it again"
    path = tar(tmp_path / "a.tar", {"a.png": plain(), "b.png": plain()})
    data = bytearray(path.read_bytes())
    data[1024:1034] = b"\xff" * 10
    path.write_bytes(data)
    assert sentence(path) == f"{path} is a damaged tar (no header at byte 1,024); copy it again"


def test_an_archive_without_images_is_a_sentence(tmp_path: Path) -> None:
    assert sentence(tar(tmp_path / "a.tar", {"a.txt": b""})).startswith(f"{tmp_path}/a.tar holds no images: looked for")
    assert sentence(zipped(tmp_path / "a.zip", {})).startswith(f"{tmp_path}/a.zip holds no images: looked for")


def test_the_fingerprint_changes_with_a_member(tmp_path: Path) -> None:
    seen = {
        open_images(zipped(tmp_path / f"{number}.zip", {"a.png": numbered(number)})).fingerprint for number in range(3)
    }
    assert len(seen) == 3
    same = [zipped(tmp_path / name, {"a.png": numbered(1)}) for name in ("x.zip", "y.zip")]
    assert len({open_images(path).fingerprint for path in same}) == 1


def _numbers(images: Images) -> list[int]:
    return [number_of(images.load(index)) for index in range(len(images))]


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_many_processes_read_one_archive_at_once(tmp_path: Path, start: str, kind: str) -> None:
    files = {f"{number:03}.png": numbered(number) for number in range(200)}
    images = open_images(tar(tmp_path / "a", files) if kind == "tar" else zipped(tmp_path / "a", files))
    context = multiprocessing.get_context(start)
    with context.Pool(3) as pool:
        assert pool.map(_numbers, [images] * 6, chunksize=1) == [list(range(200))] * 6


def test_an_opened_archive_holds_no_open_file(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    images = open_images(tar(tmp_path / "a.tar", {"a.png": plain()}))
    images.load(0)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert pickle.loads(pickle.dumps(images)).load(0).size == (8, 6)  # noqa: S301 - our own
