"""Assembling: every file that goes out, as a function of the edition alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from editions import FILES, assembled, small_edition

from digest.publish.assemble import colours, copied
from digest.publish.edition import Edition

Golden = Callable[[str, bytes | str], None]
DOCS = Path(__file__).parent / "golden" / "docs"


@pytest.fixture(scope="module")
def made(edition: Edition) -> dict[str, bytes]:
    return assembled(edition)


def test_the_assembled_newsletter_is_the_one_kept(
    made: dict[str, bytes], golden: Golden, request: pytest.FixtureRequest
) -> None:
    kept = {name: data for name, data in made.items() if name.endswith((".md", ".css"))}
    if request.config.getoption("--renew"):
        for file in DOCS.rglob("*.*"):
            file.unlink()
    for name, data in kept.items():
        golden(f"docs/{name}", data)
    assert {file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.*")} == set(kept)


def test_the_names_of_what_goes_out_are_the_ones_kept(made: dict[str, bytes], golden: Golden) -> None:
    golden("docs.txt", "".join(f"{name}\n" for name in sorted(made)))


def test_assembling_twice_gives_the_same(edition: Edition, made: dict[str, bytes]) -> None:
    again = assembled(replace(edition))
    assert again == made
    assert list(again) == list(made)


def test_every_issue_and_entry_has_its_citation_its_source_and_its_data(made: dict[str, bytes]) -> None:
    for name in ("issues/2021-05-14", "issues/2021-05-21", "papers/dino", "courses/mlops", "projects/opyrator"):
        beside = {f"{name}/index.md", f"{name}/cite.bib", f"{name}/cite.json", f"{name}/source.txt"}
        assert beside | {f"api/v1/{name}.json"} <= made.keys()


def test_the_site_map_has_every_page(made: dict[str, bytes]) -> None:
    pages = [name for name in made if name.endswith(".md")]
    assert made["sitemap.xml"].count(b"<loc>") == len(pages) == 22


def test_the_colours_are_those_of_the_newsletter(tmp_path: Path) -> None:
    shades = '    colours: {paper: {light: "#111111", dark: "#222222"}}\n'
    edition = small_edition(tmp_path, {"mkdocs.yml": FILES["mkdocs.yml"] + shades})
    css = colours(edition).decode()
    assert "--paper: light-dark(#111111, #222222);" in css
    assert assembled(edition)["assets/colours.css"].decode() == css


def test_figures_go_out_in_light_and_dark(edition: Edition) -> None:
    assert {name: file.name for name, file in copied(edition).items()} == {
        "figures/loss.svg": "loss.svg",
        "figures/loss-dark.svg": "loss-dark.svg",
        "figures/patches.svg": "patches.svg",
    }


def test_a_figure_that_no_entry_shows_stays(tmp_path: Path) -> None:
    edition = small_edition(tmp_path, {"site/figures/unused.svg": FILES["site/figures/loss.svg"]})
    assert "unused.svg" in edition.library.figures
    assert "figures/unused.svg" not in copied(edition)


def test_a_draft_its_entries_and_their_figures_stay(tmp_path: Path) -> None:
    issue = FILES["site/issues/2021-05-21.md"].replace("published", "draft")
    figure = "figures:\n  p: {file: vit.svg, alt: A, caption: C, credit: D, source: own, license: CC-BY-4.0}\nadded:"
    vit = FILES["site/papers/vit.md"].replace("added:", figure)
    dino = FILES["site/papers/dino.md"].replace(" and [ViT](vit.md)", "")
    farewell = FILES["site/issues/2021-05-14.md"].replace("[next week](2021-05-21.md)", "next week")
    files = {
        "site/issues/2021-05-21.md": issue,
        "site/issues/2021-05-14.md": farewell,
        "site/papers/vit.md": vit,
        "site/papers/dino.md": dino,
        "site/figures/vit.svg": FILES["site/figures/loss.svg"],
    }
    whole = small_edition(tmp_path, files)
    public = replace(whole, library=whole.library.published())
    everything, out = assembled(whole) | dict(copied(whole)), assembled(public) | dict(copied(public))
    assert sorted(everything.keys() - out.keys()) == [
        "api/v1/issues/2021-05-21.json",
        "api/v1/papers/vit.json",
        "figures/vit.svg",
        "issues/2021-05-21/cite.bib",
        "issues/2021-05-21/cite.json",
        "issues/2021-05-21/index.md",
        "issues/2021-05-21/source.txt",
        "papers/vit/cite.bib",
        "papers/vit/cite.json",
        "papers/vit/index.md",
        "papers/vit/source.txt",
    ]
    words = [name for name, data in out.items() if isinstance(data, bytes) and b"Patches &" in data]
    assert words == []


def test_assets_go_out_with_their_folders(tmp_path: Path) -> None:
    edition = small_edition(tmp_path, {"site/assets/talk/slides.txt": "slides"})
    assert copied(edition)["assets/talk/slides.txt"] == tmp_path / "site/assets/talk/slides.txt"


def test_what_a_demo_drew_goes_out(tmp_path: Path) -> None:
    figure = '"figures": [{"file": "figures/loss.svg", "caption": "C", "alt": "A", "license": "CC-BY-4.0"}]'
    small_edition(tmp_path)
    results = (tmp_path / "demos/coin/results/laptop.json").read_text()
    files = {
        "demos/coin/results/laptop.json": f"{results.rstrip()[:-1]}, {figure}}}",
        "demos/coin/results/figures/loss.svg": FILES["site/figures/loss.svg"],
    }
    edition = small_edition(tmp_path, files)
    assert copied(edition)["demos/coin/figures/loss.svg"] == tmp_path / "demos/coin/results/figures/loss.svg"
