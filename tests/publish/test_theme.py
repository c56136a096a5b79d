"""The theme's templates are checked before an engine renders them, and without one."""

from pathlib import Path

import pytest

from digest.publish.engines import handed_on
from digest.publish.templates import packaged_folder, project_templates
from digest.publish.theme import ENGINE_NAMES, check_theme, given_names, handed_on_by, parse


def problems(root: Path, text: str, name: str = "partials/mark.html") -> list[str]:
    file = root / "templates" / "theme" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return [str(problem) for problem in check_theme(project_templates(root))]


def test_the_packaged_theme_has_no_mistake(project: Path) -> None:
    assert check_theme(project_templates(project)) == []


def test_a_name_that_no_engine_gives_is_named_with_its_line_and_the_nearest(project: Path) -> None:
    assert problems(project, "<p>\n{{ confg.site_name }}\n") == [
        "templates/theme/partials/mark.html:2:1: 'confg' is undefined; did you mean 'config'?"
    ]


def test_a_syntax_error_is_named_with_its_line(project: Path) -> None:
    assert problems(project, "\n\n{% if page %}") == [
        "templates/theme/partials/mark.html:3:1: Unexpected end of template. Jinja was looking for the following tags: "
        "'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.; mend the template"
    ]


def test_a_tag_that_not_every_engine_has_is_a_syntax_error(project: Path) -> None:
    assert problems(project, "{% do page.x() %}")[0].startswith(
        "templates/theme/partials/mark.html:1:1: Encountered unknown tag 'do'."
    )


def test_a_filter_that_no_engine_has_is_named(project: Path) -> None:
    assert problems(project, "\n{{ page.url | ulr }}\n{{ page.date | sorted }}") == [
        "templates/theme/partials/mark.html:2:1: there is no filter 'ulr'; did you mean 'url'?",
        "templates/theme/partials/mark.html:3:1: there is no filter 'sorted'; did you mean 'sort'?",
    ]


def test_a_test_that_no_engine_has_is_named(project: Path) -> None:
    assert problems(project, "{% if page is mappin %}{% endif %}") == [
        "templates/theme/partials/mark.html:1:1: there is no test 'mappin'; did you mean 'mapping'?"
    ]


def test_a_template_that_is_not_utf_8_is_named(project: Path) -> None:
    file = project / "templates" / "theme" / "mine.html"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff")
    assert [str(problem) for problem in check_theme(project_templates(project))] == [
        "templates/theme/mine.html:1:1: the template is not UTF-8; save it as UTF-8"
    ]


def test_every_mistake_of_every_template_is_named(project: Path) -> None:
    problems(project, "{{ one }}\n{{ two }}", "a.html")
    problems(project, "{% if %}", "b.html")
    found = [problem.split(";")[0] for problem in problems(project, "{{ three }}", "c.html")]
    assert sorted(found) == [
        "templates/theme/a.html:1:1: 'one' is undefined",
        "templates/theme/a.html:2:1: 'two' is undefined",
        "templates/theme/b.html:1:1: Expected an expression, got 'end of statement block'",
        "templates/theme/c.html:1:1: 'three' is undefined",
    ]


@pytest.mark.parametrize("name", sorted(ENGINE_NAMES))
def test_what_an_engine_gives_is_known(project: Path, name: str) -> None:
    assert problems(project, f"{{{{ {name} }}}}") == []


def test_the_moment_of_a_build_is_not_to_be_shown(project: Path) -> None:
    assert "'build_date_utc' is undefined" in problems(project, "{{ build_date_utc }}")[0]


@pytest.mark.parametrize(
    "text",
    [
        "{% set x = 1 %}{{ x }}",
        "{% for x in nav %}{{ x }}{{ loop.index }}{% endfor %}",
        "{% macro x(y, z=1) %}{{ y }}{{ z }}{{ caller() }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ x(1) }}",
        "{% import 'a.html' as x %}{{ x }}",
        "{% from 'a.html' import x, y as z %}{{ x }}{{ z }}",
        "{% with x = 1 %}{{ x }}{% endwith %}",
        "{% block x %}{{ super() }}{{ self.x() }}{% endblock %}",
        "{{ range(3) }}{{ namespace() }}{{ dict() }}",
        "{{ lang.t('search') }}{{ 'a' | url }}{{ 'a' | tojson }}{{ page | script_tag }}",
    ],
)
def test_what_a_template_sets_itself_or_jinja_gives_is_known(project: Path, text: str) -> None:
    assert problems(project, text) == []


def test_the_name_that_an_import_renames_is_not_known(project: Path) -> None:
    assert problems(project, "{% from 'a.html' import y as z %}{{ y }}") != []


def test_a_part_may_use_what_a_template_around_it_sets(project: Path) -> None:
    problems(project, "{% set colour = 1 %}{% include 'part.html' %}", "around.html")
    assert problems(project, "{{ colour }}", "part.html") == []


def test_a_part_in_place_of_the_engine_s_own_may_use_what_the_engine_hands_on(project: Path) -> None:
    assert problems(project, "{{ nav_item.title }}", "partials/nav-item.html") != []
    assert check_theme(project_templates(project), handed_on) == []


def test_the_engine_s_templates_are_not_read_while_every_name_is_known(project: Path) -> None:
    assert problems(project, "{{ config.site_name }}") == []
    assert check_theme(project_templates(project), lambda: pytest.fail("asked")) == []


def test_files_that_are_no_html_are_no_templates(project: Path) -> None:
    assert problems(project, "{{ anything }", "assets/mine.css") == []


def test_a_template_gives_what_it_sets() -> None:
    text = "{% set a = b %}{% macro c(d) %}{% endmacro %}{% import 'x' as e %}{% from 'x' import f, g as h %}{{ i }}"
    assert given_names(parse(text)) == {"a", "c", "d", "e", "f", "h"}


def test_a_folder_hands_on_what_all_its_templates_set(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.html").write_text("{% set a = 1 %}")
    (tmp_path / "deep" / "b.html").write_text("{% set b = 1 %}")
    (tmp_path / "c.txt").write_text("{% set c = 1 %}")
    assert handed_on_by(tmp_path) == {"a", "b"}


def test_material_hands_on_the_names_of_its_parts() -> None:
    assert {"nav_item", "toc_item", "class", "features"} <= handed_on()
    assert packaged_folder().is_dir()
