"""TOML with places: every key and every mistake has its line and column."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from digest.library import toml
from digest.library.problems import Problem
from digest.library.yaml import Place

TEXT = '''# a comment
name = "coin"
"quoted key" = 1
[commands]
  toss = "coin toss"
long = """
fake = 1
"""
after = 2
[verify.inner]
limit.time = "30 min"
list = [
  "name = 3",
]
'''


def test_the_data_is_what_tomllib_reads():
    document, problems = toml.load(TEXT, "demo.toml")
    assert (document.path, document.data, problems) == ("demo.toml", tomllib.loads(TEXT), [])


def test_keys_and_values_have_their_places():
    document, _ = toml.load(TEXT, "demo.toml")
    assert document.keys[("name",)] == Place(2, 1)
    assert document.values[("name",)] == Place(2, 8)
    assert document.keys[("quoted key",)] == Place(3, 1)
    assert document.keys[("commands",)] == Place(4, 2)
    assert document.values[("commands", "toss")] == Place(5, 10)
    assert document.values[("commands", "after")] == Place(9, 9)
    assert document.values[("verify", "inner", "limit", "time")] == Place(11, 14)


def test_what_stands_in_a_long_string_is_no_key():
    document, _ = toml.load("a = \"\"\"x\"\"\"\nlong = '''\nfake = 1\n'''\n[fake]\n", "demo.toml")
    assert document.keys == {("a",): Place(1, 1), ("long",): Place(2, 1), ("fake",): Place(5, 2)}


def test_a_key_that_the_data_does_not_hold_has_no_place():
    document, _ = toml.load("a = [\n'''\nb = 1\n''']\n", "demo.toml")
    assert document.keys == {("a",): Place(1, 1)}


def test_what_is_inside_an_array_has_the_place_of_its_key():
    document, _ = toml.load("\nentries = [1]\n", "demo.toml")
    assert document.place(("entries", 0)) == Place(2, 11)


def test_a_dotted_key_through_a_value_is_left_to_tomllib():
    document, problems = toml.load("a = 1\na.b = 2\n", "demo.toml")
    assert document.data is None
    assert problems == [
        Problem("demo.toml", 2, 8, "broken TOML: Cannot overwrite a value", 'write `key = "value"`, each key once')
    ]


def test_a_mistake_at_the_end_is_at_the_last_line():
    _, problems = toml.load('a = 1\nb = """x', "demo.toml")
    assert [(problem.line, problem.column) for problem in problems] == [(2, 1)]
    assert problems[0].what.startswith("broken TOML: ")
    assert "(at" not in problems[0].what


def test_toml_that_nests_without_end_is_a_problem_and_no_crash():
    _, problems = toml.load("a = " + "[" * 100_000, "demo.toml")
    assert len(problems) == 1
    assert problems[0].what.startswith("broken TOML: ")


@given(st.text())
def test_any_text_gives_data_or_a_problem(text: str):
    document, problems = toml.load(text, "demo.toml")
    assert (document.data is None) == bool(problems)
