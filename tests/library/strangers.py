"""What a stranger's words must not become, as judged by a reader of HTML that has nothing to do with the sanitiser."""

import re
from html.parser import HTMLParser

ALLOWED = set(
    re.findall(
        r"\w+",
        """a abbr b br cite code del em i ins kbd mark q s samp small span strong sub sup var
        blockquote dd div dl dt h2 h3 h4 h5 h6 hr img li ol p pre table tbody td tfoot th thead tr ul
        figure""",
    )
) | {"digest-figure"}
ATTRIBUTES = set(
    re.findall(r"\w+", "id lang dir title href class src alt value start align colspan rowspan scope name")
)
SCHEMES = {"https", "http", "mailto", "figure", "digest"}
CARRIERS = {"href", "src"}


def harmful(html: str, also: frozenset[str] = frozenset()) -> list[str]:
    """Everything in some HTML that a body may not become: an element, attribute or kind of address that is not allowed.

    `also` are elements and attributes that the templates around a body write.
    """
    reader = _Reader(also)
    reader.feed(html)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    def __init__(self, also: frozenset[str]) -> None:
        super().__init__()
        self.found: list[str] = []
        self.also = also

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED | self.also:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES | self.also:
                self.found.append(f"{name} on <{tag}>")
            if name in CARRIERS and (scheme := scheme_of(value or "")) and scheme not in SCHEMES:
                self.found.append(f"{name}={value!r} on <{tag}>")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl}>")

    def unknown_decl(self, data: str) -> None:
        self.found.append(f"<![{data}]>")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"<?{data}>")


def scheme_of(address: str) -> str:
    """The scheme of an address as a browser finds it, which passes over control characters and blanks (URL, 4.4)."""
    bare = re.sub(r"[\t\n\r]", "", address.strip("".join(map(chr, range(33)))))
    match = re.match(r"([a-z][a-z0-9+.-]*):", bare, re.IGNORECASE)
    return match[1].lower() if match else ""
