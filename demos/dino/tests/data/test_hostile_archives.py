"""Archives that were made to do harm: nothing is written, followed out, believed or unpacked without bounds."""

import io
import os
import random
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from pictures import bomb, number_of, numbered, plain, tar

from dino.data import archives, decoding
from dino.data.faults import UnreadableError
from dino.data.images import open_images
from dino.errors import ContentError, DinoError

OUTWARD = ("../up.png", "/etc/absolute.png", "a/../../up.png", "C:\\windows.png", "a/./b//c.png", "cat/good.png")


def zipped(path: Path, files: list[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data)
    return path


def raw_header(name: str, size: bytes, kind: bytes = b"0") -> bytes:
    """A tar header whose size field holds these bytes."""
    info = tarfile.TarInfo(name)
    info.type = kind
    header = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    header[124:136] = size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


@pytest.mark.parametrize("make", [tar, zipped])
def test_names_that_lead_outward_are_only_names(tmp_path: Path, make: object) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    files = [(name, numbered(number)) for number, name in enumerate(OUTWARD)]
    images = open_images(make(inner / "set", files))  # type: ignore[operator]
    found = {name: number_of(images.load(index)) for index, name in enumerate(images.names)}
    assert found == {"C:\\windows.png": 3, "a/b/c.png": 4, "cat/good.png": 5, "etc/absolute.png": 1}
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inner", "set"]


def test_a_link_out_of_a_tar_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(plain())
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, target in (("a.png", str(tmp_path / "secret.png")), ("b.png", "../secret.png"), ("c.png", "c.png")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
        info = tarfile.TarInfo("d.png")
        info.size = len(plain())
        archive.addfile(info, io.BytesIO(plain()))
    assert list(open_images(tmp_path / "a.tar").names) == ["d.png"]


def test_a_link_in_a_zip_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(plain())
    link = zipfile.ZipInfo("a.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, str(tmp_path / "secret.png"))
    with pytest.raises(UnreadableError, match="is no image of a known format"):
        open_images(tmp_path / "a.zip").load(0)


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_devices_pipes_and_folders_with_an_images_name_are_left_out(tmp_path: Path, kind: bytes) -> None:
    odd = raw_header("odd.png", b"00000000000\0", kind)
    good = raw_header("good.png", b"%011o\0" % len(plain())) + padded(plain())
    (tmp_path / "a.tar").write_bytes(odd + good + bytes(1024))
    assert list(open_images(tmp_path / "a.tar").names) == ["good.png"]


def test_a_tar_whose_member_claims_a_terabyte_is_damaged(tmp_path: Path) -> None:
    claim = raw_header("a.png", b"\x80" + (2**40).to_bytes(11, "big"))
    (tmp_path / "a.tar").write_bytes(claim + bytes(2048))
    with pytest.raises(ContentError, match="is a damaged tar"):
        open_images(tmp_path / "a.tar")


@pytest.mark.timeout(20)
def test_a_tar_whose_member_claims_less_than_nothing_is_damaged_and_not_read_for_ever(tmp_path: Path) -> None:
    claim = raw_header("a.png", b"\xff" + (2**88 - 512).to_bytes(11, "big"))
    (tmp_path / "a.tar").write_bytes(claim + bytes(2048))
    with pytest.raises(ContentError, match="is a damaged tar"):
        open_images(tmp_path / "a.tar")


def test_thousands_of_headers_about_one_member_are_a_damaged_tar(tmp_path: Path) -> None:
    longer = raw_header("././@LongLink", b"00000000002\0", tarfile.GNUTYPE_LONGNAME) + padded(b"a\0")
    (tmp_path / "a.tar").write_bytes(longer * 20_000 + bytes(1024))
    with pytest.raises(ContentError, match="is a damaged tar"):
        open_images(tmp_path / "a.tar")


def test_a_member_of_a_zip_that_claims_more_than_the_limit_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "BYTE_LIMIT", 1_000_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(50_000_000))
    monkeypatch.setattr(zlib, "decompressobj", None)
    with pytest.raises(UnreadableError) as caught:
        open_images(tmp_path / "a.zip").load(0)
    assert str(caught.value) == "a.png: has 50,000,000 bytes, more than 1,000,000"


def test_a_zip_whose_directory_points_beyond_it_names_the_image(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", [("a.png", plain())])
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\x01\x02")
    data[directory + 42 : directory + 46] = struct.pack("<I", 0x7FFFFFF0)
    path.write_bytes(data)
    with pytest.raises(DinoError):
        open_images(path).load(0)


@pytest.mark.parametrize("make", [tar, zipped])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_many_members_of_one_name_the_last_counts(tmp_path: Path, make: object) -> None:
    images = open_images(make(tmp_path / "a", [("a.png", numbered(number)) for number in range(9)]))  # type: ignore[operator]
    assert [number_of(images.load(index)) for index in range(len(images))] == [8]


@pytest.mark.parametrize("make", [tar, zipped])
def test_an_archive_in_an_archive_stays_closed(tmp_path: Path, make: object) -> None:
    inner = make(tmp_path / "inner", [("deep.png", numbered(1))]).read_bytes()  # type: ignore[operator]
    files = [("a.tar", inner), ("a.zip", inner), ("disguised.png", inner), ("good.png", numbered(2))]
    images = open_images(make(tmp_path / "outer", files))  # type: ignore[operator]
    assert list(images.names) == ["disguised.png", "good.png"]
    with pytest.raises(UnreadableError, match="is no image of a known format"):
        images.load(0)


def test_a_bomb_in_an_archive_is_one_unreadable_image(tmp_path: Path) -> None:
    images = open_images(tar(tmp_path / "a.tar", [("a.png", bomb()), ("b.png", numbered(2))]))
    with pytest.raises(UnreadableError, match=f"{decoding.PIXEL_LIMIT:,}"):
        images.load(0)
    assert number_of(images.load(1)) == 2


@pytest.mark.parametrize("make", [tar, zipped])
def test_damage_anywhere_is_a_sentence_or_an_unreadable_image(tmp_path: Path, make: object) -> None:
    whole = make(tmp_path / "a", [(f"{n}.png", numbered(n)) for n in range(4)]).read_bytes()  # type: ignore[operator]
    numbers, said = random.Random(0), list[str]()
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(numbers.randrange(1, 12)):
            data[numbers.randrange(len(data))] = numbers.randrange(256)
        (tmp_path / "b").write_bytes(data[: numbers.randrange(len(data)) if numbers.random() < 0.3 else None])
        try:
            images = open_images(tmp_path / "b")
            for index in range(len(images)):
                images.load(index)
        except DinoError as error:
            said.append(str(error))
    assert len(said) > 30
    assert all(said)
    assert set(os.listdir(tmp_path)) == {"a", "b"}  # noqa: PTH208
