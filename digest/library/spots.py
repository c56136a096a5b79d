"""Where things stand in a body of Markdown: an answer good enough to lead an editor there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

FENCE = re.compile(r"[ >]*(```+|~~~+)")
INLINE_CODE = re.compile(r"(`+)(?!`)([^\n]+?)(?<!`)\1(?!`)")
HEADING_LINE = re.compile(r"[ >*+\d.-]*#{1,6}[ \t]*\S|.*<h[1-6]\b", re.IGNORECASE)
UNDERLINE = re.compile(r"[ >]*(?:=+|-+)[ \t]*$")


@dataclass(frozen=True)
class Spot:
    """A line and a column of a body, both from 0."""

    line: int
    column: int


@dataclass
class Finder:
    """Finds things in a body, in the order in which they are asked for; what stands in code is passed over."""

    body: str
    next: dict[str, int] = field(default_factory=dict)

    @cached_property
    def prose(self) -> str:
        """The body without its code."""
        return without_code(self.body)

    def find(self, pattern: str) -> Spot:
        """Where `pattern` stands next, or again first when it does no more; the beginning when it never does."""
        compiled = re.compile(pattern, re.IGNORECASE | re.MULTILINE)
        match = compiled.search(self.prose, self.next.get(pattern, 0)) or compiled.search(self.prose)
        if not match:
            return Spot(0, 0)
        self.next[pattern] = match.end()
        return Spot(
            self.prose.count("\n", 0, match.start()), match.start() - self.prose.rfind("\n", 0, match.start()) - 1
        )

    def heading_lines(self, titles: Sequence[str]) -> list[int]:
        """The line of each heading, given their texts in order."""
        lines = self.prose.split("\n")
        candidates = [
            number
            for number, line in enumerate(lines)
            if HEADING_LINE.match(line) or (line.strip() and UNDERLINE.match("".join(lines[number + 1 : number + 2])))
        ]
        written = self.body.split("\n")
        found: list[int] = []
        for title in titles:
            rest = [number for number in candidates if not found or number > found[-1]]
            letters = _letters(title)
            named = [number for number in rest if letters in _letters(written[number])]
            found.append((named or rest or found[-1:] or [0])[0])
        return found


def without_code(body: str) -> str:
    """The body with blanks for what stands in fences and between backticks, and every other character in its place."""
    lines: list[str] = []
    fence = ""
    for line in body.split("\n"):
        match = FENCE.match(line)
        if fence or match:
            lines.append(" " * len(line))
            if match:
                fence = "" if fence and match[1].startswith(fence) else fence or match[1]
        else:
            lines.append(line)
    return INLINE_CODE.sub(lambda match: " " * len(match[0]), "\n".join(lines))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()
