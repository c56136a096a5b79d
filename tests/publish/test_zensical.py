"""Zensical makes the same site of the same folder, and says what it minds in the project's own terms."""

import subprocess
import sys
from pathlib import Path

import pytest
from projects import fingerprint, write_project
from workplaces import NEWSLETTER, workplace

from digest.library.problems import ContentError, WorldError
from digest.publish import zensical as module
from digest.publish.build import build
from digest.publish.engines import Workplace
from digest.publish.zensical import zensical


def test_it_makes_a_page_of_each_file_and_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place = workplace(tmp_path)
    assert zensical(place, []) == []
    assert "<p>Hello</p>" in (place.site / "index.html").read_text()
    assert '<p id="why">Why</p>' in (place.site / "papers" / "dino" / "index.html").read_text()
    assert capfd.readouterr() == ("", "")


def test_it_is_told_to_keep_material_s_markup_and_to_add_no_extensions(tmp_path: Path) -> None:
    place = workplace(tmp_path)
    (place.docs / "index.md").write_text('---\ntitle: Home\n---\n\n<p markdown="span">*Hello*</p>\n')
    zensical(place, [])
    page = (place.site / "index.html").read_text()
    assert '<p markdown="span">*Hello*</p>' in page
    assert "assets/stylesheets/classic/" in page
    assert (tmp_path / "build" / "zensical.yml").read_text() == (
        "INHERIT: mkdocs.yml\nmarkdown_extensions: []\ntheme:\n  variant: classic\n"
        "validation:\n  links:\n    not_found: ignore\n    anchors: ignore\n"
        'site_dir: ".making/html"\n'
    )


def test_all_it_writes_is_in_build(tmp_path: Path) -> None:
    place = workplace(tmp_path, NEWSLETTER + "docs_dir: site\nsite_dir: public\nuse_directory_urls: false\n")
    zensical(place, [])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["build", "mkdocs.yml"]
    names = {".making", "docs", "mkdocs.yml", "theme", "zensical.yml"}
    assert {file.name for file in (tmp_path / "build").iterdir()} == names
    assert [file.name for file in place.folder.iterdir()] == ["html"]
    assert (place.site / "papers" / "dino" / "index.html").is_file()


def test_a_file_of_the_project_passes_for_no_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = workplace(tmp_path)
    (tmp_path / "yaml.py").write_text("raise SystemExit('mine')\n")
    monkeypatch.chdir(tmp_path)
    assert zensical(place, []) == []


def test_a_project_gives_the_same_bytes_whatever_was_built_there_before(tmp_path: Path) -> None:
    fresh = fingerprint(build(write_project(tmp_path / "one"), engine="zensical").site)
    root = write_project(tmp_path / "two")
    words = root / "site" / "papers" / "vit.md"
    before = words.read_text(encoding="utf-8")
    words.write_text(before.replace("It scales.", "It scales, they found."), encoding="utf-8")
    assert fingerprint(build(root, engine="zensical").site) != fresh
    words.write_text(before, encoding="utf-8")
    assert fingerprint(build(root, engine="zensical").site) == fresh


def test_one_line_of_mkdocs_yml_chooses_it(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    settings = root / "mkdocs.yml"
    text = settings.read_text(encoding="utf-8").replace("  digest:\n", "  digest:\n    engine: zensical\n")
    settings.write_text(text, encoding="utf-8")
    report = build(root)
    assert report.engine == "zensical"
    assert (report.site / "search.json").is_file()
    assert "Zensical</a>" in (report.site / "index.html").read_text(encoding="utf-8")
    assert build(root, engine="mkdocs").engine == "mkdocs"
    assert "Material for MkDocs</a>" in (root / "build" / "site" / "index.html").read_text(encoding="utf-8")


def test_it_is_named_in_one_sentence_when_it_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(WorldError) as caught:
        zensical(workplace(tmp_path), [])
    assert str(caught.value) == "Zensical is not installed; `pip install 'this-week-in-ml[zensical]'` installs it"


VALIDATING = NEWSLETTER + "validation: {unresolved_references: true}\n"


def warned(root: Path, project: str) -> Workplace:
    """A project with a page that refers to nothing, which Zensical says when it is asked to."""
    place = workplace(root, project)
    (place.docs / "index.md").write_text("---\ntitle: Home\n---\n\n[x][nope] and <a href='gone.md'>y</a>\n")
    return place


def test_what_it_warns_of_is_given_back_and_kept_off_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert zensical(warned(tmp_path, VALIDATING), []) == ["unresolved link reference (index.md:5:5)"]
    assert capfd.readouterr() == ("", "")


def test_links_are_not_its_to_judge(tmp_path: Path) -> None:
    assert zensical(warned(tmp_path, NEWSLETTER + "validation: {links: {not_found: warn}}\n"), []) == []


def test_a_project_that_is_strict_by_itself_fails_over_a_warning(tmp_path: Path) -> None:
    with pytest.raises(ContentError) as caught:
        zensical(warned(tmp_path, VALIDATING + "strict: true\n"), [])
    assert [str(problem) for problem in caught.value.problems] == [
        "mkdocs.yml:1:1: the engine says: unresolved link reference (index.md:5:5); mend what it names"
    ]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("{{ page.nothing.deeper }}", 2, "undefined value"),
        ("{{ page. }}", 2, "unexpected end of variable block, expected identifier or integer"),
        ("{{ page.title | shout }}", 2, "unknown filter: filter shout is unknown"),
        ('\n{% include "no.html" %}', 3, 'template not found: tried to include non-existing template "no.html"'),
    ],
)
def test_a_mistake_in_the_theme_is_named_at_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    main = '{% extends "base.html" %}{% block content %}\n' + text + "{% endblock %}"
    with pytest.raises(ContentError) as caught:
        zensical(workplace(tmp_path, main=main), [])
    assert [str(problem) for problem in caught.value.problems] == [
        f"templates/theme/main.html:{line}:1: {what}; mend the template"
    ]


@pytest.mark.parametrize(
    ("key", "line", "what"),
    [
        ("extra: 5", 3, "The 'extra' setting must be a mapping/dictionary."),
        ("extra_css: 7", 3, "ValueError: Failed to cast key 'extra_css' to "),
        ("theme: {palette: 7}", 1, "TypeError: 'int' object is not iterable"),
        ("site_name: 5", 1, "TypeError: failed to extract field Project.site_name"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(tmp_path: Path, key: str, line: int, what: str) -> None:
    with pytest.raises(ContentError) as caught:
        zensical(workplace(tmp_path, f"{NEWSLETTER}{key}\n"), [])
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"mkdocs.yml:{line}:1: the engine says: {what}")
    assert problem.mend == "mend what it names"


def test_its_own_failure_is_the_world_s_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = "import sys; sys.exit('one\\nRuntimeError: it broke (in base.html:7)')"
    monkeypatch.setattr(module, "COMMAND", (sys.executable, "-c", failing))
    with pytest.raises(WorldError, match=r"^Zensical stopped: RuntimeError: it broke \(in base.html:7\)$"):
        zensical(workplace(tmp_path), [])


def test_the_command_line_builds_with_it(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    command = [sys.executable, "-m", "digest", "build", "--engine", "zensical", "--json"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert '"engine": "zensical"' in done.stdout
