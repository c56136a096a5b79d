"""The names of people and groups, in the parts that citations sort and shorten them by."""

import re
from dataclasses import dataclass

SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV")
GROUP = re.compile(
    r"\b(?:AI|Collaboration|Community|Consortium|Foundation|Group|Inc\.?|Institute|Labs?|Research|Team|University)$"
)


@dataclass(frozen=True)
class Name:
    """A name in its parts, or whole as `literal` where it has none: a group, or a single name."""

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: str = ""


def parse_name(text: str) -> Name:
    """The parts of a name written as "Laurens van der Maaten" or "van der Maaten, Laurens".

    Small words before the family name are its particle. A group ("The Qwen Team") and a single name stay whole.
    """
    text = " ".join(text.split())
    if "," in text:
        return _parse_reversed(text)
    words = text.split(" ")
    if len(words) == 1 or is_group(text):
        return Name(literal=text)
    suffix = words.pop() if len(words) > 2 and SUFFIX.fullmatch(words[-1]) else ""
    first = next((index for index in range(1, len(words) - 1) if words[index].islower()), len(words) - 1)
    given, rest = words[:first], words[first:]
    particle, family = _split_particle(rest)
    return Name(family, " ".join(given), particle, suffix)


def is_group(text: str) -> bool:
    """Whether a name is that of a group of people, as far as its words show."""
    return text.startswith("The ") or GROUP.search(text) is not None


def _parse_reversed(text: str) -> Name:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 3 or not all(parts):
        return Name(literal=text)
    if len(parts) == 2 and SUFFIX.fullmatch(parts[1]):
        name = parse_name(parts[0])
        return Name(literal=text) if name.literal else Name(name.family, name.given, name.particle, parts[1])
    particle, family = _split_particle(parts[0].split(" "))
    return Name(family, parts[-1], particle, parts[1] if len(parts) == 3 else "")


def _split_particle(words: list[str]) -> tuple[str, str]:
    """The small words in front, and the family name after them, which has at least one word."""
    count = next((index for index, word in enumerate(words[:-1]) if not word.islower()), len(words) - 1)
    return " ".join(words[:count]), " ".join(words[count:])
