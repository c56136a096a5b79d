"""Serving: a preview of the site on this machine, built again at every save."""

import logging
from collections.abc import Callable
from pathlib import Path

from digest.library.problems import ContentError, WorldError
from digest.publish.build import Report, build

WATCHED = ("site", "templates", "demos", "mkdocs.yml")


def serve(root: Path, host: str, port: int, *, drafts: bool, say: Callable[[str], None], open_browser: bool) -> None:
    """Serves `root`'s site at `host:port` until interrupted, and reloads the reader's page after every build.

    A save that breaks the content is reported through `say` and leaves the last good site standing. Raises WorldError
    when the port is taken.
    """
    from mkdocs.livereload import LiveReloadServer

    logging.getLogger("mkdocs.livereload").setLevel(logging.ERROR)

    def rebuild() -> None:
        try:
            say(_sentence(build(root, drafts=drafts)))
        except (ContentError, WorldError) as error:
            say(str(error))

    report = build(root, drafts=drafts)
    say(_sentence(report))
    try:
        server = LiveReloadServer(rebuild, host, port, str(report.site))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WorldError(f"{host}:{port} cannot be served ({reason}); choose another with --port") from None
    for name in WATCHED:
        if (root / name).exists():
            server.watch(str(root / name))
    say(f"http://{host}:{server.server_port}/ shows the site, and every save after a moment; Ctrl-C stops it")
    with server:
        server.serve(open_in_browser=open_browser)


def _sentence(report: Report) -> str:
    return f"built {report.pages} pages in {sum(report.seconds.values()):.1f} s"
