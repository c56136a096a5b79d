"""The polite client, against hosts that do everything wrong."""

import re
import socket
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import __version__
from digest.curate.client import Answer, Client, Redirect, _asked_to_wait, user_agent
from digest.curate.dialing import Fault, NoAnswerError
from digest.library.newsletter import Newsletter, Settings
from tests.curate.hosts import BEGIN, Behaviour, Hosts, answer, by_method, drip, hang, one_after_the_other, raw

OK = answer(200, b"hello")


def fault(client: Client, address: str, limit: int = 0) -> tuple[Fault, str, str]:
    """Why there is no answer."""
    with pytest.raises(NoAnswerError) as caught:
        client.ask("GET", address, limit)
    return caught.value.fault, caught.value.host, str(caught.value)


# Who asks


def newsletter(**changes: str) -> Newsletter:
    words = {"site_name": "The Letter", "site_url": "https://letter.org/a", "site_description": "A letter."}
    contact = changes.pop("contact", None)
    settings = Settings(tagline="Short.", repository="https://git.example/x", since=2021, contact=contact)
    return Newsletter.model_validate(words | changes | {"digest": settings})


def test_the_agent_names_digest_the_newsletter_and_its_editors() -> None:
    made = user_agent(newsletter(contact="us@letter.org"))
    assert made == f"digest/{__version__} (The Letter; +https://letter.org/a/; mailto:us@letter.org)"


def test_the_agent_leaves_out_a_placeholder_and_what_a_header_cannot_carry() -> None:
    made = user_agent(newsletter(site_name="L’été (zu) 東京;\x01 & co", site_url="https://letter.example/"))
    assert made == f"digest/{__version__} (Lt zu & co)"


def test_the_agent_of_a_newsletter_in_another_script_is_its_address() -> None:
    made = user_agent(newsletter(site_name="東京", site_url="https://letter.org/東", contact="é@letter.org"))
    assert made == f"digest/{__version__} (+https://letter.org/%E6%9D%B1/)"


def test_the_agent_of_nobody_is_digest_alone() -> None:
    assert user_agent(newsletter(site_name="東京", site_url="https://letter.example/")) == f"digest/{__version__}"


# What is asked


def test_a_request_says_who_asks_and_nothing_else(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")
    hosts.pages["/page?a=b"] = OK
    hosts.client().ask("GET", hosts.url("/page?a=b#part"))
    assert hosts.log[0].headers == {
        "Host": f"a.test:{hosts.port}",
        "User-Agent": "digest/test",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def test_an_answer_has_its_status_headers_and_address(hosts: Hosts) -> None:
    hosts.pages["/page"] = answer(418, b"tea", X_Kind="pot")
    found = hosts.client().ask("HEAD", hosts.url("/page"))
    assert (found.address, found.host, found.status, found.body) == (hosts.url("/page"), "a.test", 418, b"")
    assert (found.headers["x-kind"], found.redirects) == ("pot", ())
    assert hosts.asked() == ["HEAD a.test/page"]


def test_a_host_is_asked_over_tls_by_its_name(tls_hosts: Hosts) -> None:
    tls_hosts.pages["/"] = OK
    assert tls_hosts.client().ask("GET", tls_hosts.url("/"), 5).body == b"hello"


def test_no_cookie_is_ever_sent_back(hosts: Hosts) -> None:
    hosts.pages["/"] = answer(200, Set_Cookie="a=b")
    client = hosts.client()
    client.ask("GET", hosts.url("/"))
    client.ask("GET", hosts.url("/"))
    assert [request.headers.get("Cookie") for request in hosts.log] == [None, None]


# Bodies


def test_a_body_is_read_up_to_the_limit(hosts: Hosts) -> None:
    hosts.pages["/"] = OK
    assert hosts.client().ask("GET", hosts.url("/"), 5).body == b"hello"
    said = (Fault.SIZE, "a.test", "a.test sends more than 4 bytes")
    assert fault(hosts.client(), hosts.url("/"), 4) == said


def test_a_body_that_comes_in_many_pieces_is_whole(hosts: Hosts) -> None:
    body = bytes(range(256)) * 2000
    hosts.pages["/"] = answer(200, body)
    assert hosts.client().ask("GET", hosts.url("/"), len(body)).body == body


def test_a_huge_body_is_not_read_where_nobody_wants_it(hosts: Hosts) -> None:
    hosts.pages["/"] = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    found = hosts.client().ask("GET", hosts.url("/"))
    assert (found.status, found.body) == (200, b"")


def test_a_body_that_never_ends_is_cut_by_the_limit(hosts: Hosts) -> None:
    hosts.pages["/"] = drip(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000)
    assert fault(hosts.client(), hosts.url("/"), 50_000)[0] == Fault.SIZE


@pytest.mark.parametrize("sent", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", b""])
def test_who_breaks_off_gives_no_answer(hosts: Hosts, sent: bytes) -> None:
    hosts.pages["/"] = raw(sent)
    said = (Fault.BROKEN, "a.test", "a.test breaks off, or does not speak HTTP")
    assert fault(hosts.client(), hosts.url("/"), 100) == said


def test_who_sends_less_than_was_promised_still_answers_where_the_body_does_not_matter(hosts: Hosts) -> None:
    hosts.pages["/"] = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")
    assert hosts.client().ask("GET", hosts.url("/")).status == 200


# Time, noise, TLS


@pytest.mark.parametrize(
    "behaviour",
    [hang, drip(b""), drip(b"HTTP/1.1 200 OK\r\nX-Long: "), drip(b"HTTP/1.1 200 OK\r\n\r\n")],
    ids=["hangs", "drips", "drips headers", "drips a body"],
)
def test_whoever_is_not_done_in_time_is_left(hosts: Hosts, behaviour: Behaviour) -> None:
    hosts.pages["/"] = behaviour
    said = (Fault.TIME, "a.test", "a.test is not done within 0.2 s")
    assert fault(hosts.client(patience=0.2), hosts.url("/"), 100_000) == said


@pytest.mark.parametrize(
    "sent",
    [
        b"220 mail.test ESMTP\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"\x00" * 100,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n",
    ],
)
def test_what_is_not_http_is_no_answer(hosts: Hosts, sent: bytes) -> None:
    hosts.pages["/"] = raw(sent)
    said = (Fault.BROKEN, "a.test", "a.test breaks off, or does not speak HTTP")
    assert fault(hosts.client(), hosts.url("/"), 100) == said


def test_who_resets_the_connection_gives_no_answer(hosts: Hosts) -> None:
    def reset(handler: object) -> None:
        connection = handler.connection  # type: ignore[attr-defined]
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()

    hosts.pages["/"] = reset
    assert fault(hosts.client(), hosts.url("/"))[0] == Fault.BROKEN


def test_plain_http_where_tls_belongs(hosts: Hosts) -> None:
    said = (Fault.TLS, "a.test", "a.test does not speak TLS")
    assert fault(hosts.client(), hosts.url("/").replace("http:", "https:")) == said


def test_a_certificate_that_nobody_trusts(tls_hosts: Hosts) -> None:
    client = tls_hosts.client(trust=httpx2.create_ssl_context())
    kind, host, why = fault(client, tls_hosts.url("/"))
    assert (kind, host) == (Fault.TLS, "a.test")
    assert re.fullmatch(r"the certificate of a\.test does not hold \(self.signed certificate\)", why)


def test_a_certificate_for_somebody_else(tls_hosts: Hosts) -> None:
    said = fault(tls_hosts.client(), tls_hosts.url("/", "c.test"))
    why = "the certificate of c.test does not hold (Hostname mismatch, certificate is not valid for 'c.test'.)"
    assert said == (Fault.TLS, "c.test", why)


# Redirects


def test_redirects_are_followed_and_reported(hosts: Hosts) -> None:
    hosts.pages["/1"] = answer(301, Location="/2")
    hosts.pages["/2"] = answer(302, Location=hosts.url("/3?q#part", "b.test"))
    hosts.pages["/3?q"] = answer(303, Location="//c.test:" + str(hosts.port) + "/4")
    hosts.pages["/4"] = answer(307, Location="5")
    hosts.pages["/5"] = answer(308, Location="6")
    hosts.pages["/6"] = OK
    found = hosts.client().ask("HEAD", hosts.url("/1"))
    assert (found.status, found.address) == (200, hosts.url("/6", "c.test"))
    assert found.redirects == (
        Redirect(301, hosts.url("/2")),
        Redirect(302, hosts.url("/3?q#part", "b.test")),
        Redirect(303, hosts.url("/4", "c.test")),
        Redirect(307, hosts.url("/5", "c.test")),
        Redirect(308, hosts.url("/6", "c.test")),
    )
    assert [step.is_permanent for step in found.redirects] == [True, False, False, False, True]
    assert {request.method for request in hosts.log} == {"HEAD"}


@pytest.mark.parametrize(("status", "headers"), [(304, {"Location": "/2"}), (300, {"Location": "/2"}), (302, {})])
def test_what_sends_nowhere_is_an_answer(hosts: Hosts, status: int, headers: dict[str, str]) -> None:
    hosts.pages["/1"] = answer(status, **headers)
    assert hosts.client().ask("GET", hosts.url("/1")).status == status


def test_a_circle_is_left_at_once(hosts: Hosts) -> None:
    hosts.pages["/1"] = answer(302, Location="/2")
    hosts.pages["/2"] = answer(302, Location="/1")
    said = (Fault.REDIRECTS, "a.test", "a.test redirects in a circle")
    assert fault(hosts.client(), hosts.url("/1")) == said
    assert len(hosts.log) == 2


def test_redirects_without_end_are_left_after_ten(hosts: Hosts) -> None:
    for number in range(12):
        hosts.pages[f"/{number}"] = answer(302, Location=f"/{number + 1}")
    hosts.pages["/12"] = OK
    said = (Fault.REDIRECTS, "a.test", "a.test redirects more than 10 times")
    assert fault(hosts.client(), hosts.url("/1")) == said
    assert len(hosts.log) == 11
    assert hosts.client().ask("GET", hosts.url("/2")).status == 200


def test_who_turns_in_circles_for_a_cookies_sake_is_another_case(hosts: Hosts) -> None:
    hosts.pages["/1"] = answer(302, Location="/2", Set_Cookie="seen=1")
    hosts.pages["/2"] = answer(302, Location="/1")
    said = (Fault.COOKIES, "a.test", "a.test lets nobody in without cookies")
    assert fault(hosts.client(), hosts.url("/1")) == said


@pytest.mark.parametrize("location", ["ftp://b.test/", "file:///etc/passwd", "javascript:x", "http://x:y"])
def test_a_redirect_off_the_web_is_not_followed(hosts: Hosts, location: str) -> None:
    hosts.pages["/"] = answer(302, Location=location)
    said = (Fault.REDIRECTS, "a.test", "a.test leads to what is no address on the web")
    assert fault(hosts.client(), hosts.url("/")) == said


def test_a_redirect_cannot_make_us_send_credentials(hosts: Hosts) -> None:
    hosts.pages["/"] = answer(302, Location=f"http://me:secret@b.test:{hosts.port}/")
    said = (Fault.REDIRECTS, "a.test", "a.test leads to an address with credentials")
    assert fault(hosts.client(), hosts.url("/")) == said
    assert hosts.asked() == ["GET a.test/"]


def test_what_is_no_address_is_not_asked(hosts: Hosts) -> None:
    said = (Fault.REDIRECTS, "", "it leads to what is no address on the web")
    assert fault(hosts.client(), "ftp://a.test/") == said


def test_a_redirect_cannot_lead_inside(hosts: Hosts) -> None:
    for number, inside in enumerate(("b.test", "127.0.0.1", "[::1]", "2130706433", "localhost")):
        hosts.pages[f"/{number}"] = answer(302, Location=f"http://{inside}:{hosts.port}/secret")
        client = hosts.client(inside={"a.test"}, resolve=_as_this_machine_would)
        assert fault(client, hosts.url(f"/{number}"))[0] == Fault.INSIDE
    assert "/secret" not in {request.path for request in hosts.log}


def _as_this_machine_would(host: str, port: int) -> list[str]:  # noqa: ARG001
    return {"[::1]": ["::1"], "::1": ["::1"]}.get(host, ["127.0.0.1"])


def test_a_name_that_changes_its_mind_cannot_lead_inside(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: what was resolved when it was judged is what is dialled, and nothing is resolved in between."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:  # noqa: ARG001
        asked.append(host)
        return ["198.41.0.4"] if len(asked) == 1 else ["127.0.0.1"]

    dialled: list[str] = []
    create = socket.create_connection

    def connection(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        dialled.append(address[0])
        return create(("127.0.0.1", hosts.port))

    monkeypatch.setattr(socket, "create_connection", connection)
    hosts.pages["/"] = OK
    client = hosts.client(inside=(), resolve=rebinding)
    assert client.ask("GET", hosts.url("/")).status == 200
    assert (asked, dialled) == (["a.test"], ["198.41.0.4"])
    assert fault(client, hosts.url("/"))[0] == Fault.INSIDE
    assert dialled == ["198.41.0.4"]


def test_each_step_waits_for_the_turn_of_its_host(hosts: Hosts) -> None:
    hosts.pages["/1"] = answer(302, Location=hosts.url("/2", "b.test"))
    hosts.pages["/2"] = answer(302, Location="/3")
    hosts.pages["/3"] = OK
    hosts.client().ask("GET", hosts.url("/1"))
    assert [(request.host, request.at) for request in hosts.log] == [("a.test", 0), ("b.test", 0), ("b.test", 1)]


# Retry-After


@pytest.mark.parametrize(
    ("status", "written", "seconds"),
    [
        (429, "7", 7),
        (503, "7", 7),
        (503, format_datetime(BEGIN + timedelta(seconds=40), usegmt=True), 40),
        (503, (BEGIN + timedelta(seconds=40)).strftime("%a, %d %b %Y %H:%M:%S -0000"), 40),
        (503, (BEGIN + timedelta(hours=2, seconds=40)).strftime("%a, %d %b %Y %H:%M:%S +0200"), 40),
        (429, format_datetime(BEGIN - timedelta(days=9)), 1),
        (429, None, 30),
        (429, "soon", 30),
        (503, "soon", 1),
        (503, None, 1),
        (500, "7", 1),
        (200, "7", 1),
    ],
)
def test_a_host_is_left_alone_for_as_long_as_it_asks(
    hosts: Hosts, status: int, written: str | None, seconds: float
) -> None:
    hosts.pages["/"] = answer(status, **({"Retry_After": written} if written else {}))
    client = hosts.client()
    client.ask("GET", hosts.url("/"))
    client.ask("GET", hosts.url("/"))
    assert [request.at for request in hosts.log] == [0, seconds]


def test_a_host_that_asks_for_too_much_is_not_asked_again(hosts: Hosts) -> None:
    hosts.pages["/"] = answer(429, Retry_After="3600")
    client = hosts.client()
    client.ask("GET", hosts.url("/"))
    said = (Fault.BUSY, "a.test", "a.test asks to be left alone for 60 min")
    assert fault(client, hosts.url("/")) == said
    assert len(hosts.log) == 1


@given(st.text() | st.integers().map(str) | st.builds("Mon, 01 Jan {} 00:00:00 GMT".format, st.integers()))
def test_whatever_stands_in_retry_after_the_wait_is_some_seconds(written: str) -> None:
    made = Answer("http://a.test/", 429, httpx2.Headers([(b"Retry-After", written.encode())]), b"")
    assert _asked_to_wait(made, BEGIN) >= 0


# The network


def test_whether_there_is_a_network_is_a_name_that_is_always_there(hosts: Hosts) -> None:
    asked: list[tuple[str, int]] = []

    def known(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["93.184.215.14"]

    assert hosts.client(resolve=known).is_online()
    assert asked == [("example.com", 443)]
    assert not hosts.client(resolve=lambda *_: []).is_online()
    assert not hosts.client(resolve=_raise(OSError())).is_online()


def _raise(error: Exception) -> Callable[[str, int], list[str]]:
    def refuse(*_: object) -> list[str]:
        raise error

    return refuse


def test_an_answer_may_depend_on_the_method(hosts: Hosts) -> None:
    hosts.pages["/"] = by_method(HEAD=answer(405), GET=one_after_the_other(answer(500), OK))
    client = hosts.client()
    assert [client.ask(method, hosts.url("/")).status for method in ("HEAD", "GET", "GET")] == [405, 500, 200]
