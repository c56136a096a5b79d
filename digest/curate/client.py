"""The one polite client: who we are, whose turn it is, how long it may take, and where a redirect may lead.

It carries no cookies, no credentials and no proxy of the environment's, and asks for nothing but HEAD and GET.
"""

import re
import ssl
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import httpcore2
import httpx2

from digest import __version__
from digest.curate.dialing import Deadline, Dialer, Fault, NoAnswerError, Resolve, resolve
from digest.curate.turns import Clock, Turns
from digest.library.newsletter import Newsletter

PATIENCE = 20.0
REST = 30.0
MOST_REDIRECTS = 10
REDIRECTS = {301, 302, 303, 307, 308}
PERMANENT = {301, 308}

Method = Literal["HEAD", "GET"]


def user_agent(newsletter: Newsletter) -> str:
    """Who asks: digest and its version, the newsletter, and where to find and to write to its editors."""
    name = " ".join(re.sub(r"[^A-Za-z0-9 .,'&-]", "", newsletter.name).split())
    address = f"+{httpx2.URL(newsletter.address)}" if newsletter.is_placed else ""
    contact = f"mailto:{newsletter.contact}" if newsletter.contact and newsletter.contact.isascii() else ""
    about = "; ".join(part for part in (name, address, contact) if part)
    return f"digest/{__version__} ({about})" if about else f"digest/{__version__}"


@dataclass(frozen=True)
class Redirect:
    """One step on the way: the status that sent us on (RFC 9110, section 15.4), and where to."""

    status: int
    address: str

    @property
    def is_permanent(self) -> bool:
        """Whether links should be mended (301, 308)."""
        return self.status in PERMANENT


@dataclass(frozen=True)
class Answer:
    """What the host at `address` said, after `redirects`. `body` is as it was sent, and empty unless asked for."""

    address: str
    status: int
    headers: httpx2.Headers
    body: bytes
    redirects: tuple[Redirect, ...] = ()

    @property
    def host(self) -> str:
        """Who answered."""
        return _host(httpx2.URL(self.address))


@dataclass(frozen=True)
class Client:
    """Asks hosts politely; one client may be used by many threads.

    A request and its answer take at most `patience` seconds, redirects apart. Hosts named in `inside` may lie inside
    the network, all others must be public. `trust` says whose certificates hold; by default those the system trusts.
    """

    agent: str
    inside: Collection[str] = ()
    patience: float = PATIENCE
    clock: Clock = field(default_factory=Clock)
    resolve: Resolve = resolve
    trust: ssl.SSLContext = field(default_factory=httpx2.create_ssl_context)
    turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "turns", Turns(self.clock))

    def ask(self, method: Method, address: str, limit: int = 0) -> Answer:
        """What `address` answers, redirects followed, with up to `limit` bytes of body (0: the body is not read).

        Raises NoAnswerError where there is no answer, where the body is longer than the limit, and where a redirect
        leads to something that is no address on the web, carries credentials, or goes on and on.
        """
        url = _parsed(address, "")
        redirects: list[Redirect] = []
        seen = {url}
        cookies = False
        while True:
            answer = self._ask_once(method, url, limit)
            cookies = cookies or "set-cookie" in answer.headers
            location = answer.headers.get("location")
            if answer.status not in REDIRECTS or not location:
                return replace(answer, redirects=tuple(redirects))
            url = _parsed(location, _host(url), url)
            redirects.append(Redirect(answer.status, str(url)))
            if url in seen or len(redirects) > MOST_REDIRECTS:
                raise _endless(answer.host, cookies, url in seen)
            seen.add(url)

    def is_online(self) -> bool:
        """Whether there is a network: whether a name that is always there (RFC 2606, section 3) can be resolved."""
        try:
            return bool(self.resolve("example.com", 443))
        except OSError:
            return False

    def _ask_once(self, method: Method, url: httpx2.URL, limit: int) -> Answer:
        with self.turns.of(_host(url)) as turn:
            answer = self._exchange(method, url, limit)
            if answer.status in (429, 503):
                turn.rest(_asked_to_wait(answer, self.clock.date()))
            return answer

    def _exchange(self, method: Method, url: httpx2.URL, limit: int) -> Answer:
        host = _host(url)
        deadline = Deadline.after(self.patience, host)
        target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        headers: list[tuple[str | bytes, str | bytes]] = [
            ("Host", url.netloc),
            ("User-Agent", self.agent),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ]
        dialer = Dialer(deadline, self.resolve, self.inside)
        try:
            with (
                httpcore2.ConnectionPool(ssl_context=self.trust, network_backend=dialer) as pool,
                pool.stream(method, target, headers=headers) as response,
            ):
                body = _body(response, limit, host) if limit else b""
                return Answer(str(url), response.status, httpx2.Headers(response.headers), body)
        except httpcore2.TimeoutException:
            raise deadline.missed() from None
        except (httpcore2.ProtocolError, httpcore2.NetworkError):
            raise NoAnswerError(Fault.BROKEN, host, f"{host} breaks off, or does not speak HTTP") from None


def _host(url: httpx2.URL) -> str:
    """The host of an address as it is asked for, in ASCII."""
    return url.raw_host.decode("ascii")


def _parsed(address: str, sender: str, base: httpx2.URL | None = None) -> httpx2.URL:
    """The address as one that may be asked. Raises NoAnswerError naming `sender`, who sends us there."""
    try:
        url = base.join(address) if base else httpx2.URL(address)
        is_web = url.scheme in ("http", "https") and bool(_host(url))
    except (httpx2.InvalidURL, ValueError):
        is_web = False
    if not is_web:
        raise NoAnswerError(Fault.REDIRECTS, sender, f"{sender or 'it'} leads to what is no address on the web")
    if url.userinfo:
        raise NoAnswerError(Fault.REDIRECTS, sender, f"{sender or 'it'} leads to an address with credentials")
    return url


def _endless(host: str, cookies: bool, is_circle: bool) -> NoAnswerError:
    if cookies:
        return NoAnswerError(Fault.COOKIES, host, f"{host} lets nobody in without cookies")
    how = "in a circle" if is_circle else f"more than {MOST_REDIRECTS} times"
    return NoAnswerError(Fault.REDIRECTS, host, f"{host} redirects {how}")


def _body(response: httpcore2.Response, limit: int, host: str) -> bytes:
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > limit:
            raise NoAnswerError(Fault.SIZE, host, f"{host} sends more than {limit} bytes")
    return bytes(body)


def _asked_to_wait(answer: Answer, today: datetime) -> float:
    """Seconds that the host asks us to wait (RFC 9110, section 10.2.3); who has had too much (429) gets some anyway."""
    written = answer.headers.get("retry-after", "").strip()
    usual = REST if answer.status == 429 else 0.0
    if re.fullmatch(r"\d{1,9}", written, re.ASCII):
        return float(written)
    try:
        day = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return usual
    aware = day if day.tzinfo else day.replace(tzinfo=UTC)
    return max(0.0, (aware - today).total_seconds())
