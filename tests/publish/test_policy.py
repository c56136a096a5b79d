"""The Content-Security-Policy of a page: what it lists, where it stands, and that nothing else of the page changes."""

import hashlib
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.publish.policy import protect, with_policy

NOTHING = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'"
)


def sha(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def page(head: str = "", body: str = "") -> str:
    return f'<!doctype html><html><head>\n<meta charset="utf-8"><title>t</title>{head}</head><body>{body}</body></html>'


def policy(html: str) -> dict[str, list[str]]:
    """The directives of the policy that a page is given."""
    content = with_policy(html).partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[0]
    return {words[0]: words[1:] for words in (directive.split() for directive in content.split(";"))}


def scripts(html: str) -> list[str]:
    return policy(html)["script-src"]


def test_a_page_without_scripts_runs_and_loads_its_own_site_s_files_alone():
    meta = f'<meta http-equiv="Content-Security-Policy" content="{NOTHING}">'
    assert with_policy(page()) == page().replace('<meta charset="utf-8">', f'<meta charset="utf-8">{meta}')


def test_nothing_of_a_page_may_be_run_from_text():
    for directive in policy(page("<script>a</script><style>b</style>")).values():
        assert not {"'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "data:", "blob:", "*", "https:"} & {
            *directive
        }


def test_the_policy_stands_right_after_the_charset():
    assert with_policy(page()).index("<meta http-equiv") == page().index("<title>")


@pytest.mark.parametrize("head", ["<head>", "<HEAD>", '<head lang="en">'])
def test_without_a_charset_at_the_beginning_it_stands_first_in_the_head(head: str):
    html = f"<!doctype html><html>{head}<title>t</title><meta charset=utf-8></head></html>"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{NOTHING}">'
    assert with_policy(html) == html.replace(head, head + meta)


@pytest.mark.parametrize("html", ["", "<p>a piece</p>", "<header>x</header>"])
def test_a_piece_without_a_head_is_left_alone(html: str):
    assert with_policy(html) == html


@pytest.mark.parametrize(
    "kind",
    [
        "",
        ' type="text/javascript"',
        " type=module",
        ' type=""',
        " type='IMPORTMAP'",
        ' type="application/x-ecmascript"',
        ' id="a" type="speculationrules"',
        ' type=" text/jscript"',
        " data-type=application/json",
        ' data-src="a"',
    ],
)
def test_a_script_that_runs_is_listed_by_its_hash(kind: str):
    assert scripts(page(f"<script{kind}>a('</b>')\n</script>")) == ["'self'", sha("a('</b>')\n")]


@pytest.mark.parametrize(
    "html",
    [
        '<script type="application/ld+json">{"a": 1}</script>',
        "<script id=__config type=application/json>{}</script>",
        '<script src="a.js"></script>',
        "<script type='module' src=a.js>x</script>",
        "<!-- <script>a</script> -->",
        "<scripted>a</scripted>",
    ],
)
def test_data_files_and_comments_are_not_listed(html: str):
    assert scripts(page(html)) == ["'self'"]


def test_scripts_are_listed_once_in_their_order():
    html = page(
        "<script>b</script><SCRIPT data-a='>'>a</SCRIPT>", "<script>b</script><template><script>c</script></template>"
    )
    assert scripts(html) == ["'self'", sha("b"), sha("a"), sha("c")]


def test_a_style_of_the_theme_is_listed_by_its_hash():
    assert policy(page("<style>p { color: red }</style>"))["style-src"] == ["'self'", sha("p { color: red }")]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_a_line_end_is_hashed_as_a_browser_reads_it(end: str):
    assert scripts(page(f"<script>a{end}é{end}</script>")) == ["'self'", sha("a\né\n")]


WORDS = '<div class="sheet" id="__skip">{}</div><footer class="colophon">b</footer>'


def test_a_script_among_the_words_is_never_listed():
    html = page(
        "<script>head</script>", WORDS.format("<script>bad</script><style>bad</style>") + "<script>end</script>"
    )
    assert scripts(html) == ["'self'", sha("head"), sha("end")]
    assert policy(html)["style-src"] == ["'self'"]


def test_words_that_look_like_their_own_end_hide_no_script():
    words = '<footer class="colophon"></footer><script>bad</script><div id="__skip"><script>bad</script>'
    assert scripts(page("", WORDS.format(words))) == ["'self'"]


@pytest.mark.parametrize("body", ['<div id="__skip"><script>a</script>', '<script>a</script><footer class="colophon">'])
def test_in_a_theme_with_other_marks_every_script_is_the_theme_s(body: str):
    assert scripts(page("", body)) == ["'self'", sha("a")]


def test_a_changed_page_gets_the_policy_of_what_it_is_now():
    once = with_policy(page("<script>a</script>"))
    assert with_policy(once.replace("<script>a", "<script>b")) == with_policy(page("<script>b</script>"))


def test_a_policy_of_the_theme_s_own_is_kept_beside_it():
    own = '<meta http-equiv="Content-Security-Policy" content="img-src \'none\'">'
    html = with_policy(page().replace("<title>", f"{own}<title>"))
    assert html.count("Content-Security-Policy") == 2
    assert with_policy(html) == html


MARKS = ["<head>", '<meta charset="utf-8">', "<!--", "-->", ' id="__skip"', '<footer class="colophon"']
ELEMENTS = [
    "<script>",
    "</script>",
    "<style",
    "</style>",
    ">",
    "<script type=module>",
    " src=",
    "a",
    "'",
    '"',
    "\r",
    "é",
]
PIECES = st.lists(st.sampled_from([*MARKS, *ELEMENTS]), max_size=25).map("".join)


@given(PIECES)
def test_a_page_that_has_its_policy_stays_as_it_is_and_without_it_as_it_was(html: str):
    once = with_policy(html)
    assert with_policy(once) == once
    before, _, rest = once.partition('<meta http-equiv="Content-Security-Policy"')
    assert before + rest.partition('">')[2] == html or once == html


def test_zensical_s_search_may_style_itself_and_draw_its_icons_and_run_no_more():
    html = page("<style>a</style><script>a</script>", '<button type="button" class="md-search__button">Search</button>')
    assert policy(html)["style-src"] == ["'self'", "'unsafe-inline'"]
    assert policy(html)["img-src"] == ["'self'", "data:"]
    assert scripts(html) == ["'self'", sha("a")]


def test_every_page_of_a_site_gets_one_and_nothing_else_is_touched(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").write_bytes(page("<script>a\r\n</script>").encode())
    (tmp_path / "piece.html").write_bytes(b"<p>a</p>")
    (tmp_path / "feed.xml").write_bytes(page().encode())
    protect(tmp_path)
    assert (tmp_path / "a" / "index.html").read_bytes() == with_policy(page("<script>a\r\n</script>")).encode()
    assert (tmp_path / "piece.html").read_bytes() == b"<p>a</p>"
    assert (tmp_path / "feed.xml").read_bytes() == page().encode()
