"""The newsletter: what `mkdocs.yml` says of it, in the engine's own keys and under `extra.digest`."""

from pathlib import Path

import pytest

from digest.library.newsletter import Colours, Newsletter, Shades, read_newsletter
from tests.library.project import MKDOCS, project, replaced


def newsletter_of(folder: Path, text: str) -> Newsletter:
    """The newsletter of a configuration without mistakes."""
    newsletter, problems = read_newsletter(project(folder, {"mkdocs.yml": text}))
    assert problems == []
    assert newsletter is not None
    return newsletter


def problems_in(folder: Path, text: str | bytes) -> list[str]:
    """What is wrong in a configuration, which makes no newsletter."""
    newsletter, problems = read_newsletter(project(folder, {"mkdocs.yml": text}))
    assert newsletter is None
    return [str(problem) for problem in sorted(problems)]


def test_a_newsletter_is_what_its_configuration_says(tmp_path: Path):
    newsletter = newsletter_of(tmp_path, MKDOCS)
    assert (newsletter.name, newsletter.address, newsletter.description) == (
        "The Letter",
        "https://letter.example/",
        "A letter.",
    )
    assert (newsletter.tagline, newsletter.repository) == ("Short.", "https://git.example/letter")
    assert newsletter.settings.since == 2021


def test_what_is_left_out_has_its_default(tmp_path: Path):
    newsletter = newsletter_of(tmp_path, MKDOCS)
    assert (newsletter.language, newsletter.contact, newsletter.settings.license) == ("en", None, "CC-BY-4.0")
    assert newsletter.sections == ("What it is", "Why it matters", "Try it")
    assert newsletter.colours == Colours(
        paper=Shades(light="#3f3fa6", dark="#aeb3ff"),
        course=Shades(light="#0a6b66", dark="#74d3c9"),
        project=Shades(light="#9c4310", dark="#ffb27d"),
    )


def test_its_own_settings_are_read(tmp_path: Path):
    text = MKDOCS + (
        "    language: pt-BR\n    contact: me@letter.org\n    sections: [One]\n    license: CC0-1.0\n"
        "    colours:\n      paper: { light: '#000000', dark: '#FFffFF' }\n"
    )
    newsletter = newsletter_of(tmp_path, text)
    assert (newsletter.language, newsletter.contact, newsletter.sections) == ("pt-BR", "me@letter.org", ("One",))
    assert newsletter.settings.license == "CC0-1.0"
    assert newsletter.colours.paper == Shades(light="#000000", dark="#FFffFF")


def test_its_engine_is_mkdocs_or_zensical(tmp_path: Path):
    assert newsletter_of(tmp_path, MKDOCS).settings.engine == "mkdocs"
    assert newsletter_of(tmp_path, MKDOCS + "    engine: zensical\n").settings.engine == "zensical"
    assert problems_in(tmp_path, MKDOCS + "    engine: hugo\n") == [
        "mkdocs.yml:9:13: 'engine' cannot be 'hugo'; known are mkdocs, zensical"
    ]


def test_its_address_ends_in_a_slash_and_its_repository_does_not(tmp_path: Path):
    text = MKDOCS.replace("letter.example/", "letter.example/weekly").replace("/letter\n", "/letter.git/\n")
    newsletter = newsletter_of(tmp_path, text.replace("letter.git/", "letter.git"))
    assert (newsletter.address, newsletter.repository) == (
        "https://letter.example/weekly/",
        "https://git.example/letter",
    )
    assert newsletter_of(tmp_path, MKDOCS.replace("/letter\n", "/letter/\n")).repository == "https://git.example/letter"


@pytest.mark.parametrize(
    ("host", "is_placed"),
    [("letter.example", False), ("a.invalid", False), ("letter.org", True), ("example.org", True)],
)
def test_a_placeholder_is_no_place_to_be_published_at(tmp_path: Path, host: str, is_placed: bool):
    newsletter = newsletter_of(tmp_path, replaced(MKDOCS, "letter.example", host))
    assert (newsletter.host, newsletter.is_placed) == (host, is_placed)


def test_the_engines_own_keys_are_not_judged(tmp_path: Path):
    text = MKDOCS + (
        "  theirs: &anchor { a: 1 }\n  again: *anchor\n"
        "markdown_extensions:\n  - emoji: { index: !!python/name:material.twemoji }\nplugins: !ENV [X]\n"
    )
    assert newsletter_of(tmp_path, text).name == "The Letter"


def test_tags_and_anchors_in_what_is_ours_are_problems_beside_all_else(tmp_path: Path):
    text = replaced(MKDOCS, "site_name: The Letter", "site_name: &x The Letter")
    assert problems_in(tmp_path, text + "    langage: en\n") == [
        "mkdocs.yml:1:12: YAML anchors and aliases are not read here; write the value out",
        "mkdocs.yml:9:5: unknown field 'langage'; did you mean 'language'?",
    ]


def test_an_alias_in_what_is_ours_is_a_problem(tmp_path: Path):
    assert problems_in(tmp_path, MKDOCS + "    language: *x\n") == [
        "mkdocs.yml:9:15: YAML anchors and aliases are not read here; write the value out"
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "colours: {paper: {light: red, dark: '#000000'}}",
            "9:30: 'red' is not a colour; write it as #3f3fa6, in quotes",
        ),
        ("colours: {papers: {}}", "9:15: unknown field 'papers'; did you mean 'paper'?"),
        ("colours: {paper: {ligth: '#000000'}}", "9:23: unknown field 'ligth'; did you mean 'light'?"),
        ("language: english!", "9:15: 'english!' is not a language; write its tag, as in pt-BR"),
        ("contact: me", "9:14: 'me' is not an e-mail address; write it as editors@host.org"),
        ("contact: a@b.c?subject=x", None),
        ("sections: []", "9:15: 'sections' is empty; name at least one"),
        ("license: free", None),
        ("license: no licence", "9:14: 'no licence' is not a licence id; write its SPDX id, such as CC-BY-4.0 or MIT"),
    ],
)
def test_a_setting_that_cannot_be_is_told_so_at_its_place(tmp_path: Path, line: str, said: str | None):
    root = project(tmp_path, {"mkdocs.yml": f"{MKDOCS}    {line}\n"})
    problems = [str(problem) for problem in read_newsletter(root)[1] if "missing" not in problem.what]
    assert problems == ([f"mkdocs.yml:{said}"] if said else [])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("site_name: The Letter\n", "", "1:1: 'site_name' is missing; add `site_name: …`"),
        ("site_url: https://letter.example/", "site_url: http://a.org", "2:11: 'http://a.org' is not an https address"),
        (
            "letter.example/",
            "letter.example/?a",
            "2:11: 'https://letter.example/?a' is no place for a site; end it with",
        ),
        (
            "letter.example/",
            "letter.example/#a",
            "2:11: 'https://letter.example/#a' is no place for a site; end it with",
        ),
        ("    tagline: Short.\n", "", "6:5: 'tagline' is missing; add `tagline: …`"),
        ("since: 2021", "since: 21", "8:12: 'since' cannot be '21'; write 1990 or more"),
        ("since: 2021", "since: 20210", "8:12: 'since' cannot be '20210'; write 9999 or less"),
        ("since: 2021", "since: soon", "8:12: 'since' cannot be 'soon'; write a whole number"),
        ("The Letter", "[a", "2:9: broken YAML: the brackets are not closed; close them with ]"),
    ],
)
def test_a_mistake_in_the_configuration_has_its_place(tmp_path: Path, old: str, new: str, said: str):
    problems = problems_in(tmp_path, replaced(MKDOCS, old, new))
    assert len(problems) == 1
    assert problems[0].startswith(f"mkdocs.yml:{said}")


def test_settings_that_are_no_mapping_are_told_to_be_one(tmp_path: Path):
    text = MKDOCS.partition("  digest:")[0] + "  digest: yes\n"
    assert problems_in(tmp_path, text) == [
        "mkdocs.yml:5:11: 'digest' cannot be 'yes'; write lines of the form `name: value` under it"
    ]


@pytest.mark.parametrize("text", ["", "- a\n", "site_name: x\n", "extra:\n  other: 1\n", "extra: {digest: }\n"])
def test_a_configuration_without_settings_is_told_what_to_add(tmp_path: Path, text: str):
    problems = problems_in(tmp_path, text)
    assert len(problems) == 1
    assert problems[0].endswith(": there is no extra.digest; add it, with tagline, repository and since under it")


def test_a_folder_without_a_configuration_is_no_newsletter(tmp_path: Path):
    newsletter, problems = read_newsletter(tmp_path)
    assert newsletter is None
    assert [str(problem) for problem in problems] == [
        "mkdocs.yml:1:1: there is no mkdocs.yml here; run `digest init DIR`, or change to the folder of a newsletter"
    ]


def test_a_configuration_that_is_no_text_cannot_be_read(tmp_path: Path):
    assert problems_in(tmp_path, b"site_name: \xff") == [
        "mkdocs.yml:1:12: the text is not UTF-8; save the file as UTF-8"
    ]
