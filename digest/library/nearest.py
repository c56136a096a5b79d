"""The nearest known name to a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches

COMPARED = 100
LISTED = 12


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, whatever their case, or None when nothing is near.

    An id whose last part is `name` is nearer than any that is merely spelled alike: `mae` means `papers/mae`.
    """
    folded = {item.casefold(): item for item in sorted(known, reverse=True)}
    sought = name.casefold()[:COMPARED]
    for item, written in sorted(folded.items()):
        if item.rpartition("/")[2] == sought:
            return written
    matches = get_close_matches(sought, folded, cutoff=0.5)
    return folded[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The mend for an unknown name: the nearest one, or all there are (at most twelve)."""
    names = sorted(known)
    match = nearest(name, names)
    if match:
        return f"did you mean '{match}'?"
    if not names:
        return "there is none yet"
    return "known are " + ", ".join(names[:LISTED]) + (", …" if len(names) > LISTED else "")
