"""Quantities: dates, times and numbers as a reader reads them."""

from datetime import date
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.publish.quantities import MONTHS, day, duration, number, short_day, span


def test_a_day_has_its_month_in_full() -> None:
    assert day(date(2021, 5, 14)) == "14 May 2021"
    assert day(date(2026, 11, 2)) == "2 November 2026"


def test_a_short_day_has_three_letters_of_its_month() -> None:
    assert short_day(date(2026, 11, 24)) == "24 Nov 2026"


def test_every_month_has_its_english_name() -> None:
    assert [day(date(2021, month, 1)) for month in range(1, 13)] == [f"1 {month} 2021" for month in MONTHS]
    assert " ".join(short_day(date(2021, month, 1)).split()[1] for month in range(1, 13)) == (
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "under 1 s"),
        (0.999, "under 1 s"),
        (1, "1 s"),
        (12.5, "12 s"),
        (59.4, "59 s"),
        (59.5, "1 min"),
        (89, "1 min"),
        (91, "2 min"),
        (1260, "21 min"),
        (3569, "59 min"),
        (3571, "1 h"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
        (7200, "2 h"),
        (90000, "25 h"),
    ],
)
def test_a_duration_is_in_its_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.floats(min_value=1, max_value=1e6))
def test_a_duration_is_true_to_half_its_smallest_unit(seconds: float) -> None:
    units = {"h": 3600, "min": 60, "s": 1}
    words = duration(seconds).split()
    said = sum(int(count) * units[unit] for count, unit in zip(words[::2], words[1::2], strict=True))
    assert abs(said - seconds) <= (0.5 if words[-1] == "s" else 30)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (78.3, "78.3"),
        (78.34567, "78.35"),
        (0.0412, "0.0412"),
        (0.000012345678, "0.00001235"),
        (1e-9, "0.000000001"),
        (100.0, "100"),
        (0, "0"),
        (-0.0, "0"),
        (-0.25, "-0.25"),
        (999.94, "999.9"),
        (999.96, "1,000"),
        (1000, "1,000"),
        (2500, "2,500"),
        (-1234.6, "-1,235"),
        (1234567.8, "1,234,568"),
    ],
)
def test_a_number_has_four_digits_or_all_before_the_point(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(min_value=-1e15, max_value=1e15))
def test_a_number_is_read_back_to_four_digits(value: float) -> None:
    text = number(value)
    assert "e" not in text.lower()
    assert isclose(float(text.replace(",", "")), value, rel_tol=5.1e-4, abs_tol=1e-300)


def test_a_span_runs_from_one_number_to_another() -> None:
    assert span(88.1, 91.2) == "88.1–91.2"
    assert span(0, 1234) == "0–1,234"


def test_a_span_from_below_zero_is_written_in_words() -> None:
    assert span(-0.3, 0.2) == "-0.3 to 0.2"
    assert span(-0.3, -0.1) == "-0.3 to -0.1"
