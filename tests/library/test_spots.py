"""Where things stand in a body of Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.library.spots import Finder, Spot, without_code


def test_a_thing_is_found_at_its_line_and_column():
    assert Finder("ab\ncd x\n").find("x") == Spot(1, 3)
    assert Finder("x").find("x") == Spot(0, 0)
    assert Finder("\nab x\n").find("x") == Spot(1, 3)
    assert Finder("\nx").find("x") == Spot(1, 0)


def test_a_thing_that_stands_twice_is_found_twice_and_then_again_first():
    finder = Finder("x x\nx")
    assert [finder.find("x") for _ in range(4)] == [Spot(0, 0), Spot(0, 2), Spot(1, 0), Spot(0, 0)]


def test_each_thing_is_sought_by_itself():
    finder = Finder("a b a")
    assert [finder.find(thing) for thing in "aba"] == [Spot(0, 0), Spot(0, 2), Spot(0, 4)]


def test_a_thing_that_is_nowhere_is_at_the_beginning():
    assert Finder("a\nb").find("x") == Spot(0, 0)


def test_case_does_not_matter_and_lines_have_their_beginning():
    assert Finder("a # b\n# C").find("^# c") == Spot(1, 0)


@pytest.mark.parametrize(
    ("body", "blanked"),
    [
        ("a `x` b", "a     b"),
        ("a ``x ` y`` b", "a           b"),
        ("a `x b", "a `x b"),
        ("a `x\ny` b", "a `x\ny` b"),
        ("```\nx\n```\ny", "   \n \n   \ny"),
        ("~~~ py\nx\n```\n~~~~\ny", "      \n \n   \n    \ny"),
        ("> ```\n> x\n> ```\ny", "     \n   \n     \ny"),
        ("````\n```\nx\n````\ny", "    \n   \n \n    \ny"),
        ("```\nx", "   \n "),
        ("a ``` b", "a ``` b"),
    ],
)
def test_code_is_blank_and_all_else_stays_in_place(body: str, blanked: str):
    assert without_code(body) == blanked


@pytest.mark.parametrize(
    ("body", "titles", "lines"),
    [
        ("## A\n\nx\n\n### B\n", ["A", "B"], [0, 4]),
        ("x\n\n## A\n## A\n", ["A", "A"], [2, 3]),
        ("A\n\nA\n===\n\nB\n---\n", ["A", "B"], [2, 5]),
        ("> ## A\n\n- ## B\n1. ## C\n", ["A", "B", "C"], [0, 2, 3]),
        ("<h2>A</h2>\n<H3 id=x>B</H3>\n", ["A", "B"], [0, 1]),
        ("```\n## A\n```\n## A\n", ["A"], [3]),
        ("## `A` *b*\n", ["A b"], [0]),
        ("## X\n## B\n", ["A &amp; b", "B"], [0, 1]),
        ("## Ab\n## XX\n## a-B c\n", ["a_B c"], [2]),
        ("## B\n", ["B", "C"], [0, 0]),
        ("no heading", ["A"], [0]),
        ("#no\n####### no\n## A", ["A"], [2]),
        ("## …\n", ["…"], [0]),
        ("", [], []),
    ],
)
def test_headings_are_found_by_their_text_in_their_order(body: str, titles: list[str], lines: list[int]):
    assert Finder(body).heading_lines(titles) == lines


@given(st.text(st.sampled_from("`~# \n>-x")))
def test_blanks_keep_every_line_its_length(body: str):
    assert [len(line) for line in without_code(body).split("\n")] == [len(line) for line in body.split("\n")]


@given(st.text(st.sampled_from("#=- \nab<h2>")), st.lists(st.text(max_size=3), max_size=4))
def test_headings_have_lines_of_the_body_in_their_order(body: str, titles: list[str]):
    lines = Finder(body).heading_lines(titles)
    assert len(lines) == len(titles)
    assert lines == sorted(lines)
    assert all(0 <= line <= body.count("\n") for line in lines)
