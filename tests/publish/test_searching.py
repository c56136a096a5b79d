"""The search index: it says of each page what was made for it, in one order, and a title is text in it."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from digest.publish.searching import joined, mend_index, sections, with_safe_titles

INDEX = json.dumps(
    {
        "config": {"lang": ["en"]},
        "docs": [
            {"location": "b/", "title": "B", "text": ""},
            {"location": "b/#one", "title": "One", "text": "1"},
            {"location": "", "title": "Home", "text": "é"},
            {"location": "a/", "title": "A", "text": ""},
            {"location": "b/#two", "title": "Two", "text": "2"},
        ],
    }
).encode()


def test_sections_stand_with_their_page_in_their_order() -> None:
    found = {page: [section["title"] for section in said] for page, said in sections(INDEX).items()}
    assert found == {"b/": ["B", "One", "Two"], "": ["Home"], "a/": ["A"]}


def test_a_joined_index_has_its_pages_in_the_order_of_their_addresses() -> None:
    index = joined(INDEX, sections(INDEX))
    assert [doc["location"] for doc in json.loads(index)["docs"]] == ["", "a/", "b/", "b/#one", "b/#two"]
    assert json.loads(index)["config"] == {"lang": ["en"]}
    assert joined(index, sections(index)) == index


def test_the_order_in_which_pages_come_does_not_show() -> None:
    backwards = dict(reversed(sections(INDEX).items()))
    assert joined(INDEX, backwards) == joined(INDEX, sections(INDEX))


def index(*entries: tuple[str, str]) -> str:
    docs = [{"location": location, "title": title, "text": "<p>x</p>"} for location, title in entries]
    return json.dumps({"config": {"lang": ["en"]}, "docs": docs}, separators=(",", ":"))


def titles(text: str) -> list[str]:
    return [entry["title"] for entry in json.loads(text)["docs"]]


def test_a_page_s_title_has_no_tags_and_reads_the_same():
    text = with_safe_titles(index(("a/", "Words <again> & <img src=x onerror=y>")))
    assert titles(text) == ["Words &lt;again&gt; & &lt;img src=x onerror=y&gt;"]


def test_a_heading_which_the_engine_has_escaped_is_left_alone():
    text = index(("a/#b", "&lt;b&gt; <code>x</code>"), ("", "Home"))
    assert with_safe_titles(text) == text


@given(st.text())
def test_no_title_brings_a_tag_and_a_second_time_changes_nothing(title: str):
    once = with_safe_titles(index(("a/", title)))
    assert not {"<", ">"} & {*titles(once)[0]}
    assert with_safe_titles(once) == once


def test_the_index_of_a_site_is_mended_in_its_place(tmp_path: Path):
    (tmp_path / "search").mkdir()
    file = tmp_path / "search/search_index.json"
    file.write_text(index(("a/", "<b>é")), encoding="utf-8")
    mend_index(tmp_path)
    assert file.read_text(encoding="utf-8") == with_safe_titles(index(("a/", "<b>é")))


def test_zensical_s_index_is_mended_with_the_titles_above_a_section(tmp_path: Path):
    items = [
        {"location": "a/", "title": "<b>", "path": ["<b>"]},
        {"location": "a/#c", "title": "&lt;", "path": ["<b>"]},
    ]
    (tmp_path / "search.json").write_text(json.dumps({"config": {}, "items": items}), encoding="utf-8")
    mend_index(tmp_path)
    assert json.loads((tmp_path / "search.json").read_text(encoding="utf-8"))["items"] == [
        {"location": "a/", "title": "&lt;b&gt;", "path": ["&lt;b&gt;"]},
        {"location": "a/#c", "title": "&lt;", "path": ["&lt;b&gt;"]},
    ]


def test_an_index_of_nothing_is_left_alone():
    assert with_safe_titles('{"config":{},"docs":[]}') == '{"config":{},"docs":[]}'


def test_a_site_without_search_has_no_index(tmp_path: Path):
    mend_index(tmp_path)
    assert list(tmp_path.iterdir()) == []
