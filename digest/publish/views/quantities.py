"""Dates, times and numbers as the pages write them, whatever the machine's language."""

from datetime import date

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day(value: date) -> str:
    """A date as the pages write it: "14 May 2021", whatever the machine's language."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def short_day(value: date) -> str:
    """A date where there is little room: "24 Nov 2026"."""
    return f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"


def duration(seconds: float) -> str:
    """A length of time in its largest units: "40 s", "21 min", "1 h 5 min"."""
    if seconds < 59.5:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def number(value: float) -> str:
    """A number to four significant digits, never in powers of ten: "78.3", "2,500", "0.0412"."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = f"{value:.4g}"
    return f"{value:.8f}".rstrip("0") if "e" in digits else digits
