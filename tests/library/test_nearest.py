"""An unknown name is answered with the nearest known one."""

import time

from hypothesis import given
from hypothesis import strategies as st

from digest.library.nearest import did_you_mean, nearest


def test_the_nearest_is_the_one_most_alike():
    assert nearest("takeawy", ["title", "takeaway", "tags"]) == "takeaway"


def test_case_does_not_matter_and_the_name_comes_back_as_it_is_known():
    assert nearest("dino", ["DINO", "other"]) == "DINO"


def test_the_last_part_of_an_id_is_enough():
    assert nearest("mae", ["papers/mae", "maes"]) == "papers/mae"
    assert nearest("mae", ["a/long/way/to/mae", "maes"]) == "a/long/way/to/mae"


def test_nothing_is_near_when_nothing_is_alike():
    assert nearest("xyz", ["title"]) is None


def test_of_two_spelled_alike_the_first_in_order_is_named():
    assert nearest("aa", ["AA", "aA"]) == "AA"


def test_a_near_name_is_asked_about():
    assert did_you_mean("takeawy", ["title", "takeaway"]) == "did you mean 'takeaway'?"


def test_without_a_near_name_all_are_listed_in_order():
    assert did_you_mean("xyz", ["b", "a"]) == "known are a, b"


def test_at_most_twelve_are_listed():
    letters = "abcdefghijklm"
    assert did_you_mean("1234567", letters[:12]) == "known are a, b, c, d, e, f, g, h, i, j, k, l"
    assert did_you_mean("1234567", letters) == "known are a, b, c, d, e, f, g, h, i, j, k, l, …"


def test_without_any_name_that_is_said():
    assert did_you_mean("x", []) == "there is none yet"


def test_a_name_as_long_as_a_file_is_answered_at_once():
    begun = time.perf_counter()
    assert nearest("takeaway" * 100_000, ["takeaway" * 5]) is not None
    assert time.perf_counter() - begun < 1


@given(st.text(), st.lists(st.text()))
def test_the_nearest_is_always_a_known_name(name: str, known: list[str]):
    assert nearest(name, known) in {None, *known}
    assert isinstance(did_you_mean(name, known), str)
