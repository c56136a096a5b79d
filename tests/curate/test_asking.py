"""Asking: with HEAD and then with GET, many hosts at once, one request per host at a time."""

import threading
from itertools import pairwise

import pytest

from digest.curate.asking import ask, ask_all
from digest.curate.client import Client
from digest.curate.dialing import Fault
from digest.curate.findings import Finding, Verdict
from tests.curate.hosts import Behaviour, Handler, Hosts, answer, by_method, counted, hang, one_after_the_other, raw

OK = answer(200, b"hello")
FINE = Finding(Verdict.FINE)


def all_of(client: Client, *addresses: str) -> dict[str, Finding]:
    return dict(ask_all(client, addresses))


# One address


def test_head_alone_is_asked_where_it_is_answered(hosts: Hosts) -> None:
    hosts.pages["/"] = OK
    assert ask(hosts.client(), hosts.url("/")) == FINE
    assert hosts.asked() == ["HEAD a.test/"]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 500, 501, 503])
def test_get_is_asked_where_head_is_refused(hosts: Hosts, status: int) -> None:
    hosts.pages["/"] = by_method(HEAD=answer(status), GET=OK)
    assert ask(hosts.client(), hosts.url("/")) == FINE
    assert hosts.asked() == ["HEAD a.test/", "GET a.test/"]


@pytest.mark.parametrize("behaviour", [raw(b""), raw(b"no"), hang, answer(302, Location="/")])
def test_get_is_asked_where_head_is_not_understood(hosts: Hosts, behaviour: Behaviour) -> None:
    hosts.pages["/"] = by_method(HEAD=behaviour, GET=OK)
    assert ask(hosts.client(patience=1), hosts.url("/")) == FINE


@pytest.mark.parametrize("status", [403, 404, 410])
def test_what_get_says_is_believed_at_once(hosts: Hosts, status: int) -> None:
    hosts.pages["/"] = answer(status)
    ask(hosts.client(), hosts.url("/"))
    assert hosts.asked() == ["HEAD a.test/", "GET a.test/"]


def test_a_server_that_failed_for_a_moment_is_asked_again(hosts: Hosts) -> None:
    hosts.pages["/"] = one_after_the_other(answer(500), answer(502), OK)
    assert ask(hosts.client(), hosts.url("/")) == FINE
    assert hosts.asked() == ["HEAD a.test/", "GET a.test/", "GET a.test/"]
    assert [request.at for request in hosts.log] == [0, 1, 2]


def test_a_server_that_goes_on_failing_is_dead(hosts: Hosts) -> None:
    hosts.pages["/"] = answer(500)
    assert ask(hosts.client(), hosts.url("/")) == Finding(Verdict.DEAD, "a.test answers 500 (internal server error)")
    assert hosts.asked() == ["HEAD a.test/", "GET a.test/", "GET a.test/"]


def test_who_never_answers_is_asked_twice(hosts: Hosts) -> None:
    hosts.pages["/"] = hang
    why = "a.test is not done within 0.1 s"
    assert ask(hosts.client(patience=0.1), hosts.url("/")) == Finding(Verdict.DEAD, why, fault=Fault.TIME)
    assert hosts.asked() == ["HEAD a.test/", "GET a.test/"]


def test_a_host_that_asks_us_to_wait_gets_its_wait(hosts: Hosts) -> None:
    hosts.pages["/"] = one_after_the_other(answer(429, Retry_After="12"), OK)
    assert ask(hosts.client(), hosts.url("/")) == FINE
    assert [(request.method, request.at) for request in hosts.log] == [("HEAD", 0), ("GET", 12)]


# Many


def test_nothing_asked_is_nothing_found(hosts: Hosts) -> None:
    assert all_of(hosts.client()) == {}


def test_every_address_is_found_out_about(hosts: Hosts) -> None:
    hosts.pages |= {"/1": OK, "/2": answer(404), "/3": answer(403)}
    wanted = {
        hosts.url("/1"): FINE,
        hosts.url("/2"): Finding(Verdict.DEAD, "a.test answers 404 (not found)"),
        hosts.url("/3"): Finding(Verdict.UNCLEAR, "a.test answers 403 (forbidden)"),
        hosts.url("/1", "b.test"): FINE,
    }
    assert all_of(hosts.client(), *wanted) == wanted


def test_hosts_are_asked_at_once(hosts: Hosts) -> None:
    together = threading.Barrier(3, timeout=20)

    def meet(handler: Handler) -> None:
        together.wait()
        OK(handler)

    hosts.pages["/"] = meet
    addresses = [hosts.url("/", name) for name in ("a.test", "b.test", "c.test")]
    assert all_of(hosts.client(), *addresses) == dict.fromkeys(addresses, FINE)


def test_a_host_is_asked_one_thing_at_a_time_even_by_redirects(hosts: Hosts) -> None:
    addresses = []
    for number in range(6):
        hosts.pages[f"/{number}"] = counted(OK)
        hosts.pages[f"/to/{number}"] = counted(answer(302, Location=hosts.url(f"/{number}")))
        addresses += [hosts.url(f"/{number}"), *(hosts.url(f"/to/{number}", name) for name in ("b.test", "c.test"))]
    assert all_of(hosts.client(), *addresses) == dict.fromkeys(addresses, FINE)
    assert hosts.most_at_once == {"a.test": 1, "b.test": 1, "c.test": 1}
    for name in hosts.most_at_once:
        times = [request.at for request in hosts.log if request.host == name]
        assert all(later - earlier >= 1 for earlier, later in pairwise(times))


@pytest.mark.parametrize(
    ("behaviour", "requests"), [(answer(429), 2), (answer(429, Retry_After="600"), 1)], ids=["429", "429 for long"]
)
def test_a_host_that_had_enough_is_left(hosts: Hosts, behaviour: Behaviour, requests: int) -> None:
    hosts.pages |= dict.fromkeys(("/1", "/2", "/3"), behaviour)
    found = all_of(hosts.client(), *map(hosts.url, hosts.pages))
    assert {finding.verdict for finding in found.values()} == {Verdict.UNCLEAR}
    assert (len(found), len(hosts.log)) == (3, requests)


def test_a_host_that_is_away_is_asked_for_once(hosts: Hosts) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return hosts.resolve(host, port)

    found = all_of(hosts.client(resolve=resolve), *(f"https://away.test/{number}" for number in range(5)))
    assert {finding.why for finding in found.values()} == {"there is no host 'away.test'"}
    assert (len(found), asked) == (5, ["away.test"])


def test_a_redirect_to_a_host_that_is_away_says_nothing_of_the_first(hosts: Hosts) -> None:
    hosts.pages |= {"/1": answer(302, Location="https://away.test/"), "/2": OK}
    found = all_of(hosts.client(), hosts.url("/1"), hosts.url("/2"))
    assert [finding.verdict for finding in found.values()] == [Verdict.DEAD, Verdict.FINE]


def test_nothing_more_is_asked_when_nobody_listens_any_more(hosts: Hosts) -> None:
    go_on, begun, earlier = threading.Event(), threading.Event(), set(threading.enumerate())

    def second(handler: Handler) -> None:
        begun.set()
        go_on.wait(20)
        OK(handler)

    hosts.pages |= {"/1": OK, "/2": second, "/3": OK}
    listening = ask_all(hosts.client(), map(hosts.url, hosts.pages))
    assert next(listening) == (hosts.url("/1"), FINE)
    begun.wait(20)
    listening.close()
    go_on.set()
    workers = [thread for thread in set(threading.enumerate()) - earlier if thread.name.endswith("(work)")]
    assert [worker.daemon for worker in workers] == [True], "it would keep the program from ending"
    workers[0].join()
    assert hosts.asked() == ["HEAD a.test/1", "HEAD a.test/2"]


def test_a_mistake_of_our_own_is_not_swallowed(hosts: Hosts) -> None:
    def resolve(host: str, port: int) -> list[str]:  # noqa: ARG001
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        all_of(hosts.client(resolve=resolve), hosts.url("/"))
