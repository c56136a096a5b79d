"""A static host on this machine: each site in a folder of its own, as hosts of project pages have it, and gzipped."""

import gzip
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

NOWHERE = Path("/nowhere")
# What is packed already, and sent as it is.
PACKED = (".woff2", ".png", ".jpg", ".webp", ".avif")


@contextmanager
def serving(sites: Mapping[str, Path]) -> Iterator[str]:
    """Serves each folder of `sites` under its name while entered, and gives the origin ("http://127.0.0.1:PORT")."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, sites))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(SimpleHTTPRequestHandler):
    """Answers an unknown address under a site with the site's own 404.html, and gives nothing beside the sites."""

    def __init__(self, sites: Mapping[str, Path], *arguments: Any) -> None:
        self.sites = sites
        super().__init__(*arguments)

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        if file.is_dir() and self.path.partition("?")[0].endswith("/"):
            file /= "index.html"
        if file.is_file():
            self._send(HTTPStatus.OK, file)
        else:
            super().do_GET()

    def translate_path(self, path: str) -> str:
        name, _, rest = path.lstrip("/").partition("/")
        self.directory = str(self.sites.get(name, NOWHERE))
        # An empty part of a path is forgiven by Python's handler, but not by every host.
        return super().translate_path(f"/{rest}") if "//" not in path else str(NOWHERE)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory) / "404.html"
        if code == HTTPStatus.NOT_FOUND and page.is_file():
            self._send(HTTPStatus.NOT_FOUND, page)
        else:
            super().send_error(code, message, explain)

    def _send(self, status: HTTPStatus, file: Path) -> None:
        packs = file.suffix not in PACKED and "gzip" in self.headers.get("Accept-Encoding", "")
        body = gzipped(file, file.stat().st_mtime_ns) if packs else file.read_bytes()
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", self.date_time_string(int(file.stat().st_mtime)))
        self.send_header("Vary", "Accept-Encoding")
        if packs:
            self.send_header("Content-Encoding", "gzip")
        # A browser that has left the page hangs up.
        with suppress(ConnectionError):
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *words: Any) -> None:  # noqa: A002
        """Keeps the terminal to pytest."""


@cache
def gzipped(file: Path, changed: int) -> bytes:  # noqa: ARG001 - a file that has changed is another file
    """A file as a host packs it, at the level that hosts use."""
    return gzip.compress(file.read_bytes(), 6)
