"""Real hosts on this machine that do what they are told, right or wrong, and log who asked what and when."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from digest.curate.client import Client
from digest.curate.turns import Clock

CERTIFICATE = Path(__file__).parent / "certificate.pem"
NAMES = {"a.test", "b.test", "c.test", "www.a.test", "arxiv.org", "export.arxiv.org"}
BEGIN = datetime(2026, 11, 25, tzinfo=UTC)

Behaviour = Callable[["Handler"], None]


@dataclass
class Watch:
    """A clock whose sleep takes no time."""

    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.seconds += seconds

    def date(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds)

    @property
    def clock(self) -> Clock:
        return Clock(self.now, self.sleep, self.date)


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    at: float


@dataclass
class Hosts:
    """One server that is every host of NAMES: what each path does, and what was asked so far."""

    watch: Watch = field(default_factory=Watch)
    pages: dict[str, Behaviour] = field(default_factory=dict)
    log: list[Request] = field(default_factory=list)
    busy: dict[str, int] = field(default_factory=dict)
    most_at_once: dict[str, int] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    scheme: str = "http"
    port: int = 0

    def url(self, path: str, host: str = "a.test") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def asked(self) -> list[str]:
        """What was asked, in order, as "HEAD a.test/page"."""
        return [f"{request.method} {request.host}{request.path}" for request in self.log]

    def client(self, **changes: Any) -> Client:
        """A client that finds these hosts, and nothing else."""
        trust = ssl.create_default_context(cafile=str(CERTIFICATE))
        settings = {"inside": NAMES, "clock": self.watch.clock, "resolve": self.resolve, "trust": trust}
        return Client("digest/test", **settings | changes)

    def resolve(self, host: str, port: int) -> list[str]:  # noqa: ARG002
        if host in NAMES or host == "example.com":
            return ["127.0.0.1"]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


class Handler(BaseHTTPRequestHandler):
    """Does for each path what the hosts were told to."""

    server: "Server"
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        hosts, host = self.server.hosts, self.headers["Host"].partition(":")[0]
        with hosts.lock:
            hosts.log.append(Request(self.command, host, self.path, dict(self.headers), hosts.watch.now()))
        hosts.pages.get(self.path, answer(404))(self)
        self.close_connection = True

    do_GET = do_HEAD  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hosts: Hosts, context: ssl.SSLContext | None) -> None:
        self.hosts = hosts
        self.context = context
        super().__init__(("127.0.0.1", 0), Handler)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, *_: Any) -> None:
        """Those who hang up early are what the tests are about."""


@contextmanager
def serving(*, tls: bool = False) -> Iterator[Hosts]:
    """Hosts that are there until the end of the block."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    hosts = Hosts(scheme="https" if tls else "http")
    server = Server(hosts, context)
    hosts.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hosts
    finally:
        hosts.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


# What a page may do


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answers properly."""

    def behave(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(body)

    return behave


def raw(data: bytes) -> Behaviour:
    """Sends these bytes and hangs up."""
    return lambda handler: _send(handler, data)


def _send(handler: Handler, data: bytes) -> None:
    handler.wfile.write(data)


def hang(handler: Handler) -> None:
    """Says nothing until the test is over."""
    handler.server.hosts.over.wait()


def drip(head: bytes) -> Behaviour:
    """Sends `head`, and a byte again and again until the other side hangs up."""

    def behave(handler: Handler) -> None:
        handler.wfile.write(head)
        while not handler.server.hosts.over.wait(0.02):
            handler.wfile.write(b"x")

    return behave


def counted(behaviour: Behaviour) -> Behaviour:
    """Counts who else is at the same host for a moment, and only then answers."""

    def behave(handler: Handler) -> None:
        hosts, host = handler.server.hosts, handler.headers["Host"].partition(":")[0]
        with hosts.lock:
            hosts.busy[host] = hosts.busy.get(host, 0) + 1
            hosts.most_at_once[host] = max(hosts.most_at_once.get(host, 0), hosts.busy[host])
        hosts.over.wait(0.005)
        with hosts.lock:
            hosts.busy[host] -= 1
        behaviour(handler)

    return behave


def by_method(**behaviours: Behaviour) -> Behaviour:
    """Another behaviour for each method."""
    return lambda handler: behaviours[handler.command](handler)


def one_after_the_other(*behaviours: Behaviour) -> Behaviour:
    """The first behaviour at the first request, and so on; the last for ever."""
    left = list(behaviours)

    def behave(handler: Handler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return behave
