"""The search index: it says of each page what was made for it, in one order."""

import json

from digest.publish.searching import joined, sections

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
