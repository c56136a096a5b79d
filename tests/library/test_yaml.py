"""YAML with places: every scalar stays the text that was written, every mistake has its line and column."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.library.problems import Problem
from digest.library.yaml import DEEPEST, Document, Place, load


def data_of(text: str) -> object:
    """The data of a text without mistakes."""
    document, problems = load(text, "a.md")
    assert problems == []
    return document.data


def problems_in(text: str, first_line: int = 1) -> list[str]:
    """The problems of a text, in the order they were found."""
    return [str(problem) for problem in load(text, "a.md", first_line)[1]]


@pytest.mark.parametrize(
    "scalar", ["2104.10930", "no", "0x10", "2021-05-14", "1_000", "1e3", "010", "true", "=", "12:30"]
)
def test_a_scalar_stays_the_text_that_was_written(scalar: str):
    assert data_of(f"value: {scalar}") == {"value": scalar}


@pytest.mark.parametrize("nothing", ["", "~", "null", "Null", "NULL", "# only a comment"])
def test_nothing_is_none(nothing: str):
    assert data_of(f"value: {nothing}\n") == {"value": None}


def test_quoted_nothing_is_text():
    assert data_of("""a: ""\nb: '~'\nc: "null"\n""") == {"a": "", "b": "~", "c": "null"}


def test_folded_and_literal_text_is_read_as_yaml_says():
    assert data_of("a: >-\n  one\n  two\nb: |\n  one\n  two\n") == {"a": "one two", "b": "one\ntwo\n"}


def test_lists_and_mappings_are_read_in_both_styles():
    assert data_of("a: [x, {b: y}]\nc:\n  - d: 1\n  - []\n") == {"a": ["x", {"b": "y"}], "c": [{"d": "1"}, []]}


def test_an_empty_text_is_none_at_its_first_line():
    assert load("", "a.md", 5) == (Document("a.md", None, {(): Place(5, 1)}, {}), [])


def test_values_and_keys_have_their_places():
    document, _ = load("é: x\nb:\n  - c: 1\n", "a.md", 2)
    assert document.values == {
        (): Place(2, 1),
        ("é",): Place(2, 4),
        ("b",): Place(4, 3),
        ("b", 0): Place(4, 5),
        ("b", 0, "c"): Place(4, 8),
    }
    assert document.keys == {("é",): Place(2, 1), ("b",): Place(3, 1), ("b", 0, "c"): Place(4, 5)}


def test_a_place_that_is_not_there_is_the_nearest_around_it():
    document, _ = load("a:\n  b: 1\n", "a.md")
    assert document.place(("a", "x", 3)) == Place(2, 3)
    assert document.place(("x",)) == Place(1, 1)
    assert Document("a.md", None, {}, {}).place(("x",)) == Place(1, 1)


def test_a_part_of_a_document_is_a_document():
    document, _ = load("a:\n  b: 1\nc: 2\n", "a.md")
    assert document.at(("a",)) == Document(
        "a.md", {"b": "1"}, {(): Place(2, 3), ("b",): Place(2, 6)}, {("b",): Place(2, 3)}
    )
    assert document.at(("c", "d")) == Document("a.md", None, {(): Place(3, 4)}, {})


def test_a_problem_at_a_value_or_at_its_key():
    document, _ = load("a: 1\n", "a.md")
    assert document.problem(("a",), "w", "m") == Problem("a.md", 1, 4, "w", "m")
    assert document.key_problem(("a",), "w", "m") == Problem("a.md", 1, 1, "w", "m")
    assert document.key_problem(("a", "b"), "w", "m") == Problem("a.md", 1, 4, "w", "m")


def test_a_byte_order_mark_is_passed_over():
    assert data_of("\ufeffa: 1") == {"a": "1"}


def test_a_line_separator_is_no_line_of_an_editor():
    document, problems = load('a: "x\u2028y"\nb: 1\n', "a.md")
    assert document.place(("b",)) == Place(2, 4)
    assert problems == [Problem("a.md", 1, 4, "the text holds a character that nobody sees", "remove its escape")]


def test_a_key_written_twice_keeps_the_first_and_is_a_problem():
    document, problems = load("a: 1\na: {b: 2}\nc: 3\n", "a.md")
    assert document.data == {"a": "1", "c": "3"}
    assert problems == [Problem("a.md", 2, 1, "'a' is written twice", "keep one of the two")]


def test_an_anchor_is_a_problem_and_its_value_is_read():
    document, problems = load("a: &x 1\n&y b: 2\n", "a.md")
    assert document.data == {"a": "1", "b": "2"}
    assert [str(problem) for problem in problems] == [
        "a.md:1:4: YAML anchors and aliases are not read here; write the value out",
        "a.md:2:1: YAML anchors and aliases are not read here; write the value out",
    ]


def test_an_alias_leaves_nothing_that_could_be_judged():
    document, problems = load("a: 1\nb: *x\n", "a.md")
    assert document.data is None
    assert [str(problem) for problem in problems] == [
        "a.md:2:4: YAML anchors and aliases are not read here; write the value out"
    ]


def test_aliases_that_would_explode_are_never_followed():
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    assert len(problems_in(bomb)) == 25


def test_a_merge_is_a_problem():
    assert problems_in("<<: {a: 1}\nb: 2\n") == ["a.md:1:1: YAML merges are not read here; write the fields out"]
    assert load("<<: {a: 1}\nb: 2\n", "a.md")[0].data == {"b": "2"}


def test_a_quoted_merge_key_is_a_key():
    assert data_of('"<<": 1') == {"<<": "1"}


@pytest.mark.parametrize(
    ("text", "place", "tag"),
    [
        ("a: !important news", "1:4", "!important"),
        ("a: !!int 3", "1:4", "tag:yaml.org,2002:int"),
        ("!x a: 3", "1:1", "!x"),
        ("a: !!python/object:os.system {}", "1:4", "tag:yaml.org,2002:python/object:os.system"),
    ],
)
def test_a_tag_is_a_problem(text: str, place: str, tag: str):
    assert problems_in(text) == [f"a.md:{place}: the YAML tag '{tag}' is not read here; put the text in quotes"]


@pytest.mark.parametrize("key", ["[a]", "{a: 1}"])
def test_a_key_that_is_no_text_is_a_problem_and_the_rest_is_read(key: str):
    document, problems = load(f"? {key}\n: [b, [c]]\nd: 1\n", "a.md")
    assert document.data == {"d": "1"}
    assert problems == [Problem("a.md", 1, 3, "a key must be plain text", "name the field")]


def test_an_escaped_control_character_is_a_problem():
    assert problems_in(r'a: "\0"') == ["a.md:1:4: the text holds a character that nobody sees; remove its escape"]


def test_a_second_document_is_a_problem():
    assert problems_in("a: 1\n--- \nb: 2\n", 2) == ["a.md:3:1: a second YAML document begins here; keep one of the two"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: DINO: a paper", "2:12: broken YAML: a second `: ` in one value; put the text in quotes"),
        ("a:\n\tb: 1", "3:1: broken YAML: a tab where spaces belong; indent with spaces"),
        ("a: @handle", "2:4: broken YAML: text cannot begin with '@'; put the text in quotes"),
        ("a: `code`", "2:4: broken YAML: text cannot begin with '`'; put the text in quotes"),
        ("a: 50\nword", "3:5: broken YAML: a line without a colon; write `field: value`, or indent what goes on"),
        ("a: [1\nb: 2", "3:2: broken YAML: the brackets are not closed; close them with ]"),
        ("a: {b: 1\nc: 2", "3:2: broken YAML: the braces are not closed; close them with }"),
        ("x: 1\na: 'b\nc: 2", "3:4: broken YAML: the quotes are not closed; close them"),
        (
            "a: 'it''s' so",
            "2:12: broken YAML: the line does not fit those above; indent it like its neighbours, and double a quote "
            "inside quotes",
        ),
        ("- a\nb: 1", "3:1: broken YAML: the line does not fit the list above; begin it with `- `, or indent it"),
        ("a: *Bold* text", "2:4: broken YAML: text cannot begin with '*' or '&'; put the text in quotes"),
        (r'a: "\q"', "2:5: broken YAML: no such escape in double quotes; use single quotes, or \\\\ for a backslash"),
        ("\n\nb", None),
        (
            "a: !x!y b",
            "2:4: broken YAML: found undefined tag handle; put quotes around text that holds `: `, `#` or brackets",
        ),
        (
            "a: \x01b",
            "2:4: broken YAML: control characters are not allowed; put quotes around text that holds `: `, `#` "
            "or brackets",
        ),
        ("a: \ud800", "2:4: broken YAML: half a character (a lone surrogate); remove it"),
    ],
)
def test_broken_yaml_says_in_plain_words_what_and_where(text: str, said: str | None):
    document, problems = load(text, "a.md", first_line=2)
    assert [str(problem) for problem in problems] == ([f"a.md:{said}"] if said else [])
    assert document.data == (None if said else "b")


def test_levels_inside_one_another_have_a_limit():
    deep = "[" * DEEPEST + "]" * DEEPEST
    assert problems_in(deep) == []
    assert problems_in(f"[{deep}]") == [
        f"a.md:1:{DEEPEST + 1}: more than 20 levels stand inside one another; flatten it"
    ]
    assert load(f"[{deep}]", "a.md")[0].data is None


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_nesting_without_end_is_one_problem_and_no_crash(opening: str):
    document, problems = load(opening * 20_000, "a.md")
    assert document.data is None
    assert "more than 20 levels stand inside one another" in problems[0].what


def test_of_a_file_that_others_read_too_only_what_is_ours_is_kept_and_judged():
    text = "ours: 1\ntheirs: &x !!python/name:y z\nboth: {ours: a, theirs: *x}\ntheirs: again\n"
    document, problems = load(text, "mkdocs.yml", only=(("ours",), ("both", "ours")))
    assert document.data == {"ours": "1", "both": {"ours": "a"}}
    assert document.keys == {("ours",): Place(1, 1), ("both",): Place(3, 1), ("both", "ours"): Place(3, 8)}
    assert problems == []


WILD = st.text(st.sampled_from("ab:-#[]{}&*!|>'\"%@`?,. \n\t\\é\u2028\ufeff\x01"), max_size=60)


@example("\ufeff\n")
@example("a: \u2028\n[")
@given(st.one_of(st.text(), WILD))
def test_any_text_gives_a_document_and_places_inside_it(text: str):
    document, problems = load(text, "a.md", first_line=3)
    lines = text.split("\n")
    for place in [*document.values.values(), *document.keys.values(), *problems]:
        assert 3 <= place.line < 3 + len(lines)
        assert 1 <= place.column <= len(lines[place.line - 3]) + 1


@given(
    st.dictionaries(
        st.text(st.characters(categories=["L", "Nd"])), st.text(st.characters(exclude_categories=["C", "Z"]))
    )
)
def test_quoted_scalars_keep_their_text(fields: dict[str, str]):
    text = "".join("'{}': '{}'\n".format(key, value.replace("'", "''")) for key, value in fields.items())
    assert data_of(text) == (fields or None)
