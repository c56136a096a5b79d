"""One browser, and the newsletters it reads, for every test in this folder."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .addresses import PAGES, TOYS
from .newsletters import build_together, choose, copy_newsletter, fill
from .reading import INSTALL, Reader, Site, browser_arguments, find_browser, new_reader
from .serving import serving

ADDRESS = "https://pages.example/{}/"

# Shared by this folder and closed with it: while Playwright runs, nothing else may start an event loop in this process.
shared = pytest.fixture(scope="package")


@shared
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    path = find_browser(os.environ)
    if path is None:
        pytest.fail(INSTALL, pytrace=False)
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=browser_arguments())
        yield chromium
        chromium.close()


@shared
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Site]]:
    """The newsletter of this repository (`letter`), with toys (`fuller`), and that by the other engine (`onward`).

    They are built side by side, and served. Addresses of one length keep lines of one length.
    """
    names = ("letter", "fuller", "onward")
    projects = {name: copy_newsletter(tmp_path_factory.mktemp(name), ADDRESS.format(name)) for name in names}
    fill(projects["fuller"])
    choose(fill(projects["onward"]), "zensical")
    build_together(projects.values())
    folders = {name: (project / "build" / "site").resolve() for name, project in projects.items()}
    with serving(folders) as origin:
        yield {name: Site(f"{origin}/{name}/", ADDRESS.format(name), folder) for name, folder in folders.items()}


@shared
def letter(sites: dict[str, Site]) -> Site:
    """The newsletter of this repository."""
    return sites["letter"]


@shared
def fuller(sites: dict[str, Site]) -> Site:
    """The newsletter of this repository, with toys."""
    return sites["fuller"]


@shared
def zensical(sites: dict[str, Site]) -> Site:
    """The newsletter of this repository, with toys, as Zensical makes it."""
    return sites["onward"]


Meet = Callable[..., Reader]


@dataclass(frozen=True)
class Opened:
    """A page that is open, and whose it is."""

    name: str
    address: str
    reader: Reader
    page: Page

    @property
    def site(self) -> Site:
        """The site it is a page of."""
        return self.reader.site


KINDS = [("letter", name, address) for name, address in PAGES.items()]
KINDS += [("fuller", name, address) for name, address in TOYS.items()]


@shared
def lookers(browser: Browser, sites: dict[str, Site]) -> Iterator[dict[str, Reader]]:
    """A reader of each site who opens one page after the other and touches nothing."""
    found = {name: new_reader(browser, site) for name, site in sites.items()}
    yield found
    for reader in found.values():
        reader.context.close()


@pytest.fixture(scope="package", params=KINDS, ids=lambda kind: kind[1].replace(" ", "-"))
def opened(request: pytest.FixtureRequest, lookers: dict[str, Reader]) -> Iterator[Opened]:
    """A page of every kind, opened once for all the tests that only look at it."""
    site, name, address = request.param
    reader = lookers[site]
    yield Opened(name, address, reader, reader.open(address))
    reader.leave()


@shared
def readers(browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Readers who stay for many tests, one for each site and set of options: what they fetched once they keep."""
    known: dict[str, Reader] = {}

    def get(site: Site, **options: Any) -> Reader:
        key = repr((site, sorted(options.items())))
        if key not in known:
            known[key] = new_reader(browser, site, **options)
        return known[key]

    yield get
    for reader in known.values():
        reader.context.close()


@pytest.fixture
def meet(browser: Browser, readers: Callable[..., Reader]) -> Iterator[Meet]:
    """Finds readers of a site; `options` are those of a browser's context, such as color_scheme="dark".

    A test that leaves something in the browser, or counts what is fetched, meets a new one: `new=True`. When the test
    is over its readers must have had no trouble, nor left the site.
    """
    met: list[Reader] = []
    strangers: list[Reader] = []

    def meet(site: Site, *, new: bool = False, **options: Any) -> Reader:
        reader = new_reader(browser, site, **options) if new else readers(site, **options)
        met.append(reader)
        strangers.extend([reader] if new else [])
        return reader

    yield meet
    faults = [fault for reader in met for fault in reader.leave()]
    for reader in strangers:
        reader.context.close()
    assert faults == []


@pytest.fixture
def reader(meet: Meet, letter: Site) -> Reader:
    """A reader of the newsletter, with a wide window."""
    return meet(letter)
