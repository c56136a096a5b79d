"""From the bytes of an image file to an upright 8-bit picture, whatever the file is like."""

import warnings

import numpy
import pytest
from pictures import bomb, encoded, plain
from PIL import Image

from dino.data.decoding import check_channels, decode
from dino.data.faults import UnreadableError
from dino.errors import CommandError


def why(data: bytes, **options: int) -> str:
    with pytest.raises(UnreadableError) as caught:
        decode(data, "a.png", **options)
    assert caught.value.name == "a.png"
    return caught.value.why


def corner(data: bytes, channels: int = 3) -> object:
    return decode(data, "a", channels).getpixel((0, 0))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "PPM", "WEBP", "JPEG", "JPEG2000", "TGA", "PCX", "SGI"])
def test_a_picture_of_each_common_format_becomes_rgb(kind: str) -> None:
    picture = decode(encoded(Image.new("RGB", (16, 12), (200, 40, 10)), kind), "a")
    assert (picture.mode, picture.size) == ("RGB", (16, 12))
    assert numpy.abs(numpy.asarray(picture).astype(int) - [200, 40, 10]).max() <= 4


def test_a_grey_picture_becomes_rgb_and_an_rgb_picture_grey() -> None:
    assert corner(encoded(Image.new("L", (3, 3), 90))) == (90, 90, 90)
    assert corner(encoded(Image.new("RGB", (3, 3), (90, 90, 90))), channels=1) == 90


def test_a_black_and_white_picture_becomes_black_and_white() -> None:
    assert corner(encoded(Image.new("1", (3, 3), 1))) == (255, 255, 255)


def test_sixteen_bit_greys_keep_their_upper_eight_bits() -> None:
    values = numpy.array([[0, 255, 256, 32768, 65535]], numpy.uint16)
    for kind in ("PNG", "TIFF"):
        assert numpy.asarray(decode(encoded(Image.fromarray(values), kind), "a", 1)).tolist() == [[0, 0, 1, 128, 255]]


def test_big_endian_sixteen_bit_greys_are_read_as_such() -> None:
    data = b"P5 2 1 65535\n" + bytes([0x80, 0x00, 0x00, 0xFF])
    assert numpy.asarray(decode(data, "a.pgm", 1)).tolist() == [[128, 0]]


def test_integers_beyond_sixteen_bits_are_refused_by_name() -> None:
    image = Image.fromarray(numpy.array([[70000]], numpy.int32))
    assert why(encoded(image, "TIFF")) == "has integers beyond 16 bits as pixels; store it in 8 or 16 bits"


def test_numbers_from_0_to_1_are_stretched_and_others_refused() -> None:
    def tiff(*values: float) -> bytes:
        return encoded(Image.fromarray(numpy.array([values], numpy.float32)), "TIFF")

    assert numpy.asarray(decode(tiff(0, 0.5, 1), "a", 1)).tolist() == [[0, 128, 255]]
    for odd in (1.5, -0.1, float("nan")):
        assert why(tiff(0, odd)) == "has numbers beyond 0…1 as pixels; store it in 8 or 16 bits"


def test_grey_with_alpha_is_laid_on_white() -> None:
    image = Image.new("LA", (2, 1), (0, 255))
    image.putpixel((1, 0), (0, 0))
    assert [decode(encoded(image), "a").getpixel((x, 0)) for x in (0, 1)] == [(0, 0, 0), (255, 255, 255)]


def test_half_transparent_red_on_white_is_pink() -> None:
    assert corner(encoded(Image.new("RGBA", (2, 2), (255, 0, 0, 128)))) == (255, 127, 127)


def test_a_palette_with_a_transparent_entry_is_laid_on_white() -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    for kind in ("PNG", "GIF"):
        picture = decode(encoded(image, kind, transparency=1), "a")
        assert [picture.getpixel((x, 0)) for x in (0, 1)] == [(10, 20, 30), (255, 255, 255)]


def test_a_palette_with_transparency_in_bytes_gives_no_warning() -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    assert corner(encoded(image, transparency=b"\x00\xff")) == (255, 255, 255)
    assert corner(encoded(image, transparency=b"\x00\xff"), channels=1) == 255


def test_an_rgb_png_with_a_transparent_colour_is_laid_on_white() -> None:
    data = encoded(Image.new("RGB", (2, 2), (1, 2, 3)), transparency=(1, 2, 3))
    assert corner(data) == (255, 255, 255)


def test_cmyk_becomes_rgb() -> None:
    red, green, blue = decode(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"), "a").getpixel((4, 4))
    assert red > 240
    assert green < 15
    assert blue < 15


@pytest.mark.parametrize(("channels", "pixel"), [(1, 76), (2, (76, 128)), (4, (255, 0, 0, 128))])
def test_the_asked_number_of_channels_is_given(channels: int, pixel: object) -> None:
    data = encoded(Image.new("RGBA", (2, 2), (255, 0, 0, 128 if channels != 1 else 255)))
    assert corner(data, channels) == pixel


def test_an_opaque_picture_asked_with_alpha_is_opaque() -> None:
    assert corner(plain((1, 2, 3)), 4) == (1, 2, 3, 255)
    assert corner(encoded(Image.new("L", (2, 2), 9)), 2) == (9, 255)


def test_five_channels_are_refused_on_the_command_line() -> None:
    check_channels(4)
    with pytest.raises(CommandError, match=r"1, 2, 3 or 4 channels .* not 5"):
        check_channels(5)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_turn_is_undone_once(orientation: int) -> None:
    upright = Image.new("RGB", (3, 2))
    upright.putdata([(10, 0, 0), (20, 0, 0), (30, 0, 0), (40, 0, 0), (50, 0, 0), (60, 0, 0)])
    undo = [None, None, 0, 3, 1, 5, 2, 6, 4][orientation]  # the transposition which the camera's storing undoes
    stored = upright if undo is None else upright.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(encoded(stored, exif=exif.tobytes()), "a")
    assert picture.size == (3, 2)
    assert picture.tobytes() == upright.tobytes()
    assert picture.getexif().get(0x0112, 1) == 1


def test_a_damaged_exif_block_leaves_the_picture_as_it_is() -> None:
    image = Image.new("RGB", (4, 3), (9, 9, 9))
    for exif in (b"Exif\0\0MM\0*\0\0\xff\xff", b"Exif\0\0garbage!", b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01"):
        assert decode(encoded(image, exif=exif), "a").size == (4, 3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_counts(kind: str) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    red, green, blue = corner(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert (red > 240, green < 15, blue < 15) == (True, True, True)


def test_a_picture_of_two_eyes_is_read_as_its_first() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    assert corner(encoded(frames[0], "MPO", save_all=True, append_images=frames[1:]))[0] > 240


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"])
def test_a_truncated_file_is_unreadable(kind: str) -> None:
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    data = encoded(noise, kind)
    assert why(data[: len(data) * 2 // 3]).startswith("is damaged (")


def test_an_empty_file_is_unreadable() -> None:
    assert why(b"") == "is empty (0 bytes)"


def test_text_under_an_image_name_is_unreadable() -> None:
    assert why(b"<html>404 not found</html>") == "is no image of a known format"


def test_postscript_is_not_run() -> None:
    assert why(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n") == "is no image of a known format"


def test_content_counts_and_not_the_suffix() -> None:
    assert decode(encoded(Image.new("RGB", (4, 4)), "JPEG"), "a.png").size == (4, 4)


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    assert why(bomb()) == "has more than 89,478,485 pixels"
    assert why(bomb(10_000, 9_000)) == "has 10,000 × 9,000 pixels, more than 89,478,485"


def test_the_pixel_limit_is_the_last_allowed_number() -> None:
    assert decode(plain(size=(8, 6)), "a", pixel_limit=48).size == (8, 6)
    assert why(plain(size=(8, 6)), pixel_limit=47) == "has 8 × 6 pixels, more than 47"


def test_a_compressed_text_chunk_that_unpacks_to_gigabytes_is_refused() -> None:
    import zlib

    good = plain()
    text = b"k\0\0" + zlib.compress(bytes(80_000_000), 9)
    chunk = len(text).to_bytes(4, "big") + b"zTXt" + text + zlib.crc32(b"zTXt" + text).to_bytes(4, "big")
    data = good[:33] + chunk + good[33:]
    with pytest.raises(UnreadableError):
        decode(data, "a")


def test_warning_filters_are_left_as_they_were() -> None:
    before = list(warnings.filters)
    decode(plain(), "a")
    assert list(warnings.filters) == before
