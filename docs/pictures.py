"""Takes the pictures of the README from a built site: `python docs/pictures.py build/site docs/pictures`.

The newest issue from its top, in the light and the dark theme. CHROMIUM names the browser.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

COLOURS = 256
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@dataclass(frozen=True)
class Picture:
    """A picture to take: its name, the page, the theme, and the window in CSS pixels."""

    name: str
    address: str
    theme: Literal["light", "dark"]
    width: int
    height: int


def take(site: Path, folder: Path) -> None:
    """Writes every picture of `site` into `folder`, as PNG files of at most 256 colours."""
    issue = max(file.parent.name for file in site.glob("issues/*/index.html"))
    pictures = [
        Picture("issue-light", f"issues/{issue}/", "light", 1280, 860),
        Picture("issue-dark", f"issues/{issue}/", "dark", 1280, 860),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    with _served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM") or None, args=FLAGS)
        for picture in pictures:
            image = Image.open(BytesIO(_screenshot(browser, address, picture))).convert("RGB")
            image.quantize(COLOURS, dither=Image.Dither.NONE).save(folder / f"{picture.name}.png", optimize=True)
        browser.close()


def _screenshot(browser: Browser, address: str, picture: Picture) -> bytes:
    window: Any = {"width": picture.width, "height": picture.height}
    page = browser.new_page(viewport=window, color_scheme=picture.theme, device_scale_factor=2, reduced_motion="reduce")
    page.goto(address + picture.address, wait_until="networkidle")
    page.evaluate("document.fonts.ready")
    data = page.screenshot()
    page.close()
    return data


@contextmanager
def _served(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing of each request."""


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))
