"""Links: every one that leads inside the built site leads to something there."""

from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.publish.links import Marks, Target, check_site, inside, marks, suspects

SITE = "https://news.example.org/ml/"


def check(root: Path, pages: dict[str, str], address: str = SITE) -> list[str]:
    for path, text in pages.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return [str(problem) for problem in check_site(root, address)]


MEND = "mend the link where the page is written"


def test_a_site_whose_links_all_lead_somewhere_has_no_problem(tmp_path: Path) -> None:
    pages = {
        "index.html": '<a href="papers/dino/#why">DINO</a> <a href="#top">up</a> <img src="f.svg"> <a href="">here</a>',
        "papers/dino/index.html": '<h2 id="why">Why</h2><a href="../../">home</a><a href="#why">why</a>',
        "f.svg": "",
    }
    assert check(tmp_path, pages) == []


def test_a_missing_page_is_found_with_page_and_line(tmp_path: Path) -> None:
    pages = {"papers/dino/index.html": "\n<p>\n<a\n href='../vit/'>ViT</a>"}
    assert check(tmp_path, pages) == [f"build/site/papers/dino/index.html:3:1: '../vit/' leads nowhere; {MEND}"]


def test_a_missing_anchor_is_found(tmp_path: Path) -> None:
    pages = {"index.html": '<a href="about/#whom">whom</a>', "about/index.html": '<p id="who">'}
    assert check(tmp_path, pages) == [
        f"build/site/index.html:1:1: 'about/#whom' names an anchor that is not there; {MEND}"
    ]


def test_a_missing_anchor_on_the_page_itself_is_found(tmp_path: Path) -> None:
    assert check(tmp_path, {"about/index.html": '<a href="#who">'}) == [
        f"build/site/about/index.html:1:1: '#who' names an anchor that is not there; {MEND}"
    ]


@pytest.mark.parametrize(
    "html",
    [
        '<img src="x.png">',
        '<script src="x.png"></script>',
        '<link rel="stylesheet" href="x.png">',
        '<video poster="x.png">',
        '<source srcset="x.png 2x">',
        '<img alt="a > b" src="x.png">',
        "<img src='x.png'>",
        "<img src=x.png>",
        '<img\n  src="x.png"/>',
    ],
)
def test_a_missing_file_is_found_wherever_html_can_name_one(tmp_path: Path, html: str) -> None:
    assert check(tmp_path, {"index.html": html}) == [f"build/site/index.html:1:1: 'x.png' leads nowhere; {MEND}"]


def test_every_choice_of_a_picture_is_looked_at(tmp_path: Path) -> None:
    pages = {"index.html": '<img srcset="a.png, b.png 2x,c.png 3x,">', "a.png": ""}
    assert [problem.split("'")[1] for problem in check(tmp_path, pages)] == ["b.png", "c.png"]


@pytest.mark.parametrize("reference", ["//", "///about/", "/ml//about/", "https://news.example.org/ml//about/"])
def test_two_slashes_lead_nowhere(tmp_path: Path, reference: str) -> None:
    pages = {"index.html": f'<a href="{reference}">', "about/index.html": ""}
    assert check(tmp_path, pages) == [f"build/site/index.html:1:1: '{reference}' leads nowhere; {MEND}"]


def test_two_slashes_never_lead_out_of_the_folder(tmp_path: Path) -> None:
    pages = {"index.html": f'<a href="/ml/{tmp_path}/secret">', "secret": ""}
    assert check(tmp_path, pages) == [f"build/site/index.html:1:1: '/ml/{tmp_path}/secret' leads nowhere; {MEND}"]


def test_a_page_without_its_slash_is_no_page(tmp_path: Path) -> None:
    pages = {"index.html": '<a href="about">', "about/index.html": ""}
    assert check(tmp_path, pages) == [f"build/site/index.html:1:1: 'about' leads nowhere; {MEND}"]


@pytest.mark.parametrize(
    "html",
    [
        "<script>let a = '<a href=\"x/\">'</script>",
        '<style>/* <a href="x/"> */</style>',
        '<pre><code>&lt;a href="x/"&gt;</code> <a href="x/"></pre>',
        '<template id="engine">\n<script src="x/"></script>\n</template>',
        '<!-- <a href="x/"> -->',
        '<p>href="x/" <b title="<a href=x/>">',
        '<a data-href="x/" hreflang="x/">',
        '<input name="x">',
    ],
)
def test_what_is_no_link_is_left_alone(tmp_path: Path, html: str) -> None:
    assert check(tmp_path, {"index.html": html}) == []


def test_a_link_after_a_script_is_a_link_at_its_own_line(tmp_path: Path) -> None:
    html = "<script>\n\n</script>\n<a href=x/>"
    assert check(tmp_path, {"index.html": html}) == [f"build/site/index.html:4:1: 'x/' leads nowhere; {MEND}"]


@pytest.mark.parametrize(
    "reference",
    [
        "https://example.org/x/",
        "http://news.example.org/ml/x/",
        "https://news.example.org/other/",
        "https://news.example.org/mlops/",
        "//example.org/x/",
        "/other/",
        "mailto:desk@example.org",
        "javascript:void(0)",
        "data:image/png;base64,xx",
        "https://[broken",
    ],
)
def test_a_link_that_leads_out_is_not_followed(tmp_path: Path, reference: str) -> None:
    assert inside(reference, "papers/dino/index.html", SITE) is None
    assert check(tmp_path, {"index.html": f'<a href="{reference}">'}) == []


@pytest.mark.parametrize(
    ("reference", "path", "anchor"),
    [
        ("https://news.example.org/ml/about/", "about/", ""),
        ("https://news.example.org/ml/", "", ""),
        ("/ml/about/#who", "about/", "who"),
        ("//news.example.org/ml/about/", "about/", ""),
        ("../vit/", "papers/vit/", ""),
        ("../../", "", ""),
        ("../..", "", ""),
        ("", "papers/dino/index.html", ""),
        ("#why", "papers/dino/index.html", "why"),
        ("cite.bib", "papers/dino/cite.bib", ""),
        ("./cite.bib", "papers/dino/cite.bib", ""),
        ("../../figures/a%20b.svg", "figures/a b.svg", ""),
        ("../../about/#Gr%C3%B6%C3%9Fe", "about/", "Größe"),
        ("../../about/?from=here", "about/", ""),
        ("../vit/#a&b", "papers/vit/", "a&b"),
    ],
)
def test_a_link_inside_has_a_path_and_an_anchor(reference: str, path: str, anchor: str) -> None:
    assert inside(reference, "papers/dino/index.html", SITE) == Target(path, anchor)


def test_a_relative_link_that_climbs_above_the_site_leads_out_of_it() -> None:
    assert inside("../../../x/", "papers/dino/index.html", SITE) is None


def test_a_relative_link_cannot_climb_above_a_host() -> None:
    assert inside("../../../x/", "papers/dino/index.html", "https://news.example.org/") == Target("x/", "")


segments = st.text(st.sampled_from("abz09._-~%é "), min_size=1, max_size=4)
references = st.builds(
    lambda up, path, slash, anchor: "../" * up + "/".join(path) + slash + anchor,
    st.integers(0, 4),
    st.lists(segments, max_size=3),
    st.sampled_from(["", "/"]),
    st.sampled_from(["", "#", "#why-it", "#a%20b"]),
)
folders = st.lists(st.text(st.sampled_from("abz09-é %"), min_size=1, max_size=4), max_size=3)


@given(references, folders, st.sampled_from([SITE, "https://news.example.org/"]))
def test_a_link_is_followed_as_a_browser_follows_it(reference: str, above: list[str], address: str) -> None:
    page = "/".join([*above, "index.html"])
    whole = urlsplit(urljoin(address + quote(page), reference))
    home = urlsplit(address).path
    if whole.path.startswith(home):
        expected = Target(unquote(whole.path.removeprefix(home)), unquote(whole.fragment))
        assert inside(reference, page, address) == expected
    else:
        assert inside(reference, page, address) is None


def test_the_error_page_s_links_begin_at_the_host_s_root(tmp_path: Path) -> None:
    pages = {"404.html": '<a href="/ml/about/"><a href="/ml/">', "index.html": '<a href="about/">'}
    assert check(tmp_path, pages) == [
        f"build/site/404.html:1:1: '/ml/about/' leads nowhere, here and on 1 other page; {MEND}"
    ]


def test_a_percent_encoded_link_leads_to_the_file_of_that_name(tmp_path: Path) -> None:
    pages = {"index.html": '<img src="figures/a%20b%25.svg">', "figures/a b%.svg": ""}
    assert check(tmp_path, pages) == []


def test_an_escaped_link_leads_where_it_means(tmp_path: Path) -> None:
    assert (
        check(tmp_path, {"index.html": '<img src="a&amp;b.svg"><p id="q&quot;"><a href="#q%22">', "a&b.svg": ""}) == []
    )


def test_an_old_named_anchor_is_an_anchor(tmp_path: Path) -> None:
    assert check(tmp_path, {"index.html": '<a name="old"></a><a href="#old">'}) == []


def test_an_anchor_in_something_that_is_no_page_is_its_own_business(tmp_path: Path) -> None:
    assert check(tmp_path, {"index.html": '<img src="f.svg#part">', "f.svg": ""}) == []


def test_the_same_dead_link_on_many_pages_is_one_problem(tmp_path: Path) -> None:
    pages = {f"{name}/index.html": '<a href="../gone/"><a href="../gone/">' for name in ("a", "b", "c")}
    assert check(tmp_path, pages) == [
        f"build/site/a/index.html:1:1: '../gone/' leads nowhere, here and on 2 other pages; {MEND}"
    ]


def test_two_dead_links_are_two_problems(tmp_path: Path) -> None:
    assert len(check(tmp_path, {"index.html": '<a href="x/"><a href="y/"><a href="#x"><a href="#y">'})) == 4


def test_the_marks_of_a_page_are_its_references_with_their_offsets_and_its_anchors() -> None:
    html = (
        '<h2 id="one">1</h2><a\thref="two/">2</a><a name=three></a><b hidden id="four"><img srcset="5.png, 6.png 2x">'
    )
    references = ((19, "two/"), (77, "5.png"), (77, "6.png"))
    assert marks(html) == Marks(references, frozenset({"one", "three", "four"}))


def test_an_offset_counts_what_is_left_out() -> None:
    assert marks("<pre>123</pre><img src=x>") == Marks(((14, "x"),), frozenset())


def test_no_other_attribute_of_a_link_is_an_anchor() -> None:
    assert marks('<a title="x" rel="y"></a><input name="z">').anchors == frozenset()


def test_two_slashes_have_no_anchor() -> None:
    assert inside("//#x", "index.html", SITE) == Target("//#x", "")


def sites(root: Path, before: dict[str, str], after: dict[str, str]) -> tuple[Path, Path]:
    """Two sites: as it was, and as it is."""
    for folder, pages in ((root / "before", before), (root / "after", before | after)):
        for path, text in pages.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return root / "before", root / "after"


PAGES = {
    "index.html": '<a href="a/">a</a> <a href="b/#two">b</a>',
    "a/index.html": '<h2 id="one">1</h2><a href="../f.svg">f</a>',
    "b/index.html": '<h2 id="two">2</h2><a href="../a/#one">a</a>',
    "c/index.html": "nothing",
    "f.svg": "",
}


def test_when_nothing_is_gone_only_what_changed_is_suspect(tmp_path: Path) -> None:
    before, after = sites(tmp_path, PAGES, {"c/index.html": '<h2 id="three">3</h2>'})
    assert suspects(after, before, {"c/index.html"}, set()) == {"c/index.html"}


def test_pages_that_name_an_anchor_which_is_gone_are_suspect(tmp_path: Path) -> None:
    before, after = sites(tmp_path, PAGES, {"a/index.html": "<h2 id='other'>1</h2>"})
    assert suspects(after, before, {"a/index.html"}, set()) == {"a/index.html", "b/index.html"}


def test_pages_that_name_a_page_or_a_file_which_is_gone_are_suspect(tmp_path: Path) -> None:
    before, after = sites(tmp_path, PAGES, {})
    (after / "b" / "index.html").unlink()
    (after / "b").rmdir()
    assert suspects(after, before, set(), {"b/index.html"}) == {"index.html"}
    (after / "f.svg").unlink()
    assert suspects(after, before, set(), {"f.svg"}) == {"a/index.html"}


def test_an_address_that_is_written_in_several_ways_makes_every_page_suspect(tmp_path: Path) -> None:
    before, after = sites(tmp_path, PAGES, {"a/index.html": ""})
    (before / "a" / "index.html").write_text('<h2 id="größe">1</h2>', encoding="utf-8")
    pages = {"index.html", "a/index.html", "b/index.html", "c/index.html"}
    assert suspects(after, before, {"a/index.html"}, set()) == pages


def test_only_the_pages_that_are_named_are_checked_against_all_of_the_site(tmp_path: Path) -> None:
    _, after = sites(tmp_path, PAGES, {"b/index.html": '<a href="../a/#gone">a</a>', "c/index.html": '<a href="x/">'})
    (problem,) = check_site(after, SITE, {"b/index.html"})
    assert str(problem) == f"build/site/b/index.html:1:1: '../a/#gone' names an anchor that is not there; {MEND}"
