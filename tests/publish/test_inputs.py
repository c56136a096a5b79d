"""Inputs: the name of what a build is made of changes exactly when a file does that it reads."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from projects import write_project

from digest.publish import inputs
from digest.publish.inputs import folder_inputs, is_closed, name_of, project_inputs, tools


@given(st.lists(st.text()), st.lists(st.text()))
def test_two_lists_have_one_name_exactly_when_they_are_the_same(one: list[str], two: list[str]) -> None:
    assert (name_of(one) == name_of(two)) == (one == two)


def test_a_half_of_a_character_has_a_name_too() -> None:
    assert len(name_of(["\udc80"])) == 32


def written(path: str, text: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    return change


@pytest.mark.parametrize(
    "change",
    [
        written("site/papers/dino.md", "other"),
        written("site/papers/new.md", ""),
        written("mkdocs.yml", "other"),
        written("templates/pages/page.html", ""),
        written("demos/coin/coin.py", "other"),
        written("demos/coin/results/laptop.json", "{}"),
        written("site/assets/a/b.txt", ""),
        lambda root: (root / "site" / "about.md").unlink(),
        lambda root: (root / "site" / "about.md").rename(root / "site" / "about-us.md"),
        lambda root: (root / "site" / "empty").mkdir(),
        lambda root: (root / "site" / "assets").symlink_to(root / "site" / "figures"),
        lambda root: shutil.rmtree(root / "demos"),
    ],
)
def test_a_project_has_another_name_after_any_change(tmp_path: Path, change: Callable[[Path], object]) -> None:
    root = write_project(tmp_path / "one")
    before = project_inputs(root)
    assert project_inputs(root) == before
    change(root)
    assert project_inputs(root) != before


def test_what_is_hidden_built_or_elsewhere_does_not_count(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    before = project_inputs(root)
    for path in ("build/site/index.html", "README.md", "demos/coin/__pycache__/coin.pyc", "demos/coin/.venv/x"):
        written(path, "other")(root)
    assert project_inputs(root) == before


def test_where_a_project_stands_does_not_count(tmp_path: Path) -> None:
    assert project_inputs(write_project(tmp_path / "one")) == project_inputs(write_project(tmp_path / "two"))


def test_folders_have_another_name_when_a_file_moves_between_them(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    (one / "a").write_text("a")
    before = folder_inputs([one, two])
    (one / "a").rename(two / "a")
    assert folder_inputs([one, two]) != before


def test_another_version_of_a_library_is_another_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    before = tools.__wrapped__()
    assert tools.__wrapped__() == before
    monkeypatch.setattr(inputs, "version", lambda _: "99.0")
    assert tools.__wrapped__() != before


@pytest.mark.parametrize(
    "settings",
    [
        "site_name: A\n",
        "site_name: A\nplugins: [search]\n",
        "site_name: A\nplugins:\n  - search:\n      lang: en\n",
        "site_name: A\nplugins:\n  search: {lang: en}\n",
        "site_name: A\nplugins: []\nmarkdown_extensions:\n  - x: {a: !!python/name:a.b }\n",
    ],
)
def test_settings_that_run_nothing_unknown_are_closed(settings: str) -> None:
    assert is_closed(settings.encode())


@pytest.mark.parametrize(
    "settings",
    [
        "site_name: A\nplugins: [search, macros]\n",
        "site_name: A\nplugins:\n  - macros: {}\n",
        "site_name: A\nplugins:\n  macros: {}\n",
        "site_name: A\nhooks: [hook.py]\n",
        "INHERIT: base.yml\n",
        "site_name: !ENV NAME\n",
        "site_name: A\nextra: {a: !relative}\n",
        "site_name: [\n",
        "- a\n",
        "",
    ],
)
def test_settings_that_read_more_than_the_project_are_not(settings: str) -> None:
    assert not is_closed(settings.encode())
