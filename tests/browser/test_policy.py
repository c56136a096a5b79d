"""The Content-Security-Policy: every page works under it, and what does not belong on a page does not run there."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from digest.publish import build
from digest.publish.serve import Preview
from tests.hostile import WORD, write_hostile

from .addresses import ISSUE, PAGES, PAPER, TOYS
from .conftest import Meet
from .reading import Reader, Site, new_reader, until
from .serving import serving

LISTEN = """addEventListener("securitypolicyviolation", event =>
    (window.violated ??= []).push(`${event.effectiveDirective}: ${event.blockedURI}`))"""


def violated(page: Page) -> list[str]:
    """What the page's policy had to stop."""
    found: list[str] = page.evaluate("window.violated ?? []")
    return found


def listening(reader: Reader) -> Reader:
    reader.context.add_init_script(LISTEN)
    return reader


def use(page: Page) -> None:
    """Everything that a page offers, apart from search."""
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.evaluate(
        "document.querySelectorAll('[data-copy], [data-copy-of], [data-copy-from]').forEach(it => it.click())"
    )
    page.locator(".theme-switch").click()


def search(page: Page) -> None:
    page.keyboard.press("/")
    page.locator(".search-query").press_sequentially("vision")
    expect(page.locator(".md-search-result__item").first).to_be_visible()
    page.keyboard.press("Escape")


@pytest.mark.parametrize(("name", "addresses"), [("letter", PAGES), ("fuller", TOYS)], ids=["letter", "fuller"])
def test_every_kind_of_page_does_all_it_can_under_its_policy(
    meet: Meet, sites: dict[str, Site], name: str, addresses: dict[str, str]
) -> None:
    reader = listening(meet(sites[name], new=True, bypass_csp=False))
    reader.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = reader.open()
    found: dict[str, list[str]] = {}
    for kind, address in addresses.items():
        page.goto(reader.site.served(address))
        page.emulate_media(color_scheme="dark")
        use(page)
        if kind in ("paper", "404", "every state of a demo"):
            search(page)
        found[kind] = violated(page)
    assert {kind: what for kind, what in found.items() if what} == {}
    assert len(found) == len(addresses)


def test_a_page_that_is_not_there_keeps_a_policy_too(browser: Browser, letter: Site) -> None:
    reader = listening(new_reader(browser, letter, bypass_csp=False))
    page = reader.open("papers/no-such-paper/")
    search(page)
    assert violated(page) == []
    reader.context.close()


@contextmanager
def changed(browser: Browser, site: Site, change: Callable[[str], str]) -> Iterator[Page]:
    """A paper's page after `change`, as if someone had come past every other guard."""
    reader = listening(new_reader(browser, site, bypass_csp=False))

    def answer(route: Route) -> None:
        answered = route.fetch()
        route.fulfill(response=answered, body=change(answered.text()))

    reader.context.route(site.served(PAPER), answer)
    yield reader.open(PAPER)
    reader.context.close()


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<script>window.ran = 1</script>", "script-src-elem: inline"),
        ("<script src='https://elsewhere.example/x.js'></script>", "script-src-elem: https://elsewhere.example/x.js"),
        ("<script src='data:text/javascript,window.ran=1'></script>", "script-src-elem: data"),
        ("<img src='../../assets/mark.svg' onload='window.ran = 1'>", "script-src-attr: inline"),
        ("<svg><animate onbegin='window.ran = 1' attributeName='x' dur='1s'/></svg>", "script-src-attr: inline"),
        ("<iframe srcdoc='<script>parent.ran = 1</script>'></iframe>", "script-src-elem: inline"),
        ("<iframe src='https://elsewhere.example/'></iframe>", "frame-src: https://elsewhere.example"),
        ("<object data='https://elsewhere.example/x.swf'></object>", "object-src: https://elsewhere.example"),
        ("<img src='https://elsewhere.example/pixel.png'>", "img-src: https://elsewhere.example/pixel.png"),
        ("<img src='data:image/png;base64,AAAA'>", "img-src: data"),
        ("<p style='position: fixed'>", "style-src-attr: inline"),
        ("<style>body { display: none }</style>", "style-src-elem: inline"),
        ("<base href='https://elsewhere.example/'>", "base-uri: https://elsewhere.example/"),
    ],
)
def test_what_is_slipped_among_the_words_is_stopped_and_reported(
    browser: Browser, letter: Site, html: str, said: str
) -> None:
    with changed(browser, letter, lambda page: page.replace('id="__skip"', f'id="__skip">{html}<div', 1)) as page:
        seen = page.main_frame if "srcdoc" not in html else page.frames[1]
        assert said in seen.evaluate("window.violated ?? []")
        assert page.evaluate("window.ran ?? 0") == 0


def test_an_address_that_is_a_script_does_not_run(browser: Browser, letter: Site) -> None:
    link = "<a id='bad' href='javascript:window.ran = 1'>x</a>"
    with changed(browser, letter, lambda page: page.replace('id="__skip"', f'id="__skip">{link}<div', 1)) as page:
        page.locator("#bad").click()
        until(page, "window.violated")
        assert violated(page) == ["script-src-elem: inline"]
        assert page.evaluate("window.ran ?? 0") == 0


def test_a_form_leads_nowhere(browser: Browser, letter: Site) -> None:
    form = "<form action='https://elsewhere.example/'><button id='bad'>x</button></form>"
    with changed(browser, letter, lambda page: page.replace('id="__skip"', f'id="__skip">{form}<div', 1)) as page:
        page.evaluate("document.getElementById('bad').click()")
        until(page, "window.violated")
        assert violated(page) == ["form-action: https://elsewhere.example/?"]


def test_without_the_policy_a_script_among_the_words_would_run(browser: Browser, letter: Site) -> None:
    def bare(page: str) -> str:
        before, _, rest = page.partition('<meta http-equiv="Content-Security-Policy"')
        return before + rest.partition(">")[2].replace('id="__skip"', 'id="__skip"><script>window.ran = 1</script><div')

    with changed(browser, letter, bare) as page:
        assert page.evaluate("window.ran") == 1
        assert violated(page) == []


@contextmanager
def previewing(site: Site) -> Iterator[Site]:
    """The site as `digest serve` shows it: each page with a script that reloads it."""
    server = Preview(lambda: None, "127.0.0.1", 0, str(site.folder), "/")
    server.take_port()
    server.watch(str(site.folder / "cards"))
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield Site(server.url, site.address, site.folder)
    finally:
        server.shutdown()
        thread.join()


def test_a_preview_reloads_under_the_policy_of_its_pages(browser: Browser, letter: Site) -> None:
    with previewing(letter) as preview:
        reader = listening(new_reader(browser, preview, bypass_csp=False))
        with reader.context.expect_event("request", lambda request: "/livereload/" in request.url):
            page = reader.open(ISSUE)
        assert violated(page) == []
        assert reader.faults == []
        reader.context.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The hostile newsletter, built with nobody looking at its words and links."""
    root = write_hostile(tmp_path_factory.mktemp("hostile"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "check_library", lambda *_: [])
        patch.setattr(build, "check_site", lambda *_: [])
        patch.setattr(build, "planned_cards", lambda *_: {})
        folder = build.build(root).site.resolve()
    with serving({"hostile": folder}) as origin:
        yield Site(f"{origin}/hostile/", "https://letter.example/", folder)


OPENED = ["", "about/", "archive/", "demos/", "authors/", "papers/", "tags/all/", "papers/script/"]


@pytest.mark.parametrize("guarded", [True, False], ids=["with the policy", "without the policy"])
def test_nothing_that_was_pasted_runs_loads_or_changes_the_search(
    browser: Browser, hostile: Site, guarded: bool
) -> None:
    reader = listening(new_reader(browser, hostile, bypass_csp=not guarded))
    opened: list[str] = []
    reader.context.on("dialog", lambda dialog: (opened.append(dialog.page.url), dialog.dismiss()))
    page = reader.open()
    for address in OPENED:
        page.goto(hostile.served(address))
        page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
        page.evaluate("document.querySelectorAll('.sheet a:not([href^=http])').forEach(it => it.focus())")
        assert violated(page) == []
    page.keyboard.press("/")
    page.locator(".search-query").press_sequentially(WORD)
    expect(page.locator(".md-search-result__item").first).to_be_visible()
    tags = page.locator(".md-search-result__list *").evaluate_all("them => [...new Set(them.map(it => it.localName))]")
    assert {"h1", "mark"} <= {*tags}
    assert {*tags} & {"script", "img", "svg", "style", "iframe", "form", "input", "meta", "base", "video", "x"} == set()
    assert violated(page) == []
    assert opened == []
    assert [fault for fault in reader.faults if "404" not in fault] == []
    reader.context.close()
