"""Serving: a preview of the site on this machine, built again at every save."""

import logging
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from mkdocs.livereload import LiveReloadServer
from watchdog.events import (
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

from digest.library.newsletter import read_newsletter
from digest.library.problems import ContentError, WorldError
from digest.publish.build import Report, build
from digest.publish.policy import with_policy

SETTLED = 0.04
"""Seconds without another save after which a preview is built: an editor may write a file in several steps."""
CHANGES: list[type[FileSystemEvent]] = [FileCreatedEvent, FileModifiedEvent, FileMovedEvent, FileDeletedEvent]
WATCHED = ("site", "templates", "demos", "mkdocs.yml")


def serve(root: Path, host: str, port: int, *, drafts: bool, say: Callable[[str], None], open_browser: bool) -> None:
    """Serves `root`'s site at `host:port` until interrupted, and reloads the reader's page after every build.

    A save that breaks the content is reported through `say` and leaves the last good site standing. Raises WorldError
    when the port is taken, ContentError when there is no site to begin with.
    """
    logging.getLogger("mkdocs.livereload").setLevel(logging.ERROR)

    def rebuild() -> None:
        try:
            say(_sentence(build(root, drafts=drafts, again=True)))
        except (ContentError, WorldError) as error:
            say(str(error))

    newsletter, _ = read_newsletter(root)
    path = urlsplit(newsletter.address).path if newsletter else "/"
    site = root / "build" / "site"
    server = Preview(rebuild, host, port, str(site), path)
    server.error_handler = lambda code: (site / "404.html").read_bytes() if code == 404 else None
    try:
        server.take_port()
        for name in WATCHED:
            if (root / name).exists():
                server.watch(str(root / name))
        server.listen()
        say(_sentence(build(root, drafts=drafts)))
        say(f"{server.url} shows the site, and every save after a moment; Ctrl-C stops it")
        server.serve(open_in_browser=open_browser)  # type: ignore[no-untyped-call]
    finally:
        server.shutdown()


class Watcher(Observer):  # type: ignore[misc, valid-type]
    """Hears of what is written, moved and removed; that a build reads a file is no news. It can be started early."""

    def schedule(self, handler: FileSystemEventHandler, path: str, *, recursive: bool = False) -> ObservedWatch:
        """Has `handler` hear of changes under a path."""
        watch: ObservedWatch = super().schedule(handler, path, recursive=recursive, event_filter=CHANGES)
        return watch

    def start(self) -> None:
        """Begins to listen, unless that has begun."""
        if not self.is_alive():
            super().start()


class Preview(LiveReloadServer):
    """MkDocs' server, which takes its port before the first build: whoever has to choose another is told at once.

    It hears of a save from the system, where MkDocs' own looks at every file twice a second.
    """

    def __init__(self, builder: Callable[[], None], host: str, port: int, root: str, mount_path: str) -> None:
        super().__init__(builder, host, port, root, mount_path)
        self.observer = Watcher()
        self.build_delay = SETTLED

    def take_port(self) -> None:
        """Listens at the port from here on. Raises WorldError when it is taken."""
        host, port = str(self.server_address[0]), self.server_address[1]
        try:
            super().server_bind()
            super().server_activate()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise WorldError(f"{host}:{port} cannot be served ({reason}); choose another with --port") from None
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self.server_port}{self.mount_path}"

    def listen(self) -> None:
        """Hears of every save from here on. Raises WorldError when the system does not tell."""
        try:
            self.observer.start()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            mend = "allow more with fs.inotify.max_user_watches and max_user_instances"
            raise WorldError(f"the system cannot watch the files ({reason}); {mend}") from None

    def server_bind(self) -> None:
        """Nothing: `take_port` has bound it when `serve` comes to this."""

    def server_activate(self) -> None:
        """Nothing: `take_port` listens from the start, so that nobody who follows the address at once is refused."""

    def _inject_js_into_html(self, content: bytes, epoch: int) -> bytes:
        """The page with the script that reloads it, and a policy that lets this script run too."""
        scripted: bytes = super()._inject_js_into_html(content, epoch)  # type: ignore[no-untyped-call]
        return with_policy(scripted.decode()).encode()


def _sentence(report: Report) -> str:
    return f"built {report.pages} pages in {sum(report.seconds.values()):.1f} s"
