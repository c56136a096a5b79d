"""The picture files of `site/figures/`: their size, and whether they are what their name says."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digest.library import figures as room
from digest.library.figures import MAX_BYTES, FigureFile, read_figure, read_figures
from digest.library.problems import Problem

XMLNS = 'xmlns="http://www.w3.org/2000/svg"'


def picture(kind: str, size: tuple[int, int] = (4, 3), orientation: int = 1) -> bytes:
    """A picture of that kind."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", size).save(file, kind, exif=exif)
    return file.getvalue()


def size_of(folder: Path, name: str, data: bytes | str) -> tuple[int, int] | str:
    """The width and height of a picture, or its problem in a line."""
    file = folder / name
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    figure = read_figure(file, f"site/figures/{name}")
    if isinstance(figure, Problem):
        return str(figure).removeprefix(f"site/figures/{name}:")
    assert figure == FigureFile(name, file, figure.width, figure.height)
    return figure.width, figure.height


@pytest.mark.parametrize(
    ("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.jpeg", "JPEG"), ("a.webp", "WEBP"), ("a.avif", "AVIF")]
)
def test_a_picture_has_its_size_in_pixels(tmp_path: Path, name: str, kind: str):
    assert size_of(tmp_path, name, picture(kind)) == (4, 3)


@pytest.mark.parametrize(("orientation", "size"), [(1, (4, 3)), (3, (4, 3)), (5, (3, 4)), (6, (3, 4)), (8, (3, 4))])
def test_a_photograph_lying_on_its_side_has_the_size_that_browsers_show(
    tmp_path: Path, orientation: int, size: tuple[int, int]
):
    assert size_of(tmp_path, "a.jpg", picture("JPEG", orientation=orientation)) == size


def test_a_picture_is_what_its_suffix_says(tmp_path: Path):
    assert (
        size_of(tmp_path, "a.png", picture("JPEG")) == "1:1: the picture is JPEG, whatever its suffix says; rename it"
    )


@pytest.mark.parametrize(
    "data", [b"", b"no picture", picture("PNG")[:30], picture("PNG")[:-20], picture("PNG")[:45] + b"x" * 40]
)
def test_a_broken_picture_cannot_be_read(tmp_path: Path, data: bytes):
    assert size_of(tmp_path, "a.png", data) == ("1:1: the picture cannot be read; save it again as PNG, JPEG or WebP")


def test_a_picture_has_at_most_forty_million_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert room.MAX_PIXELS == 40_000_000
    monkeypatch.setattr(room, "MAX_PIXELS", 12)
    assert size_of(tmp_path, "a.png", picture("PNG")) == (4, 3)
    monkeypatch.setattr(room, "MAX_PIXELS", 11)
    assert size_of(tmp_path, "a.png", picture("PNG")) == (
        "1:1: the picture has 4 × 3 pixels; make it smaller than 40 million"
    )


@pytest.mark.parametrize("limit", [7, 1])
def test_a_picture_made_to_explode_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    assert size_of(tmp_path, "a.png", picture("PNG")) == (
        "1:1: the picture has far too many pixels; make it smaller than 40 million"
    )


def test_a_picture_has_at_most_two_megabytes(tmp_path: Path):
    svg = f'<svg {XMLNS} viewBox="0 0 4 3"/>'
    assert size_of(tmp_path, "a.svg", svg + " " * (MAX_BYTES - len(svg))) == (4, 3)
    assert size_of(tmp_path, "a.svg", svg + " " * (MAX_BYTES + 1 - len(svg))) == (
        "1:1: the picture has more than 2 MB; make it smaller"
    )


@pytest.mark.parametrize("name", ["a.gif", "a.PNG", "a", "a.md"])
def test_anything_else_is_no_kind_of_figure(tmp_path: Path, name: str):
    suffix = Path(name).suffix
    assert size_of(tmp_path, name, b"") == f"1:1: '{suffix}' is no kind of figure; use .svg, .png, .jpg, .webp or .avif"


def test_a_link_or_a_folder_is_no_figure(tmp_path: Path):
    (tmp_path / "real.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "link.svg").symlink_to(tmp_path / "real.svg")
    (tmp_path / "folder.svg").mkdir()
    for name in ("link.svg", "folder.svg", "missing.svg"):
        assert str(read_figure(tmp_path / name, name)) == (
            f"{name}:1:1: a figure must be a file, not a link or a folder; put the picture itself here"
        )


def test_a_picture_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert (
        size_of(tmp_path, "a.svg", "<svg/>")
        == "1:1: the picture cannot be read (permission denied); mend its permissions"
    )


def test_an_error_without_a_reason_is_told_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(_: Path) -> bytes:
        raise OSError

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert size_of(tmp_path, "a.svg", "<svg/>") == "1:1: the picture cannot be read (unknown); mend its permissions"


@pytest.mark.parametrize(
    ("box", "size"),
    [
        ("0 0 40 30", (40, 30)),
        ("-5,-5, 40.4,30.6", (40, 31)),
        (" 0\n0\t4e1 3e1 ", (40, 30)),
        ("0 0 0.6 0.6", (1, 1)),
    ],
)
def test_a_drawing_has_the_size_of_its_view_box(tmp_path: Path, box: str, size: tuple[int, int]):
    assert (
        size_of(tmp_path, "a.svg", f'\ufeff<?xml version="1.0"?><!-- <svg/> --><svg {XMLNS} viewBox="{box}"/>') == size
    )


@pytest.mark.parametrize(
    "box",
    [
        "",
        "0 0 40",
        "0 0 40 30 1",
        "0 0 a b",
        "0 0 0 30",
        "0 0 40 0.4",
        "0 0 0.4 40",
        "0 0 -4 -3",
        "0 0 inf 1",
        "0 0 nan 1",
        "0 0 1e400 1",
    ],
)
def test_a_drawing_without_a_true_view_box_is_refused(tmp_path: Path, box: str):
    said = '1:1: the <svg> has no viewBox; add viewBox="0 0 WIDTH HEIGHT"'
    assert size_of(tmp_path, "a.svg", f'<svg {XMLNS} viewBox="{box}"/>') == said
    assert size_of(tmp_path, "a.svg", f"<svg {XMLNS}/>") == said


@pytest.mark.parametrize(
    "root", ['<svg viewBox="0 0 4 3"/>', "<html/>", '<svg xmlns="http://a.org" viewBox="0 0 4 3"/>']
)
def test_a_drawing_that_browsers_would_not_show_is_refused(tmp_path: Path, root: str):
    assert size_of(tmp_path, "a.svg", root) == (
        "1:1: the file is no SVG, and browsers would not show it; begin with " + f"<svg {XMLNS}>"
    )


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<script/>", "2:3: '<script>' could run in the SVG; remove it"),
        ("<foreignObject/>", "2:3: '<foreignObject>' could run in the SVG; remove it"),
        ("<SCRIPT/>", "2:3: '<SCRIPT>' could run in the SVG; remove it"),
        ("<path onclick='a'/>", "2:3: 'onclick' could run in the SVG; remove it"),
        ("<path ONload='a'/>", "2:3: 'onload' could run in the SVG; remove it"),
        ("<a fill='JavaScript:a'/>", "2:3: 'fill' could run in the SVG; remove it"),
        (
            "<a href='https://a.org'/>",
            "2:3: 'href' reaches outside the SVG; draw with shapes only, or point to an #id inside",
        ),
        (
            "<image src='a.png'/>",
            "2:3: 'src' reaches outside the SVG; draw with shapes only, or point to an #id inside",
        ),
        (
            "<image xmlns:x='http://www.w3.org/1999/xlink' x:href='data:image/png,'/>",
            "2:3: 'href' reaches outside the SVG; draw with shapes only, or point to an #id inside",
        ),
        (
            "<path fill='url(a.svg#b)'/>",
            "2:3: 'url(' reaches outside the SVG; draw with shapes only, or point to an #id inside",
        ),
        (
            "<style>@import 'a';</style>",
            "2:18: '@import' reaches outside the SVG; draw with shapes only, or point to an #id inside",
        ),
        (
            "<style>@im<g/>port 'a'</style>",
            "2:24: '@import' reaches outside the SVG; draw with shapes only, or point to an #id inside",
        ),
        (
            "<style>@\\69 mport 'a'</style>",
            "2:24: '@import' reaches outside the SVG; draw with shapes only, or point to an #id inside",
        ),
        (
            "<style>a { fill: image-set('a.svg') }</style>",
            "2:39: 'image-set(' reaches outside the SVG; draw with shapes only, or point to an #id inside",
        ),
        (
            "<path fill='u\\72l(a.svg#b)'/>",
            "2:3: 'url(' reaches outside the SVG; draw with shapes only, or point to an #id inside",
        ),
        ("<a fill='java&#9;script:a'/>", "2:3: 'fill' could run in the SVG; remove it"),
        (
            "<animate attributeName='xlink:href' to='#a'/>",
            "2:3: 'xlink:href' is changed by an animation; animate shapes only",
        ),
        ("<set attributeName=' onclick ' to='a'/>", "2:3: ' onclick ' is changed by an animation; animate shapes only"),
        ("<p xmlns='http://www.w3.org/1999/xhtml'/>", "2:3: '<p>' could run in the SVG; remove it"),
        ("<?xml-stylesheet href='a'?>", "2:3: '<?xml-stylesheet' could reach outside; remove it"),
        ("<path", "3:1: the SVG is broken: not well-formed (invalid token); draw it again, or mend its XML"),
        ("<b></a>", "2:8: the SVG is broken: mismatched tag; draw it again, or mend its XML"),
    ],
)
def test_what_could_run_or_reach_outside_is_refused_at_its_place(tmp_path: Path, inside: str, said: str):
    found = size_of(tmp_path, "a.svg", f'<svg {XMLNS} viewBox="0 0 4 3">\n  {inside}\n</svg>')
    assert isinstance(found, str)
    assert found.partition(": ")[2] == said.partition(": ")[2]
    assert found.partition(":")[0] in ("2", "3")


def test_what_reaches_outside_is_found_wherever_a_long_text_is_cut(tmp_path: Path):
    for padding in range(8180, 8196):
        text = f'<svg {XMLNS} viewBox="0 0 4 3"><style>{" " * padding}@import "a"</style></svg>'
        assert "'@import' reaches outside the SVG" in str(size_of(tmp_path, "a.svg", text))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "utf-7", "cp037"])
def test_a_drawing_is_utf_8_so_that_a_browser_reads_what_was_read_here(tmp_path: Path, encoding: str):
    text = f'<?xml version="1.0" encoding="{encoding}"?><svg {XMLNS} viewBox="0 0 4 3"/>'
    assert "the SVG says that it is" in str(size_of(tmp_path, "a.svg", text))
    assert isinstance(size_of(tmp_path, "b.svg", text.encode("utf-16")), str)


@pytest.mark.parametrize("declaration", ["", "<?xml version='1.0'?>", "<?xml version='1.0' encoding='UTF-8'?>"])
def test_a_drawing_may_say_that_it_is_utf_8(tmp_path: Path, declaration: str):
    assert size_of(tmp_path, "a.svg", f'{declaration}<svg {XMLNS} viewBox="0 0 4 3">é</svg>') == (4, 3)


def test_a_drawing_declares_no_attributes_that_it_does_not_write(tmp_path: Path):
    text = f'<!DOCTYPE svg [\n<!ATTLIST svg onload CDATA "a">]>\n<svg {XMLNS} viewBox="0 0 4 3"/>'
    assert str(size_of(tmp_path, "a.svg", text)).endswith(": the SVG declares an attribute; write it where it belongs")


@pytest.mark.parametrize("escape", ["\\0 ", "\\110000 ", "\\ffffff"])
def test_an_escape_of_no_character_is_read_as_css_reads_it(tmp_path: Path, escape: str):
    text = f'<svg {XMLNS} viewBox="0 0 4 3"><style>a{escape}{{}}</style></svg>'
    assert size_of(tmp_path, "a.svg", text) == (4, 3)


def test_a_drawing_may_point_inside_itself_and_describe_itself(tmp_path: Path):
    inside = "<title>on url</title><style>a { fill: url('#b') }</style><use href='#b'/><path fill='url(#b)' d='M0'/>"
    assert size_of(tmp_path, "a.svg", f'<svg {XMLNS} viewBox="0 0 4 3">{inside}</svg>') == (4, 3)


def test_a_drawing_declares_no_entities_which_could_explode(tmp_path: Path):
    text = f'<!DOCTYPE svg [\n<!ENTITY a "b">]>\n<svg {XMLNS} viewBox="0 0 4 3">&a;</svg>'
    assert str(size_of(tmp_path, "a.svg", text)).endswith(": the SVG declares an entity; write the text out")


@pytest.mark.parametrize(
    ("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.webp", "WEBP"), ("a.avif", "AVIF")]
)
def test_a_damaged_picture_is_a_picture_or_a_problem_and_warns_of_nothing(tmp_path: Path, name: str, kind: str):
    whole = picture(kind, orientation=6)
    for index in range(0, len(whole), max(1, len(whole) // 150)):
        for byte in (0, 255):
            size_of(tmp_path, name, whole[:index] + bytes([byte]) + whole[index + 1 :])


@given(st.one_of(st.binary(), st.text().map(str.encode), st.text().map(lambda text: f"<svg {XMLNS}>{text}".encode())))
def test_any_bytes_are_a_picture_or_a_problem(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    for name in ("any.svg", "any.png"):
        size_of(tmp_path_factory.getbasetemp(), name, data)


def test_a_project_without_figures_has_none(tmp_path: Path):
    assert read_figures(tmp_path) == ({}, [])


def test_figures_go_by_their_names_and_every_mistake_is_told(tmp_path: Path):
    folder = tmp_path / "site" / "figures"
    folder.mkdir(parents=True)
    for name in ("b.png", "a.png", "two words.png"):
        (folder / name).write_bytes(picture("PNG"))
    (folder / "c.md").write_text("", encoding="utf-8")
    (folder / ".hidden").write_text("", encoding="utf-8")
    figures, problems = read_figures(tmp_path)
    assert figures == {name: FigureFile(name, folder / name, 4, 3) for name in ("a.png", "b.png")}
    assert [str(problem) for problem in problems] == [
        "site/figures/c.md:1:1: '.md' is no kind of figure; use .svg, .png, .jpg, .webp or .avif",
        "site/figures/two words.png:1:1: 'two words.png' cannot be a figure's name; use letters, digits, - and _, and "
        "one of .svg, .png, .jpg, .webp, .avif",
    ]
