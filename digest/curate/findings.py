"""Findings: what the answer to an outside link says of the link."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from itertools import takewhile
from urllib.parse import urlsplit

from digest.curate.client import Answer
from digest.curate.dialing import Fault, NoAnswerError
from digest.library.web import web_address

GONE = {404, 410}
TOO_MANY_REQUESTS = 429
CANNOT_BE_TOLD = {Fault.BUSY, Fault.COOKIES}
OF_THE_HOST = {Fault.NAME, Fault.NETWORK, Fault.CONNECTION, Fault.INSIDE, Fault.TLS, Fault.BUSY}
"""Faults that every address of a host has."""


class Verdict(StrEnum):
    """What is to be done about a link: nothing, write where it moved, mend it, or look at it oneself."""

    FINE = "fine"
    MOVED = "moved"
    DEAD = "dead"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Finding:
    """What was found out about an address: `why` it is dead or unclear, or where it `moved_to` for good.

    `fault` is set when nobody answered, and `of_host` when every other address of that host would fare the same now.
    """

    verdict: Verdict
    why: str = ""
    moved_to: str = ""
    fault: Fault | None = None
    of_host: str = ""


def of_answer(address: str, answer: Answer) -> Finding:
    """What an answer says of the `address` that was asked.

    404, 410 and a server's own failures (5xx) are dead. Any other refusal may be for programs alone. A page that moved
    to an address which may not stand in the newsletter is fine as it is.
    """
    if answer.status in GONE or 500 <= answer.status < 600:
        return Finding(Verdict.DEAD, _says(answer))
    if answer.status >= 400:
        of_host = answer.host if answer.status == TOO_MANY_REQUESTS else ""
        return Finding(Verdict.UNCLEAR, _says(answer), of_host=of_host)
    permanent = list(takewhile(lambda step: step.is_permanent, answer.redirects))
    if not permanent or not _may_be_written(permanent[-1].address):
        return Finding(Verdict.FINE)
    new = permanent[-1].address
    if _is_front_page(new) and not _is_front_page(address):
        return Finding(Verdict.DEAD, f"it leads to a front page now, {new}")
    return Finding(Verdict.MOVED, moved_to=new)


def of_error(error: NoAnswerError) -> Finding:
    """What it says of an address that there was no answer."""
    verdict = Verdict.UNCLEAR if error.fault in CANNOT_BE_TOLD else Verdict.DEAD
    of_host = error.host if error.fault in OF_THE_HOST else ""
    return Finding(verdict, str(error), fault=error.fault, of_host=of_host)


def _says(answer: Answer) -> str:
    try:
        phrase = f" ({HTTPStatus(answer.status).phrase.lower()})"
    except ValueError:
        phrase = ""
    return f"{answer.host} answers {answer.status}{phrase}"


def _is_front_page(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query


def _may_be_written(address: str) -> bool:
    try:
        web_address(address)
    except ValueError:
        return False
    return True
