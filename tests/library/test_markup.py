"""The HTML that may stand in a body: everything else is dropped, and said to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.library.markup import INLINE, TAGS, clean, refusals
from tests.library.strangers import harmful


def said(html: str) -> list[str]:
    """What is said to be dropped of some HTML."""
    return [f"{refusal.what}; {refusal.mend}" for refusal in refusals(html)]


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ("<script>a</script>", "'<script>' is not allowed here; remove it"),
        ("<iframe src='a'></iframe>", "'<iframe>' is not allowed here; remove it"),
        ("<svg/onload=a>", "'<svg>' is not allowed here; remove it"),
        ("<form>", "'<form>' is not allowed here; remove it"),
        ("<p onclick='a'>", "'onclick' is not allowed on <p>; remove it"),
        ("<p style>", "'style' is not allowed on <p>; remove it"),
        ("<img src=a width=3>", "'width' is not allowed on <img>; remove it"),
        ("<p href='a'>", "'href' is not allowed on <p>; remove it"),
        ("<a href='javascript:a'>", "a link cannot begin with 'javascript:'; write https://host/path"),
        ("<a href=' java\nscript&colon;a'>", "a link cannot begin with 'javascript:'; write https://host/path"),
        ("<img src='DATA:a'>", "a link cannot begin with 'DATA:'; write https://host/path"),
        ("<h1>a</h1>", "a body has no heading of the first level; the title is that; begin with ##"),
        ("<![x]>", "'<![' is no HTML; write &lt;![ for it"),
    ],
)
def test_what_is_dropped_is_said_to_be(html: str, what: str):
    assert said(html) == [what]


@pytest.mark.parametrize(
    "html",
    [
        "<!-- a comment --><p id=a lang=en dir=ltr title=t>x</p>",
        "<a href='https://a.org' class=x>a</a><a href='mailto:a@b.c'>b</a><a href='../a.md#b:c'>c</a><a href>d</a>",
        "<img src='figure:a' alt=''><ol start=2><li value=3></ol><td align=right colspan=2 rowspan=2>",
        "<th align=left colspan=2 rowspan=2 scope=col><sup class=a><span class=b><div class=c><code class=d>",
        "a < b & c",
    ],
)
def test_what_is_allowed_is_not_spoken_of(html: str):
    assert said(html) == []


def test_all_that_is_dropped_is_said_in_its_order():
    assert said("<script></script><p onclick=a style=b><iframe>") == [
        "'<script>' is not allowed here; remove it",
        "'onclick' is not allowed on <p>; remove it",
        "'style' is not allowed on <p>; remove it",
        "'<iframe>' is not allowed here; remove it",
    ]


@pytest.mark.parametrize(
    ("html", "pattern"),
    [
        ("<iframe>", r"<iframe\b"),
        ("<p on.a=b>", r"\bon\.a\b"),
        ("<a href='javascript:a'>", "javascript:"),
        ("<h1>", r"^[ >]*# |^[ >]*=+[ \t]*$|<h1\b"),
        ("<![x]>", r"<!\["),
    ],
)
def test_what_is_dropped_has_a_pattern_that_finds_it(html: str, pattern: str):
    assert [refusal.pattern for refusal in refusals(html)] == [pattern]


def test_a_line_allows_less_than_a_body():
    assert INLINE < TAGS
    assert [refusal.what for refusal in refusals("<p><b>a</b><ul>", INLINE | {"p"})] == ["'<ul>' is not allowed here"]


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<script>a</script>b<style>c</style>", "b"),
        ("<p onclick='a' id='i'>b</p>", '<p id="i">b</p>'),
        ("<h1>a</h1>", "a"),
        ("<a href='javascript:a'>b</a>", "<a>b</a>"),
        ("<a href='https://a.org'>b</a>", '<a href="https://a.org">b</a>'),
        ("<a href='https://a.org' target=_blank rel=x>b</a>", '<a href="https://a.org">b</a>'),
        ("<img src='data:a' alt='&quot;&lt;&gt;'>", '<img alt="&quot;&lt;&gt;">'),
        ("<!-- a -->b", "b"),
        ("<digest-figure name='a'></digest-figure>", ""),
    ],
)
def test_html_is_cleaned(html: str, cleaned: str):
    assert clean(html) == cleaned


def test_html_is_cleaned_of_blocks_for_a_line():
    assert clean("<p>a <b>c</b></p><ul><li>d</li></ul><img src='figure:a'>", INLINE) == "a <b>c</b>d"


PIECES = st.lists(
    st.sampled_from([*"<>/='\" &;!-", "script", "a ", "p ", "href=", "onx=", "javascript:", "<![", "x", "svg", "\n"]),
    max_size=30,
).map("".join)


@given(st.one_of(st.text(), PIECES))
def test_any_html_is_judged_without_a_crash(html: str):
    refusals(html)


@given(PIECES)
def test_clean_html_has_nothing_to_be_dropped(html: str):
    assert refusals(clean(html)) == ()


@given(st.one_of(st.text(), PIECES))
def test_clean_html_is_clean_to_another_reader_and_stays_as_it_is(html: str):
    cleaned = clean(html)
    assert harmful(cleaned) == []
    assert clean(cleaned) == cleaned
