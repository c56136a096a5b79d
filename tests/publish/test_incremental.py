"""Incremental building: whatever is done to a project, a build on top of the last one makes what a clean one makes.

More of it than a test run has time for: `DIGEST_EXAMPLES=200 pytest tests/publish/test_incremental.py`.
"""

import os
import shutil
import tempfile
from pathlib import Path

from editions import write_results
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from projects import PROJECT, fingerprint, write_project

from digest.library.problems import ContentError
from digest.publish.build import build

ENTRIES = [path for path in PROJECT if path.startswith(("site/papers/", "site/courses/", "site/projects/"))]
ISSUES = [path for path in PROJECT if path.startswith("site/issues/")]
WORDS = st.sampled_from(["Patches", "a *word*", "[DINO](../papers/dino.md)", "## A heading", "`{{ x }}` & <b>bold</b>"])
TEMPLATES = {
    "pages/paper.html": "<div>{{ entry.title }} {{ entry.mentions | length }} {{ entry.html }}</div>",
    "theme/partials/mark.html": "<b>another mark</b>",
    "feeds/robots.txt": "another robots.txt",
    "pages/figure.html": "<p>a figure</p>",
}

Outcome = dict[str, str] | list[str]


def outcome(root: Path, *, drafts: bool) -> Outcome:
    """What a build comes to: the hash of each file of the site, or what is wrong with the content."""
    try:
        build(root, drafts=drafts)
    except ContentError as error:
        return [str(problem) for problem in error.problems]
    return fingerprint(root / "build" / "site")


class Project(RuleBasedStateMachine):
    """A project that is changed in every way, and built after each change, twice: on top of the last, and clean."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.root = write_project(self.folder / "project")
        self.drafts = False
        self.last: Outcome = []

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @invariant()
    def what_is_built_is_what_a_clean_build_makes(self) -> None:
        if not hasattr(self, "root"):
            return
        clean = self.folder / "clean"
        shutil.copytree(
            self.root, clean, symlinks=True, ignore=lambda folder, _: ["build"] * (folder == str(self.root))
        )
        wanted = outcome(clean, drafts=self.drafts)
        shutil.rmtree(clean)
        found = outcome(self.root, drafts=self.drafts)
        assert found == wanted
        if isinstance(found, dict):
            self.last = found
        elif self.last:
            assert fingerprint(self.root / "build" / "site") == self.last

    def change(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        if file.is_file():
            file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    @rule(path=st.sampled_from([*ENTRIES, *ISSUES, "site/about.md"]), words=WORDS)
    def add_words(self, path: str, words: str) -> None:
        if (self.root / path).is_file():
            with (self.root / path).open("a", encoding="utf-8") as file:
                file.write(f"\n{words}\n")

    @rule(path=st.sampled_from([*ENTRIES, *ISSUES]), word=st.sampled_from(["A", "Another", "<i>", "'quoted'"]))
    def change_the_title(self, path: str, word: str) -> None:
        self.change(path, "\ntitle: ", f'\ntitle: "{word}" # ')

    @rule(path=st.sampled_from(ENTRIES), tags=st.sampled_from(["[vision]", "[production, new]", "[]"]))
    def change_the_tags(self, path: str, tags: str) -> None:
        self.change(path, "\ntags: [", f"\ntags: {tags} # [")

    @rule(number=st.integers(1, 3))
    def add_an_entry_to_an_issue(self, number: int) -> None:
        vit = PROJECT["site/papers/vit.md"]
        for old, new in (("2010.11929", f"2010.1193{number}"), ("vit\n", f"vit-{number}\n")):
            vit = vit.replace(old, new)
        (self.root / f"site/papers/vit-{number}.md").write_text(vit, encoding="utf-8")
        self.change("site/issues/2021-05-21.md", "entries: [", f"entries: [papers/vit-{number}, ")

    @rule(path=st.sampled_from(ENTRIES))
    def rename_an_entry(self, path: str) -> None:
        if (self.root / path).is_file():
            name = path.removeprefix("site/").removesuffix(".md")
            (self.root / path).rename(self.root / f"site/{name}-renamed.md")
            for issue in ISSUES:
                self.change(issue, name, f"{name}-renamed")

    @rule(path=st.sampled_from([*ENTRIES, *ISSUES, "site/about.md"]))
    def delete_a_file(self, path: str) -> None:
        (self.root / path).unlink(missing_ok=True)

    @rule(path=st.sampled_from([*ENTRIES, *ISSUES, "site/about.md"]))
    def write_a_file_as_it_was(self, path: str) -> None:
        (self.root / path).write_text(PROJECT[path], encoding="utf-8")

    @rule(path=st.sampled_from(ISSUES))
    def make_a_draft(self, path: str) -> None:
        self.change(path, "status: published", "status: draft")

    @rule()
    def show_drafts_or_not(self) -> None:
        self.drafts = not self.drafts

    @rule(width=st.sampled_from([100, 600, 1000]))
    def draw_another_figure(self, width: int) -> None:
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 200"/>\n'
        (self.root / "site/figures/loss.svg").write_text(svg, encoding="utf-8")

    @rule(name=st.sampled_from(["slides.txt", "colours.css", "deep/slides.txt"]), there=st.booleans())
    def change_an_asset(self, name: str, there: bool) -> None:
        file = self.root / "site/assets" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        if there:
            file.write_text(name, encoding="utf-8")

    @rule(name=st.sampled_from(sorted(TEMPLATES)), there=st.booleans())
    def change_a_template(self, name: str, there: bool) -> None:
        file = self.root / "templates" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        if there:
            file.write_text(TEMPLATES[name], encoding="utf-8")

    @rule(day=st.sampled_from(["2026-11-24", "2026-11-25"]), passed=st.booleans())
    def run_the_demo_again(self, day: str, passed: bool) -> None:
        write_results(self.root, f"{day}T08:00:00+00:00", passed=passed)

    @rule()
    def change_the_demo(self) -> None:
        with (self.root / "demos/coin/coin.py").open("a", encoding="utf-8") as file:
            file.write("# more\n")

    @rule(setting=st.sampled_from(["tagline: Another.", "sections: [What it is, Why it matters, Try it]"]))
    def change_the_settings(self, setting: str) -> None:
        self.change("mkdocs.yml", "    tagline: One paper, one course, one project.", f"    {setting}")

    @rule(old=st.sampled_from(["papers/dyno", "papers/dinosaur"]))
    def change_an_old_address(self, old: str) -> None:
        self.change("site/papers/dino.md", "redirect_from: [", f"redirect_from: [{old}] # [")

    @rule(new=st.sampled_from(["tags/vision", "about", "nowhere"]), there=st.booleans())
    def lead_a_tag_on(self, new: str, there: bool) -> None:
        file = self.root / "site/moved.yml"
        file.unlink(missing_ok=True)
        if there:
            file.write_text(f"tags/sight: {new}\n", encoding="utf-8")

    @rule(name=st.sampled_from(["Ada", "Somebody else"]))
    def change_an_author(self, name: str) -> None:
        self.change("site/authors.yml", "Ada", name)

    @rule(number=st.integers(0, 1_000_000), how=st.sampled_from(["gone", "cut", "other", "folder"]))
    def damage_what_the_last_build_left(self, number: int, how: str) -> None:
        files = sorted(file for file in (self.root / "build").rglob("*") if file.is_file() and file.name != ".lock")
        if not files:
            return
        file = files[number % len(files)]
        data = file.read_bytes()
        if how == "cut":
            file.write_bytes(data[: len(data) // 2])
        elif how == "other":
            file.write_bytes(bytes(reversed(data)))
        else:
            file.unlink()
        if how == "folder":
            file.mkdir()
        self.stands_as_it_is()

    @rule(name=st.sampled_from(["docs", "html", ".sites", "site", ".ledger", ".kept", "theme", "mkdocs.yml"]))
    def delete_a_part_of_what_the_last_build_left(self, name: str) -> None:
        path = self.root / "build" / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        self.stands_as_it_is()

    def stands_as_it_is(self) -> None:
        """What has been damaged stays so while the content is wrong: a build that fails leaves it alone."""
        self.last = fingerprint(self.root / "build" / "site")


TestProject = Project.TestCase
TestProject.settings = settings(
    max_examples=int(os.environ.get("DIGEST_EXAMPLES", "3")),
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
)
