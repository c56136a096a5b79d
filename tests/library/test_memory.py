"""Memory: what was worked out is known for as long as it is asked for."""

from digest.library.memory import Memory


def test_what_is_remembered_is_known() -> None:
    memory: Memory[str, int] = Memory()
    assert memory.recall("a") is None
    assert memory.remember("a", 1) == 1
    assert memory.recall("a") == 1
    assert memory.used == {"a": 1}


def test_what_is_asked_for_after_a_turn_is_known_still_and_the_rest_is_forgotten_at_the_next() -> None:
    memory: Memory[str, int] = Memory()
    memory.remember("a", 1)
    memory.remember("b", 2)
    memory.turn({})
    assert memory.used == {}
    assert memory.recall("a") == 1
    assert memory.used == {"a": 1}
    memory.turn({})
    assert memory.recall("a") == 1
    assert memory.recall("b") is None


def test_what_a_turn_brings_is_known_but_never_over_what_was_in_use() -> None:
    memory: Memory[str, int] = Memory()
    memory.remember("a", 1)
    memory.turn({"a": 7, "b": 2})
    assert (memory.recall("a"), memory.recall("b")) == (1, 2)
