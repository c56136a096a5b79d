"""Memory: what was worked out of some text, for as long as the text is in use."""

from collections.abc import Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """What was asked for since the last `turn`, and before that what was asked for between the last two.

    A newsletter's texts are read for the checks, the pages and the feeds alike, and most of them stay as they are from
    one save to the next.
    """

    def __init__(self) -> None:
        self.used: dict[Key, Value] = {}
        """What was asked for since the last turn."""
        self._before: dict[Key, Value] = {}

    def recall(self, key: Key) -> Value | None:
        """The value of a key, where it is known."""
        if key in self._before:
            self.used[key] = self._before.pop(key)
        return self.used.get(key)

    def remember(self, key: Key, value: Value) -> Value:
        """The value, which is known from here on."""
        self.used[key] = value
        return value

    def turn(self, kept: Mapping[Key, Value]) -> None:
        """Forgets what has not been asked for since the last turn. `kept` is known from elsewhere, such as a file."""
        self._before = {**kept, **self.used}
        self.used = {}
