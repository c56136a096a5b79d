"""Dialling: connections that are over in time and that lead nowhere inside.

What is judged is the address that is dialled, after its name was resolved and before anything is sent. A name that
resolves to something else the second time, and every redirect, is judged like the first.
"""

import errno
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import httpcore2

Resolve = Callable[[str, int], Sequence[str]]
"""The numeric addresses of a host, for a port. Raises OSError where there are none."""
LONGEST_DIAL = 10.0
# The prefix under which a network without IPv4 reaches the rest of the world (RFC 6052).
NAT64 = ipaddress.ip_network("64:ff9b::/96")
NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


class Fault(Enum):
    """Why there is no answer."""

    NAME = auto()
    NETWORK = auto()
    CONNECTION = auto()
    INSIDE = auto()
    TLS = auto()
    TIME = auto()
    BROKEN = auto()
    SIZE = auto()
    REDIRECTS = auto()
    COOKIES = auto()
    BUSY = auto()


class NoAnswerError(Exception):
    """There is no answer: `fault` says why to a program, and the text to a person. `host` is who did not give it."""

    def __init__(self, fault: Fault, host: str, why: str) -> None:
        super().__init__(why)
        self.fault = fault
        self.host = host


def resolve(host: str, port: int) -> list[str]:
    """The numeric addresses of a host as the system knows them, each once, in the system's order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to the world (RFC 6890). One that wraps an IPv4 address is what it wraps."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        translated = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None
        if inner := ip.ipv4_mapped or ip.sixtofour or translated:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


@dataclass(frozen=True)
class Deadline:
    """When a request to `host` must be over, however little by little it goes."""

    host: str
    seconds: float
    end: float

    @classmethod
    def after(cls, seconds: float, host: str) -> "Deadline":
        """The deadline that many seconds from now."""
        return cls(host, seconds, time.monotonic() + seconds)

    def left(self) -> float:
        """The seconds that are left. Raises NoAnswerError when there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise self.missed()
        return left

    def missed(self) -> NoAnswerError:
        """What is to be raised when it has passed."""
        return NoAnswerError(Fault.TIME, self.host, f"{self.host} is not done within {self.seconds:g} s")


@dataclass(frozen=True)
class Dialer(httpcore2.NetworkBackend):
    """Connects by `deadline`, and to no private, loopback, link-local or reserved address but of hosts in `inside`."""

    deadline: Deadline
    resolve: Resolve
    inside: Collection[str]

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is for everything together
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to the first of the host's public addresses that takes it."""
        failure = NoAnswerError(Fault.NAME, host, f"there is no host '{host}'")
        for address in self._addresses(host, port):
            try:
                seconds = min(LONGEST_DIAL, self.deadline.left())
                stream = httpcore2.SyncBackend().connect_tcp(address, port, seconds, local_address, socket_options)
                return _Stream(stream, self.deadline)
            except httpcore2.ConnectTimeout:
                failure = NoAnswerError(Fault.CONNECTION, host, f"{host} takes no connection")
            except httpcore2.ConnectError as error:
                failure = _no_connection(host, error)
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
                raise NoAnswerError(Fault.NAME, host, f"the name '{host}' cannot be resolved") from None
            raise NoAnswerError(Fault.NAME, host, f"there is no host '{host}'") from None
        if host in self.inside:
            return list(addresses)
        public = [address for address in addresses if is_public(address)]
        if addresses and not public:
            raise NoAnswerError(Fault.INSIDE, host, f"{host} is {addresses[0]}, which is no public address")
        return public


def _no_connection(host: str, error: httpcore2.ConnectError) -> NoAnswerError:
    number = getattr(error.__cause__, "errno", None)
    if number in NO_WAY:
        return NoAnswerError(Fault.NETWORK, host, f"there is no way to {host}")
    return NoAnswerError(Fault.CONNECTION, host, f"{host} refuses connections")


@dataclass(frozen=True)
class _Stream(httpcore2.NetworkStream):
    """A connection that is over at the deadline, even when a byte comes every second."""

    stream: httpcore2.NetworkStream
    deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self.stream.read(max_bytes, self.deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self.stream.write(buffer, self.deadline.left())

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        try:
            stream = self.stream.start_tls(ssl_context, server_hostname, self.deadline.left())
        except httpcore2.ConnectError as error:
            raise _no_tls(self.deadline.host, error.__cause__) from None
        return _Stream(stream, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _no_tls(host: str, cause: BaseException | None) -> NoAnswerError:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NoAnswerError(Fault.TLS, host, f"the certificate of {host} does not hold ({cause.verify_message})")
    return NoAnswerError(Fault.TLS, host, f"{host} does not speak TLS")
