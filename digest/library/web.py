"""Addresses on the web: which of them may stand on a page, and when two are the same."""

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
TRACKING = re.compile(
    r"(?:utm_.+|mtm_.+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|_hsenc|_hsmi|mkt_tok|yclid|_bhlid)",
    re.IGNORECASE,
)
ARXIV_PAGE = re.compile(r"/(?:abs|pdf|html)/(.+?)(?:v\d+)?(?:\.pdf)?", re.ASCII)


def web_address(value: str) -> str:
    """The address itself when it may stand on a page: https, a host's name, no credentials, no tracking parameters.

    Raises ValueError with what is wrong and its mend. What stands before an @ is never repeated: it may be a password.
    """
    if re.search(r"[\s<>\"\\^`{|}]", value) or not value.isprintable():
        raise ValueError(f"'{value}' has a character that no address has; percent-encode it")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError("that is not an address; write https://host/path") from None
    if "@" in parts.netloc:
        raise ValueError("the address is given with credentials; remove what stands before the @")
    if parts.scheme != "https" or port == 0 or not HOST.fullmatch(parts.hostname or ""):
        raise ValueError(f"'{value}' is not an https address; write https://host/path")
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if TRACKING.fullmatch(name):
            raise ValueError(f"the address carries the tracking parameter '{name}'; remove it")
    return value


@lru_cache(maxsize=16_384)
def bare_address(url: str) -> str:
    """What two addresses of one thing have in common: no scheme, `www.`, `.git`, version or slash at the end."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if identifier := arxiv_identifier(url):
        return f"{host}/abs/{identifier}"
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return host + parts.path.rstrip("/").removesuffix(".git").casefold() + query + fragment


def arxiv_identifier(url: str) -> str | None:
    """The arXiv id, without its version, that an address of arxiv.org leads to."""
    parts = urlsplit(url)
    match = ARXIV_PAGE.fullmatch(parts.path)
    return match[1] if match and parts.hostname in ("arxiv.org", "www.arxiv.org") else None
