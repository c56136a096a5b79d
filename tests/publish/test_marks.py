"""Marks: whatever is changed, a batch that comes out otherwise has another mark."""

from dataclasses import replace
from pathlib import Path

import pytest
from editions import FILES, small_edition, write_results

from digest.library.reading import read_library
from digest.publish.assemble import assemble
from digest.publish.edition import Edition


def edited(path: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[path]
    return {path: FILES[path].replace(old, new)}


CHANGES = {
    "a body": edited("site/papers/vit.md", "It scales.", "It scales well, and the words are many. " * 300),
    "a title": edited("site/papers/vit.md", "An Image is Worth", "A Picture is Worth"),
    "a takeaway": edited("site/courses/mlops.md", "What happens after", "All that happens after"),
    "a day": edited("site/papers/vit.md", "added: 2021-05-21", "added: 2021-05-01"),
    "tags": edited("site/papers/vit.md", "tags: [vision]", "tags: [vision, tools]"),
    "a caption": edited("site/papers/dino.md", "The loss, see", "A loss, see"),
    "a figure's size": edited("site/figures/loss.svg", "600 200", "700 200"),
    "a greeting": edited("site/issues/2021-05-14.md", "Hello!", "Good morning!"),
    "an issue's title": edited("site/issues/2021-05-21.md", "Patches & words", "Words"),
    "an issue's entries": edited("site/issues/2021-05-21.md", "[papers/vit, papers/dino]", "[papers/vit]"),
    "an issue's author": edited("site/issues/2021-05-21.md", "author: guest", "author: philips"),
    "an author": edited("site/authors.yml", "name: Ada", "name: Ada L."),
    "what is said of an author": edited("site/authors.yml", "Writes once.", "Writes twice."),
    "a page": edited("site/about.md", "We do.", "They do."),
    "the newsletter's name": edited("mkdocs.yml", "This Week in Machine Learning", "This Week"),
    "the tagline": edited("mkdocs.yml", "One paper, one course", "A paper, a course"),
    "the address": edited("mkdocs.yml", "news.example.org/ml", "ml.example.org"),
    "a demo": edited("demos/coin/demo.toml", "Toss a coin.", "Toss two coins."),
    "an old address": edited("site/papers/dino.md", "[papers/dyno]", "[papers/dinosaur]"),
}


def made(edition: Edition) -> dict[str, tuple[str, dict[str, bytes]]]:
    """The mark and the files of each batch."""
    return {batch.name: (batch.shows, batch.make()) for batch in assemble(edition, "base")}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, dict[str, bytes]]]:
    return made(small_edition(tmp_path_factory.mktemp("before")))


@pytest.mark.parametrize("change", CHANGES)
def test_a_batch_that_comes_out_otherwise_has_another_mark(
    before: dict[str, tuple[str, dict[str, bytes]]], tmp_path: Path, change: str
) -> None:
    after = made(small_edition(tmp_path, CHANGES[change]))
    others = {name for name in before.keys() & after.keys() if before[name][1] != after[name][1]}
    assert others or before.keys() != after.keys()
    assert [name for name in sorted(others) if before[name][0] == after[name][0]] == []


@pytest.mark.parametrize("results", [{"passed": False}, {"source": "sha256:" + "0" * 64}, {"name": "server"}])
def test_what_a_demo_measured_shows_in_the_marks(
    before: dict[str, tuple[str, dict[str, bytes]]], tmp_path: Path, results: dict[str, object]
) -> None:
    edition = small_edition(tmp_path)
    write_results(tmp_path, "2026-11-25T08:00:00+00:00", **results)  # type: ignore[arg-type]
    after = made(replace(edition, library=read_library(tmp_path)[0]))
    others = {name for name in before if before[name][1] != after[name][1]}
    assert {"demos/", "papers/dino/", "issues/2021-05-14/"} <= others
    assert [name for name in sorted(others) if before[name][0] == after[name][0]] == []


def test_the_same_words_have_the_same_marks_wherever_they_stand(
    before: dict[str, tuple[str, dict[str, bytes]]], tmp_path: Path
) -> None:
    marks = {batch.name: batch.shows for batch in assemble(small_edition(tmp_path), "base")}
    assert marks == {name: mark for name, (mark, _) in before.items()}


def test_other_templates_and_tools_are_other_marks(edition: Edition) -> None:
    one, two = ({batch.name: batch.shows for batch in assemble(edition, base)} for base in ("one", "two"))
    assert one.keys() == two.keys()
    assert not one.items() & two.items()


def test_a_word_in_an_entry_leaves_the_marks_of_what_does_not_show_it(
    before: dict[str, tuple[str, dict[str, bytes]]], tmp_path: Path
) -> None:
    edition = small_edition(tmp_path, edited("site/papers/vit.md", "It scales.", "It scales well."))
    others = {batch.name for batch in assemble(edition, "base") if batch.shows != before[batch.name][0]}
    pages, feeds = {"", "papers/vit/", "issues/2021-05-21/"}, {"feed.xml", "papers/feed.xml", "tags/vision/feed.xml"}
    assert others == pages | feeds


def test_many_words_in_an_entry_show_where_it_says_how_long_its_issue_takes_to_read(
    before: dict[str, tuple[str, dict[str, bytes]]], tmp_path: Path
) -> None:
    edition = small_edition(tmp_path, CHANGES["a body"])
    others = {batch.name for batch in assemble(edition, "base") if batch.shows != before[batch.name][0]}
    assert {"archive/", "archive/2021/", "authors/guest/", "papers/dino/"} <= others
    assert not others & {"courses/", "courses/mlops/", "projects/", "tags/tools/", "about/", "colours"}
