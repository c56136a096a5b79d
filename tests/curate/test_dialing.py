"""Dialling: which addresses belong to the world, and connections that are over in time."""

import socket
import threading
import time
from collections.abc import Iterator

import httpcore2
import pytest

from digest.curate.dialing import Deadline, Dialer, Fault, NoAnswerError, is_public, resolve


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::8.8.8.8"],
)
def test_an_address_of_the_world_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.0.1",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "fe80::1",
        "fe80::1%lo",
        "fd00::1",
        "ff02::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "64:ff9b::10.0.0.1",
    ],
)
def test_an_address_inside_is_not_public_however_it_is_wrapped(address: str) -> None:
    assert not is_public(address)


def test_a_name_is_resolved_to_each_of_its_addresses_once() -> None:
    found = resolve("localhost", 80)
    assert "127.0.0.1" in found
    assert len(found) == len(set(found))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def dial(*addresses: str, port: int, seconds: float = 5, inside: tuple[str, ...] = ("a.test",)) -> NoAnswerError | None:
    """What is wrong with a connection to a host with those addresses."""
    dialer = Dialer(Deadline.after(seconds, "a.test"), lambda *_: list(addresses), inside)
    try:
        dialer.connect_tcp("a.test", port).close()
    except NoAnswerError as error:
        return error
    return None


def fault(error: NoAnswerError | None) -> tuple[Fault, str, str]:
    assert error is not None
    return error.fault, error.host, str(error)


def test_a_host_inside_is_dialled_when_it_is_named(listener: socket.socket) -> None:
    assert dial("127.0.0.1", port=listener.getsockname()[1]) is None


def test_a_host_inside_is_not_dialled_otherwise(listener: socket.socket) -> None:
    listener.settimeout(0)
    error = dial("127.0.0.1", "10.0.0.1", port=listener.getsockname()[1], inside=("b.test",))
    assert fault(error) == (Fault.INSIDE, "a.test", "a.test is 127.0.0.1, which is no public address")
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_the_next_address_is_dialled_when_one_refuses(listener: socket.socket) -> None:
    assert dial("127.0.0.2", "127.0.0.1", port=listener.getsockname()[1]) is None


def test_only_the_public_ones_of_its_addresses_are_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[str] = []

    def connect(_: object, host: str, *__: object) -> None:
        dialled.append(host)
        raise httpcore2.ConnectError

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    dial("10.0.0.1", "8.8.8.8", "127.0.0.1", "1.1.1.1", port=80, inside=())
    assert dialled == ["8.8.8.8", "1.1.1.1"]


def test_a_host_without_addresses_is_not_there() -> None:
    assert fault(dial(port=80)) == (Fault.NAME, "a.test", "there is no host 'a.test'")


@pytest.mark.parametrize(
    ("raised", "why"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "there is no host 'a.test'"),
        (UnicodeError("label too long"), "there is no host 'a.test'"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "the name 'a.test' cannot be resolved"),
    ],
)
def test_a_name_that_is_not_known(raised: Exception, why: str) -> None:
    def refuse(host: str, port: int) -> list[str]:  # noqa: ARG001
        raise raised

    dialer = Dialer(Deadline.after(5, "a.test"), refuse, ())
    with pytest.raises(NoAnswerError) as caught:
        dialer.connect_tcp("a.test", 80)
    assert fault(caught.value) == (Fault.NAME, "a.test", why)


def test_a_host_that_refuses(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    assert fault(dial("127.0.0.1", port=port)) == (Fault.CONNECTION, "a.test", "a.test refuses connections")


@pytest.mark.parametrize(("left", "waited"), [(60, 10), (5, 5)])
def test_a_host_that_takes_no_connection_is_left_in_time(
    monkeypatch: pytest.MonkeyPatch, left: float, waited: float
) -> None:
    waits: list[float] = []

    def connect(_: object, __: str, ___: int, timeout: float, *____: object) -> None:
        waits.append(timeout)
        raise httpcore2.ConnectTimeout

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    error = dial("127.0.0.1", port=80, seconds=left)
    assert fault(error) == (Fault.CONNECTION, "a.test", "a.test takes no connection")
    assert waits == [pytest.approx(waited, abs=1)]


def test_a_machine_without_a_network_finds_no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise httpcore2.ConnectError from OSError(101, "Network is unreachable")

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    assert fault(dial("8.8.8.8", port=80)) == (Fault.NETWORK, "a.test", "there is no way to a.test")


def test_nothing_is_dialled_after_the_deadline(listener: socket.socket) -> None:
    error = dial("127.0.0.1", port=listener.getsockname()[1], seconds=0)
    assert fault(error) == (Fault.TIME, "a.test", "a.test is not done within 0 s")


def test_reading_and_writing_end_at_the_deadline(listener: socket.socket) -> None:
    dialer = Dialer(Deadline.after(0.5, "a.test"), lambda *_: ["127.0.0.1"], ("a.test",))
    stream = dialer.connect_tcp("a.test", listener.getsockname()[1])
    begun = time.monotonic()
    with pytest.raises(httpcore2.ReadTimeout):
        stream.read(1, timeout=60)
    for action in (lambda: stream.read(1), lambda: stream.write(b"x")):
        with pytest.raises(NoAnswerError, match="is not done within"):
            action()
    assert 0.1 < time.monotonic() - begun < 30
    assert isinstance(stream.get_extra_info("socket"), socket.socket)
    stream.close()


def test_a_connection_carries_what_is_written(listener: socket.socket) -> None:
    dialer = Dialer(Deadline.after(5, "a.test"), lambda *_: ["127.0.0.1"], ("a.test",))
    stream = dialer.connect_tcp("a.test", listener.getsockname()[1])
    echo = threading.Thread(target=_echo, args=(listener,))
    echo.start()
    stream.write(b"hello")
    assert stream.read(5) == b"hello"
    stream.close()
    echo.join()


def _echo(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(connection.recv(5))
