"""Prose: a body of Markdown as safe HTML for any page, with its headings, links, figures and words."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.library.prose import (
    Heading,
    ProseError,
    Reference,
    line_prose,
    place,
    plain,
    reading_minutes,
    render,
    render_line,
    slug,
)
from tests.library.strangers import harmful


def target_of(href: str, identifier: str = "papers/dino") -> str | None:
    """Where a link of a file leads inside the site."""
    return render(f"[x](<{href}>)", identifier).references[0].target


def test_a_body_is_html():
    assert render("One *two* `three`.\n").html == "<p>One <em>two</em> <code>three</code>.</p>"


def test_headings_have_level_text_id_and_line():
    prose = render("One\n\n## What *it* is\n\n### Sub & more\n\n## What it is\n")
    assert prose.headings == (
        Heading(2, "What it is", "what-it-is", 2),
        Heading(3, "Sub & more", "sub-more", 4),
        Heading(2, "What it is", "what-it-is_1", 6),
    )


def test_every_id_is_an_anchor():
    assert render('## A\n\n<span id="b">x</span>[^1]\n\n[^1]: y\n').anchors == ("a", "b", "fnref:1", "fn:1")


def test_an_image_line_of_its_own_places_a_figure():
    prose = render("One\n\n![](figure:patches)\n\n![alt](figure:b)\n")
    assert prose.figures == ("patches", "b")
    assert prose.pictures == ()
    assert prose.html == (
        '<p>One</p>\n<digest-figure name="patches"></digest-figure>\n<digest-figure name="b"></digest-figure>'
    )


@pytest.mark.parametrize("body", ["One ![](figure:a)", "- ![](figure:a)", "![](figure:a)\n![](figure:a)"])
def test_a_figure_among_words_is_only_a_picture(body: str):
    prose = render(body)
    assert prose.figures == ()
    assert set(prose.pictures) == {"figure:a"}


def test_other_images_are_pictures():
    assert render('![](a.png) ![](https://a.org/?b&c) <img alt="">').pictures == ("a.png", "https://a.org/?b&c")


def test_links_are_references_as_written_with_their_places():
    prose = render("[a](mae.md)\n[b](https://a.org)\n[c](mae.md#x) [d](mae.md) `[e](mae.md)`\n", "papers/dino")
    assert prose.references == (
        Reference("mae.md", "digest:papers/mae/", 0, 4),
        Reference("https://a.org", None, 1, 4),
        Reference("mae.md#x", "digest:papers/mae/#x", 2, 4),
        Reference("mae.md", "digest:papers/mae/", 2, 18),
    )


def test_a_link_by_reference_stands_where_its_address_is_written():
    prose = render("[a][1] [b][1]\n\n[1]: mae.md\n", "papers/dino")
    assert [(reference.line, reference.column) for reference in prose.references] == [(2, 5), (2, 5)]


def test_an_address_with_an_ampersand_is_found_either_way():
    prose = render("[a](https://a.org/?b&c)\n[d](https://a.org/?e&amp;f)\n")
    assert [(reference.written, reference.line) for reference in prose.references] == [
        ("https://a.org/?b&c", 0),
        ("https://a.org/?e&f", 1),
    ]


def test_a_link_without_an_address_is_found_by_its_brackets():
    assert render("One\n[x]( )\n").references == (Reference("", None, 1, 2),)


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("mae.md", "digest:papers/mae/"),
        ("../courses/b.md#c", "digest:courses/b/#c"),
        ("../about.md", "digest:about/"),
        ("/about.md", "digest:about/"),
        ("../index.md", "digest:"),
        ("index.md", "digest:papers/"),
        ("myindex.md", "digest:papers/myindex/"),
        ("../feed.xml", "digest:feed.xml"),
        ("../tags/vision/", "digest:tags/vision/"),
        ("..", "digest:"),
        ("../", "digest:"),
        ("./", "digest:papers/"),
        ("../../../about.md", "digest:about/"),
        ("a b.md#c d", "digest:papers/a%20b/#c%20d"),
        ("é.md#é", "digest:papers/%C3%A9/#%C3%A9"),
        ("%41.md", "digest:papers/%41/"),
        ("?q=1", "digest:papers/%3Fq=1"),
        ("x/../../javascript:alert(1)", "digest:javascript%3Aalert(1)"),
        ("mae.md#fn:1", "digest:papers/mae/#fn:1"),
        ("#here", None),
        ("https://a.org", None),
        ("mailto:me@a.org", None),
        ("HTTPS://A.ORG", None),
        ("Mailto:me@a.org", None),
        ("//a.org", None),
    ],
)
def test_a_relative_link_leads_where_an_editor_would_follow_it(href: str, target: str | None):
    assert target_of(href) == target


def test_a_link_of_a_page_at_the_top_starts_there():
    assert target_of("papers/dino.md", "about") == "digest:papers/dino/"
    assert target_of("papers/dino.md", "") == "digest:papers/dino/"


def test_words_are_counted_as_they_are_read():
    assert render("## One two\n\nun*believ*able <br>four\n\n- five\n- six\n").words == 6


@pytest.mark.parametrize(("words", "minutes"), [(0, 1), (220, 1), (329, 1), (331, 2), (2200, 10)])
def test_reading_takes_a_minute_for_220_words(words: int, minutes: int):
    assert reading_minutes(words) == minutes


def test_prose_knows_how_long_it_takes_to_read():
    assert render("word " * 660).minutes == 3


def test_tables_keep_the_sides_their_columns_are_set_to():
    html = render("|a|b|\n|--|--:|\n|1|2|\n").html
    assert "<th>a</th>" in html
    assert '<th align="right">b</th>' in html
    assert '<td align="right">2</td>' in html


def test_code_is_coloured_and_footnotes_lead_back():
    assert (
        '<div class="highlight"><pre><span></span><code><span class="c1"># a</span>' in render("```sh\n# a\n```\n").html
    )
    assert '<a class="footnote-backref" href="#fnref:1"' in render("a[^1]\n\n[^1]: b\n").html
    assert ">↩</a>" in render("a[^1]\n\n[^1]: b\n").html


def test_code_without_a_language_is_not_guessed_at():
    assert "<span class=" not in render("```\nimport os\n```\n").html


def test_footnotes_of_one_body_do_not_appear_in_the_next():
    render("a[^1]\n\n[^1]: b\n")
    assert render("c\n").html == "<p>c</p>"


def test_no_table_of_contents_is_made():
    assert render("[TOC]\n\n## A\n").html == '<p>[TOC]</p>\n<h2 id="a">A</h2>'


def test_what_is_dropped_is_known():
    prose = render("# A\n\n<script>b</script>\n\n[c](javascript:d)\n")
    assert [refusal.what for refusal in prose.refused] == [
        "a body has no heading of the first level",
        "'<script>' is not allowed here",
        "a link cannot begin with 'javascript:'",
    ]
    assert prose.html == "A\n\n\n<p><a>c</a></p>"


def test_a_comment_in_code_is_no_heading():
    assert render("```sh\n# comment\n```\n").refused == ()


def test_lists_too_deep_in_one_another_are_an_error_and_no_crash(too_deep: str):
    with pytest.raises(ProseError) as error:
        render(too_deep)
    assert str(error.value) == "lists or quotes stand too deep in one another"
    assert render("*fine*\n\n- one").html == "<p><em>fine</em></p>\n<ul>\n<li>one</li>\n</ul>"


@pytest.mark.parametrize("piece", ["[", "![", "[a](", "[a][", "<![", "<a ", "![a](", "[a](<"])
def test_brackets_too_deep_in_one_another_are_an_error_and_take_no_time(piece: str):
    with pytest.raises(ProseError) as error:
        render(piece * 100_000)
    assert str(error.value) == "brackets stand too deep in one another"


@pytest.mark.parametrize("body", ["[" * 100, "[a](b) " * 200, "[\n\n" * 200, "a]" * 200 + "(" * 100, "`[`" * 200])
def test_brackets_that_close_or_stand_apart_or_in_code_may_be_many(body: str):
    assert render(body).html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One *two*.", "One <em>two</em>."),
        ("See [about](about.md).", 'See <a href="digest:about/">about</a>.'),
        ("1. May", "1. May"),
        ("# one", "# one"),
        ("- one", "- one"),
        ("> one", "&gt; one"),
        ("one\n\ntwo", "one\ntwo"),
        ("    code", "code"),
        ("***", "***"),
        ("a\n---", "a\n---"),
        ("[a]: b", "[a]: b"),
        ("<div>a</div>", "a"),
        ("![](figure:a) b", "b"),
    ],
)
def test_a_line_is_one_paragraph_whatever_it_begins_with(text: str, html: str):
    assert render_line(text) == html


def test_a_line_knows_its_links_and_what_is_dropped_of_it():
    prose = line_prose("![](a.png) <ul> [b](c.md)")
    assert [refusal.what for refusal in prose.refused] == ["'<img>' is not allowed here", "'<ul>' is not allowed here"]
    assert [reference.target for reference in prose.references] == ["digest:c/"]
    assert (prose.figures, prose.pictures, prose.words) == ((), (), 1)


def test_placing_leads_from_a_page_to_the_root():
    html = render("[a](mae.md#x) [b](../index.md) [c](https://a.org) [d](#y)", "papers/dino").html
    assert place(html, "../../") == (
        '<p><a href="../../papers/mae/#x">a</a> <a href="../../">b</a> '
        '<a href="https://a.org">c</a> <a href="#y">d</a></p>'
    )
    assert place(html, "https://l.org/?a&b") == (
        '<p><a href="https://l.org/?a&amp;bpapers/mae/#x">a</a> <a href="https://l.org/?a&amp;b">b</a> '
        '<a href="https://a.org">c</a> <a href="#y">d</a></p>'
    )


def test_placing_at_the_root_itself_leads_home():
    assert place(render("[a](index.md) [b](about.md)").html, "") == '<p><a href="./">a</a> <a href="about/">b</a></p>'


def test_placing_moves_headings_down_and_never_below_the_sixth_level():
    html = render("## A\n### B\n##### C\n###### D\n").html
    assert place(html, "") == html
    assert re.findall(r"<(/?h\d)", place(html, "", deeper=2)) == ["h4", "/h4", "h5", "/h5", "h6", "/h6", "h6", "/h6"]


def test_placing_puts_an_anchor_before_every_id_and_the_links_to_it():
    html = render('## A\n\n[b](#a) [c](#) <span id="">d</span>\n').html
    assert place(html, "", anchor="dino") == (
        '<h2 id="dino-a">A</h2>\n<p><a href="#dino-a">b</a> <a href="#">c</a> <span id="">d</span></p>'
    )


def test_placing_shows_each_figure_as_the_page_does():
    html = render("![](figure:a&b)\n\n![](figure:c)\n").html
    shown = place(html, "", anchor="x", figure=lambda name: f'<figure id="{name}"/>')
    assert shown == '<figure id="a&b"/>\n<figure id="c"/>'
    assert place(html, "") == "\n"


def test_placing_leaves_what_is_text_alone():
    html = render('`href="#a" href="digest:b" id="c" <h2>` <digest-figure name="d"></digest-figure>\n').html
    assert place(html, "../", deeper=1, anchor="x", figure=lambda _: "!") == html


def test_text_that_speaks_the_form_of_links_inside_is_not_taken_for_one():
    prose = render("[a](digest:papers/b/)")
    assert prose.references == ()
    assert [refusal.what for refusal in prose.refused] == ["a link cannot begin with 'digest:'"]


def test_plain_text_has_no_tags_and_no_entities():
    assert plain('<p>a<br>b &lt;c&gt; un<em title="x">do</em></p>').split() == ["a", "b", "<c>", "undo"]


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("What it is", "what-it-is"),
        ("  C++ & Go!  ", "c-go"),
        ("Über uns", "über-uns"),
        ("…", "section"),
        ("", "section"),
        ("X-ray, X", "x-ray-x"),
        ("Xavier", "xavier"),
    ],
)
def test_a_heading_has_an_id_of_its_words(text: str, identifier: str):
    assert slug(text) == identifier


class Reader(HTMLParser):
    """Collects every tag and attribute, as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


HOSTILE = st.lists(
    st.sampled_from(
        [
            *"<>/='\"()[]!#*_`&;: \n",
            *(
                "script",
                "<script>",
                "</script>",
                "onclick=",
                "href=",
                "src=",
                "javascript:",
                "JavaScript&colon;",
                "data:",
            ),
            *(
                "<a ",
                "<img ",
                "<svg/onload=",
                "](",
                "![",
                "x/../../",
                "../",
                ".md",
                "figure:",
                "digest:",
                "&quot;",
                "&#x6a;",
            ),
            *(
                "> ",
                "- ",
                "```",
                "<!--",
                "-->",
                "<![CDATA[",
                "]]>",
                "## ",
                "[^1]",
                "[^1]: ",
                "|--|",
                "style=",
                "id=",
                "\t",
            ),
        ]
    ),
    max_size=25,
).map("".join)


@example('[x](<a" onclick="alert(1)>)', "")
@example("[x](x/../../javascript:alert(1))", "")
@example('<a href="a&quot; onclick=&quot;alert(1)">x</a>', "../")
@example("<a href='a\"><script>b</script>'>x</a>", "")
@given(st.one_of(st.text(), HOSTILE), st.sampled_from(["", "../../", "https://letter.example/"]))
def test_nothing_that_runs_survives_any_body(body: str, base: str):
    for html in (render(body, "papers/x").html, render_line(body)):
        page = Reader(place(html, base, deeper=1, anchor="x", figure=lambda _: "<figure></figure>"))
        assert not {"script", "style", "iframe", "svg", "object", "form", "base", "meta", "link"} & set(page.tags)
        for name, value in page.attributes:
            assert not name.startswith("on")
            assert name != "style"
            if name in ("href", "src"):
                scheme = re.match(r"([a-z][a-z0-9+.-]*):", re.sub(r"[\x00-\x20]", "", value), re.IGNORECASE)
                assert scheme is None or scheme[1].lower() in ("https", "http", "mailto", "figure")


@given(st.one_of(st.text(), HOSTILE), st.sampled_from(["", "../../", "https://letter.example/"]))
def test_only_what_is_allowed_comes_of_any_body(body: str, base: str):
    assert harmful(render_line(body)) == []
    assert harmful(place(render(body, "papers/x").html, base, deeper=1, anchor="x", figure=lambda _: "")) == []


@given(st.one_of(st.text(), HOSTILE))
def test_placing_is_stable(body: str):
    html = render(body, "papers/x").html
    once = place(html, "../../")
    assert place(html, "../../") == once
    assert place(once, "../../") == once


@given(st.one_of(st.text(), HOSTILE))
def test_every_place_of_a_body_is_inside_it(body: str):
    prose = render(body, "papers/x")
    lines = body.split("\n")
    assert all(0 <= heading.line < len(lines) for heading in prose.headings)
    assert all(0 <= reference.column <= len(lines[reference.line]) for reference in prose.references)
