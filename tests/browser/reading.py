"""Readers: a browser's context with a site in it, and a record of everything that went wrong while they read."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, WebError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = "There is no Chromium: install it (Debian: apt install chromium) or name it with CHROMIUM=PATH."
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

DESK = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "reduced_motion": "no-preference"}


def find_browser(variables: Mapping[str, str], which: Callable[[str], str | None] = shutil.which) -> str | None:
    """The path of a Chromium: what the variable CHROMIUM names, else the first of the usual names on the PATH."""
    named = variables.get("CHROMIUM")
    return which(named) if named else next(filter(None, map(which, NAMES)), None)


def browser_arguments() -> list[str]:
    """What Chromium is started with: nothing of its own on the network, and for root no sandbox, which refuses root."""
    return [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@dataclass(frozen=True)
class Site:
    """A built newsletter: where it is served, the address it was built for, and its folder."""

    url: str
    address: str
    folder: Path

    def served(self, address: str) -> str:
        """Where something is served: an address inside the site, or an absolute one that it was built with."""
        assert "://" not in address or address.startswith(self.address), f"{address} is outside the site"
        return self.url + address.removeprefix(self.address)

    def file(self, url: str) -> Path:
        """The file that answers a served URL."""
        path = unquote(urlsplit(url).path).removeprefix(urlsplit(self.url).path)
        return self.folder / (path + "index.html" if path == "" or path.endswith("/") else path)


@dataclass
class Reader:
    """A reader of one site, in a context of the browser that is theirs alone.

    `faults` grows with every console error, page error, failed request, bad answer and request that leaves the site.
    A tab is used again once its test is over, as that costs a third of a new one.
    """

    site: Site
    context: BrowserContext
    options: Mapping[str, Any]
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    idle: list[Page] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("console", self._on_console)
        self.context.on("weberror", self._on_error)
        self.context.on("request", self._on_request)
        self.context.on("requestfailed", self._on_failure)
        self.context.on("response", self._on_response)

    def open(self, address: str = "") -> Page:
        """A tab at an address of the site, once it has loaded, its faces and pictures included."""
        page = self.idle.pop() if self.idle else self.context.new_page()
        page.set_viewport_size(self.options["viewport"])
        page.emulate_media(
            media="null",
            color_scheme=self.options["color_scheme"],
            reduced_motion=self.options["reduced_motion"],
        )
        page.goto(self.site.served(address))
        page.evaluate("document.fonts.ready.then(() => true)")
        return page

    def leave(self) -> list[str]:
        """Empties every tab, forgets what was asked for, and gives the faults there were."""
        self.idle = self.context.pages
        for page in self.idle:
            page.goto("about:blank")
        faults, self.faults, self.requests = self.faults, [], []
        return faults

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.faults.append(f"page error: {error.error}")

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((self.site.url, f"blob:{self.site.url}", "data:", "about:blank")):
            self.faults.append(f"left the site for {request.url}")

    def _on_failure(self, request: Request) -> None:
        # Whoever leaves a page that is still loading makes the browser let go of the rest.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.url} ({request.failure})")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"answered {response.status}: {response.url}")


def new_reader(browser: Browser, site: Site, **options: Any) -> Reader:
    """A reader of `site`; `options` are those of a browser's context, such as color_scheme="dark".

    What the tests put into a page is no concern of the page's policy, which test_policy.py tries by itself.
    """
    options = DESK | {"bypass_csp": True} | options
    context = browser.new_context(**options)
    context.set_default_timeout(10_000)
    return Reader(site, context, options)


def restyle(page: Page, css: str) -> None:
    """Gives a page further styles in the one way that its policy leaves to whoever drives it."""
    page.evaluate(
        """css => {
            const sheet = new CSSStyleSheet()
            sheet.replaceSync(css)
            document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
        }""",
        css,
    )


UNTIL = """() => new Promise((resolve, reject) => {{
    const end = performance.now() + 10000
    const look = () => {} ? resolve() : performance.now() > end ? reject("too late") : setTimeout(look, 10)
    look()
}})"""


def until(page: Page, condition: str) -> None:
    """Waits until an expression holds on a page. Playwright does so with `eval`, which no page of ours allows."""
    page.evaluate(UNTIL.format(condition))
