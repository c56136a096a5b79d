"""The least that an engine can work on: a configuration, two pages, and a theme of any templates."""

from pathlib import Path

from digest.publish.engines import Workplace

NEWSLETTER = "site_name: Letter\nsite_url: https://news.example.org/ml/\n"


def workplace(root: Path, project: str = NEWSLETTER, **theme: str) -> Workplace:
    place = place_in(root)
    place.project.write_text(project, encoding="utf-8")
    (place.docs / "papers").mkdir(parents=True)
    (place.docs / "index.md").write_text("---\ntitle: Home\n---\n\n<p>Hello</p>\n")
    (place.docs / "papers" / "dino.md").write_text('---\ntitle: DINO\n---\n\n<p id="why">Why</p>\n')
    place.theme.mkdir()
    for name, text in theme.items():
        (place.theme / f"{name}.html").write_text(text)
    return place


def place_in(root: Path) -> Workplace:
    return Workplace(root / "build" / ".making", root / "build" / "docs", root / "build" / "theme", root / "mkdocs.yml")
