"""Pictures whose objects are annotated, each in two files: what DAVIS's and PASCAL VOC's layouts have in common."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from dino.data import palette
from dino.data.decoding import decode
from dino.data.faults import printable
from dino.errors import ContentError, WorldError

Size = tuple[int, int]


@dataclass(frozen=True)
class Annotated:
    """The file of a picture, and that of its objects' numbers."""

    image: Path
    mask: Path

    def picture(self, channels: int) -> Image.Image:
        """The picture in so many channels. Raises ContentError where it cannot be read."""
        return decode(self.image.read_bytes(), str(self.image), channels)

    def numbers(self) -> palette.Numbers:
        """The object's number of each pixel: [height, width]. Raises ContentError where it cannot be read."""
        return palette.read(self.mask)

    def size(self) -> Size:
        """Height and width, by the headers alone. Raises ContentError unless both are there and of one size."""
        sizes = [_size(file) for file in (self.image, self.mask)]
        if sizes[0] != sizes[1]:
            image, mask = ("{}x{}".format(*size) for size in sizes)
            raise ContentError(
                f"{printable(str(self.mask))} is {mask} and its picture {image}; both of one resolution are needed"
            )
        return sizes[0]


def named(root: Path, listing: str, data_set: str) -> list[str]:
    """The names in a set's list, one a line. Raises ContentError where there is none."""
    place = printable(str(root / listing))
    try:
        names = (root / listing).read_text("utf-8").split()
    except (FileNotFoundError, NotADirectoryError):
        raise ContentError(
            f"{printable(str(root))} has no {listing}; name the folder that {data_set} was unpacked to"
        ) from None
    except UnicodeDecodeError:
        raise ContentError(f"{place} is no list of names; unpack the set again") from None
    except OSError as error:
        raise WorldError(f"{place} cannot be read ({error.strerror}); change its permissions") from error
    if not names:
        raise ContentError(f"{place} names nothing; unpack the set again")
    if odd := [name for name in names if Path(name).name != name or name == ".."]:
        raise ContentError(f"{place} names {printable(odd[0])}, which is a path and no name; unpack the set again")
    return names


def _size(file: Path) -> Size:
    if not file.is_file():
        raise ContentError(f"{printable(str(file))} is missing; unpack the set again")
    try:
        with Image.open(file) as image:
            return image.height, image.width
    except Exception as error:
        raise ContentError(f"{printable(str(file))} is no image; unpack the set again") from error
