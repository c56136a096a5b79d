"""Turns: one request per host at a time, a pause after each, and the rest that a host asks for."""

import threading

import pytest

from digest.curate.dialing import Fault, NoAnswerError
from digest.curate.turns import Turns
from tests.curate.hosts import Watch


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def turns(watch: Watch) -> Turns:
    return Turns(watch.clock)


def take(turns: Turns, host: str, *, lasting: float = 0) -> float:
    """Takes a turn of that many seconds, and gives when it came."""
    with turns.of(host):
        begun = turns.clock.now()
        turns.clock.sleep(lasting)
    return begun


def test_the_first_turn_comes_at_once(turns: Turns) -> None:
    assert take(turns, "a.test") == 0


def test_the_next_turn_comes_a_second_after_the_last_has_ended(turns: Turns) -> None:
    take(turns, "a.test", lasting=2.5)
    assert take(turns, "a.test") == 3.5


def test_who_comes_late_does_not_wait(turns: Turns, watch: Watch) -> None:
    take(turns, "a.test")
    watch.sleep(10)
    assert take(turns, "a.test") == 10


def test_another_host_has_turns_of_its_own(turns: Turns) -> None:
    take(turns, "a.test")
    assert take(turns, "b.test") == 0


@pytest.mark.parametrize("host", ["arxiv.org", "export.arxiv.org"])
def test_arxiv_is_left_alone_for_three_seconds(turns: Turns, host: str) -> None:
    take(turns, host)
    assert take(turns, host) == 3


def test_a_name_that_only_ends_like_arxivs_is_another(turns: Turns) -> None:
    take(turns, "notarxiv.org")
    assert take(turns, "notarxiv.org") == 1


def test_a_host_is_left_alone_as_long_as_it_asks(turns: Turns) -> None:
    with turns.of("a.test") as turn:
        turn.rest(60)
    assert take(turns, "a.test") == 60


def test_a_shorter_rest_does_not_end_a_longer_one(turns: Turns) -> None:
    with turns.of("a.test") as turn:
        turn.rest(60)
        turn.rest(5)
    assert take(turns, "a.test") == 60


@pytest.mark.parametrize(("seconds", "minutes"), [(61, 2), (120, 2), (3600, 60)])
def test_nobody_waits_for_more_than_a_minute(turns: Turns, watch: Watch, seconds: float, minutes: int) -> None:
    with turns.of("a.test") as turn:
        turn.rest(seconds)
    with pytest.raises(NoAnswerError) as caught, turns.of("a.test"):
        pass
    assert (caught.value.fault, caught.value.host) == (Fault.BUSY, "a.test")
    assert str(caught.value) == f"a.test asks to be left alone for {minutes} min"
    assert watch.now() == 0


def test_after_a_failure_the_host_is_left_alone_too(turns: Turns) -> None:
    with pytest.raises(KeyError), turns.of("a.test"):
        raise KeyError
    assert take(turns, "a.test") == 1


def test_two_who_want_the_same_host_go_one_after_the_other(turns: Turns) -> None:
    begun: list[float] = []
    threads = [
        threading.Thread(target=lambda: begun.append(take(turns, "a.test", lasting=1)), daemon=True) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(begun) == [0, 2, 4, 6, 8]
