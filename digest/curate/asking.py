"""Asking: many addresses at once, but those of one host one after the other."""

import threading
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from digest.curate.client import Client, Method
from digest.curate.dialing import NoAnswerError
from digest.curate.findings import Finding, Verdict, of_answer, of_error

HOSTS_AT_ONCE = 16
ATTEMPTS: tuple[Method, ...] = ("HEAD", "GET", "GET")

Asked = tuple[str, Finding]


def ask_all(client: Client, addresses: Iterable[str]) -> Generator[Asked]:
    """Every address with what was found out about it, as soon as it is known.

    Whoever stops listening need not wait: what was begun ends by itself, and nothing more is begun.
    """
    hosts: defaultdict[str, list[str]] = defaultdict(list)
    for address in addresses:
        hosts[urlsplit(address).hostname or ""].append(address)
    waiting: SimpleQueue[list[str]] = SimpleQueue()
    for those in sorted(hosts.values(), key=len, reverse=True):
        waiting.put(those)
    found: SimpleQueue[Asked | Exception] = SimpleQueue()
    is_over = threading.Event()

    def work() -> None:
        try:
            while True:
                for asked in ask_host(client, waiting.get_nowait()):
                    found.put(asked)
                    if is_over.is_set():
                        return
        except Empty:
            return
        except Exception as error:  # noqa: BLE001 - raised where the answers are awaited
            found.put(error)

    for _ in range(min(HOSTS_AT_ONCE, len(hosts))):
        threading.Thread(target=work, daemon=True).start()
    try:
        for _ in range(sum(map(len, hosts.values()))):
            asked = found.get()
            if isinstance(asked, Exception):
                raise asked
            yield asked
    finally:
        is_over.set()


def ask_host(client: Client, addresses: Iterable[str]) -> Iterator[Asked]:
    """Every address of one host with what was found out about it. A host that is away, or has had enough, is left."""
    same: Finding | None = None
    for address in addresses:
        finding = same or ask(client, address)
        if finding.of_host == urlsplit(address).hostname:
            same = finding
        yield address, finding


def ask(client: Client, address: str) -> Finding:
    """What was found out about one address: with HEAD, then with GET, which some treat better, and once more.

    What failed for good is not asked again.
    """
    finding = Finding(Verdict.FINE)
    for method in ATTEMPTS:
        try:
            answer = client.ask(method, address)
        except NoAnswerError as error:
            finding = of_error(error)
            if method == "GET" or finding.of_host:
                return finding
            continue
        finding = of_answer(address, answer)
        if answer.status < 400 or (method == "GET" and answer.status < 500):
            return finding
    return finding
