"""A static host on this machine: each site under a folder of its own, as hosts of project pages have it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

NOWHERE = Path("/nowhere")


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

    def translate_path(self, path: str) -> str:
        name, _, rest = path.lstrip("/").partition("/")
        self.directory = str(self.sites.get(name, NOWHERE))
        # An empty part of a path is forgiven by Python's handler, but not by every host.
        return super().translate_path(f"/{rest}") if "//" not in path else str(NOWHERE)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory) / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            return super().send_error(code, message, explain)
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, format: str, *words: Any) -> None:  # noqa: A002
        """Keeps the terminal to pytest."""
