"""Building: a project's folder becomes `build/site`, whole or not at all, and the same every time."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from projects import PROJECT, drafted, fingerprint, write_project

from digest.library.problems import ContentError, WorldError
from digest.publish.build import Report, build, read_edition, read_project
from digest.publish.links import check_site, marks

REPOSITORY = Path(__file__).parents[2]
ADDRESS = "https://news.example.org/ml/"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report, list[str], dict[str, str]]:
    """A project that was built once: its root, the report, the steps, and how its words were before."""
    root = write_project(tmp_path_factory.mktemp("built"))
    before = fingerprint(root / "site")
    steps: list[str] = []
    return root, build(root, step=steps.append), steps, before


@pytest.fixture
def copy(built: tuple[Path, Report, list[str], dict[str, str]], tmp_path: Path) -> Path:
    """A copy of the built project, for a test to change."""
    return Path(shutil.copytree(built[0], tmp_path / "copy", symlinks=True))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def override(root: Path, name: str, text: str) -> None:
    file = root / "templates" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def sentence(caught: pytest.ExceptionInfo[ContentError]) -> str:
    return str(caught.value)


def assert_as_it_was(root: Path, before: dict[str, str]) -> None:
    assert (root / "build" / "site").readlink() == Path(".sites/a")
    assert fingerprint(root / "build" / "site") == before
    assert not (root / "build" / ".making").exists()


def test_a_build_says_where_the_site_is_its_pages_and_how_long_each_part_took(
    built: tuple[Path, Report, list[str], dict[str, str]],
) -> None:
    root, report, steps, _ = built
    assert report.site == root / "build" / "site"
    assert report.pages == 24
    assert list(report.seconds) == ["read", "assemble", "cards", "engine", "write", "check"]
    assert all(seconds > 0 for seconds in report.seconds.values())
    assert report.warnings == []
    assert steps == ["reading", "assembling", "drawing cards", "making HTML", "writing", "checking links"]


def test_the_parts_of_a_report_add_up() -> None:
    report = Report(Path("site"))
    report.seconds["read"] = 10.0
    with report.part("read"):
        pass
    with pytest.raises(ZeroDivisionError), report.part("engine"):
        _ = 1 / 0
    assert 10 < report.seconds["read"] < 11
    assert 0 < report.seconds["engine"] < 1


def test_every_page_is_in_the_site(built: tuple[Path, Report, list[str], dict[str, str]]) -> None:
    site = built[1].site
    docs = built[0] / "build" / "docs"
    pages = {re.sub(r"(index)?\.md$", "", path.relative_to(docs).as_posix()) for path in docs.rglob("*.md")}
    assert len(pages) == 24
    for page in pages:
        assert (site / page / "index.html").is_file(), page


def test_every_file_that_was_made_is_in_the_site_as_it_was_made(
    built: tuple[Path, Report, list[str], dict[str, str]],
) -> None:
    docs, site = fingerprint(built[0] / "build" / "docs"), fingerprint(built[1].site)
    made = {name: data for name, data in docs.items() if not name.endswith(".md")}
    assert made.items() <= site.items()
    assert {
        "feed.xml",
        "robots.txt",
        "papers/dino/cite.bib",
        "figures/loss.svg",
        "cards/papers/dino.png",
    } <= made.keys()


def test_a_built_site_has_no_broken_link(built: tuple[Path, Report, list[str], dict[str, str]]) -> None:
    site = built[1].site
    assert check_site(site, ADDRESS) == []
    assert sum(len(marks(page.read_text()).references) for page in site.rglob("*.html")) > 500


def test_the_error_page_s_links_work_from_any_address(built: tuple[Path, Report, list[str], dict[str, str]]) -> None:
    references = {reference for _, reference in marks((built[1].site / "404.html").read_text()).references}
    assert "/ml/archive/" in references
    assert not [reference for reference in references if not re.match(r"https://|/ml/|#", reference)]


def test_a_finished_build_leaves_one_site_behind_a_link(built: tuple[Path, Report, list[str], dict[str, str]]) -> None:
    build_folder = built[0] / "build"
    assert (build_folder / "site").readlink() == Path(".sites/a")
    assert sorted(path.name for path in build_folder.iterdir()) == [
        ".kept",
        ".ledger",
        ".lock",
        ".sites",
        "docs",
        "html",
        "mkdocs.yml",
        "site",
        "theme",
    ]
    assert [path.name for path in (build_folder / ".sites").iterdir()] == ["a"]


def test_the_words_in_site_are_never_touched(built: tuple[Path, Report, list[str], dict[str, str]]) -> None:
    assert fingerprint(built[0] / "site") == built[3]


@pytest.mark.parametrize("ignored", [".gitignore", "templates/newsletter/dot-gitignore"])
def test_git_keeps_the_words_and_none_of_what_is_made(copy: Path, ignored: str) -> None:
    shutil.copyfile(REPOSITORY / ignored, copy / ".gitignore")
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
    subprocess.run(["git", "add", "--all"], cwd=copy, check=True)
    listed = subprocess.run(["git", "ls-files"], cwd=copy, check=True, capture_output=True, text=True)
    kept = set(listed.stdout.splitlines())
    assert {path for path in PROJECT if path.startswith("site/")} <= kept
    assert not [path for path in kept if path.startswith("build/")]


def test_a_build_with_nothing_new_does_nothing(copy: Path) -> None:
    build(copy)
    before, steps = fingerprint(copy / "build"), list[str]()
    report = build(copy, step=steps.append)
    assert steps == ["reading"]
    assert report.pages == 24
    assert [part for part, seconds in report.seconds.items() if seconds] == ["read"]
    assert fingerprint(copy / "build") == before


def test_a_build_without_its_ledger_writes_nothing_into_docs(copy: Path) -> None:
    before = fingerprint(copy / "build" / "site")
    (copy / "build" / ".ledger").unlink()
    for folder in ("docs", "theme"):
        for path in (copy / "build" / folder).rglob("*"):
            os.utime(path, (1, 1))
    build(copy)
    assert {path.stat().st_mtime for folder in ("docs", "theme") for path in (copy / "build" / folder).rglob("*")} == {
        1
    }
    assert fingerprint(copy / "build" / "site") == before


def test_a_changed_entry_writes_only_what_shows_it(copy: Path) -> None:
    docs = copy / "build" / "docs"
    for path in docs.rglob("*"):
        os.utime(path, (1, 1))
    edit(copy / "site" / "papers" / "vit.md", "It scales.", "It scales, they found.")
    build(copy)
    written = {
        path.relative_to(docs).as_posix() for path in docs.rglob("*") if path.is_file() and path.stat().st_mtime != 1
    }
    assert sorted(name for name in written if name.endswith(".md")) == [
        "index.md",
        "issues/2021-05-21/index.md",
        "papers/vit/index.md",
    ]
    assert "papers/dino/source.txt" not in written
    assert "they found" in (copy / "build" / "site" / "papers" / "vit" / "index.html").read_text()


def test_what_is_gone_from_the_words_goes_from_the_site(copy: Path) -> None:
    (copy / "site" / "assets").mkdir()
    (copy / "site" / "assets" / "slides.txt").write_text("slides")
    build(copy)
    assert (copy / "build" / "site" / "assets" / "slides.txt").read_text() == "slides"
    (copy / "site" / "assets" / "slides.txt").unlink()
    build(copy)
    assert not (copy / "build" / "docs" / "assets" / "slides.txt").exists()
    assert not (copy / "build" / "site" / "assets" / "slides.txt").exists()


def build_elsewhere(root: Path, umask: int, **environment: str) -> dict[str, str]:
    code = f"import os, pathlib, digest.publish.build as b; os.umask({umask}); b.build(pathlib.Path('.'))"
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, env=os.environ | environment)
    return fingerprint(root / "build" / "site")


def test_a_build_is_the_same_bytes_whatever_the_folder_umask_clock_zone_seed_language_user_and_order(
    tmp_path: Path,
) -> None:
    one, two = write_project(tmp_path / "one"), tmp_path / "another place"
    for path in sorted(one.rglob("*"), reverse=True):
        if path.is_file():
            (two / path.relative_to(one)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, two / path.relative_to(one))
    here = {"PYTHONPATH": str(REPOSITORY)}
    a_day = {"SOURCE_DATE_EPOCH": "86400", "USER": "somebody"}
    first = build_elsewhere(one, 0o022, **here, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C", HOME="/nowhere")
    second = build_elsewhere(two, 0o077, **here, **a_day, PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="C.UTF-8")
    assert first == second
    assert len(first) > 100


def test_drafts_stay_out_unless_they_are_asked_for(copy: Path) -> None:
    drafted(copy)
    edit(copy / "site" / "papers" / "dino.md", " and [ViT](vit.md)", "")
    edit(copy / "site" / "issues" / "2021-05-14.md", "[next week](2021-05-21.md)", "next week")
    site = copy / "build" / "site"
    assert build(copy).pages == 22
    assert not (site / "issues" / "2021-05-21").exists()
    assert not (site / "papers" / "vit").exists()
    assert "Patches &amp; words" not in (site / "index.html").read_text()
    assert build(copy, drafts=True).pages == 24
    assert '<meta name="robots" content="noindex">' in (site / "issues" / "2021-05-21" / "index.html").read_text()


def test_our_own_site_map_stands_over_the_engine_s(copy: Path) -> None:
    override(copy, "theme/sitemap.xml", "<urlset>the engine's</urlset>")
    build(copy)
    sitemap = (copy / "build" / "site" / "sitemap.xml").read_text()
    assert "the engine's" not in sitemap
    assert "<loc>https://news.example.org/ml/papers/dino/</loc>" in sitemap


def test_a_template_of_the_project_s_own_shows_in_the_site(copy: Path) -> None:
    override(copy, "pages/page.html", "<div>MY PAGE {{ html }}</div>")
    override(copy, "theme/partials/mark.html", "<b>MY MARK</b>")
    override(copy, "feeds/robots.txt", "MY ROBOTS")
    build(copy)
    site = copy / "build" / "site"
    assert "<div>MY PAGE <p>We do.</p></div>" in (site / "about" / "index.html").read_text()
    assert "<b>MY MARK</b>" in (site / "index.html").read_text()
    assert (site / "robots.txt").read_text() == "MY ROBOTS"


def test_a_real_folder_at_build_site_is_replaced(copy: Path) -> None:
    (copy / "build" / "site").unlink()
    (copy / "build" / "site" / "old").mkdir(parents=True)
    build(copy)
    assert (copy / "build" / "site").is_symlink()
    assert not (copy / "build" / "site" / "old").exists()


def test_broken_words_leave_the_old_site_and_every_mistake_is_named(copy: Path) -> None:
    before = fingerprint(copy / "build" / "site")
    edit(copy / "site" / "papers" / "vit.md", "tags: [vision]", "tagz: [vision]")
    edit(copy / "site" / "about.md", "takeaway: Who makes this.", "takeaway:")
    (copy / "site" / "archive.md").write_text("---\ntitle: A\ntakeaway: A.\n---\n")
    override(copy, "theme/partials/mark.html", "{{ confg }}")
    with pytest.raises(ContentError) as caught:
        build(copy)
    assert {(problem.path, problem.line) for problem in caught.value.problems} >= {
        ("site/papers/vit.md", 10),
        ("site/about.md", 3),
        ("site/archive.md", 1),
        ("templates/theme/partials/mark.html", 1),
    }
    assert_as_it_was(copy, before)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (
            "pages/paper.html",
            "<div>\n{{ entri.title }}</div>",
            "templates/pages/paper.html:2:1: 'entri' is undefined; did you mean 'entry'?",
        ),
        (
            "pages/paper.html",
            "<div>\n\n{% endif %}",
            "templates/pages/paper.html:3:1: Encountered unknown tag 'endif'.; mend the template",
        ),
        (
            "theme/main.html",
            '{% extends "base.html" %}\n{{ pge.title }}',
            "templates/theme/main.html:2:1: 'pge' is undefined; did you mean 'page'?",
        ),
        (
            "theme/main.html",
            '{% extends "base.html" %}\n{% block content %}\n{% include "partials/gone.html" %}{% endblock %}',
            "templates/theme/main.html:3:1: there is no template 'partials/gone.html'; mend the template",
        ),
        (
            "feeds/atom.xml",
            "{{ fed.title }}",
            "templates/feeds/atom.xml:1:1: 'fed' is undefined; did you mean 'feed'?",
        ),
    ],
)
def test_a_broken_template_leaves_the_old_site_and_is_named(copy: Path, name: str, text: str, problem: str) -> None:
    before = fingerprint(copy / "build" / "site")
    override(copy, name, text)
    with pytest.raises(ContentError) as caught:
        build(copy)
    assert sentence(caught).startswith(problem)
    assert_as_it_was(copy, before)


def test_a_dead_link_in_the_finished_site_leaves_the_old_one(copy: Path) -> None:
    before = fingerprint(copy / "build" / "site")
    override(copy, "pages/page.html", '<div><a href="nowhere/">x</a></div>')
    with pytest.raises(ContentError) as caught:
        build(copy)
    assert [re.sub(r":\d+:", ":", line) for line in sentence(caught).splitlines()] == [
        "build/site/about/index.html:1: 'nowhere/' leads nowhere; mend the link where the page is written",
        "build/site/corrections/index.html:1: 'nowhere/' leads nowhere; mend the link where the page is written",
    ]
    assert_as_it_was(copy, before)


def test_a_build_that_is_stopped_leaves_the_old_site(copy: Path) -> None:
    before = fingerprint(copy / "build" / "site")

    def stop(step: str) -> None:
        if step == "checking links":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(copy, step=stop)
    assert_as_it_was(copy, before)


def test_a_warning_of_the_engine_is_reported_and_with_strict_a_mistake(copy: Path) -> None:
    edit(copy / "mkdocs.yml", "nav: [index.md]", "nav: [index.md, gone.md]")
    (warning,) = build(copy).warnings
    shown = (copy / "build" / "site").readlink()
    assert build(copy).warnings == [warning]
    assert warning.startswith("A reference to 'gone.md' is included in the 'nav' configuration")
    with pytest.raises(ContentError) as caught:
        build(copy, strict=True)
    assert sentence(caught) == (
        f"mkdocs.yml:1:1: the engine warns: {warning}; mend what it names, or build without --strict"
    )
    assert (copy / "build" / "site").readlink() == shown


def test_a_strict_build_without_a_warning_is_a_build(copy: Path) -> None:
    assert build(copy, strict=True).pages == 24


def test_a_mistake_in_the_engine_s_configuration_is_the_content_s_fault(copy: Path) -> None:
    before = fingerprint(copy / "build" / "site")
    edit(copy / "mkdocs.yml", "plugins: [search]", "plugins: [serch]")
    line = (copy / "mkdocs.yml").read_text().splitlines().index("plugins: [serch]") + 1
    with pytest.raises(ContentError) as caught:
        build(copy)
    assert sentence(caught).startswith(
        f"mkdocs.yml:{line}:1: the engine says: Config value 'plugins': The \"serch\" plugin"
    )
    assert_as_it_was(copy, before)


@pytest.mark.parametrize("file", ["build", "build/docs", "build/.sites", "build/mkdocs.yml/x"])
def test_a_disk_that_refuses_is_one_sentence(tmp_path: Path, file: str) -> None:
    root = write_project(tmp_path)
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text("in the way")
    with pytest.raises(WorldError) as caught:
        build(root)
    where = root / ("build/mkdocs.yml" if file.endswith("x") else file)
    assert re.fullmatch(
        rf"the disk refuses: (file exists|not a directory|is a directory) \({where}(/a)?\); the site is as it was",
        str(caught.value),
    )


def test_a_disk_error_without_a_file_is_a_sentence_too(tmp_path: Path) -> None:
    def fail(_: str) -> None:
        raise OSError("no space left")

    with pytest.raises(WorldError, match=r"^the disk refuses: no space left; the site is as it was$"):
        build(write_project(tmp_path), step=fail)


def test_a_folder_that_is_no_newsletter_says_so(tmp_path: Path) -> None:
    with pytest.raises(ContentError) as caught:
        build(tmp_path)
    assert "mkdocs.yml:1:1: there is no mkdocs.yml here; " in sentence(caught)
    assert not (tmp_path / "build").exists()


def test_a_second_build_waits_for_the_first(copy: Path) -> None:
    waiting, steps = threading.Event(), list[str]()

    def step(name: str) -> None:
        steps.append(name)
        if name == "waiting for another build":
            waiting.set()

    edit(copy / "site" / "about.md", "We do.", "We do it.")
    with (copy / "build" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=build, args=[copy], kwargs={"step": step})
        second.start()
        assert waiting.wait(60)
        assert "assembling" not in steps
    second.join(60)
    assert steps == [
        *("reading", "waiting for another build", "assembling"),
        *("drawing cards", "making HTML", "writing", "checking links"),
    ]


def test_reading_a_project_gives_all_that_it_holds(copy: Path) -> None:
    library, newsletter, templates, problems = read_project(copy)
    assert problems == []
    assert len(library.entries) == 4
    assert newsletter
    assert newsletter.name == "This Week in Machine Learning"
    assert templates.root == copy


def test_reading_a_project_without_a_newsletter_still_names_the_other_mistakes(copy: Path) -> None:
    (copy / "mkdocs.yml").unlink()
    edit(copy / "site" / "about.md", "takeaway: Who makes this.", "takeaway:")
    _, newsletter, _, problems = read_project(copy)
    assert newsletter is None
    assert {problem.path for problem in problems} == {"mkdocs.yml", "site/about.md"}


def test_an_edition_is_what_would_be_published(copy: Path) -> None:
    drafted(copy)
    assert [issue.number for issue in read_edition(copy, drafts=False).issues] == [1]
    assert [issue.number for issue in read_edition(copy, drafts=True).issues] == [2, 1]
