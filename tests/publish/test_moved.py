"""Moved pages: whoever comes to an old address is led on, and whoever fetches a file there gets it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from comparing import tree
from editions import FILES, assembled, small_edition

from digest.publish.edition import Edition
from digest.publish.moved import moves, repeated

MOVED = "tags/sight: tags/vision\nauthors/ada: authors/philips\nold/place: papers\npapers/gone: about\nyears: archive\n"


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    issue = FILES["site/issues/2021-05-14.md"].replace("number: 1\n", "number: 1\nredirect_from: [issues/2021-05-13]\n")
    changes = {"site/moved.yml": MOVED, "site/issues/2021-05-14.md": issue}
    return small_edition(tmp_path_factory.mktemp("moving"), changes)


@pytest.fixture(scope="module")
def made(moving: Edition) -> dict[str, bytes]:
    return assembled(moving)


def test_the_page_at_an_old_address_leads_on_at_once_without_a_script(made: dict[str, bytes]) -> None:
    assert (
        made["papers/dyno/index.html"].decode()
        == """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; \
form-action 'none'; object-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
connect-src 'self'; worker-src 'self'; manifest-src 'self'">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="0; url=../../papers/dino/">
<link rel="canonical" href="https://news.example.org/ml/papers/dino/">
<link rel="icon" type="image/svg+xml" href="../../assets/mark.svg">
<title>Emerging Properties in Self-Supervised Vision Transformers – This Week in Machine Learning</title>
</head>
<body>
<main>
<h1>This page has moved</h1>
<p>It is now at <a href="../../papers/dino/">Emerging Properties in Self-Supervised Vision Transformers</a>.</p>
</main>
</body>
</html>
"""
    )


@pytest.mark.parametrize(
    ("old", "link", "title"),
    [
        ("issues/2021-05-13", "../../issues/2021-05-14/", "A network that finds the object"),
        ("tags/sight", "../../tags/vision/", "vision"),
        ("authors/ada", "../../authors/philips/", "Philips Kokoh Prasetyo"),
        ("old/place", "../../papers/", "Papers"),
        ("papers/gone", "../../about/", "About"),
        ("years", "../archive/", "Archive"),
    ],
)
def test_everything_that_is_a_page_can_be_led_to(made: dict[str, bytes], old: str, link: str, title: str) -> None:
    (anchor,) = tree(made[f"{old}/index.html"].decode()).all("a")
    assert (anchor.attributes["href"], anchor.text) == (link, title)


def test_a_title_cannot_end_an_element(tmp_path: Path) -> None:
    about = FILES["site/about.md"].replace("title: About", "title: A <b> & c\nredirect_from: [us]")
    page = assembled(small_edition(tmp_path, {"site/about.md": about}))["us/index.html"].decode()
    assert '<a href="../about/">A &lt;b&gt; &amp; c</a>' in page


def test_what_stands_beside_a_page_stands_at_its_old_address_too(moving: Edition, made: dict[str, bytes]) -> None:
    assert repeated(moving, made) == {
        **{f"papers/dyno/{name}": f"papers/dino/{name}" for name in ("cite.bib", "cite.json", "source.txt")},
        "api/v1/papers/dyno.json": "api/v1/papers/dino.json",
        **{
            f"issues/2021-05-13/{name}": f"issues/2021-05-14/{name}" for name in ("cite.bib", "cite.json", "source.txt")
        },
        "api/v1/issues/2021-05-13.json": "api/v1/issues/2021-05-14.json",
        **{f"tags/sight/{name}": f"tags/vision/{name}" for name in ("feed.xml", "atom.xml", "feed.json")},
        **{f"old/place/{name}": f"papers/{name}" for name in ("feed.xml", "atom.xml", "feed.json")},
    }
    assert made["tags/sight/feed.xml"] == made["tags/vision/feed.xml"]
    assert made["api/v1/papers/dyno.json"] == made["api/v1/papers/dino.json"]


def test_old_addresses_are_in_no_list(made: dict[str, bytes]) -> None:
    for name in ("sitemap.xml", "llms.txt", "feeds.opml", "feed.xml", "api/v1/index.json"):
        for old in ("papers/dyno", "tags/sight", "issues/2021-05-13"):
            assert f"https://news.example.org/ml/{old}" not in made[name].decode(), name


def test_what_has_moved_to_a_draft_leads_nowhere_yet(moving: Edition) -> None:
    issues = tuple(issue for issue in moving.issues if issue.id != "issues/2021-05-14")
    public = replace(moving, library=replace(moving.library, issues=issues))
    assert moves(moving).keys() - moves(public).keys() == {"issues/2021-05-13"}


def test_an_issue_that_moved_is_no_new_one_to_a_reader_of_its_feed(made: dict[str, bytes]) -> None:
    item = next(item for item in json.loads(made["feed.json"])["items"] if item["url"].endswith("issues/2021-05-14/"))
    assert item["id"].endswith("issues/2021-05-13")
