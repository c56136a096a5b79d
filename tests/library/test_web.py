"""Addresses on the web: which of them may stand on a page, and when two are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.library.web import arxiv_identifier, bare_address, web_address


@pytest.mark.parametrize(
    "address",
    [
        "https://a.org",
        "https://a-b.c_d.org:8443/x/?q=1&r=%20#part",
        "https://de.wikipedia.org/wiki/Käse",
        "HTTPS://A.ORG/",
        "https://a.org/?utm=1&ref=x",
        "https://t.co/x",
    ],
)
def test_an_https_address_is_itself(address: str):
    assert web_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "http://a.org",
        "ftp://a.org",
        "a.org",
        "//a.org",
        "/a",
        "https://",
        "https:///a",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://a.org:0/",
        "https://-a.org/",
        "https://a-.org/",
        "https://a..org/",
        "https://münchen.de/",
        "https://a.o/",
        "javascript:alert(1)",
        "",
    ],
)
def test_what_is_no_https_address_of_a_named_host_is_refused(address: str):
    with pytest.raises(ValueError) as error:
        web_address(address)
    assert str(error.value) == f"'{address}' is not an https address; write https://host/path"


@pytest.mark.parametrize("address", ["https://[a", "https://a.org:x/", "https://a.org:99999/"])
def test_what_cannot_be_parsed_is_refused(address: str):
    with pytest.raises(ValueError) as error:
        web_address(address)
    assert str(error.value) == "that is not an address; write https://host/path"


@pytest.mark.parametrize(
    "address", ["https://me:secret@a.org/", "https://me@a.org", "http://me:secret@a.org", "https://@a.org"]
)
def test_credentials_are_refused_and_never_repeated(address: str):
    with pytest.raises(ValueError) as error:
        web_address(address)
    assert str(error.value) == "the address is given with credentials; remove what stands before the @"


@pytest.mark.parametrize(
    "name", ["utm_source", "UTM_Medium", "mtm_x", "fbclid", "gclid", "mc_eid", "igshid", "_hsenc", "yclid"]
)
def test_tracking_parameters_are_refused(name: str):
    with pytest.raises(ValueError) as error:
        web_address(f"https://a.org/?a=1&{name}")
    assert str(error.value) == f"the address carries the tracking parameter '{name}'; remove it"


@pytest.mark.parametrize("character", [*' <>"\\^`{|}\t\n', "\u00a0", "\u202e", "\x1b", "\x7f"])
def test_a_character_that_no_address_has_is_refused(character: str):
    with pytest.raises(ValueError) as error:
        web_address(f"https://a.org/{character}b")
    assert str(error.value) == f"'https://a.org/{character}b' has a character that no address has; percent-encode it"


@given(st.text())
def test_any_text_is_an_address_or_a_value_error_with_a_mend(text: str):
    for address in (text, f"https://a.org/{text}", f"https://{text}.org"):
        try:
            answer = web_address(address)
        except ValueError as error:
            answer = str(error)
        assert answer == address or "; " in answer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.a.org/x/", "http://a.org/x"),
        ("https://A.org/X.git", "https://a.org/x"),
        ("https://arxiv.org/abs/2104.14294", "https://www.arxiv.org/abs/2104.14294v2"),
        ("https://arxiv.org/pdf/2104.14294.pdf", "https://arxiv.org/abs/2104.14294"),
        ("https://arxiv.org/pdf/2104.14294v1.pdf", "https://arxiv.org/html/2104.14294v3"),
    ],
)
def test_two_addresses_of_one_thing_are_the_same(one: str, other: str):
    assert bare_address(one).removeprefix("www.") == bare_address(other).removeprefix("www.")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.org/x", "https://a.org/y"),
        ("https://a.org/?v=a", "https://a.org/?v=A"),
        ("https://a.org/#/a", "https://a.org/#/b"),
        ("https://b.a.org/", "https://a.org/"),
        ("https://arxiv.org/abs/2104.14294", "https://arxiv.org/abs/2104.14295"),
    ],
)
def test_two_addresses_of_two_things_differ(one: str, other: str):
    assert bare_address(one) != bare_address(other)


def test_a_bare_address_has_no_scheme():
    assert bare_address("https://www.a.org/B/?q=C#d") == "a.org/b?q=C#d"
    assert bare_address("https://a.org/X/") == "a.org/x"
    assert bare_address("https://arxiv.org/pdf/2104.14294v1") == "arxiv.org/abs/2104.14294"


@pytest.mark.parametrize(
    ("url", "identifier"),
    [
        ("https://arxiv.org/abs/2104.14294", "2104.14294"),
        ("https://arxiv.org/pdf/2104.14294v2.pdf", "2104.14294"),
        ("https://arxiv.org/abs/cs/0112017", "cs/0112017"),
        ("https://arxiv.org/list/cs.LG", None),
        ("https://example.org/abs/2104.14294", None),
    ],
)
def test_an_address_of_arxiv_has_an_id(url: str, identifier: str | None):
    assert arxiv_identifier(url) == identifier
