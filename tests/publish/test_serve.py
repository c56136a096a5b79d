"""Serving: a preview that follows every save, and outlives the broken ones."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from projects import write_project

from digest.library.problems import ContentError, WorldError
from digest.publish.policy import with_policy
from digest.publish.serve import serve

REPOSITORY = Path(__file__).parents[2]
PREVIEW = """
import sys
from pathlib import Path
from digest.publish.serve import serve

def say(sentence):
    print(sentence.replace("\\n", " | "), flush=True)

try:
    serve(Path(sys.argv[1]), "127.0.0.1", 0, drafts=True, say=say, open_browser=False)
except KeyboardInterrupt:
    say("stopped")
"""


class Preview:
    """A preview at work in a process of its own."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PREVIEW, str(root)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.built = self.hear()
        self.url = self.hear().split(" ")[0]

    def hear(self) -> str:
        """The next sentence."""
        assert self.process.stdout
        return self.process.stdout.readline().rstrip("\n")

    def get(self, path: str) -> str:
        """What stands at a path, whole."""
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:  # noqa: S310
            text: str = answer.read().decode()
            return text

    def wait_for_reload(self, page: str) -> None:
        """Waits as the page in a browser does: until there is something newer than it."""
        epoch = re.search(r"livereload\((\d+), \d+\);", page)
        assert epoch
        host = re.match(r"http://[^/]+", self.url)
        assert host
        with urllib.request.urlopen(f"{host[0]}/livereload/{epoch[1]}/1", timeout=90) as answer:  # noqa: S310
            assert int(answer.read()) > int(epoch[1])

    def stop(self) -> str:
        """Ends it as Ctrl-C does; all it had still to say."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=60)
        return rest


@pytest.fixture
def preview(tmp_path: Path) -> Iterator[Preview]:
    made = Preview(write_project(tmp_path))
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.stop()


def test_a_preview_follows_good_saves_and_outlives_broken_ones(preview: Preview, tmp_path: Path) -> None:
    assert re.fullmatch(r"built 24 pages in \d+\.\d s", preview.built)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/ml/", preview.url)

    page = preview.get("papers/vit/")
    assert "It scales." in page
    assert with_policy(page) == page
    assert "script-src 'self' 'sha256-" in page

    words = tmp_path / "site" / "papers" / "vit.md"
    good = words.read_text(encoding="utf-8")
    words.write_text(good.replace("It scales.", "It scales and scales."), encoding="utf-8")
    preview.wait_for_reload(page)
    assert preview.hear().startswith("built 24 pages in ")
    page = preview.get("papers/vit/")
    assert "It scales and scales." in page

    words.write_text(good.replace("takeaway: ", "takeawy: "), encoding="utf-8")
    preview.wait_for_reload(page)
    assert re.match(r"site/papers/vit.md:\d+:\d+: .*takeaw", preview.hear())
    page = preview.get("papers/vit/")
    assert "It scales and scales." in page

    words.write_text(good.replace("It scales.", "It scales again."), encoding="utf-8")
    preview.wait_for_reload(page)
    assert preview.hear().startswith("built 24 pages in ")
    assert "It scales again." in preview.get("papers/vit/")

    with pytest.raises(urllib.error.HTTPError) as caught:
        preview.get("nowhere/")
    assert caught.value.code == 404
    assert "There is no page here" in caught.value.read().decode()

    assert preview.stop() == "stopped\n"
    assert preview.process.returncode == 0


def test_a_preview_hears_of_a_save_at_once_and_of_no_build_of_its_own(preview: Preview, tmp_path: Path) -> None:
    words = tmp_path / "site" / "papers" / "vit.md"
    good = words.read_text(encoding="utf-8")
    for number in range(3):
        words.write_text(good.replace("It scales.", f"It scales {number} times."), encoding="utf-8")
        assert preview.hear().startswith("built 24 pages in ")
        assert f"It scales {number} times." in preview.get("papers/vit/")
    assert preview.stop() == "stopped\n"


def test_a_taken_port_is_said_before_anything_is_built(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WorldError) as caught:
            serve(root, "127.0.0.1", port, drafts=True, say=said.append, open_browser=False)
    assert str(caught.value) == (
        f"127.0.0.1:{port} cannot be served (address already in use); choose another with --port"
    )
    assert said == []
    assert not (root / "build").exists()


def test_a_host_that_is_not_this_machine_cannot_be_served(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"^192\.0\.2\.1:0 cannot be served \(cannot assign requested address\); "):
        serve(write_project(tmp_path), "192.0.2.1", 0, drafts=True, say=print, open_browser=False)


def test_a_project_that_cannot_be_built_is_not_served(tmp_path: Path) -> None:
    root = write_project(tmp_path, {"site/about.md": "no front matter"})
    with pytest.raises(ContentError, match=r"^site/about.md:1:1: "):
        serve(root, "127.0.0.1", 0, drafts=True, say=print, open_browser=False)
