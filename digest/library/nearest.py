"""The nearest known name to a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when nothing is near."""
    matches = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The mend for an unknown name: the nearest one, or all there are (at most twelve)."""
    names = sorted(known)
    match = nearest(name, names)
    if match:
        return f"did you mean '{match}'?"
    if not names:
        return "there is none yet"
    return "known are " + ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
