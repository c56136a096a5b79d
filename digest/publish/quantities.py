"""Dates, times and numbers as the pages write them, whatever the machine's language."""

from datetime import date
from decimal import Decimal

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day(value: date) -> str:
    """A date as the pages write it: "14 May 2021"."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def short_day(value: date) -> str:
    """A date where there is little room: "24 Nov 2026"."""
    return f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"


def duration(seconds: float) -> str:
    """A length of time in its largest units: "under 1 s", "40 s", "21 min", "1 h 5 min", "2 h"."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 59.5:
        return f"{round(seconds)} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = [(hours, "h"), (minutes, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def number(value: float) -> str:
    """A number to four significant digits, or to the unit from 1,000 up: "78.3", "2,500", "0.0412".

    Never in powers of ten, which few readers read.
    """
    digits = f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    return f"{Decimal(digits) + 0:,f}"


def span(low: float, high: float) -> str:
    """Two numbers and all between: "88.1–91.2", "-0.3 to 0.2"."""
    return f"{number(low)} to {number(high)}" if low < 0 else f"{number(low)}–{number(high)}"
