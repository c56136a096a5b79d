"""A problem says in one line where it is, what is wrong and how to mend it."""

from hypothesis import given
from hypothesis import strategies as st

from digest.library.problems import LONGEST, ContentError, Problem


def test_a_problem_reads_as_place_what_and_mend():
    assert str(Problem("site/a.md", 3, 7, "no title", "add one")) == "site/a.md:3:7: no title; add one"


def test_problems_sort_by_file_then_line_then_column():
    places = [("b", 1, 1), ("a", 2, 1), ("a", 1, 9), ("a", 1, 10), ("a", 10, 1)]
    problems = sorted(Problem(path, line, column, "x", "y") for path, line, column in places)
    assert [(problem.path, problem.line, problem.column) for problem in problems] == [
        ("a", 1, 9),
        ("a", 1, 10),
        ("a", 2, 1),
        ("a", 10, 1),
        ("b", 1, 1),
    ]


def test_what_is_quoted_from_a_file_cannot_break_the_line():
    problem = Problem("a\nb", 1, 1, "'one\n  two'", "three\r\nfour")
    assert (problem.path, problem.what, problem.mend) == ("a\\nb", "'one two'", "three four")


def test_what_is_quoted_from_a_file_cannot_reach_the_terminal():
    assert Problem("\x1b[2Ja", 1, 1, "'\x1b[31m'", "é\u202e").what == "'\\x1b[31m'"
    assert Problem("\x1b[2Ja", 1, 1, "'\x1b[31m'", "é\u202e").path == "\\x1b[2Ja"
    assert Problem("\x1b[2Ja", 1, 1, "'\x1b[31m'", "é\u202e").mend == "é\\u202e"


def test_what_is_quoted_from_a_file_is_cut_when_it_is_long():
    assert Problem("a", 1, 1, "x" * LONGEST, "y").what == "x" * LONGEST
    assert Problem("a", 1, 1, "x" * (LONGEST + 1), "y").what == "x" * (LONGEST - 1) + "…"


def test_content_error_carries_its_problems_sorted_and_each_once():
    first, second = Problem("a", 1, 1, "w", "m"), Problem("b", 1, 1, "w", "m")
    error = ContentError([second, first, second])
    assert error.problems == (first, second)
    assert str(error) == "a:1:1: w; m\nb:1:1: w; m"


@given(st.text(), st.text(), st.text())
def test_any_problem_is_one_printable_line(path: str, what: str, mend: str):
    assert str(Problem(path, 1, 1, what, mend)).isprintable()
