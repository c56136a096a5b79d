"""Images in a tar or zip, read in place: an index of offsets is made once, then every image is one read.

No file is held open between two reads: worker processes, forked or spawned, have no handle to share, and threads no
position to fight over. Nothing is ever unpacked, so `/etc/x.jpg` is only a name, and `../x.jpg` in a hidden folder.
Layouts: POSIX.1-2017 pax and ustar with GNU's long names (through Python's tarfile), and PKWARE's APPNOTE 6.3.10 for
zip.
"""

import bz2
import tarfile
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dino.data.classes import SUFFIXES, classes_of, is_hidden, is_image_name
from dino.data.decoding import BYTE_LIMIT
from dino.data.encoded import EncodedImages, Store, Texts, as_bytes, fingerprint
from dino.data.faults import UnreadableError, printable
from dino.errors import ContentError, WorldError

COMPRESSED = {b"\x1f\x8b": "gunzip", b"BZh": "bunzip2", b"\xfd7zXZ\x00": "unxz", b"\x28\xb5\x2f\xfd": "unzstd"}


@dataclass(frozen=True)
class Member:
    """A file in a tar or zip: its cleaned name, where its data (in a zip: its local header) begins, and its size."""

    name: str
    offset: int
    size: int
    mark: int
    """Time of last change (tar) or CRC-32 (zip), for the fingerprint."""


@dataclass(frozen=True)
class Tars:
    """A store of members of one or more tar files."""

    paths: tuple[Path, ...]
    names: Sequence[str]
    which: Sequence[int]
    offsets: Sequence[int]
    sizes: Sequence[int]

    def read(self, index: int) -> bytes:
        """The member's bytes. UnreadableError when the archive is gone or cut short."""
        size = self.sizes[index]
        return read_at(self.paths[self.which[index]], self.offsets[index], size, self.names[index])


@dataclass(frozen=True)
class Zip:
    """A store of members of one zip."""

    path: Path
    names: Sequence[str]
    offsets: Sequence[int]
    stored: Sequence[int]
    sizes: Sequence[int]
    checksums: Sequence[int]

    def read(self, index: int) -> bytes:
        """The member's bytes, unpacked and checked. UnreadableError when that fails."""
        name, size = self.names[index], self.sizes[index]
        check_size(size, name)
        header = read_at(self.path, self.offsets[index], 30, name)
        if header[:4] != b"PK\x03\x04":
            raise UnreadableError(name, "has no header in the zip, which changed or is damaged")
        if header[6] & 1:
            raise UnreadableError(name, "is encrypted")
        method = int.from_bytes(header[8:10], "little")
        skip = 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        packed = read_at(self.path, self.offsets[index] + skip, self.stored[index], name)
        data = _unpacked(packed, method, size, name)
        if zlib.crc32(data) != self.checksums[index]:
            raise UnreadableError(name, "is damaged (its checksum in the zip differs)")
        return data


def check_size(size: int, name: str) -> None:
    """UnreadableError for a member of more bytes than an image may have."""
    if size > BYTE_LIMIT:
        raise UnreadableError(name, f"has {size:,} bytes, more than {BYTE_LIMIT:,}")


def read_at(path: Path, offset: int, size: int, name: str) -> bytes:
    """`size` bytes of a file from `offset` on, or UnreadableError."""
    check_size(size, name)
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            data = file.read(size)
            while len(data) < size and (more := file.read(size - len(data))):
                data += more
    except OSError as problem:
        raise UnreadableError(name, f"cannot be read ({problem.strerror})") from None
    if len(data) < size:
        raise UnreadableError(name, f"is cut short: the archive {path.name} ends inside it")
    return data


def kind_of(path: Path) -> str:
    """ "tar", "zip", the program that unpacks it, or "": what a file is by its content."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as problem:
        raise WorldError(
            f"{printable(str(path))} cannot be read ({problem.strerror}); change its permissions"
        ) from None
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    for magic, program in COMPRESSED.items():
        if start.startswith(magic):
            return program
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return ""
    return "tar"


def open_zip(path: Path, channels: int, inside: str = "") -> EncodedImages:
    """The images of a zip, or of the folder `inside` it. ContentError when there are none."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = {clean(info.filename): info for info in archive.infolist() if not info.is_dir()}
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as problem:
        raise ContentError(f"{printable(str(path))} is a damaged zip ({problem}); copy it again") from None
    except OSError as problem:
        raise WorldError(f"{printable(str(path))} cannot be read ({problem.strerror})") from None
    infos = {name: found[name] for name in image_names(found, path, inside)}
    names = Texts(infos)
    store = Zip(
        path.absolute(),
        names,
        array("q", [info.header_offset for info in infos.values()]),
        array("q", [info.compress_size for info in infos.values()]),
        array("q", [info.file_size for info in infos.values()]),
        array("Q", [info.CRC for info in infos.values()]),
    )
    mark = fingerprint("zip", ((name, info.file_size, info.CRC) for name, info in infos.items()))
    return archived(path, inside, names, mark, store, channels)


def open_tar(path: Path, members: Sequence[Member], channels: int, inside: str = "") -> EncodedImages:
    """The images among the `tar_members` of a tar, or of the folder `inside` it. ContentError when there are none."""
    found = {member.name: member for member in members}
    chosen = [found[name] for name in image_names(found, path, inside)]
    names = Texts(member.name for member in chosen)
    mark = fingerprint("tar", ((member.name, member.size, member.mark) for member in chosen))
    return archived(path, inside, names, mark, tars((path,), names, chosen, [0] * len(chosen)), channels)


def tars(paths: Sequence[Path], names: Sequence[str], members: Sequence[Member], which: Iterable[int]) -> Tars:
    """The store of these members, each in the tar that `which` tells."""
    offsets, sizes = array("q", [member.offset for member in members]), array("q", [member.size for member in members])
    return Tars(tuple(path.absolute() for path in paths), names, array("l", which), offsets, sizes)


def archived(path: Path, inside: str, names: Sequence[str], mark: str, store: Store, channels: int) -> EncodedImages:
    """The set of images with these names, their folders as classes."""
    classes = classes_of(names, printable(str(path)))
    place = str(path.resolve() / inside)
    return EncodedImages(place, names, classes.labels, classes.names, mark, channels, store)


def tar_members(path: Path) -> list[Member]:
    """Every file of a tar in the order of the archive, links inside it resolved. ContentError when it is damaged."""
    files: dict[str, Member] = {}
    links: dict[str, tuple[str, int]] = {}
    end = 0
    try:
        with tarfile.open(path, "r:") as archive:
            for info in archive:
                name = clean(info.name)
                if info.isreg() and not info.issparse():
                    files[name] = Member(name, info.offset_data, info.size, int(info.mtime))
                elif info.islnk():
                    links[name] = (clean(info.linkname), int(info.mtime))
                elif info.issym():
                    links[name] = (joined(name, info.linkname), int(info.mtime))
                end = archive.offset
                archive.members = []  # type: ignore[attr-defined] # tarfile keeps every header otherwise
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as problem:
        raise ContentError(f"{printable(str(path))} is a damaged tar ({problem}); copy it again") from None
    except RecursionError:  # tarfile calls itself for each header that speaks of the next one
        raise ContentError(f"{printable(str(path))} is a damaged tar (headers without end); copy it again") from None
    except OSError as problem:
        raise WorldError(f"{printable(str(path))} cannot be read ({problem.strerror})") from None
    if any(read_at(path, end, min(512, max(0, path.stat().st_size - end)), path.name)):
        raise ContentError(f"{printable(str(path))} is a damaged tar (no header at byte {end:,}); copy it again")
    for name, (target, mark) in links.items():
        file = _end_of(target, files, links)
        if file is not None:
            files[name] = Member(name, file.offset, file.size, mark)
    return list(files.values())


def image_names(found: Iterable[str], path: Path, inside: str) -> list[str]:
    """The images among the names of an archive, in the order of their bytes."""
    prefix = f"{inside.strip('/')}/" if inside.strip("/") else ""
    names = [name for name in found if name.startswith(prefix) and _is_image(name)]
    if names:
        return sorted(names, key=as_bytes)
    where = f" in its folder {printable(inside)}" if inside else ""
    raise ContentError(f"{printable(str(path))} holds no images{where}: looked for {' '.join(SUFFIXES)}")


def clean(name: str) -> str:
    """A member's name without empty and `.` parts: `./train//a.jpg` is `train/a.jpg`."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def joined(name: str, target: str) -> str:
    """The name that the symbolic link `name` points to."""
    parts = [] if target.startswith("/") else name.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _end_of(target: str, files: dict[str, Member], links: dict[str, tuple[str, int]]) -> Member | None:
    seen: set[str] = set()
    while target in links and target not in seen:
        seen.add(target)
        target = links[target][0]
    return files.get(target)


def _is_image(name: str) -> bool:
    *folders, last = name.split("/")
    return is_image_name(last) and not any(is_hidden(folder) for folder in folders)


def _unpacked(packed: bytes, method: int, size: int, name: str) -> bytes:
    try:
        if method == zipfile.ZIP_STORED:
            return packed
        if method == zipfile.ZIP_DEFLATED:
            return zlib.decompressobj(-15).decompress(packed, size + 1)
        if method == zipfile.ZIP_BZIP2:
            return bz2.BZ2Decompressor().decompress(packed, size + 1)
    except (zlib.error, OSError, EOFError) as problem:
        raise UnreadableError(name, f"is damaged in the zip ({problem})") from None
    raise UnreadableError(name, f"is packed by method {method} of zip, which is not read here; pack it with deflate")
