"""Interruptions: whatever stops a build, the old site or the new one stands, whole, and the next build works."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from projects import fingerprint, write_project

from digest.publish.build import build

REPOSITORY = Path(__file__).parents[2]
WITHOUT_PRIVILEGES = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
"""Root may write into any folder, whatever its mode says, unless it gives that up."""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], dict[str, str], float]:
    """A project that was built and then edited: its root, the old site, the new one, and the seconds a build takes."""
    root = write_project(tmp_path_factory.mktemp("old"))
    build(root)
    old = fingerprint(root / "build" / "site")
    new = Path(shutil.copytree(root, tmp_path_factory.mktemp("new") / "new", symlinks=True))
    for project in (root, new):
        for file in (project / "site" / "papers").iterdir():
            file.write_text(file.read_text(encoding="utf-8").replace("title: ", "title: New "), encoding="utf-8")
    begun = time.monotonic()
    building = started(new)
    assert (building.communicate(timeout=60)[1], building.returncode) == ("", 0)
    return root, old, fingerprint(new / "build" / "site"), time.monotonic() - begun


@pytest.fixture
def root(sites: tuple[Path, dict[str, str], dict[str, str], float], tmp_path: Path) -> Path:
    """A copy of that project, with the old site standing."""
    return Path(shutil.copytree(sites[0], tmp_path / "copy", symlinks=True))


def started(root: Path, *wrapped_in: str, largest: int | None = None) -> subprocess.Popen[str]:
    """A build in a process of its own, which may write files of no more than `largest` bytes."""

    def limit() -> None:
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    command = [*wrapped_in, sys.executable, "-m", "digest", "build"]
    # Coverage would write down what it saw, and complain of the full disk too.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environment |= {"PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=limit)


@pytest.mark.parametrize("seed", range(6))
def test_a_build_that_is_killed_leaves_the_old_site_or_the_new_one(
    sites: tuple[Path, dict[str, str], dict[str, str], float], root: Path, seed: int
) -> None:
    _, old, new, seconds = sites
    building = started(root)
    time.sleep(random.Random(seed).uniform(0.2, 1.1) * seconds)  # noqa: S311 - no secret
    building.send_signal(signal.SIGKILL)
    building.communicate()
    assert fingerprint(root / "build" / "site") in (old, new)
    build(root)
    assert fingerprint(root / "build" / "site") == new


@pytest.mark.parametrize("largest", [0, 300, 3_000, 30_000])
def test_a_disk_that_takes_no_more_leaves_the_old_site(
    sites: tuple[Path, dict[str, str], dict[str, str], float], root: Path, largest: int
) -> None:
    building = started(root, largest=largest)
    _, said = building.communicate(timeout=60)
    assert building.returncode == 3
    assert said.startswith("digest: the disk refuses: file too large")
    assert said.endswith("; the site is as it was\n")
    assert said.count("\n") == 1
    assert fingerprint(root / "build" / "site") == sites[1]
    build(root)
    assert fingerprint(root / "build" / "site") == sites[2]


@pytest.mark.parametrize("folder", ["build", "build/docs", "build/html", "build/.sites"])
def test_a_folder_without_rights_leaves_the_old_site(
    sites: tuple[Path, dict[str, str], dict[str, str], float], root: Path, folder: str
) -> None:
    closed = root / folder
    closed.chmod(0o555)
    building = started(root, *WITHOUT_PRIVILEGES)
    _, said = building.communicate(timeout=60)
    closed.chmod(0o755)
    assert building.returncode == 3, said
    assert said.startswith("digest: the disk refuses: permission denied")
    assert fingerprint(root / "build" / "site") == sites[1]


def test_two_builds_at_once_make_one_site(
    sites: tuple[Path, dict[str, str], dict[str, str], float], root: Path
) -> None:
    builds = [started(root), started(root)]
    assert [(building.communicate(timeout=60)[1], building.returncode) for building in builds] == [("", 0), ("", 0)]
    assert fingerprint(root / "build" / "site") == sites[2]
