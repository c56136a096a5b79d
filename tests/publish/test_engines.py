"""Engines: MkDocs makes HTML of the assembled Markdown, and says what it minds in the project's own terms."""

import logging
import re
from pathlib import Path
from typing import get_args

import pytest
from editions import assembled as everything
from mkdocs.commands.build import build as build_by_itself
from mkdocs.config import load_config
from workplaces import NEWSLETTER, place_in, workplace

from digest.library.newsletter import Settings
from digest.library.problems import ContentError, WorldError
from digest.publish import engines
from digest.publish.edition import Edition
from digest.publish.engines import ENGINES, Engine, Workplace, mkdocs
from digest.publish.html import OURS
from digest.publish.policy import protect
from digest.publish.searching import INDEX, joined, sections
from digest.publish.shelf import Shelf
from digest.publish.zensical import zensical


def make(place: Workplace) -> list[str]:
    """What MkDocs warns of when it makes all the pages."""
    return mkdocs(place, [file.relative_to(place.docs).as_posix() for file in sorted(place.docs.rglob("*.md"))])


def test_there_are_two_engines() -> None:
    assert dict(ENGINES) == {"mkdocs": Engine(mkdocs, by_page=True), "zensical": Engine(zensical, by_page=False)}


def test_a_project_can_name_any_of_them() -> None:
    assert get_args(Settings.model_fields["engine"].annotation) == tuple(ENGINES)


def test_the_configuration_is_the_project_s_with_what_the_build_decides(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    place.configure()
    assert place.configuration.read_text() == (
        'INHERIT: "../../mkdocs.yml"\n'
        'docs_dir: "../docs"\n'
        'site_dir: "html"\n'
        "use_directory_urls: true\n"
        "theme:\n"
        "  name: material\n"
        '  custom_dir: "../theme"\n'
    )


def test_only_the_pages_that_are_asked_for_are_made_and_home(tmp_path: Path) -> None:
    place = workplace(tmp_path)
    (place.docs / "papers" / "vit.md").write_text("---\ntitle: ViT\n---\n\n<p>Patches</p>\n")
    mkdocs(place, ["papers/vit.md"])
    pages = {file.relative_to(place.site).as_posix() for file in place.site.rglob("index.html")}
    assert pages == {"index.html", "papers/vit/index.html"}


def test_mkdocs_makes_a_page_of_each_file_and_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place = workplace(tmp_path)
    assert make(place) == []
    assert "<p>Hello</p>" in (place.site / "index.html").read_text()
    assert '<p id="why">Why</p>' in (place.site / "papers" / "dino" / "index.html").read_text()
    assert capfd.readouterr() == ("", "")


def test_a_project_s_own_folders_theme_and_form_of_address_give_way(tmp_path: Path) -> None:
    own = "docs_dir: site\nsite_dir: public\nuse_directory_urls: false\ntheme: mkdocs\n"
    place = workplace(tmp_path, NEWSLETTER + own, main='{% extends "base.html" %}{% block content %}MINE{% endblock %}')
    make(place)
    page = (place.site / "papers" / "dino" / "index.html").read_text()
    assert "MINE" in page
    assert "data-md-component" in page
    assert not (tmp_path / "public").exists()


def test_the_theme_s_options_are_the_project_s(tmp_path: Path) -> None:
    place = workplace(tmp_path, NEWSLETTER + "theme: {name: material, font: false, language: de}\n")
    make(place)
    page = (place.site / "index.html").read_text()
    assert '<html lang="de"' in page
    assert "fonts.googleapis" not in page


def test_what_mkdocs_warns_of_is_given_back_and_kept_off_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = workplace(tmp_path, NEWSLETTER + "nav: [index.md, gone.md]\n")
    assert make(place) == [
        "A reference to 'gone.md' is included in the 'nav' configuration, "
        "which is not found in the documentation files."
    ]
    assert capfd.readouterr() == ("", "")


def test_mkdocs_s_own_logging_is_as_it_was_afterwards(tmp_path: Path) -> None:
    logger = logging.getLogger("mkdocs")
    before = (logger.propagate, list(logger.handlers))
    make(workplace(tmp_path))
    assert (logger.propagate, [handler for handler in logger.handlers if handler in before[1]]) == before
    assert not [handler for handler in logger.handlers if type(handler).__module__.startswith("digest")]


@pytest.mark.parametrize(
    ("key", "line", "what"),
    [
        ("plugins: [nonesuch]", 3, "Config value 'plugins': The \"nonesuch\" plugin is not installed"),
        ("# a comment\ndev_addr: 1", 4, "Config value 'dev_addr': Must be a string of format 'IP:PORT'"),
    ],
)
def test_a_mistake_in_the_configuration_is_named_at_its_line(tmp_path: Path, key: str, line: int, what: str) -> None:
    with pytest.raises(ContentError) as caught:
        make(workplace(tmp_path, f"{NEWSLETTER}{key}\n"))
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"mkdocs.yml:{line}:1: the engine says: {what}")
    assert problem.mend == "mend what it names"


def test_a_configuration_that_inherits_in_vain_is_named(tmp_path: Path) -> None:
    place = workplace(tmp_path, "INHERIT: gone.yml\n")
    with pytest.raises(ContentError, match=r"^mkdocs.yml:1:1: the engine says: Inherited config file '.*gone.yml' do"):
        make(place)


def test_a_project_that_is_strict_by_itself_fails_over_a_warning(tmp_path: Path) -> None:
    place = workplace(tmp_path, NEWSLETTER + "strict: true\nnav: [gone.md]\n")
    with pytest.raises(ContentError, match=r"^mkdocs.yml:1:1: the engine says: A reference to 'gone.md' is included"):
        make(place)


def test_a_mistake_that_only_rendering_shows_is_named_in_the_theme(tmp_path: Path) -> None:
    text = '{% extends "base.html" %}\n{% block content %}\n{{ page.nothing.deeper }}{% endblock %}'
    with pytest.raises(ContentError) as caught:
        make(workplace(tmp_path, main=text))
    (problem,) = caught.value.problems
    assert re.fullmatch(
        r"templates/theme/main.html:3:1: '.*Page object' has no attribute 'nothing'; mend the template", str(problem)
    )


def hook(root: Path, raised: str) -> str:
    file = root / "hook.py"
    file.write_text(f"from mkdocs.exceptions import PluginError\ndef on_env(env, **rest):\n    raise {raised}\n")
    return f"{NEWSLETTER}hooks: [{file}]\n"


def test_a_plugin_that_gives_up_is_the_world_s_fault(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"^MkDocs stopped: the plugin gave up$"):
        make(workplace(tmp_path, hook(tmp_path, "PluginError('the plugin gave up')")))


def test_a_plugin_that_breaks_is_the_world_s_fault_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"^MkDocs stopped: KeyError: 'x'$"):
        make(workplace(tmp_path, hook(tmp_path, "KeyError('x')")))


def made(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def by_itself(place: Workplace) -> dict[str, bytes]:
    """What MkDocs makes of the same folder without us, less the pictures and feeds that the build copies itself."""
    place.configure()
    alone = place.folder / "alone"
    build_by_itself(load_config(str(place.configuration), site_dir=str(alone)))
    protect(alone)
    files = {name: data for name, data in made(alone).items() if not (place.docs / name).is_file()}
    return files | {INDEX: joined(files[INDEX], sections(files[INDEX]))}


def without_maps(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files less the site maps, in which each process names its own pages; ours stands in their place."""
    return {name: data for name, data in files.items() if name not in OURS}


@pytest.fixture
def assembled(edition: Edition, tmp_path: Path) -> Workplace:
    """A whole newsletter's documents and theme, with a page of every kind."""
    place = place_in(tmp_path)
    place.project.write_bytes((Path(__file__).parents[2] / "mkdocs.yml").read_bytes())
    for folder, files in ((place.docs, everything(edition)), (place.theme, edition.templates.theme())):
        shelf = Shelf(folder, {})
        for name, content in files.items():
            shelf.put(name, content)
    return place


def test_mkdocs_by_itself_makes_the_same_bytes(assembled: Workplace) -> None:
    make(assembled)
    files = made(assembled.site)
    files[INDEX] = joined(files[INDEX], sections(files[INDEX]))
    assert files == by_itself(assembled)


def test_several_processes_make_the_same_bytes_as_one(assembled: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "PAGES_WORTH_A_PROCESS", 8)
    monkeypatch.setattr(engines, "cores", lambda: 3)
    assert make(assembled) == []
    assert without_maps(made(assembled.site)) == without_maps(by_itself(assembled))


def test_a_mistake_that_another_process_finds_is_named_as_well(
    assembled: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PAGES_WORTH_A_PROCESS", 8)
    monkeypatch.setattr(engines, "cores", lambda: 2)
    main = assembled.theme / "main.html"
    broken = "{% block tabs %}{% if page and page.url == 'tags/' %}{{ page.meta.no.where }}{% endif %}{% endblock %}"
    main.write_text(main.read_text(encoding="utf-8").replace("{% block tabs %}{% endblock %}", broken))
    with pytest.raises(ContentError) as caught:
        make(assembled)
    assert [problem.path for problem in caught.value.problems] == ["templates/theme/main.html"]


def test_a_process_has_at_least_one_core() -> None:
    assert engines.cores() >= 1
