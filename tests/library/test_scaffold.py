"""A newsletter of one's own: what `digest init` writes, and when it writes nothing."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.library.checking import check_library
from digest.library.newsletter import read_newsletter
from digest.library.problems import CommandError, ContentError, Problem, WorldError
from digest.library.reading import read_library
from digest.library.scaffold import new_newsletter, rendered
from digest.library.yaml import load
from digest.publish.templates import packaged_folder

TODAY = date(2026, 1, 2)
FILES = [
    ".github/workflows/publish.yml",
    ".gitignore",
    "README.md",
    "mkdocs.yml",
    "site/about.md",
    "site/authors.yml",
    "site/corrections.md",
    "site/courses/linear-algebra.md",
    "site/figures/attention-dark.svg",
    "site/figures/attention.svg",
    "site/issues/2026-01-02.md",
    "site/papers/attention-is-all-you-need.md",
    "site/projects/numpy.md",
    "site/subscribe.md",
]


def make(folder: Path, name: str | None = None) -> Path:
    return new_newsletter(folder, name, packaged_folder(), TODAY)


def files(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def small_templates(folder: Path, **texts: str) -> Path:
    (folder / "newsletter").mkdir(parents=True)
    for name, text in texts.items():
        (folder / "newsletter" / name).write_text(text, encoding="utf-8")
    return folder


def test_a_new_newsletter_has_settings_content_a_workflow_and_a_readme(tmp_path: Path) -> None:
    made = make(tmp_path / "my-letter")
    assert made == tmp_path / "my-letter"
    assert files(made) == FILES


def test_every_text_of_a_new_newsletter_ends_with_its_line(tmp_path: Path) -> None:
    made = make(tmp_path / "my-letter")
    for file in files(made):
        assert (made / file).read_bytes()[-1:] == b"\n", file


def test_nothing_else_is_left_beside_it(tmp_path: Path) -> None:
    make(tmp_path / "my-letter")
    assert [child.name for child in tmp_path.iterdir()] == ["my-letter"]


def test_a_new_newsletter_has_nothing_to_mend(tmp_path: Path) -> None:
    made = make(tmp_path / "my-letter")
    newsletter, problems = read_newsletter(made)
    library, library_problems = read_library(made)
    assert newsletter is not None
    assert [*problems, *library_problems, *check_library(library, newsletter)] == []


def test_its_first_issue_is_of_the_day_it_was_made_and_published(tmp_path: Path) -> None:
    library, _ = read_library(make(tmp_path / "my-letter"))
    [issue] = library.issues
    assert (issue.id, issue.number, issue.date, issue.status) == ("issues/2026-01-02", 1, TODAY, "published")
    assert [library.entries[name].kind for name in issue.entries] == ["paper", "course", "project"]
    assert {entry.added for entry in library.entries.values()} == {TODAY}


def test_its_feeds_are_identified_by_the_year_it_was_made_in(tmp_path: Path) -> None:
    newsletter, _ = read_newsletter(make(tmp_path / "my-letter"))
    assert newsletter is not None
    assert newsletter.settings.since == 2026


def test_its_address_is_a_placeholder_that_cannot_be_published_at(tmp_path: Path) -> None:
    newsletter, _ = read_newsletter(make(tmp_path / "my-letter"))
    assert newsletter is not None
    assert newsletter.address == "https://newsletter.example/"
    assert newsletter.repository == "https://git.example/OWNER/REPOSITORY"
    assert not newsletter.is_placed


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("my-letter", "My Letter"),
        ("notes_on_ML", "Notes On ML"),
        ("été", "Été"),
        ("XML-week", "XML Week"),
        ("PyTorch-weekly", "PyTorch Weekly"),
    ],
)
def test_without_a_name_it_is_called_what_its_folder_is(tmp_path: Path, folder: str, name: str) -> None:
    newsletter, _ = read_newsletter(make(tmp_path / folder))
    assert newsletter is not None
    assert newsletter.name == name


def test_its_name_stands_in_its_settings_its_readme_and_its_words(tmp_path: Path) -> None:
    made = make(tmp_path / "my-letter", 'The  "Gradient": Ascent')
    newsletter, problems = read_newsletter(made)
    assert newsletter is not None
    assert newsletter.name == 'The "Gradient": Ascent'
    assert problems == []
    for file in ("README.md", "site/about.md", "site/issues/2026-01-02.md"):
        assert 'The "Gradient": Ascent' in (made / file).read_text(encoding="utf-8")


letters = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffe\uffff")


@given(name=st.text(letters, min_size=1, max_size=40).filter(str.strip))
def test_whatever_the_name_it_is_read_back_as_it_was_given(name: str) -> None:
    texts = rendered(packaged_folder() / "newsletter", {"name": " ".join(name.split()), "today": TODAY})
    document, problems = load(texts["mkdocs.yml"], "mkdocs.yml")
    assert problems == []
    assert document.data["site_name"] == " ".join(name.split())


@pytest.mark.parametrize("name", [" ", "\t\n"])
def test_a_name_of_nothing_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match=r"^the newsletter has no name; give it one with --name$"):
        make(tmp_path / "my-letter", name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a\x00b", "a\x1b[0m", "a\udcff", "\u0085a\u0090", "a\ufffeb"])
def test_a_name_that_no_file_can_hold_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match=r"^the name has a character that cannot be written; give it another with"):
        make(tmp_path / "my-letter", name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_name_says_nothing_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no name"):
        make(tmp_path / "--_")


def test_a_folder_that_holds_something_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(CommandError) as refused:
        make(tmp_path)
    assert str(refused.value) == (f"{tmp_path} holds 'notes.txt' already; name a folder that is empty or not there yet")
    assert files(tmp_path) == ["notes.txt"]


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "my-letter").write_text("mine")
    with pytest.raises(CommandError) as refused:
        make(tmp_path / "my-letter")
    assert str(refused.value) == f"{tmp_path / 'my-letter'} is a file; name a folder that is not there yet"


def test_an_empty_folder_is_filled_where_it_stands(tmp_path: Path) -> None:
    folder = tmp_path / "my-letter"
    folder.mkdir()
    before = folder.stat().st_ino
    make(folder)
    assert files(folder) == FILES
    assert folder.stat().st_ino == before
    assert [child.name for child in tmp_path.iterdir()] == ["my-letter"]


def test_an_empty_clone_of_a_repository_is_filled_too(tmp_path: Path) -> None:
    (tmp_path / "my-letter" / ".git").mkdir(parents=True)
    make(tmp_path / "my-letter")
    assert files(tmp_path / "my-letter") == FILES


def test_the_folder_that_one_stands_in_gives_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my-letter").mkdir()
    monkeypatch.chdir(tmp_path / "my-letter")
    made = make(Path())
    newsletter, _ = read_newsletter(made)
    assert newsletter is not None
    assert (made, newsletter.name) == (tmp_path / "my-letter", "My Letter")


def test_folders_above_it_are_made(tmp_path: Path) -> None:
    assert files(make(tmp_path / "of" / "letters" / "mine")) == FILES


def test_a_disk_that_refuses_is_the_worlds_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorldError) as refused:
        make(tmp_path / "file" / "my-letter")
    assert str(refused.value) == f"{tmp_path / 'file' / 'my-letter'} cannot be written (file exists)"


def test_a_folder_that_cannot_be_looked_into_is_the_worlds_fault(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 300)
    with pytest.raises(WorldError) as refused:
        make(folder)
    assert str(refused.value) == f"{folder} cannot be read (file name too long)"


def test_when_a_write_fails_nothing_is_left(tmp_path: Path) -> None:
    templates = small_templates(tmp_path / "templates", **{"a.md": "", f"{'x' * 250}TODAY": ""})
    with pytest.raises(WorldError, match=r"cannot be written \(file name too long\)$"):
        new_newsletter(tmp_path / "made" / "my-letter", None, templates, TODAY)
    assert list((tmp_path / "made").iterdir()) == []


def test_a_template_that_names_what_is_not_there_is_a_mistake_with_its_place(tmp_path: Path) -> None:
    templates = small_templates(tmp_path / "templates", **{"README.md": "# {{ name }}\n{{ nme }}\n"})
    with pytest.raises(ContentError) as raised:
        new_newsletter(tmp_path / "my-letter", "Mine", templates, TODAY)
    mend = "a template of a newsletter knows name, today"
    assert raised.value.problems == (
        Problem("templates/newsletter/README.md", 1, 1, "broken template: 'nme' is undefined", mend),
    )
    assert not (tmp_path / "my-letter").exists()


def test_a_template_with_broken_syntax_is_a_mistake_in_its_line(tmp_path: Path) -> None:
    templates = small_templates(tmp_path / "templates", **{"README.md": "# {{ name }}\n{% if %}\n"})
    with pytest.raises(ContentError) as raised:
        new_newsletter(tmp_path / "my-letter", "Mine", templates, TODAY)
    [problem] = raised.value.problems
    assert (problem.path, problem.line) == ("templates/newsletter/README.md", 2)


def test_what_an_editor_left_beside_the_templates_is_not_copied(tmp_path: Path) -> None:
    templates = small_templates(tmp_path / "templates", **{".swp": "x", "kept.md": "{{ today }}", "dot-kept": ""})
    (templates / "newsletter" / "__pycache__").mkdir()
    (templates / "newsletter" / "__pycache__" / "a.pyc").write_bytes(b"\x00\xff")
    assert rendered(templates / "newsletter", {"today": TODAY}) == {"kept.md": "2026-01-02", ".kept": ""}


def test_only_a_name_that_begins_so_is_hidden(tmp_path: Path) -> None:
    templates = small_templates(tmp_path / "templates", **{"polka-dot-dress.md": "", "TODAY.md": ""})
    assert sorted(rendered(templates / "newsletter", {"today": TODAY})) == ["2026-01-02.md", "polka-dot-dress.md"]


def test_every_colour_of_a_new_newsletter_can_be_read_on_its_ground(tmp_path: Path) -> None:
    newsletter, _ = read_newsletter(make(tmp_path / "my-letter"))
    assert newsletter is not None
    for shades in (newsletter.colours.paper, newsletter.colours.course, newsletter.colours.project):
        assert contrast(shades.light, "#fbfaf6") >= 4.5
        assert contrast(shades.dark, "#141519") >= 4.5


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2, definition of contrast ratio)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_link_to_an_empty_folder_is_filled_through_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "my-letter").symlink_to(tmp_path / "real")
    make(tmp_path / "my-letter")
    assert (tmp_path / "my-letter").is_symlink()
    assert files(tmp_path / "real") == FILES
