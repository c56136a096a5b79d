"""The project as a whole: what its wheel carries, what git keeps, and what a new machine needs."""

import hashlib
import os
import re
import shutil
import site
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from digest.library.yaml import load

ROOT = Path(__file__).parents[1]
NAME = "This Week in Machine Learning"
# Neither the habits of whoever runs the tests, nor the make that may have started them.
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "MAKE", "MFLAGS"))}
PLAIN |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def command(*words: str | Path, folder: Path, **variables: str) -> str:
    """What a command that succeeds prints."""
    done = subprocess.run(words, cwd=folder, env=PLAIN | variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def committed(*paths: str) -> list[Path]:
    """The files that git keeps, or would with the next commit."""
    listed = command(
        "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths, folder=ROOT
    ).split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def text_of(file: Path) -> str:
    """What a file says, or nothing where it holds no text."""
    return file.read_bytes().decode("utf-8", errors="ignore")


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of a folder with the hash of its bytes."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


# What is installed elsewhere


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this project."""
    folder = tmp_path_factory.mktemp("wheel")
    command(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, folder=ROOT)
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment elsewhere, into which the wheel was installed; it borrows what the wheel needs."""
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    command(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        wheel,
        folder=folder.parent,
    )
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    return folder / "bin"


def test_the_wheel_carries_every_template_and_the_theme(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if name.startswith("digest/templates/")}
    kept = {f"digest/{file.relative_to(ROOT).as_posix()}" for file in committed("templates")}
    assert carried == kept
    assert {"digest/templates/theme/main.html", "digest/templates/newsletter/dot-gitignore"} <= carried


def test_the_wheel_carries_nothing_but_the_program(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"digest"}


def test_a_second_newsletter_is_made_and_built_where_only_the_wheel_is_installed(
    installed: Path, tmp_path: Path
) -> None:
    program = installed / "digest"
    command(program, "init", "my-letter", folder=tmp_path)
    letter = tmp_path / "my-letter"
    assert command(program, "check", "--json", folder=letter) == "[]\n"
    assert re.search(r"^\d+ pages in build/site", command(program, "build", "--strict", folder=letter), re.MULTILINE)
    used = command(installed / "python", "-c", "import digest; print(digest.__file__)", folder=letter).strip()
    assert Path(used).is_relative_to(installed.parent)
    home = (letter / "build" / "site" / "index.html").read_text(encoding="utf-8")
    assert "<title>My Letter</title>" in home
    colours = (letter / "build" / "site" / "assets" / "colours.css").read_text(encoding="utf-8")
    assert "#8a2f5c" in colours


def test_nothing_of_a_second_newsletter_names_the_first(installed: Path, tmp_path: Path) -> None:
    command(installed / "digest", "init", "my-letter", folder=tmp_path)
    command(installed / "digest", "build", folder=tmp_path / "my-letter")
    told = [file for file in (tmp_path / "my-letter").rglob("*") if file.is_file() and NAME in text_of(file)]
    assert told == []


# What stays content


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    """This newsletter, copied: its settings, its words, and no more."""
    folder = tmp_path / "letter"
    folder.mkdir()
    for name in ("mkdocs.yml", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "site", folder / "site")
    shutil.copytree(ROOT / "demos", folder / "demos") if (ROOT / "demos").is_dir() else None
    return folder


def test_no_build_touches_the_words(letter: Path) -> None:
    before = fingerprint(letter / "site")
    command(sys.executable, "-m", "digest", "build", folder=letter)
    assert fingerprint(letter / "site") == before


def test_not_even_the_engine_started_by_hand_touches_the_words(letter: Path) -> None:
    before = fingerprint(letter / "site")
    command(sys.executable, "-m", "digest", "build", folder=letter)
    command(sys.executable, "-m", "mkdocs", "build", "--clean", folder=letter, NO_MKDOCS_2_WARNING="1")
    assert fingerprint(letter / "site") == before


@pytest.mark.parametrize("source", [".gitignore", "templates/newsletter/dot-gitignore"])
def test_git_keeps_the_words_and_ignores_what_is_made(source: str, tmp_path: Path) -> None:
    command("git", "init", "--quiet", folder=tmp_path)
    shutil.copy(ROOT / source, tmp_path / ".gitignore")
    for name in ("site/issues/a.md", "site/figures/a.svg", "templates/a.html", "build/site/a.html", ".digest/a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    command("git", "add", ".", folder=tmp_path)
    kept = command("git", "ls-files", folder=tmp_path).split()
    assert kept == [".gitignore", "site/figures/a.svg", "site/issues/a.md", "templates/a.html"]


# What the files say, and do not say


def test_neither_the_program_nor_its_templates_know_this_newsletter() -> None:
    names = re.compile(rf"{NAME}|this-week-in-ml\.example", re.IGNORECASE)
    told = [
        file.relative_to(ROOT).as_posix()
        for file in committed("digest", "templates")
        if names.search(text_of(file)) and not file.is_relative_to(ROOT / "templates" / "newsletter")
    ]
    assert told == []


def test_no_file_names_a_package_registry_or_a_place_on_somebodys_machine() -> None:
    registries = ("py" + "pi.org", "files.python" + "hosted", "registry.npm" + "js", "deb.deb" + "ian.org")
    places = ("/" + "work/", "/ro" + "ot/")
    told = [
        (file.relative_to(ROOT).as_posix(), word)
        for file in committed()
        for word in (*registries, *places)
        if word in text_of(file)
    ]
    assert told == []


def test_every_constraint_is_one_version_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9A-Za-z.]*", line)] == []
    assert {"torch==2.14.1", "torchvision==0.29.1"} <= set(pins)


def test_everything_the_project_asks_for_is_constrained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    wanted = {re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in asked}  # type: ignore[index]
    pinned = set(re.findall(r"(?m)^([a-z0-9-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8")))
    assert wanted - pinned == set()


def test_the_site_needs_no_torch() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [line for line in project["dependencies"] if "torch" in line] == []


@pytest.mark.parametrize("file", [".github/workflows/ci.yml", "templates/newsletter/dot-github/workflows/publish.yml"])
def test_a_workflow_may_do_no_more_than_it_says_job_by_job(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8").replace("{% raw %}", "").replace("{% endraw %}", "")
    document, problems = load(text, file)
    assert problems == []
    assert document.data["permissions"] == {}
    for job in document.data["jobs"].values():
        assert job["permissions"]
        assert "timeout-minutes" in job
        for step in job["steps"]:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/none@v1"))


def test_the_versions_agree() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {version}," in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_picture_and_document_that_a_document_shows_is_there() -> None:
    missing = [
        (file.name, target)
        for file in committed("*.md", "docs")
        if file.suffix == ".md" and file.parent in (ROOT, ROOT / "docs")
        for target in re.findall(r"""(?:\]\(|src="|srcset=")([^):#"]+)[)"]""", text_of(file))
        if not (file.parent / target).exists()
    ]
    assert missing == []


# What a new machine needs


def make(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "Makefile", folder)
    return subprocess.run(["make", *words], cwd=folder, env=PLAIN, capture_output=True, text=True, check=False)


def test_make_alone_says_what_can_be_made(tmp_path: Path) -> None:
    listed = make(folder=tmp_path).stdout.splitlines()
    assert [line.split()[:2] for line in listed][:4] == [
        ["make", "help"],
        ["make", "site"],
        ["make", "serve"],
        ["make", "test"],
    ]


def test_without_a_python_that_will_do_make_says_so_in_one_line(tmp_path: Path) -> None:
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    done = make("site", f"PYTHON=no-such-python {old}", folder=tmp_path)
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    wanted = "There is no Python of 3.11 or newer with venv; install one (Debian: apt install python3 python3-venv)."
    assert (done.returncode, said) == (2, [wanted])


def test_make_takes_the_first_python_that_will_do(tmp_path: Path) -> None:
    done = make(".venv/bin/python", f"PYTHON=no-such-python {sys.executable}", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert command(tmp_path / ".venv/bin/python", "-c", "import pip", folder=tmp_path) == ""


def make_browser(tmp_path: Path, *variables: str, **programs: str) -> subprocess.CompletedProcess[str]:
    """How `make browser` ends where only a shell and `programs` are, each the text of a shell script."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "id", "chmod"):
        (tools / name).symlink_to(shutil.which(name) or name)
    for name, text in programs.items():
        file = tools / name.replace("_", "-")
        file.unlink(missing_ok=True)
        file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        file.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    words = ["env", "-i", f"PATH={tools}", *variables, shutil.which("make") or "make", "browser", "SHELL=/bin/sh"]
    return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("variable", "status"), [("CI=true", 2), ("CI=", 0)])
def test_a_missing_browser_stops_ci_and_nobody_else(variable: str, status: int, tmp_path: Path) -> None:
    done = make_browser(tmp_path, variable)
    assert done.returncode == status
    assert done.stderr.startswith("There is no Chromium; install it (Debian: apt install chromium fonts-liberation; ")
    assert ("The tests in tests/browser are left out." in done.stderr) == (status == 0)


def test_who_may_install_a_browser_gets_one(tmp_path: Path) -> None:
    apt = 'echo "noise from apt"; for word; do :; done; [ "$word" = chromium ] || exit 0; '
    apt += "echo > tools/chromium; chmod +x tools/chromium"
    done = make_browser(tmp_path, "CI=true", id="echo 0", apt_get=apt)
    assert (done.returncode, done.stdout, done.stderr) == (0, "installing Chromium, which some tests drive\n", "")
    assert (tmp_path / "tools" / "chromium").exists()


def test_a_browser_without_the_fonts_of_a_reader_gets_them(tmp_path: Path) -> None:
    apt = 'case "$*" in *"--no-install-recommends fonts-liberation") echo > tools/fonts;; esac'
    done = make_browser(tmp_path, "CI=true", id="echo 0", apt_get=apt, google_chrome="", fc_list="echo DejaVu Sans")
    assert (done.returncode, done.stdout) == (0, "installing the fonts that pages are measured with\n")
    assert (tmp_path / "tools" / "fonts").exists()


def test_fonts_that_cannot_be_had_stop_nobody(tmp_path: Path) -> None:
    done = make_browser(tmp_path, "CI=true", id="echo 0", apt_get="exit 1", google_chrome="")
    assert (done.returncode, done.stderr) == (0, "apt-get could not install them\n")


def test_a_browser_that_is_there_is_taken_without_a_word(tmp_path: Path) -> None:
    done = make_browser(tmp_path, "CI=true", google_chrome="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
