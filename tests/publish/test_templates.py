"""Templates: the packaged ones under a project's own, and mistakes in them with their file and line."""

from datetime import date
from pathlib import Path

import pytest

from digest.library.problems import ContentError
from digest.publish import templates
from digest.publish.templates import Templates, packaged_folder, place_of, project_templates

REPOSITORY = Path(__file__).parents[2]


def write(root: Path, name: str, text: str) -> Path:
    file = root / "templates" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def failure(root: Path, name: str, **context: object) -> str:
    with pytest.raises(ContentError) as caught:
        project_templates(root).render(name, context)
    return str(caught.value)


class Issue:
    title = "DINO"


def test_a_project_without_templates_has_the_packaged_ones(project: Path) -> None:
    assert project_templates(project) == Templates(project, (packaged_folder(),))


def test_the_packaged_templates_stand_beside_the_package_in_a_checkout() -> None:
    assert packaged_folder() == REPOSITORY / "templates"


def test_the_packaged_templates_stand_inside_the_package_once_it_is_installed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "digest" / "templates").mkdir(parents=True)
    monkeypatch.setattr(templates, "__file__", str(project / "digest" / "publish" / "templates.py"))
    assert packaged_folder() == project / "digest" / "templates"


def test_a_checkout_s_own_templates_are_the_packaged_ones_and_count_once() -> None:
    assert project_templates(REPOSITORY).folders == (packaged_folder(),)


def test_a_page_s_own_template_wins_over_the_packaged_one(project: Path) -> None:
    write(project, "pages/figure.html", "<b>{{ figure }}</b>\n")
    assert project_templates(project).render("pages/figure.html", {"figure": "x"}) == "<b>x</b>\n"


def test_one_own_template_leaves_the_others_as_packaged(project: Path) -> None:
    write(project, "pages/figure.html", "mine")
    own, packaged = project_templates(project), Templates(project, (packaged_folder(),))
    context = {
        "newsletter": {"colours": {kind: {"light": "#1", "dark": "#2"} for kind in ("paper", "course", "project")}}
    }
    assert own.render("pages/colours.css", context) == packaged.render("pages/colours.css", context)


def test_a_feed_s_own_template_wins_over_the_packaged_one(project: Path) -> None:
    write(project, "feeds/robots.txt", "Disallow: /\n")
    assert project_templates(project).render("feeds/robots.txt", {}) == "Disallow: /\n"


def test_a_theme_file_of_one_s_own_wins_over_the_packaged_one(project: Path) -> None:
    mine = write(project, "theme/partials/mark.html", "<b>M</b>")
    theme = project_templates(project).theme()
    assert theme["partials/mark.html"] == mine
    assert theme["main.html"] == packaged_folder() / "theme" / "main.html"


def test_a_theme_may_have_files_that_the_packaged_one_has_not(project: Path) -> None:
    mine = write(project, "theme/assets/mine.css", "")
    assert project_templates(project).theme()["assets/mine.css"] == mine


def test_hidden_files_are_no_part_of_the_theme(project: Path) -> None:
    write(project, "theme/.main.html.swp", "")
    write(project, "theme/.git/config.html", "")
    assert not [name for name in project_templates(project).theme() if "." in (name[0], name.split("/")[-1][0])]


def test_a_folder_whose_path_is_hidden_can_hold_a_project(tmp_path: Path) -> None:
    mine = write(tmp_path / ".letters", "theme/mine.html", "")
    assert project_templates(tmp_path / ".letters").theme()["mine.html"] == mine


def test_html_and_xml_are_escaped_and_plain_text_is_not(project: Path) -> None:
    for suffix in ("html", "xml", "txt", "css"):
        write(project, f"pages/x.{suffix}", "{{ word }}")
    made = project_templates(project)
    rendered = {suffix: made.render(f"pages/x.{suffix}", {"word": "a & b"}) for suffix in ("html", "xml", "txt", "css")}
    assert rendered == {"html": "a &amp; b", "xml": "a &amp; b", "txt": "a & b", "css": "a & b"}


def test_a_line_with_a_tag_alone_leaves_nothing_behind(project: Path) -> None:
    write(project, "pages/x.html", "<ul>\n  {% for word in words %}\n<li>{{ word }}</li>\n  {% endfor %}\n</ul>\n")
    assert project_templates(project).render("pages/x.html", {"words": "ab"}) == "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"


def test_a_template_writes_a_date_as_the_pages_do(project: Path) -> None:
    write(project, "pages/x.html", "{{ when | day }}")
    assert project_templates(project).render("pages/x.html", {"when": date(2021, 5, 14)}) == "14 May 2021"


def test_a_variable_that_does_not_exist_is_named_with_file_line_and_the_nearest(project: Path) -> None:
    write(project, "pages/home.html", "<div>\n{{ isue.title }}\n</div>\n")
    assert failure(project, "pages/home.html", issue=Issue(), page=1) == (
        "templates/pages/home.html:2:1: 'isue' is undefined; did you mean 'issue'?"
    )


def test_a_variable_like_no_other_is_named_without_a_guess(project: Path) -> None:
    write(project, "pages/home.html", "{{ qqqq }}")
    assert failure(project, "pages/home.html", issue=1) == (
        "templates/pages/home.html:1:1: 'qqqq' is undefined; mend the template"
    )


def test_an_attribute_that_does_not_exist_is_named(project: Path) -> None:
    write(project, "pages/home.html", "\n\n{{ issue.tilte }}")
    assert failure(project, "pages/home.html", issue=Issue()) == (
        "templates/pages/home.html:3:1: 'test_templates.Issue object' has no attribute 'tilte'; mend the template"
    )


def test_a_mistake_in_an_included_part_is_that_part_s(project: Path) -> None:
    write(project, "pages/home.html", "{% include 'pages/parts/mine.html' %}")
    write(project, "pages/parts/mine.html", "\n{{ nothing }}")
    assert failure(project, "pages/home.html").startswith("templates/pages/parts/mine.html:2:1: 'nothing' is undefined")


def test_a_syntax_error_is_named_with_its_line(project: Path) -> None:
    write(project, "pages/home.html", "<div>\n{% if %}\n")
    assert failure(project, "pages/home.html") == (
        "templates/pages/home.html:2:1: Expected an expression, got 'end of statement block'; mend the template"
    )


def test_an_unknown_filter_is_named_with_its_line(project: Path) -> None:
    write(project, "pages/home.html", "\n{{ page | dya }}")
    assert failure(project, "pages/home.html", page=1) == (
        "templates/pages/home.html:2:1: No filter named 'dya'.; mend the template"
    )


def test_a_missing_template_is_named_with_the_nearest(project: Path) -> None:
    assert failure(project, "pages/hom.html") == (
        "templates/pages/hom.html:1:1: there is no template 'pages/hom.html'; did you mean 'pages/home.html'?"
    )


def test_a_missing_part_is_named_where_it_is_included(project: Path) -> None:
    write(project, "pages/home.html", "\n\n\n{% include 'pages/parts/list.html' %}")
    assert failure(project, "pages/home.html") == (
        "templates/pages/home.html:4:1: there is no template 'pages/parts/list.html'; "
        "did you mean 'pages/parts/lists.html'?"
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{ 1 + 'a' }}", "unsupported operand type(s) for +: 'int' and 'str'"),
        ("{{ 1 // 0 }}", "integer division or modulo by zero"),
        ("{{ page.index('z') }}", "substring not found"),
        ("{% macro x() %}{{ x() }}{% endmacro %}{{ x() }}", "maximum recursion depth exceeded"),
    ],
)
def test_whatever_else_fails_in_a_template_has_its_place_too(project: Path, text: str, what: str) -> None:
    write(project, "pages/home.html", f"\n{text}")
    assert failure(project, "pages/home.html", page="abc").startswith(f"templates/pages/home.html:2:1: {what}")


def test_a_template_that_is_not_utf_8_is_named(project: Path) -> None:
    write(project, "pages/home.html", "").write_bytes(b"\xff")
    assert failure(project, "pages/home.html").startswith("templates/pages/home.html:1:1: 'utf-8' codec can't decode")


def test_a_mistake_in_a_packaged_template_has_the_same_form() -> None:
    made = Templates(Path("/nowhere"), (packaged_folder(),))
    with pytest.raises(ContentError, match=r"^templates/pages/figure.html:\d+:1: 'figure' is undefined; "):
        made.render("pages/figure.html", {})


def test_the_place_of_an_error_is_its_innermost_in_the_folders(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        int("one")
    assert place_of(caught.value, [tmp_path, Path(__file__).parent]) == (__file__, caught.tb.tb_lineno)
    assert place_of(caught.value, [tmp_path]) is None
