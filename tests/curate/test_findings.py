"""Findings: what an answer, or the lack of one, says of a link."""

import httpx2
import pytest

from digest.curate.client import Answer, Redirect
from digest.curate.dialing import Fault, NoAnswerError
from digest.curate.findings import Finding, Verdict, of_answer, of_error

PAGE = "https://a.test/page"


def found(status: int, *redirects: tuple[int, str], asked: str = PAGE) -> Finding:
    steps = tuple(Redirect(code, address) for code, address in redirects)
    address = steps[-1].address if steps else asked
    return of_answer(asked, Answer(address, status, httpx2.Headers(), b"", steps))


@pytest.mark.parametrize("status", [200, 204, 206, 304, 399])
def test_what_answers_is_fine(status: int) -> None:
    assert found(status) == Finding(Verdict.FINE)


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (404, "a.test answers 404 (not found)"),
        (410, "a.test answers 410 (gone)"),
        (500, "a.test answers 500 (internal server error)"),
        (503, "a.test answers 503 (service unavailable)"),
        (599, "a.test answers 599"),
    ],
)
def test_what_is_gone_or_broken_is_dead(status: int, why: str) -> None:
    assert found(status) == Finding(Verdict.DEAD, why)


@pytest.mark.parametrize(
    ("status", "why", "of_host"),
    [
        (400, "a.test answers 400 (bad request)", ""),
        (401, "a.test answers 401 (unauthorized)", ""),
        (403, "a.test answers 403 (forbidden)", ""),
        (429, "a.test answers 429 (too many requests)", "a.test"),
        (499, "a.test answers 499", ""),
        (600, "a.test answers 600", ""),
        (999, "a.test answers 999", ""),
    ],
)
def test_what_may_refuse_programs_alone_cannot_be_told(status: int, why: str, of_host: str) -> None:
    assert found(status) == Finding(Verdict.UNCLEAR, why, of_host=of_host)


def test_a_page_that_moved_for_a_while_is_fine() -> None:
    assert found(200, (302, "https://a.test/new"), (301, "https://a.test/newer")) == Finding(Verdict.FINE)


@pytest.mark.parametrize("status", [301, 308])
def test_a_page_that_moved_for_good_has_a_new_address(status: int) -> None:
    assert found(200, (status, "https://b.test/new")) == Finding(Verdict.MOVED, moved_to="https://b.test/new")


def test_its_new_address_is_the_last_that_it_moved_to_for_good() -> None:
    steps = ((301, "https://b.test/1"), (308, "https://b.test/2"), (302, "https://b.test/3"), (301, "https://b.test/4"))
    assert found(200, *steps) == Finding(Verdict.MOVED, moved_to="https://b.test/2")


@pytest.mark.parametrize("address", ["http://a.test/new", "https://a.test/new?utm_source=x", "https://127.0.0.1/"])
def test_an_address_that_may_not_be_written_is_no_better(address: str) -> None:
    assert found(200, (301, address)) == Finding(Verdict.FINE)


def test_a_page_that_moved_and_is_gone_is_dead() -> None:
    assert found(404, (301, "https://b.test/new")) == Finding(Verdict.DEAD, "b.test answers 404 (not found)")


@pytest.mark.parametrize("front", ["https://b.test/", "https://b.test"])
def test_a_page_that_became_the_front_page_is_dead(front: str) -> None:
    assert found(200, (301, front)) == Finding(Verdict.DEAD, f"it leads to a front page now, {front}")


@pytest.mark.parametrize(
    ("asked", "new"),
    [("https://a.test", "https://b.test/"), ("https://a.test/", "https://b.test"), (PAGE, "https://b.test/?page=1")],
)
def test_a_front_page_may_move(asked: str, new: str) -> None:
    assert found(200, (301, new), asked=asked) == Finding(Verdict.MOVED, moved_to=new)


@pytest.mark.parametrize(
    ("fault", "verdict", "of_host"),
    [
        (Fault.NAME, Verdict.DEAD, "a.test"),
        (Fault.NETWORK, Verdict.DEAD, "a.test"),
        (Fault.CONNECTION, Verdict.DEAD, "a.test"),
        (Fault.INSIDE, Verdict.DEAD, "a.test"),
        (Fault.TLS, Verdict.DEAD, "a.test"),
        (Fault.TIME, Verdict.DEAD, ""),
        (Fault.BROKEN, Verdict.DEAD, ""),
        (Fault.REDIRECTS, Verdict.DEAD, ""),
        (Fault.COOKIES, Verdict.UNCLEAR, ""),
        (Fault.BUSY, Verdict.UNCLEAR, "a.test"),
    ],
)
def test_why_there_is_no_answer_says_whether_others_would_get_one(fault: Fault, verdict: Verdict, of_host: str) -> None:
    assert of_error(NoAnswerError(fault, "a.test", "why")) == Finding(verdict, "why", fault=fault, of_host=of_host)
